/* What an answer means for its call: the next block, the end, or once more with the Echo that the server wants. */
#include "client/call.h"

#include <linnet/error.h>

void linnet_call_expect(linnet_call_state *call)
{
    const linnet_call_request *request = &call->request;
    bool asks = request->code == LINNET_GET || request->code == LINNET_FETCH;
    bool early = request->block_size != 0 || request->offset > 0 || call->largest_szx < 6;

    linnet_body_clear(&call->body, &call->calls->config.memory);
    linnet_download_begin(&call->download, request->offset, call->largest_szx, asks && early && !call->raw);
}

/* Puts what goes for the whole call into a response that is about to be delivered. */
static void complete(const linnet_call_state *call, linnet_response *response)
{
    uint64_t now = linnet_call_now(call);

    if (!call->request.observe) {
        response->round_trip_us = now > call->started ? now - call->started : 0;
        response->retransmissions = call->retransmissions;
    }
    response->more = call->observing != NULL;
    response->has_observe = call->observing != NULL;
    response->observe = call->observing ? call->observation.sequence : 0;
}

void linnet_call_deliver(linnet_call_state *call, const linnet_response *response)
{
    linnet_calls *calls = call->calls;
    linnet_response whole = *response;
    linnet_body body = call->body;

    complete(call, &whole);
    linnet_call_remember(call, &whole);
    if (!whole.more) {
        linnet_call_end(call, &whole);
        return;
    }
    call->phase = LINNET_CALL_WATCHING;
    call->body = (linnet_body){0}; /* the handler may end the call, and goes on reading */
    call->request.on_response(&whole, call->request.context);
    linnet_body_clear(&body, &calls->config.memory);
}

bool linnet_call_has_sink(const linnet_call_state *call, const linnet_response *response)
{
    return call->request.on_block && linnet_code_is_success(response->message.code);
}

bool linnet_call_hand_over(linnet_call_state *call, const linnet_response *response, uint64_t offset)
{
    linnet_calls *calls = call->calls;
    linnet_call id = linnet_call_id(call);
    int error = call->request.on_block(response, offset, response->message.payload, call->request.context);

    if (linnet_call_find(calls, id) != call)
        return false;
    if (error != 0)
        linnet_call_fail(call, error);
    return error == 0;
}

static bool is_known_too_large(const linnet_call_state *call, const linnet_response *response)
{
    uint32_t size;

    return linnet_option_heed_uint(response->message.options, LINNET_OPTION_SIZE2, &size) &&
           size > call->request.max_body_size + call->download.start;
}

static int keep(linnet_call_state *call, const linnet_response *response, uint64_t offset)
{
    const linnet_memory *memory = &call->calls->config.memory;
    int error = 0;

    if (offset == call->download.start)
        error = is_known_too_large(call, response) ? LINNET_ETOOBIG
                                                   : linnet_body_begin(&call->body, memory, response->message.options);
    if (error == 0)
        error = linnet_body_append(&call->body, memory, response->message.payload, call->request.max_body_size);
    return error;
}

static void finish(linnet_call_state *call, const linnet_response *response)
{
    linnet_response whole = *response;

    if (linnet_call_has_sink(call, response)) {
        whole.message.payload.size = 0; /* he has it */
    } else if (call->body.size > 0) {
        whole.message.options = linnet_body_options(&call->body);
        whole.message.payload = linnet_body_payload(&call->body);
    }
    linnet_call_deliver(call, &whole);
}

static void receive_part(linnet_call_state *call, const linnet_response *response, uint64_t offset, bool is_last)
{
    linnet_response whole = *response;
    int error;

    if (linnet_call_has_sink(call, response)) {
        if (!linnet_call_hand_over(call, response, offset))
            return;
    } else if (!is_last || offset > call->download.start) { /* a single block needs no memory */
        error = keep(call, response, offset);
        if (error != 0) {
            linnet_call_fail(call, error);
            return;
        }
    }
    if (is_last) {
        whole.message.code = call->download.code;
        finish(call, &whole);
    } else {
        linnet_call_proceed(call);
    }
}

static void receive_whole(linnet_call_state *call, const linnet_response *response)
{
    linnet_body_clear(&call->body, &call->calls->config.memory);
    if (!linnet_call_has_sink(call, response) || linnet_call_hand_over(call, response, 0))
        finish(call, response);
}

