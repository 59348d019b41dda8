/* The next exchange of a call: a block of the request, the request for a block of the response, or a farewell. */
#include "client/call.h"

#include <linnet/error.h>

/* A request in the making. */
typedef struct draft {
    linnet_outgoing outgoing;
    linnet_extras extras;
} draft;

static bool has_body(const linnet_call_state *call)
{
    return call->request.payload.size > 0 || call->request.read_body;
}

/* Reads the block that is due. A reader is asked for one octet more than that: so one knows if it is the last. */
static int read_block(linnet_call_state *call, linnet_bytes *block)
{
    const linnet_call_request *request = &call->request;
    uint64_t offset = call->upload.offset;
    size_t size = call->raw ? request->payload.size : linnet_upload_block_size(&call->upload);
    size_t given = 0;
    int error = 0;

    if (request->read_body) {
        error = request->read_body(request->context, offset, call->calls->block, size + 1u, &given);
        *block = linnet_view(call->calls->block, given);
    } else {
        given = request->payload.size - (size_t)offset;
        *block = linnet_view(request->payload.data + (size_t)offset, given);
    }
    if (given > size)
        block->size = size;
    linnet_upload_sent(&call->upload, block->size, given > size);
    return error;
}

/* RFC 9175 3.5.2: transfers to one server that overlap in time are told apart by a Request-Tag. One at a time may do
 * without: having none is a value of its own. */
static void choose_tag(linnet_call_state *call)
{
    linnet_calls *calls = call->calls;

    if (call->tagged)
        return;
    call->tagged = true;
    if (calls->untagged)
        call->request_tag = ++calls->tags ? calls->tags : ++calls->tags;
    else
        calls->untagged = call;
}

static uint64_t known_size(const linnet_call_state *call)
{
    return call->request.read_body ? call->request.body_size : call->request.payload.size;
}

/* A body with more blocks than the option can count is refused before any of it is sent. */
static bool is_countable(const linnet_call_state *call)
{
    uint64_t size = known_size(call);

    return size == LINNET_UNKNOWN_SIZE || size == 0 || (size - 1u) >> (call->upload.szx + 4) <= LINNET_BLOCK_NUMBER_MAX;
}

/* Early negotiation of the block size (RFC 7959 2.4), or the part of the body that is wanted. */
static bool asks_for_size(const linnet_call_state *call) { return call->download.bound || call->download.start > 0; }

/* The request itself: all of it, or the block that is due. */
static int draft_block(linnet_call_state *call, draft *to)
{
    linnet_upload *upload = &call->upload;
    uint32_t block1, block2;
    bool fits;
    int error = read_block(call, &to->outgoing.payload);

    if (error != 0 || call->raw)
        return error;
    if (call->etag_size > 0)
        linnet_extras_add(&to->extras, LINNET_OPTION_ETAG, linnet_view(call->etag, call->etag_size));
    if (call->request.observe)
        linnet_extras_add_uint(&to->extras, LINNET_OPTION_OBSERVE, 0);
    if (!upload->more && asks_for_size(call)) {
        if (!linnet_download_option(&call->download, &block2))
            return LINNET_ETOOBIG;
        linnet_extras_add_uint(&to->extras, LINNET_OPTION_BLOCK2, block2);
    }
    if (!linnet_upload_option(upload, &block1, &fits))
        return 0;
    if (call->to_group)
        return LINNET_ETOOBIG; /* Block1 cannot be acknowledged by many */
    choose_tag(call);
    linnet_extras_add_uint(&to->extras, LINNET_OPTION_BLOCK1, block1);
    if (upload->offset == 0 && known_size(call) <= UINT32_MAX) /* of the whole body (RFC 7959 4) */
        linnet_extras_add_uint(&to->extras, LINNET_OPTION_SIZE1, (uint32_t)known_size(call));
    return fits && is_countable(call) ? 0 : LINNET_ETOOBIG;
}

/* "with the same options except for Block1, without payload" (TD_COAP_BLOCK_05). The payload of a FETCH says what is
 * asked for (RFC 8132 2): one that went in one message goes again. */
static int repeat_payload(linnet_call_state *call, draft *to)
{
    if (call->request.code != LINNET_FETCH || call->upload.blockwise)
        return 0;
    return read_block(call, &to->outgoing.payload);
}

static int draft_fetching(linnet_call_state *call, draft *to)
{
    uint32_t block2;

    if (!linnet_download_option(&call->download, &block2))
        return LINNET_ETOOBIG;
    linnet_extras_add_uint(&to->extras, LINNET_OPTION_BLOCK2, block2);
    return repeat_payload(call, to);
}

/* RFC 7641 3.6: the registration's request and token, with Observe 1. */
static int draft_farewell(linnet_call_state *call, draft *to)
{
    linnet_extras_add_uint(&to->extras, LINNET_OPTION_OBSERVE, 1);
    return repeat_payload(call, to);
}

/* RFC 7959 2.10: If-None-Match "MUST NOT be used on Block1 requests with NUM != 0". These have extras, so they stand in
 * our own memory. */
