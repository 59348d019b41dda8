/* Requests of peers: each is run at most once, and a duplicate is given the same answer again (RFC 7252 4.5). The
 * answer is written by the server layer straight into the outgoing slot. */
#include "engine/echo.h"
#include "engine/observers.h"
#include "engine/options.h"

linnet_path linnet_path_back(const linnet_path *path)
{
    linnet_path back = *path;

    if (path->flags & LINNET_PATH_MULTICAST) {
        memset(back.local_ip, 0, sizeof back.local_ip);
        back.flags = 0;
    }
    return back;
}

/* RFC 7252 5.1, RFC 8132 section 2: running these again does no harm. */
static bool is_idempotent(linnet_code method)
{
    return method != LINNET_POST && method != LINNET_PATCH && method <= LINNET_IPATCH;
}

/* How long the message ID of a request stays taken, and its answer worth keeping (RFC 7252 4.8.2). */
static uint64_t lifetime_of(const linnet_endpoint *endpoint, const linnet_message *request)
{
    return request->type == LINNET_CON ? endpoint->timing.exchange_lifetime : endpoint->timing.non_lifetime;
}

/* Type and message ID of an immediate response: piggybacked, or non-confirmable (RFC 7252 5.2.1, 5.2.3). */
static void write_header(linnet_endpoint *endpoint, uint64_t now, const linnet_path *path, uint8_t *slot,
                         const linnet_message *request, linnet_code code)
{
    if (request->type == LINNET_CON)
        linnet_header_write(slot, LINNET_ACK, code, request->id, request->token);
    else
        linnet_header_write(slot, LINNET_NON, code, (uint16_t)linnet_transmit_id(endpoint, now, path, true),
                            request->token);
}

/* There is nothing to say: a confirmable request is acknowledged all the same. */
static void answer_with_silence(linnet_endpoint *endpoint, uint64_t now, const linnet_path *path, uint64_t key,
                                const linnet_message *request)
{
    uint8_t datagram[LINNET_MESSAGE_HEADER_SIZE];
    linnet_bytes no_token = {NULL, 0};
    linnet_bytes answer = {datagram, 0};

    if (request->type == LINNET_CON) {
        answer.size = linnet_header_write(datagram, LINNET_ACK, LINNET_EMPTY, request->id, no_token);
        (void)linnet_transmit(endpoint, path, answer);
    }
    linnet_answers_put(&endpoint->answers, key, now, now + lifetime_of(endpoint, request), answer);
}

void linnet_incoming_refuse(linnet_endpoint *endpoint, uint64_t now, const linnet_path *path,
                            const linnet_message *request, linnet_code code, uint16_t option)
{
    const linnet_port *port = &endpoint->config.port;
    uint64_t key = linnet_hash_message(&endpoint->hash_key, path, request);
    linnet_bytes answer = {NULL, linnet_header_size(request->token.size)};
    size_t explained = 0;
    size_t capacity;
    uint8_t *slot;

    /* A non-confirmable message with an unknown critical option is rejected, here by silence (5.4.1, 4.3); errors
     * towards a group are kept back (8.2). */
    if ((request->type == LINNET_NON && code == LINNET_BAD_OPTION) || (path->flags & LINNET_PATH_MULTICAST))
        return;
    slot = port->slot(port->context, &capacity);
    if (!slot)
        return; /* as if the request had been lost */
    answer.data = slot;
    if (endpoint->config.explain)
        explained = endpoint->config.explain(&(linnet_refusal){request, code, option}, slot + answer.size,
                                             endpoint->message_size - answer.size);
    if (explained == LINNET_SAY_NOTHING) {
        answer_with_silence(endpoint, now, path, key, request);
        return;
    }
    write_header(endpoint, now, path, slot, request, code);
    if (linnet_echo_allows(endpoint, now, path, request, answer.size + explained))
        answer.size += explained;
    linnet_answers_put(&endpoint->answers, key, now, now + lifetime_of(endpoint, request), answer);
    port->send(port->context, path, answer.size);
}

