/* From the Uri-Path options of a request to its resource and handler: one walk that hashes the segments, one look-up.
 * No path is built as text. Where there are subtrees, each prefix is looked up too, and the longest wins. */
#include "server/hash.h"
#include "server/request.h"

_Static_assert(offsetof(linnet_resource_config, ipatch) ==
                   offsetof(linnet_resource_config, get) + (LINNET_IPATCH - LINNET_GET) * sizeof(linnet_handler *),
               "the handlers stand in the order of the method codes");

linnet_handler *linnet_resource_handler(const linnet_resource *resource, linnet_code method)
{
    const unsigned char *handlers = (const unsigned char *)resource->config + offsetof(linnet_resource_config, get);
    linnet_handler *handler;

    memcpy(&handler, handlers + (method - 1u) * sizeof handler, sizeof handler);
    return handler;
}

/* Whether the path of the resource is spelled by the next options. The number of segments is equal, so a segment that
 * holds a '/' cannot pass for two. */
static bool is_spelled(const linnet_resource *resource, linnet_option_cursor path)
{
    const char *at = resource->path;
    size_t rest = resource->path_size;
    linnet_bytes segment;

    for (size_t i = 0; i < resource->segments; i++) {
        if (i > 0 && (rest == 0 || *at != '/'))
            return false;
        at += i > 0;
        rest -= i > 0;
        if (!linnet_path_next(&path, &segment) || segment.size > rest || memcmp(at, segment.data, segment.size) != 0)
            return false;
        at += segment.size;
        rest -= segment.size;
    }
    return rest == 0;
}

linnet_resource *linnet_site_look_up(const linnet_site *site, uint32_t hash, linnet_option_cursor path, size_t segments)
{
    linnet_resource *resource = site->buckets[hash & (site->bucket_count - 1)];

    while (resource && !(resource->hash == hash && resource->segments == segments && is_spelled(resource, path)))
        resource = resource->next_in_bucket;
    return resource;
}

/* Leaves in request->resource what serves the path; several resources are asked for only where there are subtrees. */
static void find_resource(linnet_request *request)
{
    const linnet_site *site = request->site;
    const linnet_option_cursor path = request->incoming->options->path;
    linnet_option_cursor cursor = path;
    linnet_path_hash hash = linnet_path_hash_begin(site);
    size_t segments = 0;
    linnet_bytes segment;
    linnet_resource *found;

    for (;;) {
        bool more = linnet_path_next(&cursor, &segment);
        if (!more || site->subtrees > 0) {
            found = linnet_site_look_up(site, linnet_path_hash_value(&hash), path, segments);
            if (found && (!more || found->config->subtree)) {
                request->resource = found;
                request->depth = found->config->subtree ? segments : 0;
            }
        }
        if (!more)
            return;
        linnet_path_hash_add(&hash, segment);
        segments++;
    }
}

/* RFC 7252 5.10: Uri-Path is a string, so UTF-8; 5.10.1: "The value of a Uri-Path Option MUST NOT be "." or ".."".
 * A resource with such a path is its owner's will, so this is asked only where a path is served by none or by a
 * subtree. */
static bool is_path_sound(linnet_option_cursor path)
{
    linnet_bytes segment;

    while (linnet_path_next(&path, &segment)) {
        if (!linnet_utf8_valid(segment))
            return false;
        if ((segment.size == 1 || segment.size == 2) && segment.data[0] == '.' && segment.data[segment.size - 1] == '.')
            return false;
    }
    return true;
}

linnet_code linnet_request_route(linnet_request *request)
{
    linnet_code method = request->message->code;

    if (method > LINNET_IPATCH)
        return LINNET_METHOD_NOT_ALLOWED; /* RFC 7252 5.8: "A request with an unrecognized or unsupported Method Code
                                             MUST generate a 4.05 (Method Not Allowed)" */
    find_resource(request);
    linnet_resource *resource = request->resource;
    if ((!resource || resource->config->subtree) && !is_path_sound(request->incoming->options->path))
        return LINNET_BAD_REQUEST;
    if (!resource) {
        request->handler = request->site->unknown;
        request->context = request->site->unknown_context;
        return request->handler ? LINNET_EMPTY : LINNET_NOT_FOUND;
    }
    request->handler = linnet_resource_handler(resource, method);
    request->context = resource->config->context;
    return request->handler ? LINNET_EMPTY : LINNET_METHOD_NOT_ALLOWED;
}
