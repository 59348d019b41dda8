/* A response's body by Q-Block2 (RFC 9177 4.4, 7.2): blocks come in any order; a whole set is confirmed by asking for
 * the next, and what is missing of one is asked for. */
#include "client/q_call.h"

#include <linnet/error.h>

static bool has(const linnet_q_download *download, uint32_t number)
{
    return (unsigned)download->bits[number / 8u] >> (number % 8u) & 1u;
}

/* The payload of a FETCH says what is asked for (RFC 8132 2.2); one that went by Q-Block1 is not repeated. */
static linnet_bytes payload_of(const linnet_q_call *q)
{
    linnet_bytes nothing = {NULL, 0};

    return q->call->request.code == LINNET_FETCH && !q->has_tag ? q->call->request.payload : nothing;
}

static linnet_q_sent request(linnet_q_call *q, linnet_extras *extras)
{
    linnet_q_sent sent = linnet_q_send(q, extras, payload_of(q));

    if (sent == LINNET_Q_SENT)
        linnet_q_wait(q, linnet_q_patience(q));
    return sent;
}

static void add_block(const linnet_q_call *q, linnet_extras *extras, uint32_t number, bool more)
{
    linnet_block block = {.number = number, .more = more, .szx = q->download.bits ? q->download.szx : q->szx};

    linnet_extras_add_uint(extras, LINNET_OPTION_Q_BLOCK2, linnet_block_value(block));
}

static linnet_q_sent ask_for_all(linnet_q_call *q)
{
    linnet_call_state *call = q->call;
    linnet_extras extras = {0};

    if (call->etag_size > 0) /* is the stored response still valid? */
        linnet_extras_add(&extras, LINNET_OPTION_ETAG, linnet_view(call->etag, call->etag_size));
    add_block(q, &extras, 0, true);
    return request(q, &extras);
}

void linnet_q_download_begin(linnet_q_call *q) { (void)ask_for_all(q); }

/* Asks for the set of the first missing block: all of it by 'Continue', or what is missing. */
static linnet_q_sent ask(linnet_q_call *q)
{
    const linnet_q_download *download = &q->download;
    uint32_t payloads = q->owner->timing.max_payloads;
    uint32_t end = (linnet_q_set_of(q, download->low) + 1u) * payloads;
    linnet_extras extras = {0};
    unsigned count = 0;

    if (download->low % payloads == 0 && download->high < download->low) {
        add_block(q, &extras, download->low, true);
        return request(q, &extras);
    }
    for (uint32_t number = download->low; number < end && number <= download->last; number++)
        if (!has(download, number) && count++ < LINNET_Q_ASKED_MOST)
            add_block(q, &extras, number, false);
    return request(q, &extras);
}

void linnet_q_download_timer(linnet_q_call *q)
{
    if (linnet_q_again(q) && (q->download.bits ? ask(q) : ask_for_all(q)) == LINNET_Q_LATER)
        q->silent--;
}

static linnet_bytes etag_of(const linnet_message *response)
{
    linnet_bytes value = {NULL, 0};

    (void)linnet_option_heed(response->options, LINNET_OPTION_ETAG, &value); /* LINNET_ETAG_MAX octets at most */
    return value;
}

static void forget(linnet_q_call *q)
{
    const linnet_memory *memory = &q->call->calls->config.memory;
    uint32_t restarts = q->download.restarts;
    uint32_t serial = q->download.serial;

    if (q->download.bits)
        (void)memory->resize(memory->context, q->download.bits, 0);
    linnet_body_clear(&q->call->body, memory);
    q->download = (linnet_q_download){.restarts = restarts, .serial = serial};
}

/* What the body is, by the first block of it that comes. */
static int open_body(linnet_q_call *q, const linnet_message *response, uint32_t size, uint8_t szx)
{
    const linnet_memory *memory = &q->call->calls->config.memory;
    linnet_q_download *download = &q->download;
    linnet_bytes etag = etag_of(response);
    size_t octets;
    int error;

    if (size > q->call->request.max_body_size)
        return LINNET_ETOOBIG;
    *download = (linnet_q_download){.restarts = download->restarts, .serial = download->serial};
    download->size = size;
    download->szx = szx;
    download->code = response->code;
    q->call->born = linnet_call_now(q->call);
    download->last = size == 0 ? 0 : (size - 1u) >> (szx + 4u);
    download->etag_size = (uint8_t)etag.size;
    if (etag.size > 0)
        memcpy(download->etag, etag.data, etag.size);
    error = linnet_body_begin(&q->call->body, memory, response->options);
    if (error == 0)
        error = linnet_body_extend(&q->call->body, memory, size);
    if (error != 0)
        return error;
    octets = download->last / 8u + 1u;
    download->bits = memory->resize(memory->context, NULL, octets);
    if (!download->bits)
        return LINNET_ENOMEM;
    memset(download->bits, 0, octets);
    return 0;
}

