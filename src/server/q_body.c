/* A request body by Q-Block1 (RFC 9177 4.3, 7.2): blocks come in any order and more than once; what is missing is asked
 * for by 4.08, a whole set of blocks is acknowledged by 2.31, and when all is there the handler runs, once. */
#include "server/finish.h"
#include "server/fresh.h"
#include "server/q_block.h"
#include "server/transfer.h"
#include "wire/missing_blocks.h"

#define MISSING_BLOCKS 272 /* application/missing-blocks+cbor-seq */
#define LIST_SIZE (LINNET_MAX_PAYLOADS_LIMIT * LINNET_MISSING_BLOCK_SIZE)
#define WATCH_MORE UINT64_C(1000000) /* a Reset is waited for a little longer than until the next 4.08 */

static uint32_t set_of(const linnet_q_block *q, uint32_t number) { return number / q->timing.max_payloads; }

/* The missing blocks of the first set that has any: "the sending of a set of missing blocks of a body is restricted to
 * those in a MAX_PAYLOADS_SET at a time". */
static linnet_bytes list_missing(const linnet_q_block *q, const linnet_transfer *transfer, uint8_t octets[LIST_SIZE])
{
    const linnet_q_body *body = linnet_q_body_of(transfer);
    uint32_t end = (set_of(q, body->low) + 1u) * q->timing.max_payloads;
    size_t size = 0;

    for (uint32_t number = body->low; number < end && number <= body->last; number++)
        if (!linnet_q_body_has(transfer, number))
            size += linnet_missing_block_write(octets + size, number);
    return linnet_view(octets, size);
}

static void end_watch(linnet_q_block *q, linnet_q_body *body)
{
    linnet_exchange_state *exchange = linnet_exchanges_get(&q->endpoint->exchanges, body->watched);

    if (exchange)
        linnet_exchanges_give(&q->endpoint->exchanges, exchange);
    body->watched = 0;
}

/* An exchange with nothing to send again, so that a Reset ends it: "On receipt of the Reset message, the server SHOULD
 * delete the partial body". */
static void watch(linnet_q_block *q, uint64_t until, linnet_q_body *body, uint16_t id)
{
    linnet_exchanges *exchanges = &q->endpoint->exchanges;
    linnet_exchange_state *exchange = linnet_exchanges_take(exchanges, LINNET_MESSAGE_HEADER_SIZE);
    linnet_bytes no_token = {NULL, 0};

    body->watched = exchange ? linnet_exchange_id(exchange) : 0;
    if (!exchange)
        return;
    linnet_header_write(exchange->datagram, LINNET_NON, LINNET_REQUEST_ENTITY_INCOMPLETE, id, no_token);
    exchange->size = LINNET_MESSAGE_HEADER_SIZE;
    exchange->path = body->path;
    exchange->phase = LINNET_PHASE_SEPARATE;
    q->endpoint->deferred = linnet_deferred_timer;
    exchange->transmissions = 1;
    linnet_exchanges_add_id(exchanges, exchange, linnet_hash_peer(&q->endpoint->hash_key, &body->path, id + 1u));
    linnet_wheel_set(&exchanges->wheel, &exchange->timer, until);
}

/* When missing blocks are asked for again. 7.2: "Each NON 4.08 (Request Entity Incomplete) response is subject to
 * PROBING_RATE", and the wait for that "is limited to NON_PROBING_WAIT". */
static uint64_t next_time(const linnet_q_block *q, uint64_t now, const linnet_q_body *body, uint32_t asked)
{
    uint64_t when = now + linnet_q_timing_wait(&q->timing, asked);
    uint64_t longest = now + q->timing.probing_wait;

    if (body->paid <= when)
        return when;
    return body->paid < longest ? body->paid : longest;
}

