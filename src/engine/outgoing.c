/* Requests of ours: built once, sent from a socket of the caller's choice, matched with what comes back by message ID
 * and token (RFC 7252 4.2, 5.3.2), ended exactly once. */
#include "engine/endpoint.h"
#include "engine/options.h"

#include <linnet/error.h>

static linnet_bytes token_of(const linnet_exchange_state *exchange)
{
    linnet_bytes token = {NULL, 0};

    (void)linnet_header_token(linnet_view(exchange->datagram, exchange->size), &token); /* we have written it */
    return token;
}

static bool is_ping(const linnet_exchange_state *exchange) { return exchange->datagram[1] == LINNET_EMPTY; }

static bool is_confirmable(const linnet_exchange_state *exchange)
{
    return (exchange->datagram[0] >> 4 & 3u) == LINNET_CON;
}

static uint16_t id_of(const linnet_exchange_state *exchange)
{
    return (uint16_t)(exchange->datagram[2] << 8 | exchange->datagram[3]);
}

/* Whether the message ID that it was given is in flight already. */
static bool is_id_taken(const linnet_endpoint *endpoint, const linnet_exchange_state *exchange)
{
    uint64_t key = linnet_hash_peer(&endpoint->hash_key, &exchange->path, id_of(exchange) + 1u);

    return exchange->has_id && linnet_exchanges_find_id(&endpoint->exchanges, key);
}

/* Its own, or the next one; -1: there is none. */
static int32_t choose_id(linnet_endpoint *endpoint, uint64_t now, const linnet_exchange_state *exchange)
{
    uint64_t key;

    if (!exchange->has_id)
        return linnet_transmit_id(endpoint, now, &exchange->path, false);
    key = linnet_hash_peer(&endpoint->hash_key, &exchange->path, 0);
    linnet_message_ids_used(&endpoint->ids, key, now, id_of(exchange));
    return id_of(exchange);
}

/* 5.3.1: a token that others cannot guess. A ping has none. */
static linnet_bytes choose_token(linnet_endpoint *endpoint, const linnet_outgoing *outgoing,
                                 uint8_t made[LINNET_TOKEN_MAX])
{
    if (outgoing->has_token || outgoing->code == LINNET_EMPTY)
        return outgoing->token;
    endpoint->config.port.random(endpoint->config.port.context, made, LINNET_TOKEN_MAX);
    return linnet_view(made, LINNET_TOKEN_MAX);
}

static int build(linnet_endpoint *endpoint, linnet_exchange_state *exchange, const linnet_outgoing *outgoing)
{
    uint8_t made[LINNET_TOKEN_MAX];
    linnet_writer writer;
    int size;

    linnet_writer_begin(&writer, exchange->datagram, exchange->capacity, outgoing->type, outgoing->code,
                        outgoing->has_id ? outgoing->id : 0, choose_token(endpoint, outgoing, made));
    linnet_writer_options(&writer, outgoing->options);
    linnet_writer_payload(&writer, outgoing->payload);
    size = linnet_writer_end(&writer);
    if (size > 0)
        exchange->size = (uint16_t)size;
    return size < 0 ? size : 0;
}

/* With the longest token that we make, and a marker. */
static size_t size_of(const linnet_outgoing *outgoing)
{
    size_t token_size = outgoing->token.size > LINNET_TOKEN_MAX ? outgoing->token.size : LINNET_TOKEN_MAX;

    return linnet_header_size(token_size) + 1u + outgoing->options.size + outgoing->payload.size;
}

static int check(const linnet_endpoint *endpoint, const linnet_path *path, const linnet_outgoing *outgoing)
{
    bool is_empty = outgoing->code == LINNET_EMPTY;

    if (!outgoing->done || outgoing->type > LINNET_NON || outgoing->token.size > endpoint->token_size)
        return LINNET_EINVAL;
    if (!is_empty && !linnet_code_is_request(outgoing->code))
        return LINNET_EINVAL;
    if (is_empty && (outgoing->type != LINNET_CON || outgoing->token.size + outgoing->options.size > 0 ||
                     outgoing->payload.size > 0))
        return LINNET_EINVAL;
    /* RFC 7252 8.1: "multicast requests MUST be Non-confirmable". */
    if (linnet_address_is_multicast(&path->peer) && (outgoing->type != LINNET_NON || outgoing->keep))
        return LINNET_EINVAL;
    return size_of(outgoing) > endpoint->message_size ? LINNET_ETOOBIG : 0;
}

