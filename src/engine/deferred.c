/* Answers that come later (RFC 7252 5.2.2): the request is acknowledged by itself after a short wait, and answered by a
 * separate response, which is confirmable where the request was. */
#include "engine/observers.h"
#include "engine/options.h"

#include <linnet/error.h>

static bool is_confirmable(const linnet_exchange_state *exchange)
{
    return (exchange->datagram[0] >> 4 & 3u) == LINNET_CON;
}

/* What finishing the answer takes (Accept, ETag, Block2) is in the options; of the payload nothing, unless the request
 * is to be run again for its observer (RFC 8132 2.4). */
static linnet_bytes payload_to_keep(const linnet_incoming *incoming)
{
    linnet_bytes nothing = {NULL, 0};

    return incoming->options->has_observe ? incoming->message->payload : nothing;
}

static int keep(linnet_exchange_state *exchange, const linnet_message *request, linnet_bytes payload)
{
    linnet_writer writer;
    int size;

    linnet_writer_begin(&writer, exchange->datagram, exchange->capacity, (linnet_type)request->type, request->code,
                        request->id, request->token);
    linnet_writer_options(&writer, request->options);
    linnet_writer_payload(&writer, payload);
    size = linnet_writer_end(&writer);
    exchange->size = size > 0 ? (uint16_t)size : 0;
    return size < 0 ? size : 0;
}

/* What a duplicate of the request gets from now on. */
static void remember(linnet_endpoint *endpoint, uint64_t now, const linnet_exchange_state *exchange,
                     linnet_bytes answer)
{
    linnet_answers_put(&endpoint->answers, exchange->part.server.request_key, now,
                       now + endpoint->timing.exchange_lifetime, answer);
}

int linnet_endpoint_defer(linnet_incoming *incoming, linnet_exchange *id)
{
    linnet_endpoint *endpoint = incoming->endpoint;
    const linnet_message *request = incoming->message;
    linnet_bytes payload = payload_to_keep(incoming);
    size_t size = linnet_header_size(request->token.size) + request->options.size + 1u + payload.size;
    linnet_exchange_state *exchange;

    if (incoming->subject)
        return endpoint->observers->calls->defer(incoming, id);
    incoming->must_prove = incoming->unproved;
    exchange = incoming->unproved ? NULL : linnet_exchanges_take(&endpoint->exchanges, size);
    if (!exchange)
        return LINNET_EBUSY;
    if (keep(exchange, request, payload) != 0) {
        linnet_exchanges_give(&endpoint->exchanges, exchange);
        return LINNET_EBUSY;
    }
    endpoint->deferred = linnet_deferred_timer;
    exchange->path = *incoming->path;
    exchange->part.server.request_key = linnet_hash_message(&endpoint->hash_key, incoming->path, request);
    exchange->part.server.version = incoming->version;
    exchange->phase = LINNET_PHASE_ACKNOWLEDGED;
    if (request->type == LINNET_CON) {
        exchange->phase = LINNET_PHASE_PENDING;
        linnet_wheel_set(&endpoint->exchanges.wheel, &exchange->timer, incoming->now + endpoint->timing.ack_delay);
    }
    remember(endpoint, incoming->now, exchange, linnet_view(NULL, 0)); /* a duplicate waits as well */
    incoming->deferred = true;
    *id = linnet_exchange_id(exchange);
    return 0;
}

static uint16_t request_id(const linnet_exchange_state *exchange)
{
    return (uint16_t)(exchange->datagram[2] << 8 | exchange->datagram[3]);
}

/* From now on duplicates are told that an answer will come, or came, by itself. */
static void remember_acknowledgement(linnet_endpoint *endpoint, uint64_t now, linnet_exchange_state *exchange)
{
    uint8_t datagram[LINNET_MESSAGE_HEADER_SIZE];
    linnet_bytes no_token = {NULL, 0};

    linnet_header_write(datagram, LINNET_ACK, LINNET_EMPTY, request_id(exchange), no_token);
    remember(endpoint, now, exchange, linnet_view(datagram, sizeof datagram));
    exchange->phase = LINNET_PHASE_ACKNOWLEDGED;
}

static void acknowledge(linnet_endpoint *endpoint, uint64_t now, linnet_exchange_state *exchange)
{
    remember_acknowledgement(endpoint, now, exchange);
    linnet_transmit_empty(endpoint, &exchange->path, LINNET_ACK, request_id(exchange));
}

void linnet_deferred_timer(linnet_endpoint *endpoint, uint64_t now, linnet_exchange_state *exchange)
{
    if (exchange->phase == LINNET_PHASE_PENDING)
        acknowledge(endpoint, now, exchange);
    else if (!linnet_transmit_again(endpoint, now, exchange)) {
        /* The client is gone, and with it the observer that the response may have made. */
        linnet_observers_refused(endpoint, &exchange->path, request_id(exchange));
        linnet_exchanges_give(&endpoint->exchanges, exchange);
    }
}

