/* The smallest server: routing, handlers, Accept. For devices that name linnet_site_serve_small() instead of
 * linnet_site_serve(), so that the linker leaves out all that only the latter calls. */
#include "server/reply.h"

/* Options that this server does not do. "Unrecognized options of class "critical" that occur in a Confirmable request
 * MUST cause the return of a 4.02 (Bad Option) response" (RFC 7252 5.4.1). */
static bool asks_too_much(const linnet_request_options *options)
{
    return options->has_if_match || options->has_if_none_match || options->has_block1 || options->has_block2;
}

void linnet_site_serve_small(void *context, linnet_incoming *incoming)
{
    linnet_request request;
    linnet_reply reply;

    linnet_request_open(&request, context, incoming);
    linnet_reply_begin(&reply, &request);
    linnet_code code = linnet_request_route(&request);
    if (code == LINNET_EMPTY && request.resource && request.resource->config->fresh_ms > 0)
        code = LINNET_UNAUTHORIZED; /* nobody can show it here */
    if (request.resource && request.resource->config->secured_only && incoming->path->peer.session == 0)
        code = LINNET_UNAUTHORIZED;
    if (code == LINNET_EMPTY && asks_too_much(incoming->options))
        code = LINNET_BAD_OPTION;
    if (code == LINNET_EMPTY) {
        request.handler(&request, &reply, request.context);
        linnet_reply_settle(&reply);
    } else {
        linnet_reply_fail(&reply, code, NULL);
    }
    if (!linnet_reply_is_acceptable(&reply))
        linnet_reply_fail(&reply, LINNET_NOT_ACCEPTABLE, NULL);
    linnet_reply_end(&reply);
    linnet_request_close(&request);
}