int linnet_endpoint_prepare(linnet_endpoint *endpoint, uint64_t now, const linnet_path *path,
                            const linnet_outgoing *outgoing, linnet_exchange *id)
{
    linnet_exchange_state *exchange;
    linnet_client_part *client;
    linnet_timing timing;
    int error = endpoint->cleared ? LINNET_ECLOSED : check(endpoint, path, outgoing);

    endpoint->now = now;
    if (error == 0)
        error = linnet_timing_set(&timing, &outgoing->transmission, &endpoint->config.transmission);
    if (error != 0)
        return error;
    exchange = linnet_exchanges_take(&endpoint->exchanges, size_of(outgoing));
    if (!exchange)
        return LINNET_EBUSY;
    error = build(endpoint, exchange, outgoing);
    if (error != 0) {
        linnet_exchanges_give(&endpoint->exchanges, exchange);
        return error;
    }
    client = &exchange->part.client;
    client->done = outgoing->done;
    client->released = outgoing->released;
    client->keep = outgoing->keep;
    client->context = outgoing->context;
    client->to_group = linnet_address_is_multicast(&path->peer);
    client->deadline = outgoing->deadline ? outgoing->deadline
                                          : now + (client->to_group ? timing.group_wait : timing.exchange_lifetime);
    client->first_timeout = linnet_timing_first(&timing, linnet_random(endpoint));
    client->started = now;
    exchange->max_retransmit = (uint8_t)timing.max_retransmit;
    exchange->has_id = outgoing->has_id;
    exchange->path = *path;
    exchange->phase = LINNET_PHASE_PREPARED;
    linnet_wheel_set(&endpoint->exchanges.wheel, &exchange->timer, client->deadline);
    endpoint->outgoing = &linnet_outgoing_role;
    *id = linnet_exchange_id(exchange);
    return 0;
}

void linnet_outgoing_set_timeout(linnet_endpoint *endpoint, linnet_exchange id, uint64_t first, uint8_t backoff)
{
    linnet_exchange_state *exchange = linnet_exchanges_get(&endpoint->exchanges, id);

    if (!exchange || exchange->phase != LINNET_PHASE_PREPARED)
        return;
    exchange->part.client.first_timeout = first;
    exchange->backoff = backoff;
}

/* The next timer may not come after the time that the whole request has. */
static void cap_timer(linnet_endpoint *endpoint, linnet_exchange_state *exchange)
{
    if (exchange->timer.when > exchange->part.client.deadline)
        linnet_wheel_set(&endpoint->exchanges.wheel, &exchange->timer, exchange->part.client.deadline);
}

static void end(linnet_endpoint *endpoint, uint64_t now, linnet_exchange_state *exchange, int error,
                const linnet_message *message, const linnet_path *path)
{
    linnet_client_part client = exchange->part.client;
    linnet_response response = {.error = error,
                                .path = path ? *path : exchange->path,
                                .round_trip_us = now > client.started ? now - client.started : 0,
                                .retransmissions = exchange->transmissions ? exchange->transmissions - 1u : 0};

    if (message)
        response.message = *message;
    endpoint->group_requests -= client.to_group && exchange->in_token_table;
    linnet_exchanges_give(&endpoint->exchanges, exchange);
    client.done(&response, client.context);
}

int linnet_endpoint_launch(linnet_endpoint *endpoint, uint64_t now, linnet_exchange id, uint16_t socket)
{
    linnet_exchanges *exchanges = &endpoint->exchanges;
    linnet_exchange_state *exchange = linnet_exchanges_get(exchanges, id);
    linnet_exchange_state *holder;
    uint64_t token_key;
    int32_t message_id;

    endpoint->now = now;
    if (!exchange || exchange->phase != LINNET_PHASE_PREPARED)
        return LINNET_ENOENT;
    if (!exchange->has_id)
        exchange->path.socket = socket;
    token_key = exchange->part.client.to_group
                    ? linnet_group_key(endpoint, &exchange->path, token_of(exchange))
                    : linnet_hash_token(&endpoint->hash_key, &exchange->path, token_of(exchange));
    holder = is_ping(exchange) ? NULL : linnet_exchanges_find_token(exchanges, token_key);
    if (holder && (holder->phase != LINNET_PHASE_KEPT || holder->part.client.keep != exchange->part.client.keep))
        return LINNET_EEXIST;
    if (!is_ping(exchange) && linnet_group_find(endpoint, &exchange->path, token_of(exchange)))
        return LINNET_EEXIST; /* the answer of this peer would be taken for that of a member of the group */
    if (is_id_taken(endpoint, exchange))
        return LINNET_EEXIST;
    message_id = choose_id(endpoint, now, exchange);
    if (message_id < 0)
        return LINNET_EMESSAGEID;
    if (holder) /* RFC 7641 3.3.1: a registration with the token of an observation takes its place */
        end(endpoint, now, holder, LINNET_ECANCELLED, NULL, NULL);
    exchange->datagram[2] = (uint8_t)(message_id >> 8);
    exchange->datagram[3] = (uint8_t)message_id;
    linnet_exchanges_add_id(exchanges, exchange,
                            linnet_hash_peer(&endpoint->hash_key, &exchange->path, (uint32_t)message_id + 1u));
    if (!is_ping(exchange))
        linnet_exchanges_add_token(exchanges, exchange, token_key);
    endpoint->group_requests += exchange->part.client.to_group;
    exchange->phase = is_confirmable(exchange) ? LINNET_PHASE_UNACKNOWLEDGED : LINNET_PHASE_AWAITING;
    exchange->timeout = exchange->part.client.first_timeout;
    exchange->part.client.started = now;
    linnet_transmit_first(endpoint, now, exchange);
    cap_timer(endpoint, exchange);
    return 0;
}

