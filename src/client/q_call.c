/* Datagrams of a call by Q-Block: requests out, and responses in, each told by its token. */
#include "client/q_call.h"

#include <linnet/error.h>

#define RETRY_US 10000u /* where the port had no slot, or no message ID was free */

void linnet_q_wait(linnet_q_call *q, uint64_t delay)
{
    uint64_t when = linnet_call_now(q->call) + delay;
    uint64_t deadline = q->call->request.deadline;

    linnet_wheel_set(&q->owner->wheel, &q->timer, deadline && deadline < when ? deadline : when);
}

uint64_t linnet_q_patience(const linnet_q_call *q) { return linnet_q_timing_wait(&q->owner->timing, q->silent); }

bool linnet_q_again(linnet_q_call *q)
{
    if (q->silent >= q->owner->timing.max_retransmit) {
        linnet_probing_unanswered(&q->peer->probing);
        linnet_call_fail(q->call, LINNET_ETIMEOUT);
        return false;
    }
    q->silent++;
    return true;
}

void linnet_q_end_watch(linnet_q_call *q)
{
    linnet_exchanges *exchanges = &q->call->calls->config.endpoint->exchanges;
    linnet_exchange_state *exchange = linnet_exchanges_get(exchanges, q->watched);

    q->watched = 0;
    if (exchange)
        linnet_exchanges_give(exchanges, exchange);
}

/* A server that does not know the options may say so by a Reset (4.3), and then it is asked by Block1 and Block2. */
static void refused(const linnet_response *response, void *context)
{
    linnet_q_call *q = context;

    q->watched = 0;
    if (response->error == LINNET_ERESET && !q->download.bits)
        linnet_q_fall_back(q, LINNET_PEER_Q_UNKNOWN);
    else if (response->error != LINNET_ETIMEOUT) /* else it was not refused */
        linnet_call_fail(q->call, response->error);
}

/* An exchange with nothing to send again and no token, for the first datagram of those that leave together. */
static void watch(linnet_q_call *q, const uint8_t *datagram)
{
    linnet_endpoint *endpoint = q->call->calls->config.endpoint;
    linnet_exchanges *exchanges = &endpoint->exchanges;
    uint32_t id = (uint32_t)datagram[2] << 8 | datagram[3];
    linnet_exchange_state *exchange;

    if (q->watched_at == endpoint->now)
        return;
    linnet_q_end_watch(q);
    q->watched_at = endpoint->now;
    exchange = linnet_exchanges_take(exchanges, LINNET_MESSAGE_HEADER_SIZE);
    if (!exchange)
        return;
    memcpy(exchange->datagram, datagram, LINNET_MESSAGE_HEADER_SIZE);
    exchange->datagram[0] &= 0xf0u; /* without its token */
    exchange->size = LINNET_MESSAGE_HEADER_SIZE;
    exchange->path = q->call->path;
    exchange->phase = LINNET_PHASE_AWAITING;
    exchange->transmissions = 1;
    exchange->part.client = (linnet_client_part){.done = refused, .context = q, .started = endpoint->now};
    exchange->part.client.deadline = endpoint->now + linnet_q_patience(q);
    linnet_exchanges_add_id(exchanges, exchange, linnet_hash_peer(&endpoint->hash_key, &exchange->path, id + 1u));
    linnet_wheel_set(&exchanges->wheel, &exchange->timer, exchange->part.client.deadline);
    q->watched = linnet_exchange_id(exchange);
}

static uint32_t probing_rate(const linnet_q_call *q)
{
    uint32_t own = q->call->request.transmission.probing_rate;
    uint32_t common = q->call->calls->config.transmission.probing_rate;

    return own ? own : common ? common : 1u;
}

static void write_token(linnet_q_call *q, uint8_t token[LINNET_TOKEN_MAX])
{
    q->serial = (q->serial + 1u) & LINNET_Q_SERIALS;
    memcpy(token, q->prefix, LINNET_Q_PREFIX);
    for (unsigned i = 0; i < LINNET_TOKEN_MAX - LINNET_Q_PREFIX; i++)
        token[LINNET_Q_PREFIX + i] = (uint8_t)(q->serial >> (16u - 8u * i));
}

