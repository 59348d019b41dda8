/* --dynamic: a PUT to a path that has no resource makes one that keeps its value. */
#include "cli/serve.h"

#include "cli/text.h"

#include <linnet/error.h>
#include <stdlib.h>

#define DYNAMIC_MOST 100000      /* resources; strangers must not fill the memory without end */
#define LARGEST_VALUE (1u << 20) /* octets, as a request's body may have (linnet_resource_config.max_body_size) */

static size_t made;

/* The segments joined with '/'. NULL when one of them cannot stand in such a path. To be freed. */
static char *path_of(const linnet_request *request)
{
    char *path = text_format("%s", "");
    linnet_bytes segment;
    for (size_t i = 0; linnet_request_option(request, LINNET_OPTION_URI_PATH, i, &segment); i++) {
        bool odd =
            segment.size == 0 || memchr(segment.data, '/', segment.size) || memchr(segment.data, 0, segment.size);
        char *longer = odd ? NULL : text_format("%s%s%.*s", path, i ? "/" : "", LINNET_PRINTF(segment));
        free(path);
        if (odd)
            return NULL;
        path = longer;
    }
    return path;
}

/* The value is set and not a part of the resource, so that it goes when it is deleted or replaced. */
static int add(linnet_server *server, const char *path, const linnet_request *request)
{
    int32_t format = linnet_request_content_format(request);
    linnet_resource_config config = {
        .stored = true,
        .writable = true,
        .absent = true,
        .list_format = format >= 0,
        .no_content_format = format < 0,
        .content_format = format < 0 ? 0 : (uint16_t)format,
        .max_value_size = LARGEST_VALUE,
    };
    int error = linnet_server_add(server, path, &config);
    if (error == 0)
        error = linnet_resource_set(linnet_server_find(server, path), linnet_request_payload(request));
    if (error != 0 && error != LINNET_EEXIST)
        linnet_server_remove(server, path);
    return error;
}

static void create(linnet_server *server, linnet_request *request, linnet_reply *reply)
{
    char *path = path_of(request);
    linnet_bytes value;
    if (!path)
        linnet_reply_error(reply, LINNET_BAD_REQUEST, "a path segment is empty or holds '/' or NUL");
    else if (linnet_request_option(request, LINNET_OPTION_IF_MATCH, 0, &value))
        linnet_reply_error(reply, LINNET_PRECONDITION_FAILED, NULL); /* nothing is there to match (RFC 7252 5.10.8.1) */
    else if (made == DYNAMIC_MOST)
        linnet_reply_error(reply, LINNET_SERVICE_UNAVAILABLE, "too many resources");
    else if (add(server, path, request) != 0)
        linnet_reply_error(reply, LINNET_SERVICE_UNAVAILABLE, "no memory for the resource");
    else {
        made++;
        linnet_reply_code(reply, LINNET_CREATED);
    }
    free(path);
}

void serve_dynamic(linnet_request *request, linnet_reply *reply, void *context)
{
    linnet_server **server = context;
    if (linnet_request_method(request) == LINNET_PUT)
        create(*server, request, reply);
    else
        linnet_reply_error(reply, LINNET_NOT_FOUND, NULL);
}
