/* What a datagram is, and who takes it: the message storey's dispatch (RFC 7252 4.2, 4.3). What has no taker is
 * rejected: a confirmable message with a Reset, others in silence. */
#include "engine/echo.h"
#include "engine/observers.h"

#include <linnet/error.h>

static void reject(linnet_endpoint *endpoint, const linnet_path *path, const linnet_message *message)
{
    /* 4.3: a non-confirmable message may be rejected in silence. */
    if (message->type == LINNET_CON)
        linnet_transmit_empty(endpoint, path, LINNET_RST, message->id);
}

static linnet_exchange_state *find_by_id(linnet_endpoint *endpoint, const linnet_path *path, uint16_t id)
{
    return linnet_exchanges_find_id(&endpoint->exchanges,
                                    linnet_hash_peer(&endpoint->hash_key, path, (uint32_t)id + 1u));
}

static void receive_empty_ack(linnet_endpoint *endpoint, const linnet_path *path, uint16_t id)
{
    linnet_exchange_state *exchange = find_by_id(endpoint, path, id);

    if (!exchange)
        return;
    linnet_echo_prove(endpoint, endpoint->now, path);
    if (linnet_exchange_is_client(exchange))
        endpoint->outgoing->acknowledged(endpoint, exchange);
    else if (exchange->phase == LINNET_PHASE_NOTIFYING)
        endpoint->observers->calls->acknowledged(endpoint->observers, endpoint->now, exchange);
    else
        linnet_exchanges_give(&endpoint->exchanges, exchange); /* the separate response has arrived */
}

static void receive_reset(linnet_endpoint *endpoint, uint64_t now, const linnet_path *path,
                          const linnet_message *message)
{
    linnet_exchange_state *exchange;

    linnet_observers_refused(endpoint, path, message->id); /* with its exchange, where the notification has one */
    exchange = find_by_id(endpoint, path, message->id);
    if (!exchange)
        return;
    linnet_echo_prove(endpoint, now, path);
    if (!linnet_exchange_is_client(exchange))
        linnet_exchanges_give(&endpoint->exchanges, exchange);
    else if (exchange->datagram[1] == LINNET_EMPTY) /* the pong of a ping (4.3) */
        endpoint->outgoing->end(endpoint, now, exchange, 0, message, path);
    else
        endpoint->outgoing->end(endpoint, now, exchange, LINNET_ERESET, NULL, path);
}

/* RFC 7641 3.6: a notification that nobody waits for is answered with a Reset also where it is non-confirmable, since
 * that is what ends it at the server. */
static void reject_notification(linnet_endpoint *endpoint, const linnet_path *path, const linnet_message *message)
{
    linnet_bytes value;

    if (message->type == LINNET_NON && !(path->flags & LINNET_PATH_MULTICAST) &&
        linnet_option_get(message->options, LINNET_OPTION_OBSERVE, 0, &value))
        linnet_transmit_empty(endpoint, path, LINNET_RST, message->id);
}

static void receive_response(linnet_endpoint *endpoint, uint64_t now, const linnet_path *path,
                             const linnet_message *message)
{
    if (message->type == LINNET_RST ||
        (endpoint->outgoing && endpoint->outgoing->response(endpoint, now, path, message)))
        return;
    reject(endpoint, path, message);
    reject_notification(endpoint, path, message);
}

static void receive_request(linnet_endpoint *endpoint, uint64_t now, const linnet_path *path,
                            const linnet_message *message)
{
    if (message->type > LINNET_NON)
        return; /* 4.2: an ACK or RST never carries a request */
    if (endpoint->config.serve)
        linnet_incoming_serve(endpoint, now, path, message);
    else
        reject(endpoint, path, message);
}

/* 8.1: what comes to a group is non-confirmable; neither acknowledged nor rejected is it, whatever it is. */
static bool is_stray_group_message(const linnet_path *path, const linnet_message *message)
{
    return (path->flags & LINNET_PATH_MULTICAST) && message->type != LINNET_NON;
}

static void receive_empty(linnet_endpoint *endpoint, uint64_t now, const linnet_path *path,
                          const linnet_message *message)
{
    if (message->type == LINNET_ACK)
        receive_empty_ack(endpoint, path, message->id);
    else if (message->type == LINNET_RST)
        receive_reset(endpoint, now, path, message);
    else
        reject(endpoint, path, message); /* a ping, answered by Reset (4.3); empty NON: silence */
}

