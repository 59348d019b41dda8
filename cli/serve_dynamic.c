/* --dynamic: a PUT to a path that has no resource makes one that keeps its value. */
#include "cli/serve.h"

#include "cli/text.h"

#include <linnet/error.h>
#include <stdlib.h>

#define PLACES_MOST 100000       /* resources */
#define LARGEST_VALUE (1u << 20) /* octets, as a request's body may have (linnet_resource_config.max_body_size) */
#define PLACE_COST 512u          /* octets, about, of a resource besides path and value */

/* The context of a resource. It stays when its value is deleted, and so does the resource with its path, whose ETag
 * must not begin anew. */
typedef struct dynamic_place {
    struct dynamic_place *next;
    dynamic *all;
    size_t held; /* octets that its value has taken */
} dynamic_place;

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

static void refuse(linnet_reply *reply)
{
    linnet_reply_error(reply, LINNET_SERVICE_UNAVAILABLE, "the memory for what clients put is used up");
}

/* A value that becomes smaller keeps its memory until it is deleted. */
static void put(linnet_request *request, linnet_reply *reply, void *context)
{
    dynamic_place *place = context;
    size_t size = linnet_request_payload(request).size;
    size_t more = size > place->held && size <= LARGEST_VALUE ? size - place->held : 0;
    if (more > place->all->most - place->all->used) {
        refuse(reply);
        return;
    }
    place->held += more;
    place->all->used += more;
    linnet_stored_put(request, reply, NULL);
}

static void take_away(linnet_request *request, linnet_reply *reply, void *context)
{
    dynamic_place *place = context;
    linnet_stored_delete(request, reply, NULL);
    place->all->used -= place->held;
    place->held = 0;
}

/* The value is set and not a part of the resource, so that it goes when it is deleted or replaced. */
static int add(linnet_server *server, const char *path, const linnet_request *request, dynamic_place *place)
{
    int32_t format = linnet_request_content_format(request);
    linnet_resource_config config = {
        .stored = true,
        .writable = true,
        .absent = true,
        .put = put,
        .del = take_away,
        .context = place,
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

/* False: there is no memory for it. */
static bool add_place(dynamic *self, const char *path, const linnet_request *request)
{
    dynamic_place *place = malloc(sizeof *place);
    size_t size = linnet_request_payload(request).size;
    if (!place)
        return false;
    *place = (dynamic_place){.next = self->first, .all = self, .held = size};
    if (add(self->server, path, request, place) != 0) {
        free(place);
        return false;
    }
    self->first = place;
    self->used += PLACE_COST + strlen(path) + size;
    self->count++;
    return true;
}

static void create(dynamic *self, linnet_request *request, linnet_reply *reply)
{
    char *path = path_of(request);
    linnet_bytes value;
    if (!path)
        linnet_reply_error(reply, LINNET_BAD_REQUEST, "a path segment is empty or holds '/' or NUL");
    else if (linnet_request_option(request, LINNET_OPTION_IF_MATCH, 0, &value))
        linnet_reply_error(reply, LINNET_PRECONDITION_FAILED, NULL); /* nothing is there to match (RFC 7252 5.10.8.1) */
    else if (self->count == PLACES_MOST)
        linnet_reply_error(reply, LINNET_SERVICE_UNAVAILABLE, "too many resources");
    else if (PLACE_COST + strlen(path) + linnet_request_payload(request).size > self->most - self->used)
        refuse(reply);
    else if (!add_place(self, path, request))
        linnet_reply_error(reply, LINNET_SERVICE_UNAVAILABLE, "no memory for the resource");
    else
        linnet_reply_code(reply, LINNET_CREATED);
    free(path);
}

void serve_dynamic(linnet_request *request, linnet_reply *reply, void *context)
{
    dynamic *self = context;
    if (linnet_request_method(request) == LINNET_PUT)
        create(self, request, reply);
    else
        linnet_reply_error(reply, LINNET_NOT_FOUND, NULL);
}

void serve_dynamic_clear(dynamic *self)
{
    while (self->first) {
        dynamic_place *place = self->first;
        self->first = place->next;
        free(place);
    }
}
