/* Resources of a server: each is one block of memory that holds the resource, its settings and all their strings, so
 * that the caller's may go. */
#include "net/octets.h"
#include "net/server.h"

#include <linnet/error.h>
#include <stdlib.h>

typedef struct linnet_server_resource {
    linnet_resource resource;
    linnet_resource_config config;
    linnet_attribute attributes[];
} linnet_server_resource;

static size_t text_size(const char *text) { return text ? strlen(text) + 1 : 0; }

static size_t size_of(const char *path, const linnet_resource_config *config)
{
    size_t size = sizeof(linnet_server_resource) + config->attribute_count * sizeof(linnet_attribute);
    size += text_size(path) + text_size(config->title) + text_size(config->resource_type);
    size += text_size(config->interface_type) + config->value.size;
    for (size_t i = 0; i < config->attribute_count; i++)
        size += text_size(config->attributes[i].name) + text_size(config->attributes[i].value);
    return size;
}

static const char *copy_text(uint8_t **at, const char *text)
{
    return text ? (const char *)linnet_octets_put(at, linnet_view(text, strlen(text) + 1)).data : NULL;
}

/* Copies into a block of size_of() octets; returns the copy of the path. */
static const char *copy_all(linnet_server_resource *block, const char *path, const linnet_resource_config *config)
{
    uint8_t *at = (uint8_t *)(block->attributes + config->attribute_count);
    block->config = *config;
    for (size_t i = 0; i < config->attribute_count; i++) {
        block->attributes[i].name = copy_text(&at, config->attributes[i].name);
        block->attributes[i].value = copy_text(&at, config->attributes[i].value);
    }
    block->config.attributes = block->attributes;
    block->config.title = copy_text(&at, config->title);
    block->config.resource_type = copy_text(&at, config->resource_type);
    block->config.interface_type = copy_text(&at, config->interface_type);
    block->config.value = linnet_octets_put(&at, config->value);
    return copy_text(&at, path);
}

/* Keeps the buckets short. Without memory for more of them it is slower, and works all the same. */
static void grow(linnet_site *site)
{
    size_t count = site->bucket_count * 4;
    linnet_resource **buckets = site->count > site->bucket_count ? calloc(count, sizeof(linnet_resource *)) : NULL;
    if (!buckets)
        return;
    linnet_resource **old = site->buckets;
    linnet_site_rehash(site, buckets, count);
    free(old);
}

int linnet_server_attach(linnet_server *server, linnet_resource *resource, const char *path,
                         const linnet_resource_config *config)
{
    int error = linnet_site_add(&server->site, resource, path, config);
    if (error == 0)
        grow(&server->site);
    return error;
}

void linnet_server_detach(linnet_server *server, linnet_resource *resource)
{
    linnet_site_remove(&server->site, resource);
}

int linnet_server_add(linnet_server *server, const char *path, const linnet_resource_config *config)
{
    linnet_server_resource *block = calloc(1, size_of(path, config));
    if (!block)
        return LINNET_ENOMEM;
    path = copy_all(block, path, config);
    int error = linnet_server_attach(server, &block->resource, path, &block->config);
    if (error != 0)
        free(block);
    return error;
}

linnet_resource *linnet_server_find(linnet_server *server, const char *path)
{
    return linnet_site_find(&server->site, path);
}

int linnet_server_remove(linnet_server *server, const char *path)
{
    linnet_resource *resource = linnet_site_find(&server->site, path);
    if (!resource)
        return LINNET_ENOENT;
    linnet_site_remove(&server->site, resource);
    free(resource); /* the start of its block; in its own handler too, the site no longer looks at it */
    return 0;
}

void linnet_server_free_resources(linnet_server *server)
{
    while (server->site.first) {
        linnet_resource *resource = server->site.first;
        linnet_site_remove(&server->site, resource);
        free(resource);
    }
}

int linnet_server_resize(void *owner, linnet_value *value, size_t capacity)
{
    (void)owner;
    if (capacity == 0) {
        free(value->data);
        *value = (linnet_value){0};
        return 0;
    }
    uint8_t *data = capacity <= UINT32_MAX ? realloc(value->data, capacity) : NULL;
    if (!data)
        return LINNET_ENOMEM;
    value->data = data;
    value->capacity = (uint32_t)capacity;
    return 0;
}