int linnet_endpoint_cancel(linnet_endpoint *endpoint, linnet_exchange id, int error)
{
    linnet_exchange_state *exchange = linnet_exchanges_get(&endpoint->exchanges, id);

    if (!exchange || !linnet_exchange_is_client(exchange))
        return LINNET_ENOENT;
    end(endpoint, endpoint->now, exchange, error, NULL, NULL);
    return 0;
}

static void release(linnet_exchange_state *exchange)
{
    void (*released)(void *context) = exchange->part.client.released;

    exchange->part.client.released = NULL;
    if (released)
        released(exchange->part.client.context);
}

static void acknowledged(linnet_endpoint *endpoint, linnet_exchange_state *exchange)
{
    if (exchange->phase != LINNET_PHASE_UNACKNOWLEDGED || is_ping(exchange))
        return;
    exchange->phase = LINNET_PHASE_AWAITING;
    linnet_wheel_set(&endpoint->exchanges.wheel, &exchange->timer, exchange->part.client.deadline);
    release(exchange);
}

/* A non-confirmable request is waited for until its deadline; NSTART counts it for one retransmission timeout, as if it
 * were confirmable. */
static void non_confirmable_timer(linnet_endpoint *endpoint, uint64_t now, linnet_exchange_state *exchange)
{
    if (exchange->transmissions == 0) {
        linnet_transmit_first(endpoint, now, exchange);
        cap_timer(endpoint, exchange);
        return;
    }
    linnet_wheel_set(&endpoint->exchanges.wheel, &exchange->timer, exchange->part.client.deadline);
    release(exchange);
}

/* Timeouts that follow the round-trip time may add up to more than MAX_TRANSMIT_SPAN. But the peer remembers a message
 * ID for EXCHANGE_LIFETIME (4.8.2), so what is sent within that time less MAX_LATENCY is still known as a duplicate. */
static bool is_too_late(const linnet_endpoint *endpoint, uint64_t now, const linnet_exchange_state *exchange)
{
    return exchange->backoff && exchange->transmissions > 0 &&
           now > exchange->part.client.started + endpoint->timing.non_lifetime;
}

static void expire(linnet_endpoint *endpoint, uint64_t now, linnet_exchange_state *exchange)
{
    if (now >= exchange->part.client.deadline) {
        end(endpoint, now, exchange, LINNET_ETIMEOUT, NULL, NULL);
    } else if (exchange->phase == LINNET_PHASE_AWAITING) {
        non_confirmable_timer(endpoint, now, exchange);
    } else if (!is_too_late(endpoint, now, exchange) && linnet_transmit_again(endpoint, now, exchange)) {
        cap_timer(endpoint, exchange);
    } else {
        end(endpoint, now, exchange, LINNET_ETIMEOUT, NULL, NULL);
    }
}

/* 5.10.7: with Location-Path or Location-Query one of these is part of where it leads, so that is not understood. */
static bool is_location_to_come(uint16_t number)
{
    return number == 128 || number == 132 || number == 136 || number == 140;
}

/* 5.4.1, 5.4.3, 5.4.5: a response is rejected for a critical option that we do not know, or that is of a wrong length
 * or repeated. Whether it may have those of block-wise transfer is known to who asked. */
static bool is_acceptable(const linnet_message *response)
{
    linnet_option_cursor cursor = {.rest = response->options};
    uint16_t before = 0;
    bool is_located = false;
    linnet_option option;

    for (; linnet_option_next(&cursor, &option); before = option.number) {
        /* 19, 23, 27, 31: Q-Block1, Block2, Block1, Q-Block2. */
        bool is_known = (option.number | 12u) == LINNET_OPTION_Q_BLOCK2;
        is_located |= option.number == LINNET_OPTION_LOCATION_PATH || option.number == LINNET_OPTION_LOCATION_QUERY;
        if (is_located && is_location_to_come(option.number))
            return false;
        if (linnet_option_is_critical(option.number) &&
            (!is_known || !linnet_option_is_proper(&option, option.number == before)))
            return false;
    }
    return true;
}

