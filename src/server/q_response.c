/* A response by Q-Block2 (RFC 9177 4.4): each block is cut from what the handler says as one by Block2 is, and renamed.
 * The first of those that are asked for is the answer to the request; the others leave with the next advance. */
#include "server/q_block.h"
#include "server/request.h"

#include <linnet/message.h>

#define ROOM 20u /* what ETag, Size2 and Q-Block2 take beyond Block2, at most */

/* What is asked for, at most a set. */
typedef struct plan {
    uint32_t count;
    uint32_t number[LINNET_MAX_PAYLOADS_LIMIT];
    uint8_t szx;
    bool has_szx;
} plan;

/* Responses that wait to be sent; at the front of its transfer's octets, the request behind it. */
typedef struct burst {
    linnet_path path;
    plan plan;
    uint32_t size; /* octets of the request */
} burst;

/* What a block says of the body. */
typedef struct given {
    linnet_block block;
    uint32_t size;
} given;

static void add(plan *to, uint32_t number, uint32_t most)
{
    if (to->count < most && (to->count == 0 || number > to->number[to->count - 1u]))
        to->number[to->count++] = number;
}

/* 4.4: M unset is that block; set, it and the others of its MAX_PAYLOADS_SET. A block that is asked for twice is sent
 * once. */
static plan make_plan(const linnet_q_block *q)
{
    static const linnet_block all = {.more = true};
    const linnet_q_options *options = &q->options;
    uint32_t most = q->timing.max_payloads;
    plan made = {.has_szx = options->asked_count > 0};

    if (made.has_szx)
        made.szx = options->asked[0].szx;
    for (unsigned i = 0; i < options->asked_count || i == 0; i++) {
        const linnet_block *block = options->asked_count > 0 ? &options->asked[i] : &all;
        uint32_t end = block->more ? (block->number / most + 1u) * most : block->number + 1u;
        for (uint32_t number = block->number; number < end; number++)
            add(&made, number, most);
    }
    return made;
}

static linnet_bytes options_of(const linnet_incoming *incoming)
{
    linnet_option_cursor cursor = {.rest = {incoming->body, incoming->size}};
    linnet_option option;

    while (linnet_option_next(&cursor, &option))
        ;
    return linnet_view(incoming->body, incoming->size - cursor.rest.size); /* the marker ends the walk */
}

/* "The payloads sent back from the server as a response MUST all have the same ETag": a response that is kept, which
 * has none by itself, gets one, "randomly generated and then subsequently incremented". */
static bool make_etag(linnet_q_block *q, const linnet_incoming *incoming, uint32_t *etag)
{
    linnet_transfers *transfers = q->site->transfers;
    uint64_t key = linnet_transfers_key(transfers, incoming->path, incoming->message, LINNET_TRANSFER_RESPONSE);
    linnet_transfer *kept = linnet_transfers_find(transfers, key, incoming->now);

    if (!kept)
        return false;
    if (kept->etag == 0)
        kept->etag = ++q->etag ? q->etag : ++q->etag;
    *etag = kept->etag;
    return true;
}

static void insert_uint(linnet_incoming *incoming, size_t *size, size_t limit, uint16_t option, uint32_t number)
{
    uint8_t value[4];
    size_t length = linnet_option_from_uint(number, value);

    /* It cannot fail: there is room, see serve_block(). */
    (void)linnet_options_insert(incoming->body, size, limit, option, linnet_view(value, length));
}

/* Block2 becomes Q-Block2, beside a Size2 that "MUST be present in all payloads of the response" (4.6). The payload is
 * put aside meanwhile. */
static void rename_option(linnet_incoming *incoming, size_t capacity, const given *what, const uint32_t *etag)
{
    size_t size = options_of(incoming).size;
    size_t rest = incoming->size - size;
    uint8_t *aside = incoming->body + capacity - rest;
    size_t limit = capacity - rest;

    memmove(aside, incoming->body + size, rest);
    (void)linnet_options_remove(incoming->body, &size, LINNET_OPTION_BLOCK2);
    (void)linnet_options_remove(incoming->body, &size, LINNET_OPTION_SIZE2);
    insert_uint(incoming, &size, limit, LINNET_OPTION_SIZE2, what->size);
    insert_uint(incoming, &size, limit, LINNET_OPTION_Q_BLOCK2, linnet_block_value(what->block));
    if (etag)
        (void)linnet_options_insert(incoming->body, &size, limit, LINNET_OPTION_ETAG,
                                    linnet_view((const uint8_t *)etag, sizeof *etag));
    memmove(incoming->body + size, aside, rest);
    incoming->size = size + rest;
}

