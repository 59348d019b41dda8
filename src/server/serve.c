/* How a request is served, from the path to the finished answer: the order of the steps is here, each step in a file
 * of its own. */
#include "server/finish.h"
#include "server/fresh.h"
#include "server/observe.h"
#include "server/transfer.h"

linnet_code linnet_request_find_handler(linnet_request *request)
{
    linnet_code code = linnet_request_route(request);

    if (code != LINNET_METHOD_NOT_ALLOWED || !request->resource || !request->resource->config->stored)
        return code;
    request->handler = linnet_stored_handler(request->resource->config, request->message->code);
    return request->handler ? LINNET_EMPTY : code;
}

static bool has_preconditions(const linnet_request *request)
{
    const linnet_request_options *options = request->incoming->options;

    return (options->has_if_match || options->has_if_none_match || request->only_if_none) &&
           !linnet_upload_is_inside(options) && !(request->resource && request->resource->config->own_preconditions);
}

/* "coaps" alone, for those that ask so. No Echo is wanted in that 4.01: proving an address would not help. */
static bool is_barred(const linnet_request *request)
{
    return request->resource && request->resource->config->secured_only && request->incoming->path->peer.session == 0;
}

/* Whether the handler may run. LINNET_EMPTY, or the code to answer with. RFC 9110 13.2.1, whose rule CoAP shares by
 * silence: preconditions count only where the request would succeed without them, so they come last. */
static linnet_code check(linnet_request *request, linnet_reply *reply, const char **diagnostic)
{
    const linnet_request_options *options = request->incoming->options;
    linnet_code code = linnet_request_find_handler(request);

    if (is_barred(request)) {
        *diagnostic = "Only over coaps";
        return LINNET_UNAUTHORIZED;
    }
    if (code == LINNET_EMPTY && !linnet_request_is_fresh(request))
        return LINNET_UNAUTHORIZED;
    if (code == LINNET_EMPTY && (options->block2.number > 0 || options->q_missing)) {
        code = linnet_kept_find(request, diagnostic);
        if (linnet_kept_is_found(request))
            return code; /* the request was checked, and run, when it came first */
    }
    if (code == LINNET_EMPTY && options->has_block1)
        code = linnet_upload_check(request, diagnostic);
    if (code == LINNET_EMPTY && has_preconditions(request))
        code = linnet_precondition_check(request, reply);
    if (code == LINNET_EMPTY && options->has_block1)
        code = linnet_upload_take(request, diagnostic);
    return code;
}

void linnet_site_serve(void *context, linnet_incoming *incoming)
{
    linnet_request request;
    linnet_reply reply;
    const char *diagnostic = NULL;
    bool observed = false;

    linnet_request_open(&request, context, incoming);
    linnet_reply_begin(&reply, &request);
    linnet_code code = check(&request, &reply, &diagnostic);
    if (code == LINNET_EMPTY) {
        request.automatic_etag = request.resource && request.resource->config->etag;
        linnet_reply_allow_blocks(&reply);
        observed = linnet_observe_begin(&request, &reply);
        request.handler(&request, &reply, request.context);
        linnet_reply_finish(&reply);
        if (incoming->options->has_block1)
            linnet_upload_end(&request, &reply);
    } else {
        linnet_reply_fail(&reply, code, diagnostic);
        if (code == LINNET_UNAUTHORIZED && !diagnostic)
            linnet_reply_ask_freshness(&reply);
        else if (incoming->options->has_block1)
            linnet_upload_answer(&request, &reply, code);
    }
    linnet_observe_end(&request, &reply, observed);
    linnet_reply_deliver(&reply);
    linnet_request_close(&request);
}
