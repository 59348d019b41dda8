/* Resources: each is one block of memory, with a handle's count, that the server uses while it is there. */
#include "module/module.h"

#include "net/server.h"

#include <linnet/error.h>
#include <stdlib.h>

enum { ALL_METHODS = 127, ALL_DETAILS = 7 };

linnet_module_resource *linnet_module_resource_of(const linnet_resource *resource)
{
    return resource ? linnet_resource_context(resource) : NULL;
}

void linnet_module_resource_retain(linnet_module_resource *resource) { atomic_fetch_add(&resource->count, 1); }

void linnet_module_resource_release(linnet_module_resource *resource)
{
    if (!resource || atomic_fetch_sub(&resource->count, 1) > 1)
        return;
    linnet_module_free_attributes(resource);
    linnet_module_release(resource->module);
    free(resource);
}

static bool is_format(int32_t format) { return format >= LINNET_MODULE_UNSET && format <= UINT16_MAX; }
static bool is_age(int64_t age) { return age >= LINNET_MODULE_UNSET && age <= UINT32_MAX; }

void linnet_module_apply(linnet_module_resource *resource)
{
    linnet_resource_config *config = &resource->config;
    unsigned allowed = resource->allowed;

    config->max_age = resource->max_age > 0 ? (uint32_t)resource->max_age : 0;
    config->no_get = !(allowed & LINNET_MODULE_GET);
    config->get = (allowed & LINNET_MODULE_GET) && resource->max_age == 0 ? linnet_module_get : NULL;
    config->put = allowed & LINNET_MODULE_PUT ? linnet_stored_put : NULL;
    config->post = allowed & LINNET_MODULE_POST ? linnet_stored_put : NULL;
    config->del = allowed & LINNET_MODULE_DELETE ? linnet_module_delete : NULL;
    config->fetch = allowed & LINNET_MODULE_FETCH ? linnet_module_fetch : NULL;
    config->patch = allowed & LINNET_MODULE_PATCH ? linnet_module_patch : NULL;
    config->ipatch = allowed & LINNET_MODULE_IPATCH ? linnet_module_patch : NULL;
}

static linnet_module_resource *allocate(linnet_module *module, const char *path)
{
    size_t size = strlen(path) + 1;
    linnet_module_resource *resource = calloc(1, sizeof *resource + size + 1);
    if (!resource)
        return NULL;
    atomic_init(&resource->count, 1);
    atomic_init(&resource->context, NULL);
    resource->module = module;
    resource->path[0] = '/';
    memcpy(resource->path + 1, path, size);
    resource->config = (linnet_resource_config){
        .context = resource,
        .stored = true,
        .no_etag = true,
        .observable = true,
        .no_content_format = true,
        .max_value_size = module->max_value_size,
        .max_body_size = module->max_value_size,
    };
    linnet_module_retain(module);
    return resource;
}

static int attach(linnet_module_resource *resource, linnet_bytes value)
{
    linnet_server *server = resource->module->server;
    int error = linnet_server_attach(server, &resource->resource, resource->path, &resource->config);
    if (error != 0)
        return error;
    error = linnet_resource_set(&resource->resource, value);
    if (error != 0)
        linnet_server_detach(server, &resource->resource);
    return error;
}

int linnet_module_make_resource(linnet_module *module, const char *path, int32_t media_type, int64_t max_age,
                                linnet_bytes value, linnet_module_resource **made)
{
    linnet_module_resource *resource = allocate(module, *path == '/' ? path + 1 : path);
    int error = resource ? attach(resource, value) : LINNET_ENOMEM;
    if (error != 0) {
        linnet_module_resource_release(resource);
        return error;
    }
    resource->max_age = max_age;
    resource->resource.content_format = media_type;
    resource->resource.etag = 1; /* of the first value */
    linnet_module_apply(resource);
    linnet_module_resource_retain(resource); /* the server's, and the caller's */
    *made = resource;
    return 0;
}

void linnet_module_drop_resource(linnet_module_resource *resource)
{
    linnet_module *module = resource->module;
    resource->gone = true;
    module->created -= resource->by_client;
    linnet_server_detach(module->server, &resource->resource);
    linnet_module_arm(module, &module->source); /* observers are to be told */
    linnet_module_resource_release(resource);
}

static void set_etag(linnet_module_resource *resource, bool etag)
{
    resource->config.no_etag = !etag;
    if (etag && !resource->numbered) {
        resource->numbered = true;
        resource->resource.etag = 1;
    }
}

int linnet_module_add_resource(linnet_module *module, const char *uri, int32_t media_type, int64_t max_age,
                               linnet_bytes value, bool etag, linnet_module_resource **added)
{
    linnet_module_resource *resource = NULL;
    if (added)
        *added = NULL;
    if (!uri || !is_format(media_type) || !is_age(max_age))
        return LINNET_EINVAL;
    if (linnet_module_enter(module) != 0)
        return LINNET_ECLOSED;
    int error = linnet_module_make_resource(module, uri, media_type, max_age, value, &resource);
    if (error != 0)
        return linnet_module_leave(module, error);
    set_etag(resource, etag);
    if (added)
        *added = resource;
    else
        linnet_module_resource_release(resource);
    return linnet_module_leave(module, 0);
}