/* The response stands in the slot and goes out now; confirmable, it is kept to be sent again. */
static void send_separate(linnet_endpoint *endpoint, uint64_t now, linnet_exchange_state *exchange, uint16_t id,
                          linnet_bytes response)
{
    linnet_exchanges *exchanges = &endpoint->exchanges;
    linnet_path path = exchange->path;
    bool is_kept = linnet_exchanges_reserve(exchanges, exchange, response.size);

    if (is_kept)
        memcpy(exchange->datagram, response.data, response.size);
    endpoint->config.port.send(endpoint->config.port.context, &path, response.size);
    if (!is_kept) {
        linnet_exchanges_give(exchanges, exchange); /* sent once: without memory there is no second time */
        return;
    }
    exchange->size = (uint16_t)response.size;
    exchange->phase = LINNET_PHASE_SEPARATE;
    exchange->max_retransmit = (uint8_t)endpoint->timing.max_retransmit;
    exchange->timeout = linnet_timing_first(&endpoint->timing, linnet_random(endpoint));
    exchange->transmissions = 1;
    linnet_exchanges_add_id(exchanges, exchange, linnet_hash_peer(&endpoint->hash_key, &exchange->path, id + 1u));
    linnet_wheel_set(&exchanges->wheel, &exchange->timer, now + exchange->timeout);
}

/* The answer that `serve` wrote goes out in the form that the state of the exchange asks for. */
static void send_answer(linnet_endpoint *endpoint, linnet_exchange_state *exchange, const linnet_incoming *incoming,
                        uint8_t *slot)
{
    const linnet_message *request = incoming->message;
    linnet_bytes response = {slot, linnet_header_size(request->token.size) + incoming->size};
    linnet_type type = LINNET_NON;
    uint16_t id = request->id;
    bool to_group = exchange->path.flags & LINNET_PATH_MULTICAST;
    bool is_separate;

    /* An acknowledgement must be there for duplicates of the request; a confirmable response comes again by itself. */
    if (exchange->phase == LINNET_PHASE_PENDING && !linnet_answers_fits(&endpoint->answers, response.size))
        remember_acknowledgement(endpoint, incoming->now, exchange);
    is_separate = is_confirmable(exchange) && exchange->phase == LINNET_PHASE_ACKNOWLEDGED;
    if (is_separate)
        type = LINNET_CON;
    if (exchange->phase == LINNET_PHASE_PENDING)
        type = LINNET_ACK;
    exchange->path = linnet_path_back(&exchange->path);
    if (type != LINNET_ACK)
        id = (uint16_t)linnet_transmit_id(endpoint, incoming->now, &exchange->path, true);
    linnet_header_write(slot, type, incoming->code, id, request->token);
    if (incoming->observer && type != LINNET_ACK)
        endpoint->observers->calls->answered(endpoint->observers, incoming->observer, id);
    if (to_group) {
        linnet_path path = exchange->path;
        linnet_exchanges_give(&endpoint->exchanges, exchange); /* first: its place will do */
        linnet_leisure_hold(endpoint, incoming->now, &path, response);
        return;
    }
    if (is_separate) {
        send_separate(endpoint, incoming->now, exchange, id, response);
        return;
    }
    remember(endpoint, incoming->now, exchange, response);
    endpoint->config.port.send(endpoint->config.port.context, &exchange->path, response.size);
    linnet_exchanges_give(&endpoint->exchanges, exchange);
}

int linnet_endpoint_answer(linnet_endpoint *endpoint, uint64_t now, linnet_exchange id, linnet_serve *serve,
                           void *context)
{
    linnet_exchange_state *exchange = linnet_exchanges_get(&endpoint->exchanges, id);
    const linnet_port *port = &endpoint->config.port;
    linnet_request_options options;
    linnet_message request;
    linnet_incoming incoming = {.endpoint = endpoint, .message = &request, .options = &options, .now = now};
    size_t capacity, head;
    uint8_t *slot;

    endpoint->now = now;
    if (exchange && exchange->phase == LINNET_PHASE_ASKED) {
        if (endpoint->slot_taken)
            return LINNET_EBUSY;
        endpoint->observers->calls->answer(endpoint->observers, now, exchange, serve, context);
        return 0;
    }
    if (!exchange || (exchange->phase != LINNET_PHASE_PENDING && exchange->phase != LINNET_PHASE_ACKNOWLEDGED))
        return LINNET_ENOENT;
    slot = endpoint->slot_taken ? NULL : port->slot(port->context, &capacity);
    if (!slot)
        return LINNET_EBUSY;
    /* Both went well when the request came in. */
    (void)linnet_message_parse(&request, linnet_view(exchange->datagram, exchange->size));
    (void)linnet_request_options_read(&options, &request);
    head = linnet_header_size(request.token.size);
    incoming.path = &exchange->path;
    incoming.exchange = id;
    incoming.version = exchange->part.server.version;
    incoming.body = slot + head;
    incoming.capacity = linnet_message_room(endpoint, incoming.path, capacity, head);
    endpoint->slot_taken = true;
    serve(context, &incoming);
    endpoint->slot_taken = false;
    if (incoming.code != LINNET_EMPTY) {
        send_answer(endpoint, exchange, &incoming, slot);
        return 0;
    }
    if (exchange->phase == LINNET_PHASE_PENDING)
        acknowledge(endpoint, now, exchange);
    linnet_exchanges_give(&endpoint->exchanges, exchange);
    return 0;
}
