/* Reads the options of a request by Q-Block (RFC 9177 4): what they say, and the request that is left without them. */
#include "server/q_block.h"

/* 4.1: "there MUST NOT be a mix of Q-Block and Block options in the same packet", 4.02. */
static bool is_block(uint16_t number) { return number == LINNET_OPTION_BLOCK1 || number == LINNET_OPTION_BLOCK2; }

/* 4.4: "The missing block numbers requested by the client MUST have an increasing block number in each additional
 * Q-Block2 option with no duplicates. The server SHOULD respond with a 4.00". */
static linnet_code read_asked(linnet_q_options *q, uint32_t max_payloads, uint32_t *before, linnet_bytes value)
{
    linnet_block block;

    if (linnet_block_parse(&block, value) != 0)
        return LINNET_BAD_REQUEST;
    if (q->asked_count > 0 && (block.number <= *before || block.szx != q->asked[0].szx))
        return LINNET_BAD_REQUEST;
    *before = block.number;
    if (q->asked_count < max_payloads) /* more of them would not be sent */
        q->asked[q->asked_count++] = block;
    return LINNET_EMPTY;
}

static linnet_code read_body(linnet_q_options *q, linnet_bytes value)
{
    if (q->has_body)
        return LINNET_BAD_OPTION; /* it is not repeatable (RFC 7252 5.4.5) */
    q->has_body = true;
    return linnet_block_parse(&q->body, value) == 0 ? LINNET_EMPTY : LINNET_BAD_REQUEST;
}

typedef struct reading {
    linnet_q_block *q;
    linnet_writer rest;
    uint32_t asked_last;
    bool has_size1, has_size2, has_tag;
} reading;

/* Size2 makes each block tell the size of the whole: "MUST be present in all payloads of the response" (4.6). */
static void pass_on(reading *self, const linnet_option *option)
{
    linnet_bytes nothing = {NULL, 0};

    if (!self->has_size2 && option->number >= LINNET_OPTION_SIZE2) {
        self->has_size2 = true;
        if (option->number > LINNET_OPTION_SIZE2)
            linnet_writer_option(&self->rest, LINNET_OPTION_SIZE2, nothing);
    }
    if (option->number != LINNET_OPTION_OBSERVE)
        linnet_writer_option(&self->rest, option->number, option->value);
}

static linnet_code read_option(reading *self, const linnet_option *option)
{
    linnet_q_options *q = &self->q->options;

    if ((option->number == LINNET_OPTION_Q_BLOCK1 || option->number == LINNET_OPTION_Q_BLOCK2) &&
        !linnet_option_is_proper(option, false))
        return LINNET_BAD_OPTION; /* RFC 7252 5.4.3 */
    if (option->number == LINNET_OPTION_Q_BLOCK1)
        return read_body(q, option->value);
    if (option->number == LINNET_OPTION_Q_BLOCK2)
        return read_asked(q, self->q->timing.max_payloads, &self->asked_last, option->value);
    if (is_block(option->number))
        return LINNET_BAD_OPTION;
    if (option->number == LINNET_OPTION_SIZE1 && linnet_option_is_proper(option, self->has_size1)) {
        self->has_size1 = true;
        q->body_size = linnet_option_uint(option->value);
    }
    self->has_tag |= option->number == LINNET_OPTION_REQUEST_TAG && linnet_option_is_proper(option, false);
    pass_on(self, option);
    return LINNET_EMPTY;
}

static linnet_code read_all(reading *self, const linnet_message *request, uint16_t *rejected)
{
    linnet_option_cursor cursor = {.rest = request->options};
    linnet_bytes nothing = {NULL, 0};
    linnet_option option;
    linnet_code code;

    while (linnet_option_next(&cursor, &option)) {
        code = read_option(self, &option);
        if (code != LINNET_EMPTY) {
            *rejected = option.number;
            return code;
        }
    }
    if (!self->has_size2)
        linnet_writer_option(&self->rest, LINNET_OPTION_SIZE2, nothing);
    return linnet_writer_end(&self->rest) < 0 ? LINNET_REQUEST_ENTITY_TOO_LARGE : LINNET_EMPTY;
}

/* 4.3: 4.00 "MUST be returned if the request does not include a Request-Tag option or a Size1 option but does include a
 * Q-Block1 option". A block but the last is as long as it says, and the last what is left. */
static bool is_consistent(const reading *self, const linnet_message *request)
{
    const linnet_q_options *q = &self->q->options;
    size_t size = linnet_block_size(q->body);
    uint64_t offset = linnet_block_offset(q->body);

    if (!q->has_body)
        return true;
    if (!self->has_size1 || !self->has_tag || q->asked_count > 1)
        return false;
    if (q->body.more)
        return request->payload.size == size && offset + size < q->body_size;
    return request->payload.size <= size && offset + request->payload.size == q->body_size;
}

linnet_code linnet_q_block_read(linnet_endpoint *endpoint, const linnet_message *request, linnet_request_options *found)
{
    linnet_q_block *q = endpoint->q_block;
    reading self = {.q = q};
    linnet_code code;

    if (found->rejected != LINNET_OPTION_Q_BLOCK1 && found->rejected != LINNET_OPTION_Q_BLOCK2)
        return LINNET_BAD_OPTION;
    q->options = (linnet_q_options){.request = *request};
    linnet_writer_begin_options(&self.rest, q->scratch, q->scratch_size);
    code = read_all(&self, request, &found->rejected);
    if (code != LINNET_EMPTY)
        return code;
    if (!is_consistent(&self, request))
        return LINNET_BAD_REQUEST;
    q->options.request.options = linnet_view(q->scratch, (size_t)linnet_writer_end(&self.rest));
    code = linnet_request_options_read(found, &q->options.request);
    found->q = &q->options;
    return code;
}
