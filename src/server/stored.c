/* Values that the library keeps: GET serves them, PUT replaces them, DELETE takes them away. Each change counts the
 * ETag up, from 1 to 65535 and to 1 again, so no client takes an old version for the current one. */
#include "server/finish.h"

#include <linnet/error.h>

#define MAX_VALUE_SIZE_DEFAULT 65536u

linnet_bytes linnet_resource_value(const linnet_resource *resource)
{
    if (!resource->config->stored || resource->absent)
        return linnet_view(NULL, 0);
    return resource->initial ? resource->config->value : linnet_view(resource->value.data, resource->value.size);
}

static void count_up(linnet_resource *resource)
{
    resource->etag++;
    if (resource->etag == 0)
        resource->etag = 1;
}

static int make_room(linnet_resource *resource, size_t size)
{
    const linnet_site *site = resource->site;

    if (size <= resource->value.capacity)
        return 0;
    return site->resize ? site->resize(site->owner, &resource->value, size) : LINNET_ENOMEM;
}

int linnet_resource_set(linnet_resource *resource, linnet_bytes value)
{
    if (!resource->config->stored)
        return LINNET_EINVAL;
    if (value.size > UINT32_MAX)
        return LINNET_ETOOBIG;

    /* The new value may be a part of the old one, which moves when room is made. */
    uintptr_t from = (uintptr_t)value.data - (uintptr_t)resource->value.data;
    bool is_part = value.size > 0 && from < resource->value.capacity;
    int error = make_room(resource, value.size);
    if (error)
        return error;
    if (is_part)
        value.data = resource->value.data + from;
    if (value.size > 0)
        memmove(resource->value.data, value.data, value.size);
    resource->value.size = (uint32_t)value.size;
    resource->initial = false;
    resource->absent = false;
    count_up(resource);
    linnet_resource_changed(resource);
    return 0;
}

bool linnet_stored_etag(const linnet_resource *resource, uint8_t etag[4], size_t *size)
{
    *size = resource->config->no_etag ? 0 : linnet_option_from_uint(resource->etag, etag);
    return !resource->absent;
}

static void put_etag(linnet_reply *reply, const linnet_resource *resource)
{
    uint8_t etag[4];
    size_t size;

    if (linnet_stored_etag(resource, etag, &size) && size > 0)
        linnet_reply_put(reply, LINNET_OPTION_ETAG, linnet_view(etag, size));
}

void linnet_stored_get(linnet_request *request, linnet_reply *reply, void *context)
{
    const linnet_resource *resource = request->resource;

    (void)context;
    if (resource->absent) {
        linnet_reply_error(reply, LINNET_NOT_FOUND, NULL);
        return;
    }
    put_etag(reply, resource);
    if (resource->config->max_age)
        linnet_reply_put_uint(reply, LINNET_OPTION_MAX_AGE, resource->config->max_age);
    linnet_reply_payload(reply, resource->content_format, linnet_resource_value(resource));
}

/* RFC 7252 5.9.2.9: a 4.13 "SHOULD include a Size1 Option ... to indicate the maximum size of request entity the
 * server is able and willing to handle". */
static void refuse_size(linnet_reply *reply, uint32_t limit)
{
    linnet_reply_error(reply, LINNET_REQUEST_ENTITY_TOO_LARGE, NULL);
    linnet_reply_option_uint(reply, LINNET_OPTION_SIZE1, limit);
}

uint32_t linnet_stored_limit(const linnet_resource *resource)
{
    uint32_t limit = resource->config->max_value_size ? resource->config->max_value_size : MAX_VALUE_SIZE_DEFAULT;

    return resource->site->resize || limit < resource->value.capacity ? limit : resource->value.capacity;
}

void linnet_stored_put(linnet_request *request, linnet_reply *reply, void *context)
{
    linnet_resource *resource = request->resource;
    uint32_t limit = linnet_stored_limit(resource);
    linnet_bytes value = request->message->payload;
    bool is_new = resource->absent;

    (void)context;
    if (value.size > limit) {
        refuse_size(reply, limit);
        return;
    }
    if (linnet_resource_set(resource, value) != 0) {
        linnet_reply_error(reply, LINNET_SERVICE_UNAVAILABLE, "No memory for the value");
        return;
    }
    if (request->incoming->options->content_format >= 0)
        resource->content_format = request->incoming->options->content_format;
    linnet_reply_code(reply, is_new ? LINNET_CREATED : LINNET_CHANGED);
    put_etag(reply, resource);
}

void linnet_stored_delete(linnet_request *request, linnet_reply *reply, void *context)
{
    linnet_resource *resource = request->resource;

    (void)context;
    /* An absent value is to its clients what a path without resource is: 4.04 for each method but PUT. */
    if (resource->absent) {
        linnet_reply_error(reply, LINNET_NOT_FOUND, NULL);
        return;
    }
    resource->absent = true;
    resource->content_format = linnet_resource_first_format(resource->config);
    resource->initial = false;
    resource->value.size = 0;
    if (resource->site->resize)
        resource->site->resize(resource->site->owner, &resource->value, 0);
    count_up(resource);
    linnet_resource_changed(resource); /* to 4.04 */
}

linnet_handler *linnet_stored_handler(const linnet_resource_config *config, linnet_code method)
{
    if (method == LINNET_GET)
        return config->no_get ? NULL : linnet_stored_get;
    if (method == LINNET_PUT && config->writable)
        return linnet_stored_put;
    return method == LINNET_DELETE && config->writable ? linnet_stored_delete : NULL;
}
