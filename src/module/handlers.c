/* What resources answer, where the library's handlers for stored values do not do it alone. */
#include "module/module.h"

#include "server/request.h"

/* A Max-Age of 0 is none to the library. */
void linnet_module_get(linnet_request *request, linnet_reply *reply, void *context)
{
    const linnet_module_resource *resource = context;
    if (resource->max_age == 0)
        linnet_reply_max_age(reply, 0);
    linnet_stored_get(request, reply, context);
}

/* RFC 8132 2.2: "In case a client sends a payload that is inappropriate for the resource identified by the
 * Request-URI, the server can return a 4.15 (Unsupported Content-Format) CoAP error." */
void linnet_module_fetch(linnet_request *request, linnet_reply *reply, void *context)
{
    if (linnet_request_payload(request).size > 0)
        linnet_reply_error(reply, LINNET_UNSUPPORTED_CONTENT_FORMAT, "No query format is known here");
    else
        linnet_module_get(request, reply, context);
}

/* RFC 8132 3.4: "The server can determine if the payload is supported by checking the CoAP Content-Format specified
 * with the request." */
void linnet_module_patch(linnet_request *request, linnet_reply *reply, void *context)
{
    if (linnet_request_content_format(request) != request->resource->content_format)
        linnet_reply_error(reply, LINNET_UNSUPPORTED_CONTENT_FORMAT, "Only a whole value of the same format");
    else
        linnet_stored_put(request, reply, context);
}

void linnet_module_delete(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request;
    linnet_module_drop_resource(context);
    linnet_reply_code(reply, LINNET_DELETED);
}