static uint32_t payload_size(const linnet_incoming *incoming, linnet_bytes options)
{
    size_t rest = incoming->size - options.size;

    return rest > 0 ? (uint32_t)rest - 1u : 0;
}

/* Whether the answer is a block by Q-Block2 from here on. What has no size that is known, or no ETag, stays one by
 * Block2, and the client goes on with that. */
static bool convert(linnet_q_block *q, linnet_incoming *incoming, size_t capacity, given *what)
{
    linnet_bytes options = options_of(incoming);
    linnet_bytes value;
    uint32_t etag;
    bool has_etag = linnet_option_get(options, LINNET_OPTION_ETAG, 0, &value);
    bool needs_etag;

    if (!linnet_code_is_success(incoming->code) || !linnet_option_get(options, LINNET_OPTION_BLOCK2, 0, &value) ||
        linnet_block_parse(&what->block, value) != 0)
        return false;
    needs_etag = !has_etag && (what->block.more || what->block.number > 0);
    what->size = (uint32_t)linnet_block_offset(what->block) + payload_size(incoming, options);
    if (what->block.more) {
        if (!linnet_option_get(options, LINNET_OPTION_SIZE2, 0, &value))
            return false;
        what->size = linnet_option_uint(value);
    }
    if (needs_etag && !make_etag(q, incoming, &etag))
        return false;
    rename_option(incoming, capacity, what, needs_etag ? &etag : NULL);
    return true;
}

static bool serve_block(linnet_q_block *q, linnet_incoming *incoming, const plan *asked, uint32_t number, given *what)
{
    linnet_request_options options = *incoming->options;
    linnet_incoming inner = *incoming;

    options.has_block2 = asked->has_szx;
    options.block2 = (linnet_block){.number = number, .szx = asked->szx};
    inner.options = &options;
    if (inner.capacity > ROOM)
        inner.capacity -= ROOM;
    linnet_site_serve(q->site, &inner);
    inner.options = incoming->options;
    inner.capacity = incoming->capacity;
    *incoming = inner;
    return !incoming->deferred && convert(q, incoming, incoming->capacity, what);
}

/* A request for missing blocks is without payload, so it cannot be run (RFC 7959 2.7): its response is kept, or there
 * is none. A GET has none in any case. */
static bool asks_for_kept(const linnet_incoming *incoming)
{
    return incoming->message->code != LINNET_GET && incoming->message->payload.size == 0;
}

static int write_request(const linnet_incoming *incoming, uint8_t *datagram, size_t capacity)
{
    const linnet_message *request = incoming->message;
    linnet_writer writer;

    linnet_writer_begin(&writer, datagram, capacity, LINNET_NON, request->code, request->id, request->token);
    linnet_writer_options(&writer, request->options);
    if (!incoming->options->q_body)
        linnet_writer_payload(&writer, request->payload);
    return linnet_writer_end(&writer);
}

/* The blocks behind the first are due at once. Without memory they are lost, and asked for again. */
static void begin_burst(linnet_q_block *q, const linnet_incoming *incoming, const plan *left)
{
    linnet_transfers *transfers = q->site->transfers;
    uint64_t key = linnet_transfers_key(transfers, incoming->path, incoming->message, LINNET_TRANSFER_Q_BURST);
    linnet_transfer *transfer = linnet_transfers_find(transfers, key, incoming->now);
    size_t capacity = sizeof(burst) + q->scratch_size;
    int size;

    if (transfer)
        linnet_transfers_give(transfers, transfer);
    transfer = linnet_transfers_take(transfers, incoming->path, key, incoming->now);
    if (!transfer)
        return;
    size = linnet_transfers_reserve(transfers, transfer, (uint32_t)capacity)
               ? write_request(incoming, transfer->data + sizeof(burst), q->scratch_size)
               : -1;
    if (size < 0) {
        linnet_transfers_give(transfers, transfer);
        return;
    }
    *(burst *)(void *)transfer->data = (burst){*incoming->path, *left, (uint32_t)size};
    transfer->is_burst = true;
    linnet_wheel_set(&q->wheel, &transfer->timer, incoming->now);
}