static void send_missing(linnet_q_block *q, uint64_t now, linnet_transfer *transfer)
{
    const linnet_port *port = &q->endpoint->config.port;
    linnet_q_body *body = linnet_q_body_of(transfer);
    uint8_t list[LIST_SIZE];
    size_t capacity;
    uint8_t *slot = port->slot(port->context, &capacity);
    linnet_writer writer;
    uint16_t id;

    if (!slot || body->mute)
        return;
    id = (uint16_t)linnet_transmit_id(q->endpoint, now, &body->path, true);
    capacity = linnet_message_room(q->endpoint, &body->path, capacity, 0);
    linnet_writer_begin(&writer, slot, capacity, LINNET_NON, LINNET_REQUEST_ENTITY_INCOMPLETE, id,
                        linnet_view(body->token, body->token_size));
    linnet_writer_option_uint(&writer, LINNET_OPTION_CONTENT_FORMAT, MISSING_BLOCKS);
    linnet_writer_payload(&writer, list_missing(q, transfer, list));
    if (linnet_writer_end(&writer) < 0)
        return;
    body->paid = (body->paid > now ? body->paid : now) + (uint32_t)linnet_writer_end(&writer) * q->timing.octet_time;
    watch(q, next_time(q, now, body, body->asked + 1u) + WATCH_MORE, body, id);
    port->send(port->context, &body->path, (size_t)linnet_writer_end(&writer));
}

void linnet_q_body_timer(linnet_q_block *q, uint64_t now, linnet_transfer *transfer)
{
    linnet_q_body *body = linnet_q_body_of(transfer);
    bool was_reset = body->watched && !linnet_exchanges_get(&q->endpoint->exchanges, body->watched);

    end_watch(q, body);
    if (body->done || was_reset || body->confirmable || body->asked >= q->timing.max_retransmit) {
        linnet_transfers_give(q->site->transfers, transfer);
        return;
    }
    send_missing(q, now, transfer);
    body->asked++;
    linnet_wheel_set(&q->wheel, &transfer->timer, next_time(q, now, body, body->asked));
}

static void refuse(linnet_request *request, linnet_code code, const char *diagnostic)
{
    linnet_reply reply;

    linnet_reply_begin(&reply, request);
    linnet_reply_fail(&reply, code, diagnostic);
    if (code == LINNET_UNAUTHORIZED)
        linnet_reply_ask_freshness(&reply);
    if (code == LINNET_SERVICE_UNAVAILABLE)
        linnet_reply_put_uint(&reply, LINNET_OPTION_MAX_AGE, LINNET_UPLOAD_RETRY_SECONDS);
    if (code == LINNET_REQUEST_ENTITY_TOO_LARGE)
        linnet_reply_put_uint(&reply, LINNET_OPTION_SIZE1, linnet_upload_limit(request));
    linnet_reply_deliver(&reply);
}

/* Before anything is kept of a body: whether the request can succeed. */
static linnet_code check(const linnet_q_block *q, linnet_request *request)
{
    linnet_code code = linnet_request_find_handler(request);

    if (code == LINNET_EMPTY && !linnet_request_is_fresh(request))
        return LINNET_UNAUTHORIZED;
    if (code == LINNET_EMPTY && q->options.body_size > linnet_upload_limit(request))
        return LINNET_REQUEST_ENTITY_TOO_LARGE;
    return code;
}

static linnet_transfer *open_body(linnet_q_block *q, const linnet_incoming *incoming, uint64_t key)
{
    linnet_transfers *transfers = q->site->transfers;
    linnet_transfer *transfer = linnet_transfers_take(transfers, incoming->path, key, incoming->now);
    const linnet_q_options *options = &q->options;
    uint32_t size = options->body_size;

    if (!transfer)
        return NULL;
    if (!linnet_transfers_reserve(transfers, transfer, sizeof(linnet_q_body))) {
        linnet_transfers_give(transfers, transfer);
        return NULL;
    }
    *linnet_q_body_of(transfer) = (linnet_q_body){
        .path = *incoming->path,
        .size = size,
        .last = size == 0 ? 0 : (size - 1u) >> (options->body.szx + 4u),
        .szx = options->body.szx,
    };
    return transfer;
}

/* Blocks may come in any order, and some not at all; but one that is farther ahead than twice what has come is not
 * taken yet, so that nobody gets much memory by a single message. */