static void receive_block(linnet_call_state *call, const linnet_response *response)
{
    uint64_t offset;
    linnet_download_verdict verdict = linnet_download_response(&call->download, &response->message, &offset);

    if (verdict == LINNET_DOWNLOAD_WHOLE) {
        receive_whole(call, response);
    } else if (verdict == LINNET_DOWNLOAD_PART || verdict == LINNET_DOWNLOAD_LAST) {
        receive_part(call, response, offset, verdict == LINNET_DOWNLOAD_LAST);
    } else if (verdict == LINNET_DOWNLOAD_ODD) {
        linnet_call_failed(call, LINNET_EFORMAT);
    } else if (call->download.restarts > call->calls->body_restarts) {
        linnet_call_failed(call, LINNET_ECHANGED);
    } else {
        linnet_body_clear(&call->body, &call->calls->config.memory);
        linnet_call_proceed(call);
    }
}

static void receive(linnet_call_state *call, const linnet_response *response)
{
    linnet_upload_verdict verdict = LINNET_UPLOAD_FINAL;
    linnet_block block1;
    bool has_block1 = linnet_block_of(&response->message, LINNET_OPTION_BLOCK1, &block1);

    if (call->raw) {
        linnet_call_deliver(call, response);
        return;
    }
    if (call->phase == LINNET_CALL_ASKING)
        verdict = linnet_upload_response(&call->upload, response->message.code, has_block1 ? &block1 : NULL);
    if (verdict == LINNET_UPLOAD_NEXT) {
        linnet_call_proceed(call);
    } else if (verdict == LINNET_UPLOAD_ODD) {
        linnet_call_fail(call, LINNET_EFORMAT);
    } else if (response->message.code == LINNET_VALID && call->etag_size > 0) {
        linnet_call_validated(call, response);
    } else {
        call->phase = LINNET_CALL_FETCHING;
        receive_block(call, response);
    }
}

void linnet_call_note(linnet_call_state *call, const linnet_response *response)
{
    uint64_t now = linnet_call_now(call);

    if (!call->started)
        call->started = now > response->round_trip_us ? now - response->round_trip_us : 0;
    call->retransmissions += response->retransmissions;
    if (response->error == 0) {
        if (call->phase != LINNET_CALL_FETCHING || response->more)
            call->born = now;
        call->last_code = response->message.code;
        call->path = response->path;
    }
}

void linnet_call_receive(linnet_call_state *call, const linnet_response *response)
{
    linnet_call_note(call, response);
    if (linnet_call_is_challenged(call, response))
        linnet_call_proceed(call);
    else
        receive(call, response);
}

bool linnet_call_is_by_q_block(const linnet_call_state *call, const linnet_message *response)
{
    linnet_option_cursor cursor = {.rest = response->options};
    linnet_option option;

    while (!call->raw && linnet_option_next(&cursor, &option) && option.number <= LINNET_OPTION_Q_BLOCK2)
        if (option.number == LINNET_OPTION_Q_BLOCK1 || option.number == LINNET_OPTION_Q_BLOCK2)
            return true;
    return false;
}

void linnet_call_answered(const linnet_response *response, void *context)
{
    linnet_leg *leg = context;
    linnet_call_state *call = leg->call;
    bool notifies = response->more || leg == call->observing;

    if (leg->exchange == 0)
        return; /* ended by ourselves */
    if (call->to_group) {
        linnet_call_group_answered(call, leg, response);
        return;
    }
    if (!response->more) {
        leg->exchange = 0;
        call->observing = leg == call->observing ? NULL : call->observing;
    }
    if (response->error == LINNET_ECANCELLED)
        return; /* a newer registration has taken its place */
    linnet_call_note(call, response);
    linnet_call_hear(call);
    if (call->phase == LINNET_CALL_LEAVING)
        linnet_call_farewell_answered(call, response);
    else if (linnet_call_shorten_token(call, response))
        return;
    else if (response->error != 0)
        linnet_call_failed(call, response->error);
    else if (linnet_call_put_off(call, response))
        return;
    else if (linnet_call_is_by_q_block(call, &response->message))
        linnet_call_failed(call, LINNET_EOPTION);
    else if (notifies ? linnet_call_notified(call, leg, response) : !linnet_call_is_challenged(call, response))
        receive(call, response);
    else if (!notifies)
        linnet_call_proceed(call);
}