/* What of the plan is left behind the block that was given. */
static plan rest_of(const plan *asked, const given *what)
{
    uint32_t last = what->size == 0 ? 0 : (what->size - 1u) >> (what->block.szx + 4u);
    plan left = {.szx = what->block.szx, .has_szx = true};

    for (uint32_t i = 1; i < asked->count; i++)
        if (asked->number[i] <= last)
            left.number[left.count++] = asked->number[i];
    return left;
}

void linnet_q_response_serve(linnet_q_block *q, linnet_incoming *incoming)
{
    const linnet_q_options *options = &q->options;
    plan asked = make_plan(q), left;
    linnet_request_options marked = *incoming->options;
    const linnet_request_options *before = incoming->options;
    given what;
    bool is_block;

    /* More would be sent than RFC 9175 2.4 lets go to an address that may be somebody else's. */
    if (asked.count > 1 && incoming->unproved) {
        incoming->must_prove = true;
        return;
    }
    marked.q_missing = !options->has_body && options->asked_count > 0 && asks_for_kept(incoming) &&
                       (options->asked[0].number > 0 || !options->asked[0].more);
    incoming->options = &marked;
    is_block = serve_block(q, incoming, &asked, asked.number[0], &what);
    incoming->options = before;
    if (!is_block)
        return;
    /* A confirmable request gets one block, in its acknowledgement: more would be confirmable too, one at a time by
     * NSTART, and the client asks for them no slower than that. */
    if (!what.block.more || incoming->message->type != LINNET_NON || what.block.number != asked.number[0])
        return;
    left = rest_of(&asked, &what);
    if (left.count > 0)
        begin_burst(q, incoming, &left);
}

/* False: no more of them. */
static bool send_block(linnet_q_block *q, linnet_incoming *incoming, const plan *left, uint32_t number)
{
    linnet_endpoint *endpoint = q->endpoint;
    const linnet_port *port = &endpoint->config.port;
    size_t head = linnet_header_size(incoming->message->token.size);
    size_t capacity;
    uint8_t *slot = port->slot(port->context, &capacity);
    given what;
    bool is_block;

    if (!slot)
        return false;
    incoming->body = slot + head;
    incoming->capacity = linnet_message_room(endpoint, incoming->path, capacity, head);
    incoming->code = LINNET_EMPTY;
    endpoint->slot_taken = true;
    is_block = serve_block(q, incoming, left, number, &what);
    endpoint->slot_taken = false;
    if (!is_block)
        return false;
    linnet_header_write(slot, LINNET_NON, incoming->code,
                        (uint16_t)linnet_transmit_id(endpoint, incoming->now, incoming->path, true),
                        incoming->message->token);
    port->send(port->context, incoming->path, head + incoming->size);
    return true;
}

void linnet_q_response_burst(linnet_q_block *q, uint64_t now, linnet_transfer *transfer)
{
    const burst *due = (const burst *)(const void *)transfer->data;
    linnet_path path = due->path;
    linnet_request_options options;
    linnet_message request;
    linnet_incoming incoming = {.endpoint = q->endpoint, .path = &path, .message = &request, .options = &options};

    linnet_transfers_detach(q->site->transfers, transfer); /* a handler may make others drop it */
    (void)linnet_message_parse(&request, linnet_view(transfer->data + sizeof *due, due->size));
    (void)linnet_request_options_read(&options, &request);
    incoming.now = now;
    options.q_missing = asks_for_kept(&incoming);
    incoming.unproved = true; /* so that no handler defers: there is nothing to wait for */
    for (uint32_t i = 0; i < due->plan.count; i++)
        if (!send_block(q, &incoming, &due->plan, due->plan.number[i]))
            break;
    linnet_transfers_give(q->site->transfers, transfer);
}