static void drop_condition(linnet_calls *calls, linnet_bytes *options)
{
    (void)linnet_options_remove(calls->options, &options->size, LINNET_OPTION_IF_NONE_MATCH);
}

static int draft_options(linnet_call_state *call, draft *to)
{
    linnet_calls *calls = call->calls;
    uint8_t tag[4] = {(uint8_t)(call->request_tag >> 24), (uint8_t)(call->request_tag >> 16),
                      (uint8_t)(call->request_tag >> 8), (uint8_t)call->request_tag};
    int error;

    linnet_call_spend_echo(call);
    if (call->echo_size > 0)
        linnet_extras_add(&to->extras, LINNET_OPTION_ECHO, linnet_view(call->echo, call->echo_size));
    linnet_call_ask_for_silence(call, &to->extras);
    if (call->request_tag != 0)
        linnet_extras_add(&to->extras, LINNET_OPTION_REQUEST_TAG, linnet_view(tag, sizeof tag));
    error =
        linnet_weave(call->request.options, &to->extras, calls->options, calls->options_size, &to->outgoing.options);
    if (error == 0 && call->phase == LINNET_CALL_ASKING && call->upload.offset > 0)
        drop_condition(calls, &to->outgoing.options);
    return error == LINNET_ENOSPC ? LINNET_ETOOBIG : error;
}

/*
 * A token is for matching only (RFC 7252 5.3.1), and a new one for each exchange is the safest. There are servers that
 * know the blocks of an upload by their token, though (node-coap 1.x), so these have one and the same: their responses
 * come one at a time, and ride in acknowledgements that the message ID matches, too.
 */
static void draft_token(const linnet_call_state *call, draft *to)
{
    if (to->outgoing.keep || call->phase == LINNET_CALL_LEAVING || call->first ||
        (call->upload.blockwise && !call->request.observe && call->request.type == LINNET_CON)) {
        to->outgoing.has_token = call->request.code != LINNET_EMPTY;
        to->outgoing.token = call->request.token;
    }
}

static void draft_start(linnet_call_state *call, draft *to)
{
    const linnet_call_request *request = &call->request;
    bool registers = request->observe && call->phase != LINNET_CALL_FETCHING;

    *to = (draft){.outgoing = {
                      .code = request->code,
                      .type = request->type,
                      .transmission = request->transmission,
                      .done = linnet_call_answered,
                      .released = request->no_response ? linnet_call_released : NULL,
                      .context = call->current,
                      .has_id = call->first && request->has_id,
                      .id = request->id,
                      .keep = registers && call->phase == LINNET_CALL_ASKING ? linnet_call_id(call) : 0,
                  }};
    draft_token(call, to);
    /* A registration that was confirmed once lives on past every deadline. */
    if (!call->observation.any && call->phase != LINNET_CALL_LEAVING)
        to->outgoing.deadline = request->deadline;
}

static int send_draft(linnet_call_state *call)
{
    draft made;
    int error;

    draft_start(call, &made);
    if (call->phase == LINNET_CALL_ASKING)
        error = draft_block(call, &made);
    else if (call->phase == LINNET_CALL_FETCHING)
        error = draft_fetching(call, &made);
    else
        error = draft_farewell(call, &made);
    if (error == 0)
        error = draft_options(call, &made);
    if (error == 0)
        error = linnet_requests_send(call->calls->requests, linnet_call_now(call), &call->path, &made.outgoing,
                                     &call->current->exchange);
    return error;
}

int linnet_call_send(linnet_call_state *call)
{
    int error;

    if (call->first)
        linnet_call_expect(call);
    error = send_draft(call);
    /* With all its options the message got too large: smaller blocks will do. */
    while (error == LINNET_ETOOBIG && call->phase == LINNET_CALL_ASKING && has_body(call) && !call->raw &&
           !call->to_group && call->upload.szx > 0) {
        call->upload.szx--;
        error = send_draft(call);
    }
    if (error == 0)
        call->first = false;
    return error;
}

void linnet_call_proceed(linnet_call_state *call)
{
    int error = linnet_call_send(call);

    if (error != 0)
        linnet_call_failed(call, error);
}

/* With everything ending there is nobody to wait for an answer, and NSTART would hold all farewells but one back. */
static int send_last_datagram(linnet_call_state *call, draft *made)
{
    linnet_endpoint *endpoint = call->calls->config.endpoint;
    int error;

    made->outgoing.type = LINNET_NON;
    error = linnet_endpoint_prepare(endpoint, endpoint->now, &call->path, &made->outgoing, &call->current->exchange);
    if (error == 0)
        (void)linnet_endpoint_launch(endpoint, endpoint->now, call->current->exchange, call->path.socket);
    linnet_leg_stop(call->current);
    return LINNET_ECLOSED; /* it is over now, whatever came of it */
}

int linnet_call_send_farewell(linnet_call_state *call)
{
    draft made;
    int error;

    if (!call->calls->cleared)
        return call->farewells++, send_draft(call);
    draft_start(call, &made);
    error = draft_farewell(call, &made);
    if (error == 0)
        error = draft_options(call, &made);
    return error == 0 ? send_last_datagram(call, &made) : error;
}