/* Each block but the last is as long as its size says, and Size2 says where the last one ends (4.6). */
static bool is_proper(const linnet_block *block, size_t payload, uint32_t size)
{
    uint64_t offset = linnet_block_offset(*block);

    if (block->more)
        return payload == linnet_block_size(*block) && offset + payload < size;
    return payload <= linnet_block_size(*block) && offset + payload == size;
}

static void put(linnet_q_call *q, const linnet_block *block, linnet_bytes payload)
{
    linnet_q_download *download = &q->download;
    uint8_t *octets = q->call->body.data + q->call->body.options;

    if (payload.size > 0)
        memcpy(octets + linnet_block_offset(*block), payload.data, payload.size);
    download->bits[block->number / 8u] |= (uint8_t)(1u << block->number % 8u);
    download->received++;
    download->high = block->number > download->high ? block->number : download->high;
    while (download->low <= download->last && has(download, download->low))
        download->low++;
}

/* on_block has what is there without gaps. False: the call has ended. */
static bool hand_over(linnet_q_call *q, const linnet_response *response)
{
    linnet_q_download *download = &q->download;
    uint64_t end = (uint64_t)download->low << (download->szx + 4u);
    uint64_t start = download->given;
    linnet_response part = *response;

    if (end > download->size)
        end = download->size;
    if (end == start || !linnet_call_has_sink(q->call, response))
        return true;
    part.message.payload =
        linnet_view(q->call->body.data + q->call->body.options + (size_t)start, (size_t)(end - start));
    download->given = end;
    return linnet_call_hand_over(q->call, &part, start);
}

static void finish(linnet_q_call *q, const linnet_response *response)
{
    linnet_call_state *call = q->call;
    linnet_response whole = *response;

    whole.message.code = q->download.code;
    call->calls->q_calling->release(call);
    linnet_call_note(call, response);
    whole.message.options = linnet_body_options(&call->body);
    whole.message.payload = linnet_body_payload(&call->body);
    if (linnet_call_has_sink(call, &whole))
        whole.message.payload.size = 0; /* he has it */
    linnet_call_deliver(call, &whole);
}

/* A block is new: is it time to ask for more? Else the time to wait begins again. */
static void go_on(linnet_q_call *q)
{
    linnet_q_download *download = &q->download;
    uint32_t due = linnet_q_set_of(q, download->low), ahead = linnet_q_set_of(q, download->high);
    bool is_continue = download->low % q->owner->timing.max_payloads == 0 && download->high < download->low;
    bool is_gap = due < ahead && (download->told_due != due || download->told_ahead != ahead);

    if (is_gap) {
        download->told_due = due;
        download->told_ahead = ahead;
    }
    if (is_continue || is_gap)
        (void)ask(q);
    else
        linnet_q_wait(q, linnet_q_patience(q));
}

static void take(linnet_q_call *q, const linnet_response *response, const linnet_block *block, uint32_t size)
{
    linnet_q_download *download = &q->download;
    linnet_call_state *call = q->call;
    linnet_call id = linnet_call_id(call);
    int error = download->bits ? 0 : open_body(q, &response->message, size, block->szx);

    if (error != 0) {
        linnet_call_fail(call, error);
        return;
    }
    if (size != download->size || block->szx != download->szx || has(download, block->number))
        return;
    q->silent = 0;
    put(q, block, response->message.payload);
    if (!hand_over(q, response) || linnet_call_find(call->calls, id) != call)
        return;
    if (download->received == download->last + 1u)
        finish(q, response);
    else
        go_on(q);
}

void linnet_q_download_hear(linnet_q_call *q, const linnet_response *response, const linnet_block *block,
                            uint32_t serial)
{
    const linnet_message *message = &response->message;
    linnet_q_download *download = &q->download;
    uint32_t size = (uint32_t)linnet_block_offset(*block) + (uint32_t)message->payload.size;

    (void)linnet_option_heed_uint(message->options, LINNET_OPTION_SIZE2, &size);
    if ((block->szx > q->szx && !q->has_tag) || !is_proper(block, message->payload.size, size))
        return; /* it cannot be part of any body that was asked for */
    q->phase = LINNET_Q_RECEIVING;
    if (download->bits && !linnet_bytes_equal(linnet_view(download->etag, download->etag_size), etag_of(message))) {
        if (serial < download->serial)
            return; /* a late one of what was there before */
        /* 4.4: "the client should treat the partial body with the old ETag as no longer being fresh". */
        if (++download->restarts > q->call->calls->body_restarts) {
            linnet_call_fail(q->call, LINNET_ECHANGED);
            return;
        }
        forget(q);
    }
    if (serial > download->serial)
        download->serial = serial;
    take(q, response, block, size);
}