static bool weave(linnet_q_call *q, linnet_extras *extras, linnet_bytes *options)
{
    linnet_call_state *call = q->call;
    linnet_calls *calls = call->calls;
    uint32_t number = call->request_tag;
    uint8_t tag[4] = {(uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number};

    if (call->echo_size > 0)
        linnet_extras_add(extras, LINNET_OPTION_ECHO, linnet_view(call->echo, call->echo_size));
    if (q->has_tag)
        linnet_extras_add(extras, LINNET_OPTION_REQUEST_TAG, linnet_view(tag, sizeof tag));
    return linnet_weave(call->request.options, extras, calls->options, calls->options_size, options) == 0;
}

/* From a socket that has a message ID left. -1: none has just now. */
static int32_t take_id(linnet_q_call *q)
{
    linnet_endpoint *endpoint = q->call->calls->config.endpoint;

    return linnet_transmit_id(endpoint, endpoint->now, &q->call->path, false);
}

static linnet_q_sent fail(linnet_q_call *q, int error)
{
    linnet_call_fail(q->call, error);
    return LINNET_Q_ENDED;
}

linnet_q_sent linnet_q_send(linnet_q_call *q, linnet_extras *extras, linnet_bytes payload)
{
    linnet_call_state *call = q->call;
    linnet_endpoint *endpoint = call->calls->config.endpoint;
    const linnet_port *port = &endpoint->config.port;
    uint8_t token[LINNET_TOKEN_MAX];
    linnet_bytes options;
    linnet_writer writer;
    size_t capacity;
    uint8_t *slot = port->slot(port->context, &capacity);
    int32_t id = slot ? take_id(q) : -1;
    int size;

    if (id < 0) {
        linnet_q_wait(q, RETRY_US);
        return LINNET_Q_LATER;
    }
    if (!weave(q, extras, &options))
        return fail(q, LINNET_ETOOBIG);
    write_token(q, token);
    linnet_writer_begin(&writer, slot, capacity, LINNET_NON, call->request.code, (uint16_t)id,
                        linnet_view(token, sizeof token));
    linnet_writer_options(&writer, options);
    linnet_writer_payload(&writer, payload);
    size = linnet_writer_end(&writer);
    if (size < 0)
        return fail(q, LINNET_ETOOBIG);
    linnet_probing_sent(&q->peer->probing, endpoint->now, (uint32_t)size, probing_rate(q));
    watch(q, slot);
    port->send(port->context, &call->path, (size_t)size);
    return LINNET_Q_SENT;
}

void linnet_q_conclude(linnet_q_call *q, const linnet_response *response)
{
    linnet_call_state *call = q->call;

    if (response->message.code == LINNET_BAD_OPTION) { /* of whatever option; another time it is asked anew */
        linnet_q_fall_back(q, LINNET_PEER_Q_UNKNOWN);
        return;
    }
    if (linnet_call_is_challenged(call, response)) {
        linnet_q_begin(q);
        return;
    }
    call->calls->q_calling->release(call);
    call->born = linnet_call_now(call);
    linnet_call_receive(call, response);
}

static linnet_q_call *find(const linnet_q_calls *owner, const linnet_path *path, linnet_bytes token)
{
    const linnet_endpoint *endpoint = owner->calls->config.endpoint;
    linnet_bytes prefix = linnet_view(token.data, LINNET_Q_PREFIX);
    linnet_node *node;

    if (token.size != LINNET_TOKEN_MAX)
        return NULL;
    node = linnet_table_find(&owner->by_prefix, linnet_hash_token(&endpoint->hash_key, path, prefix));
    return node ? LINNET_CONTAINER(node, linnet_q_call, by_prefix) : NULL;
}

/* Which of the tokens that were given out it is, from 1; 0: none. */
static uint32_t serial_of(const linnet_q_call *q, linnet_bytes token)
{
    uint32_t serial = 0;

    for (size_t i = LINNET_Q_PREFIX; i < LINNET_TOKEN_MAX; i++)
        serial = serial << 8 | token.data[i];
    return memcmp(token.data, q->prefix, LINNET_Q_PREFIX) == 0 && serial <= q->serial ? serial : 0;
}

static bool is_block(uint16_t number)
{
    return number == LINNET_OPTION_BLOCK1 || number == LINNET_OPTION_BLOCK2 || number == LINNET_OPTION_Q_BLOCK1 ||
           number == LINNET_OPTION_Q_BLOCK2;
}

/* RFC 7252 5.4.1, 5.4.3, 5.4.5. Q-Block2 is repeatable in requests only. */
static bool is_acceptable(const linnet_message *response)
{
    linnet_option_cursor cursor = {.rest = response->options};
    uint16_t before = 0;
    linnet_option option;

    for (; linnet_option_next(&cursor, &option); before = option.number)
        if (linnet_option_is_critical(option.number) &&
            (!is_block(option.number) || option.number == before || !linnet_option_is_proper(&option, false)))
            return false;
    return true;
}

static void receive(linnet_q_call *q, uint64_t now, const linnet_path *path, const linnet_message *message)
{
    linnet_response response = {.message = *message, .path = *path, .round_trip_us = now - q->started};
    linnet_block block;

    linnet_probing_heard(&q->peer->probing);
    if (linnet_q_upload_hear(q, message))
        return;
    if (linnet_code_is_success(message->code) && linnet_block_of(message, LINNET_OPTION_Q_BLOCK2, &block))
        linnet_q_download_hear(q, &response, &block, serial_of(q, message->token));
    else
        linnet_q_conclude(q, &response);
}

bool linnet_q_calls_hear(linnet_endpoint *endpoint, const linnet_path *path, const linnet_message *response)
{
    linnet_q_call *q = find(endpoint->q_calls, path, response->token);
    bool acceptable = is_acceptable(response);

    if (!q || response->type == LINNET_ACK || serial_of(q, response->token) == 0)
        return false;
    if (response->type == LINNET_CON)
        linnet_transmit_empty(endpoint, path, acceptable ? LINNET_ACK : LINNET_RST, response->id);
    if (acceptable)
        receive(q, endpoint->now, path, response);
    return true;
}