static void answer_now(linnet_endpoint *endpoint, uint64_t key, linnet_incoming *incoming, uint8_t *slot)
{
    const linnet_message *request = incoming->message;
    linnet_path back = linnet_path_back(incoming->path);
    linnet_bytes answer = {slot, linnet_header_size(request->token.size)};

    if (incoming->code == LINNET_EMPTY) {
        answer_with_silence(endpoint, incoming->now, &back, key, request);
        return;
    }
    write_header(endpoint, incoming->now, &back, slot, request, incoming->code);
    if (incoming->observer && request->type == LINNET_NON)
        endpoint->observers->calls->answered(endpoint->observers, incoming->observer,
                                             (uint16_t)(slot[2] << 8 | slot[3]));
    answer.size += incoming->size;
    if (incoming->path->flags & LINNET_PATH_MULTICAST) {
        answer_with_silence(endpoint, incoming->now, &back, key, request); /* to duplicates, that is */
        linnet_leisure_hold(endpoint, incoming->now, &back, answer);
        return;
    }
    linnet_answers_put(&endpoint->answers, key, incoming->now, incoming->now + lifetime_of(endpoint, request), answer);
    endpoint->config.port.send(endpoint->config.port.context, &back, answer.size);
}

static void run(linnet_endpoint *endpoint, linnet_incoming *incoming)
{
    endpoint->slot_taken = true;
    endpoint->config.serve(endpoint->config.serve_context, incoming);
    endpoint->slot_taken = false;
    if (incoming->unproved)
        endpoint->echo->calls->settle(endpoint->echo, incoming);
}

static void run_into_slot(linnet_endpoint *endpoint, uint64_t key, linnet_incoming *incoming)
{
    const linnet_port *port = &endpoint->config.port;
    size_t head = linnet_header_size(incoming->message->token.size);
    size_t capacity;
    uint8_t *slot = port->slot(port->context, &capacity);
    linnet_executed_verdict verdict = LINNET_EXECUTE_NEW;

    if (!slot)
        return; /* as if it had been lost: the peer sends it again */
    incoming->body = slot + head;
    incoming->capacity = linnet_message_room(endpoint, incoming->path, capacity, head);
    if (endpoint->echo && !endpoint->echo->calls->admit(endpoint->echo, incoming)) {
        answer_now(endpoint, key, incoming, slot);
        return;
    }
    if (!is_idempotent(incoming->message->code))
        verdict =
            linnet_executed_add(&endpoint->executed, key, linnet_hash_network(&endpoint->hash_key, incoming->path),
                                incoming->now, lifetime_of(endpoint, incoming->message));
    if (verdict == LINNET_EXECUTE_SEEN)
        return; /* it has run, and its answer is no more: there is nothing true to say */
    if (verdict == LINNET_EXECUTE_FULL) {
        linnet_incoming_refuse(endpoint, incoming->now, incoming->path, incoming->message, LINNET_SERVICE_UNAVAILABLE,
                               0);
        return;
    }
    run(endpoint, incoming);
    if (!incoming->deferred)
        answer_now(endpoint, key, incoming, slot);
}

void linnet_incoming_serve(linnet_endpoint *endpoint, uint64_t now, const linnet_path *path,
                           const linnet_message *request)
{
    uint64_t key = linnet_hash_message(&endpoint->hash_key, path, request);
    linnet_request_options options;
    linnet_bytes answer;
    linnet_code code;

    if (linnet_answers_find(&endpoint->answers, key, now, &answer)) {
        linnet_path back = linnet_path_back(path);
        if (answer.size > 0 && linnet_echo_allows(endpoint, now, path, request, answer.size))
            (void)linnet_transmit(endpoint, &back, answer);
        return;
    }
    code = linnet_request_options_read(&options, request);
    if (code == LINNET_BAD_OPTION && endpoint->q_read)
        code = endpoint->q_read(endpoint, request, &options);
    if (code != LINNET_EMPTY) {
        linnet_incoming_refuse(endpoint, now, path, request, code, options.rejected);
        return;
    }
    run_into_slot(
        endpoint, key,
        &(linnet_incoming){.endpoint = endpoint, .path = path, .message = request, .options = &options, .now = now});
}