/* The module's own resource of that path; NULL: there is none. */
static linnet_module_resource *find(linnet_module *module, const char *uri)
{
    return uri ? linnet_module_resource_of(linnet_server_find(module->server, uri)) : NULL;
}

linnet_module_resource *linnet_module_find_resource(linnet_module *module, const char *uri)
{
    if (linnet_module_enter(module) != 0)
        return NULL;
    linnet_module_resource *resource = find(module, uri);
    if (resource)
        linnet_module_resource_retain(resource);
    (void)linnet_module_leave(module, 0);
    return resource;
}

int linnet_module_remove_resource(linnet_module *module, const char *uri)
{
    if (linnet_module_enter(module) != 0)
        return LINNET_ECLOSED;
    linnet_module_resource *resource = find(module, uri);
    if (resource)
        linnet_module_drop_resource(resource);
    return linnet_module_leave(module, resource ? 0 : LINNET_ENOENT);
}

/* The lock is held afterwards where this is 0. */
static int enter(linnet_module_resource *resource)
{
    if (linnet_module_enter(resource->module) != 0)
        return LINNET_ECLOSED;
    return resource->gone ? linnet_module_leave(resource->module, LINNET_ECLOSED) : 0;
}

int linnet_module_resource_allow(linnet_module_resource *resource, unsigned operations, bool enable)
{
    if (operations & ~(unsigned)ALL_METHODS)
        return LINNET_EINVAL;
    if (enter(resource) != 0)
        return LINNET_ECLOSED;
    resource->allowed = enable ? resource->allowed | operations : resource->allowed & ~operations;
    linnet_module_apply(resource);
    return linnet_module_leave(resource->module, 0);
}

int linnet_module_resource_value(linnet_module_resource *resource, void *buffer, size_t capacity, size_t *size)
{
    if (enter(resource) != 0)
        return LINNET_ECLOSED;
    linnet_bytes value = linnet_resource_value(&resource->resource);
    *size = value.size;
    if (value.size > 0 && capacity > 0)
        memcpy(buffer, value.data, value.size < capacity ? value.size : capacity);
    return linnet_module_leave(resource->module, 0);
}

int linnet_module_resource_set_value(linnet_module_resource *resource, linnet_bytes value)
{
    if (enter(resource) != 0)
        return LINNET_ECLOSED;
    int error = linnet_resource_set(&resource->resource, value);
    linnet_module_arm(resource->module, &resource->module->source);
    return linnet_module_leave(resource->module, error);
}

int linnet_module_resource_details(linnet_module_resource *resource, linnet_module_details *details)
{
    if (enter(resource) != 0)
        return LINNET_ECLOSED;
    *details = (linnet_module_details){
        .media_type = resource->resource.content_format,
        .max_age = resource->max_age,
        .etag = !resource->config.no_etag,
        .etag_value = resource->config.no_etag ? 0 : resource->resource.etag,
    };
    return linnet_module_leave(resource->module, 0);
}

/* A cached response with the ETag of before would be taken for one of this type. */
static void set_media_type(linnet_module_resource *resource, int32_t media_type)
{
    if (resource->resource.content_format == media_type)
        return;
    resource->resource.content_format = media_type;
    if (++resource->resource.etag == 0)
        resource->resource.etag = 1;
    linnet_resource_changed(&resource->resource);
    linnet_module_arm(resource->module, &resource->module->source);
}

int linnet_module_resource_set_details(linnet_module_resource *resource, unsigned which,
                                       const linnet_module_details *details)
{
    if ((which & ~(unsigned)ALL_DETAILS) ||
        ((which & LINNET_MODULE_SET_MEDIA_TYPE) && !is_format(details->media_type)) ||
        ((which & LINNET_MODULE_SET_MAX_AGE) && !is_age(details->max_age)))
        return LINNET_EINVAL;
    if (enter(resource) != 0)
        return LINNET_ECLOSED;
    if (which & LINNET_MODULE_SET_MEDIA_TYPE)
        set_media_type(resource, details->media_type);
    if (which & LINNET_MODULE_SET_MAX_AGE)
        resource->max_age = details->max_age;
    if (which & LINNET_MODULE_SET_ETAG)
        set_etag(resource, details->etag);
    linnet_module_apply(resource);
    return linnet_module_leave(resource->module, 0);
}

const char *linnet_module_resource_uri(const linnet_module_resource *resource) { return resource->path + 1; }

bool linnet_module_resource_is_gone(linnet_module_resource *resource)
{
    if (enter(resource) != 0)
        return true;
    (void)linnet_module_leave(resource->module, 0);
    return false;
}

void linnet_module_resource_set_context(linnet_module_resource *resource, void *context)
{
    atomic_store(&resource->context, context);
}

void *linnet_module_resource_context(const linnet_module_resource *resource) { return atomic_load(&resource->context); }