/* RFC 8974 2.2.2: a server that supports extended tokens "but receives a request with a token of a length it is
 * unwilling or unable to handle [...] MUST NOT reject the message, as that would imply that extended token lengths are
 * not supported at all", and answers 4.00. True: it was answered. Responses are nobody's, with such a token. */
static bool refuse_long_token(linnet_endpoint *endpoint, uint64_t now, const linnet_path *path, linnet_bytes datagram)
{
    linnet_message message;

    if (endpoint->token_size == LINNET_TOKEN_MAX || linnet_message_parse(&message, datagram) != 0 ||
        !linnet_code_is_request(message.code) || message.type > LINNET_NON || !endpoint->config.serve ||
        linnet_header_size(message.token.size) > endpoint->message_size)
        return false;
    linnet_incoming_refuse(endpoint, now, path, &message, LINNET_BAD_REQUEST, 0);
    return true;
}

/* Where the longest token is that of RFC 7252, what is longer is as reserved as it was there. */
static int parse(const linnet_endpoint *endpoint, linnet_message *message, linnet_bytes datagram)
{
    int error = linnet_message_parse(message, datagram);

    return error == 0 && message->token.size > endpoint->token_size ? LINNET_EFORMAT : error;
}

void linnet_endpoint_receive(linnet_endpoint *endpoint, uint64_t now, const linnet_path *path, linnet_bytes datagram)
{
    linnet_message message;
    int error = parse(endpoint, &message, datagram);

    endpoint->now = now;
    if (is_stray_group_message(path, &message))
        return;
    if (error == LINNET_EFORMAT && refuse_long_token(endpoint, now, path, datagram))
        return;
    if (error == LINNET_EFORMAT && linnet_message_has_id(datagram))
        reject(endpoint, path, &message);
    if (error != 0)
        return;
    if (message.code == LINNET_EMPTY)
        receive_empty(endpoint, now, path, &message);
    else if (linnet_code_is_request(message.code))
        receive_request(endpoint, now, path, &message);
    else
        receive_response(endpoint, now, path, &message);
}

void linnet_endpoint_receive_truncated(linnet_endpoint *endpoint, uint64_t now, const linnet_path *path,
                                       linnet_bytes front)
{
    linnet_bytes head = front;
    linnet_bytes token;
    linnet_message message;
    int error;

    endpoint->now = now;
    if (!linnet_message_has_id(front))
        return;
    /* Options may be cut anywhere; header and token are whole, and are all that a refusal takes. */
    if (linnet_header_token(front, &token))
        head.size = linnet_header_size(token.size);
    error = parse(endpoint, &message, head);
    if (is_stray_group_message(path, &message))
        return;
    if (error == 0 && linnet_code_is_request(message.code) && message.type <= LINNET_NON && endpoint->config.serve)
        linnet_incoming_refuse(endpoint, now, path, &message, LINNET_REQUEST_ENTITY_TOO_LARGE, 0);
    else if (error != LINNET_EVERSION)
        reject(endpoint, path, &message);
    if (error == 0 && endpoint->outgoing && linnet_code_is_response(message.code) && message.type != LINNET_RST)
        endpoint->outgoing->too_large(endpoint, now, path, &message);
}

void linnet_endpoint_unreachable(linnet_endpoint *endpoint, uint64_t now, const linnet_path *path,
                                 linnet_bytes datagram, int error)
{
    linnet_exchange_state *exchange;
    uint16_t id;

    endpoint->now = now;
    /* The message ID of an acknowledgement or Reset is the peer's, and may be that of a request of ours as well. */
    if (!linnet_message_has_id(datagram) || (datagram.data[0] >> 4 & 3u) > LINNET_NON)
        return;
    id = (uint16_t)(datagram.data[2] << 8 | datagram.data[3]);
    linnet_observers_refused(endpoint, path, id);
    exchange = find_by_id(endpoint, path, id);
    if (!exchange)
        return;
    if (linnet_exchange_is_client(exchange))
        endpoint->outgoing->end(endpoint, now, exchange, error, NULL, NULL);
    else
        linnet_exchanges_give(&endpoint->exchanges, exchange);
}