/* The exchange that a response belongs to. Piggybacked, it must match the message ID too (5.3.2). */
static linnet_exchange_state *find(linnet_endpoint *endpoint, const linnet_path *path, const linnet_message *response)
{
    uint64_t key = linnet_hash_token(&endpoint->hash_key, path, response->token);
    linnet_exchange_state *exchange = linnet_exchanges_find_token(&endpoint->exchanges, key);

    if (!exchange)
        exchange = linnet_group_find(endpoint, path, response->token);
    if (!exchange || !linnet_bytes_equal(token_of(exchange), response->token))
        return NULL;
    if (response->type == LINNET_ACK && (!is_confirmable(exchange) || id_of(exchange) != response->id))
        return NULL;
    return exchange;
}

static bool expects(linnet_endpoint *endpoint, const linnet_path *path, const linnet_message *response)
{
    return find(endpoint, path, response) && is_acceptable(response);
}

static void end_too_large(linnet_endpoint *endpoint, uint64_t now, const linnet_path *path,
                          const linnet_message *response)
{
    linnet_exchange_state *exchange = find(endpoint, path, response);

    if (exchange && !exchange->part.client.to_group)
        end(endpoint, now, exchange, LINNET_ETOOBIG, NULL, path);
}

/* RFC 7641 3.2, 4.2: a response is a notification, and more will come, while it is a success with an Observe option. */
static bool is_notification(const linnet_message *response, uint32_t *sequence)
{
    return linnet_code_is_success(response->code) &&
           linnet_option_heed_uint(response->options, LINNET_OPTION_OBSERVE, sequence);
}

/* The exchange stays, with nothing left to send: it is not timed, and its message ID names nothing any more. */
static void notify(linnet_endpoint *endpoint, uint64_t now, linnet_exchange_state *exchange, uint32_t sequence,
                   const linnet_message *message, const linnet_path *path)
{
    linnet_client_part *client = &exchange->part.client;
    linnet_exchange id = linnet_exchange_id(exchange);
    linnet_response response = {.message = *message, .path = *path, .more = true, .has_observe = true};

    response.observe = sequence;
    response.round_trip_us = now > client->started ? now - client->started : 0;
    response.retransmissions = exchange->transmissions ? exchange->transmissions - 1u : 0;
    exchange->phase = LINNET_PHASE_KEPT;
    linnet_wheel_stop(&endpoint->exchanges.wheel, &exchange->timer);
    linnet_exchanges_drop_id(&endpoint->exchanges, exchange);
    release(exchange); /* sends what waited, and that may end this */
    if (linnet_exchanges_get(&endpoint->exchanges, id))
        client->done(&response, client->context);
}

static bool take_response(linnet_endpoint *endpoint, uint64_t now, const linnet_path *path,
                          const linnet_message *response)
{
    linnet_exchange_state *exchange = find(endpoint, path, response);
    bool acceptable = is_acceptable(response);
    uint32_t sequence;

    if (!exchange)
        return endpoint->q_hear && endpoint->q_hear(endpoint, path, response);
    if (response->type == LINNET_CON)
        linnet_transmit_empty(endpoint, path, acceptable ? LINNET_ACK : LINNET_RST, response->id);
    if (exchange->part.client.to_group) {
        if (acceptable) /* else others may answer better */
            linnet_group_answered(endpoint, now, exchange, response, path);
    } else if (acceptable && exchange->part.client.keep && is_notification(response, &sequence)) {
        notify(endpoint, now, exchange, sequence, response, path);
    } else {
        end(endpoint, now, exchange, acceptable ? 0 : LINNET_EOPTION, acceptable ? response : NULL, path);
    }
    return true;
}

/* A confirmable response whose acknowledgement was lost comes again, is acknowledged again, and goes no further (4.5).
 */
static bool receive_response(linnet_endpoint *endpoint, uint64_t now, const linnet_path *path,
                             const linnet_message *response)
{
    linnet_bytes nothing = {NULL, 0};
    linnet_bytes answer;
    uint64_t key;

    if (response->type != LINNET_CON)
        return take_response(endpoint, now, path, response);
    key = linnet_hash_message(&endpoint->hash_key, path, response);
    if (linnet_answers_find(&endpoint->answers, key, now, &answer)) {
        linnet_transmit_empty(endpoint, path, LINNET_ACK, response->id);
        return true;
    }
    /* Remembered first: the handler of the response may do anything. The acknowledgement is made anew each time. */
    if (expects(endpoint, path, response))
        linnet_answers_put(&endpoint->answers, key, now, now + endpoint->timing.exchange_lifetime, nothing);
    return take_response(endpoint, now, path, response);
}

const linnet_outgoing_calls linnet_outgoing_role = {.timer = expire,
                                                    .end = end,
                                                    .acknowledged = acknowledged,
                                                    .response = receive_response,
                                                    .too_large = end_too_large};
