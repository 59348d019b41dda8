/* If-Match and If-None-Match (RFC 7252 5.10.8) on any resource: first what the resource is now, then the comparison.
 * Of a stored value that is known; a resource with a get handler is asked as if by a GET, whose answer is read from
 * the empty reply and thrown away. */
#include "server/finish.h"

#define ETAG_MAX 8u

/* What is there now. */
typedef struct present {
    bool exists;
    size_t etag_size; /* 0: none is known */
    uint8_t etag[ETAG_MAX];
} present;

/* Runs the get handler into the reply. It may have removed its resource when this returns. */
static void ask(present *now, linnet_request *request, linnet_reply *reply, linnet_handler *get)
{
    const linnet_message *asked = request->message;
    linnet_message message = *asked;
    linnet_bytes etag;

    message.code = LINNET_GET;
    message.payload = linnet_view(NULL, 0);
    request->message = &message;
    request->probing = true;
    linnet_reply_allow_blocks(reply);
    reply->window_offset = 0;
    get(request, reply, request->context);

    linnet_reply_settle(reply);
    now->exists = reply->code != LINNET_NOT_FOUND;
    if (reply->code == LINNET_CONTENT) {
        /* One made from the content counts too, since blocks carry it. */
        if (!linnet_reply_find_etag(reply, &etag)) {
            linnet_reply_make_etag(reply);
            if (!linnet_reply_find_etag(reply, &etag))
                etag = linnet_view(NULL, 0);
        }
        now->etag_size = etag.size;
        if (etag.size > 0)
            memcpy(now->etag, etag.data, etag.size);
    }
    request->message = asked;
    request->probing = false;
    linnet_reply_begin(reply, request);
}

static void learn(present *now, linnet_request *request, linnet_reply *reply)
{
    const linnet_resource *resource = request->resource;

    *now = (present){0};
    if (!resource)
        return; /* the owner's handler for unknown paths may make one */
    if (resource->config->get)
        ask(now, request, reply, resource->config->get);
    else if (resource->config->stored)
        now->exists = linnet_stored_etag(resource, now->etag, &now->etag_size);
    else
        now->exists = true;
}

/* "If any of the options match, then the condition is fulfilled": an ETag that of the representation, an empty value
 * "any existing representation" (5.10.8.1). */
static bool is_match(const linnet_request *request, const present *now)
{
    linnet_bytes etag;

    for (size_t i = 0; now->exists && linnet_request_option(request, LINNET_OPTION_IF_MATCH, i, &etag); i++)
        if (etag.size == 0 || linnet_bytes_equal(etag, linnet_view(now->etag, now->etag_size)))
            return true;
    return false;
}

linnet_code linnet_precondition_check(linnet_request *request, linnet_reply *reply)
{
    const linnet_request_options *options = request->incoming->options;
    bool known = request->resource;
    present now;

    learn(&now, request, reply);
    if (known && !request->resource)
        return LINNET_NOT_FOUND; /* its get handler removed it */
    if ((options->has_if_match && !is_match(request, &now)) ||
        ((options->has_if_none_match || request->only_if_none) && now.exists))
        return LINNET_PRECONDITION_FAILED;
    return LINNET_EMPTY;
}