static bool is_too_far(const linnet_q_block *q, const linnet_q_body *body, uint32_t number)
{
    return number >= 2u * (body->received + q->timing.max_payloads);
}

static void note_request(linnet_q_body *body, const linnet_incoming *incoming)
{
    linnet_bytes token = incoming->message->token;

    body->paid = 0; /* it is there */
    body->confirmable = incoming->message->type == LINNET_CON;
    body->path = *incoming->path;
    body->mute = token.size > sizeof body->token;
    body->token_size = body->mute ? 0 : (uint8_t)token.size;
    if (body->token_size > 0)
        memcpy(body->token, token.data, token.size);
}

/* Sets back the clock by which missing blocks are asked for. */
static void restart_clock(linnet_q_block *q, linnet_transfer *transfer, uint64_t now)
{
    linnet_q_body *body = linnet_q_body_of(transfer);
    uint64_t wait = body->confirmable ? q->timing.partial_timeout : q->timing.receive_timeout;

    end_watch(q, body);
    body->asked = 0;
    linnet_transfers_touch(q->site->transfers, transfer, now);
    linnet_wheel_set(&q->wheel, &transfer->timer, now + wait);
}

/* 2.31: the sets before that of the first missing block are there. */
static void go_on(const linnet_q_block *q, linnet_request *request, const linnet_q_body *body)
{
    linnet_block block = {.number = set_of(q, body->low) * q->timing.max_payloads - 1u, .more = true};
    linnet_reply reply;

    block.szx = body->szx;
    linnet_reply_begin(&reply, request);
    linnet_reply_fail(&reply, LINNET_CONTINUE, NULL);
    linnet_reply_put_uint(&reply, LINNET_OPTION_Q_BLOCK1, linnet_block_value(block));
    linnet_reply_deliver(&reply);
}

static void ask_for_missing(const linnet_q_block *q, linnet_request *request, const linnet_transfer *transfer)
{
    uint8_t list[LIST_SIZE];
    linnet_reply reply;

    linnet_reply_begin(&reply, request);
    linnet_reply_fail(&reply, LINNET_REQUEST_ENTITY_INCOMPLETE, NULL);
    linnet_reply_payload(&reply, MISSING_BLOCKS, list_missing(q, transfer, list));
    linnet_reply_deliver(&reply);
}

/* What is said to a block that is not the last one missing. To a confirmable one nothing: it is acknowledged (4.3). */
static void respond(const linnet_q_block *q, linnet_request *request, linnet_transfer *transfer)
{
    linnet_q_body *body = linnet_q_body_of(transfer);
    uint32_t due = set_of(q, body->low), ahead = set_of(q, body->high);

    if (body->confirmable)
        return;
    if (due > set_of(q, q->options.body.number))
        go_on(q, request, body);
    /* "On receipt of a payload from the next MAX_PAYLOADS_SET, the server SHOULD send a 4.08 indicating any missing
     * payloads from any previous MAX_PAYLOADS_SET": once for each new set, and again when the first gap is elsewhere.
     */
    else if (due < ahead && (body->told_due != due || body->told_ahead != ahead)) {
        body->told_due = due;
        body->told_ahead = ahead;
        ask_for_missing(q, request, transfer);
    }
}

/* The answer stays for duplicates, which must not run the handler again. */
static void remember(linnet_q_block *q, const linnet_incoming *incoming, uint64_t key)
{
    linnet_transfer *transfer = open_body(q, incoming, key);
    linnet_q_body *body;

    if (!transfer)
        return;
    if (!linnet_transfers_reserve(q->site->transfers, transfer, (uint32_t)(sizeof *body + incoming->size))) {
        linnet_transfers_give(q->site->transfers, transfer);
        return;
    }
    body = linnet_q_body_of(transfer);
    body->done = true;
    body->code = incoming->deferred ? LINNET_EMPTY : incoming->code;
    body->answer_size = (uint16_t)incoming->size;
    if (incoming->size > 0)
        memcpy(body + 1, incoming->body, incoming->size);
    linnet_transfers_touch(q->site->transfers, transfer, incoming->now);
    linnet_wheel_set(&q->wheel, &transfer->timer, incoming->now + q->timing.partial_timeout);
}

