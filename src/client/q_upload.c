/* A request's body by Q-Block1 (RFC 9177 4.3, 7.2): MAX_PAYLOADS blocks at a time, a pause or a 2.31 between them, and
 * what the server says is missing once more. */
#include "client/q_call.h"
#include "wire/missing_blocks.h"

#include <linnet/error.h>

#define MISSING_BLOCKS 272u

/* False: the reader failed, and the call has ended with that. */
static bool read_block(linnet_q_call *q, uint32_t number, linnet_bytes *block)
{
    const linnet_call_request *request = &q->call->request;
    size_t offset = (size_t)number << (q->szx + 4u);
    size_t size = (size_t)16 << q->szx;
    size_t given = 0;
    int error;

    if (size > q->upload.size - offset)
        size = q->upload.size - offset;
    if (!request->read_body) {
        *block = linnet_view(request->payload.data + offset, size);
        return true;
    }
    error = request->read_body(request->context, offset, q->call->calls->block, size, &given);
    *block = linnet_view(q->call->calls->block, size);
    if (error == 0 && given != size)
        error = LINNET_EINVAL; /* it is not as long as was said, and Size1 says so */
    if (error != 0)
        linnet_call_fail(q->call, error);
    return error == 0;
}

static linnet_q_sent send_block(linnet_q_call *q, uint32_t number)
{
    linnet_block block = {.number = number, .more = number < q->upload.last, .szx = q->szx};
    linnet_extras extras = {0};
    linnet_bytes payload;

    if (!read_block(q, number, &payload))
        return LINNET_Q_ENDED;
    linnet_extras_add_uint(&extras, LINNET_OPTION_Q_BLOCK1, linnet_block_value(block));
    if (q->call->request.block_size != 0) /* it is for the response, too */
        linnet_extras_add_uint(&extras, LINNET_OPTION_Q_BLOCK2,
                               linnet_block_value((linnet_block){.more = true, .szx = q->szx}));
    linnet_extras_add_uint(&extras, LINNET_OPTION_SIZE1, q->upload.size);
    return linnet_q_send(q, &extras, payload);
}

static uint64_t pause_of(const linnet_q_call *q)
{
    return linnet_q_timing_pause(&q->owner->timing, linnet_random(q->call->calls->config.endpoint));
}

/* "a delay of NON_TIMEOUT_RANDOM MUST be introduced before sending the next MAX_PAYLOADS_SET, unless a 'Continue' is
 * received"; behind the last there is the answer to wait for. */
static void rest(linnet_q_call *q)
{
    linnet_q_wait(q, q->upload.next <= q->upload.last ? pause_of(q) : linnet_q_patience(q));
}

/* The rest of the set that is due. */
static void send_set(linnet_q_call *q)
{
    uint32_t set = linnet_q_set_of(q, q->upload.next);

    for (; q->upload.next <= q->upload.last && linnet_q_set_of(q, q->upload.next) == set; q->upload.next++)
        if (send_block(q, q->upload.next) != LINNET_Q_SENT)
            return;
    rest(q);
}

void linnet_q_upload_timer(linnet_q_call *q)
{
    if (q->upload.next <= q->upload.last) {
        send_set(q);
        return;
    }
    /* All was sent and nothing is heard: the last block makes the server say again what it has to say. */
    if (!linnet_q_again(q))
        return;
    linnet_q_sent sent = send_block(q, q->upload.last);
    if (sent == LINNET_Q_SENT)
        rest(q);
    else if (sent == LINNET_Q_LATER)
        q->silent--;
}

/* The blocks up to that one are there. */
static void go_on(linnet_q_call *q, const linnet_message *response)
{
    linnet_block block;

    if (q->upload.next > q->upload.last)
        rest(q);
    else if (!linnet_block_of(response, LINNET_OPTION_Q_BLOCK1, &block) || block.number + 1u >= q->upload.next)
        send_set(q);
}

/* A set at most, and nothing that was not sent before; where that is what is missing, the next set is due. */
static void send_missing(linnet_q_call *q, linnet_bytes list)
{
    uint32_t left = q->owner->timing.max_payloads - 1u; /* behind the first */
    uint32_t number, before = UINT32_MAX;
    bool any = false;

    if (!linnet_missing_blocks_check(list))
        return;
    while (linnet_missing_block_next(&list, &number) == 1 && number < q->upload.next) {
        if (number == before)
            continue;
        before = number;
        any = true;
        if (send_block(q, number) != LINNET_Q_SENT)
            return;
        if (left-- == 0)
            break;
    }
    if (any || q->upload.next > q->upload.last)
        rest(q);
    else
        send_set(q);
}

static bool has_missing(const linnet_message *response)
{
    uint32_t format;

    return response->code == LINNET_REQUEST_ENTITY_INCOMPLETE &&
           linnet_option_heed_uint(response->options, LINNET_OPTION_CONTENT_FORMAT, &format) &&
           format == MISSING_BLOCKS;
}

bool linnet_q_upload_hear(linnet_q_call *q, const linnet_message *response)
{
    bool is_list = has_missing(response);

    if (!is_list && response->code != LINNET_CONTINUE)
        return false;
    if (q->phase != LINNET_Q_SENDING)
        return true;
    q->silent = 0;
    if (is_list)
        send_missing(q, response->payload);
    else
        go_on(q, response);
    return true;
}