static void repeat_answer(linnet_incoming *incoming, const linnet_q_body *body)
{
    if (body->answer_size > incoming->capacity)
        return;
    incoming->code = body->code;
    incoming->size = body->answer_size;
    memcpy(incoming->body, body + 1, body->answer_size);
}

/* All is there: the body is the payload of one request without blocks. */
static void run(linnet_q_block *q, linnet_incoming *incoming, linnet_transfer *transfer)
{
    uint64_t key = transfer->by_key.key;
    linnet_message whole = *incoming->message;
    linnet_request_options options = *incoming->options;
    linnet_incoming inner = *incoming;

    end_watch(q, linnet_q_body_of(transfer));
    linnet_transfers_detach(q->site->transfers, transfer);
    whole.payload = linnet_q_body_octets(transfer);
    options.q_body = true;
    inner.message = &whole;
    inner.options = &options;
    linnet_q_response_serve(q, &inner);
    inner.message = incoming->message;
    inner.options = incoming->options;
    *incoming = inner;
    linnet_transfers_give(q->site->transfers, transfer);
    if (incoming->code != LINNET_UNAUTHORIZED)
        remember(q, incoming, key);
}

/* Puts the block where it belongs. LINNET_EMPTY: it is there now, or not to be taken yet. */
static linnet_code take(linnet_q_block *q, const linnet_incoming *incoming, uint64_t key, linnet_transfer **transfer)
{
    linnet_transfers *transfers = q->site->transfers;
    uint32_t number = q->options.body.number;
    linnet_q_body *body;

    *transfer = linnet_transfers_find(transfers, key, incoming->now);
    if (!*transfer)
        *transfer = open_body(q, incoming, key);
    if (!*transfer)
        return LINNET_SERVICE_UNAVAILABLE;
    body = linnet_q_body_of(*transfer);
    if (body->size != q->options.body_size || body->szx != q->options.body.szx)
        return LINNET_BAD_REQUEST;
    note_request(body, incoming);
    if (body->done || linnet_q_body_has(*transfer, number) || is_too_far(q, body, number))
        return LINNET_EMPTY;
    if (!linnet_q_body_put(transfers, *transfer, number, incoming->message->payload)) {
        linnet_transfers_give(transfers, *transfer);
        return LINNET_SERVICE_UNAVAILABLE;
    }
    restart_clock(q, *transfer, incoming->now);
    return LINNET_EMPTY;
}

static linnet_transfer *serve_block(linnet_q_block *q, linnet_request *request)
{
    linnet_incoming *incoming = request->incoming;
    uint64_t key = linnet_transfers_key(q->site->transfers, incoming->path, incoming->message, LINNET_TRANSFER_Q_BODY);
    linnet_transfer *transfer = NULL;
    linnet_code code = check(q, request);

    if (code == LINNET_EMPTY)
        code = take(q, incoming, key, &transfer);
    if (code != LINNET_EMPTY) {
        refuse(request, code, code == LINNET_BAD_REQUEST ? "Another body has this Request-Tag" : NULL);
        return NULL;
    }
    if (linnet_q_body_of(transfer)->done)
        repeat_answer(incoming, linnet_q_body_of(transfer));
    else if (linnet_q_body_is_whole(linnet_q_body_of(transfer)))
        return transfer;
    else
        respond(q, request, transfer);
    return NULL;
}

void linnet_q_body_serve(linnet_q_block *q, linnet_incoming *incoming)
{
    linnet_transfer *whole;
    linnet_request request;

    incoming->must_prove = incoming->unproved; /* nothing is kept for an address that may be another's */
    if (incoming->must_prove)
        return;
    linnet_request_open(&request, q->site, incoming);
    whole = serve_block(q, &request);
    linnet_request_close(&request);
    if (whole)
        run(q, incoming, whole);
}
