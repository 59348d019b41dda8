/* The set of resources: adding, finding, removing. They stand in buckets by a hash over the segments of their path,
 * and in a list in the order of their creation, which is the order of /.well-known/core. */
#include "server/hash.h"
#include "server/observe.h"

#include <linnet/error.h>

#define CONFIRM_EVERY 20u
#define SEGMENT_MAX 255u /* RFC 7252 5.10: a Uri-Path has 0 to 255 octets */

/* A path as text, "a/b" or "/a/b", and what is found out about it. */
typedef struct parsed_path {
    const char *text; /* without the leading slash */
    size_t size;
    size_t segments;
    uint32_t hash;
} parsed_path;

static bool parse_path(const linnet_site *site, parsed_path *path, const char *text)
{
    linnet_path_hash hash = linnet_path_hash_begin(site);

    if (*text == '/')
        text++;
    *path = (parsed_path){.text = text, .size = strlen(text)};
    if (path->size > UINT16_MAX)
        return false;
    for (size_t start = 0, end = 0; path->size > 0 && end < path->size; start = end + 1) {
        for (end = start; end < path->size && text[end] != '/'; end++)
            ;
        if (end - start > SEGMENT_MAX)
            return false;
        linnet_path_hash_add(&hash, linnet_view(text + start, end - start));
        path->segments++;
    }
    path->hash = linnet_path_hash_value(&hash);
    return true;
}

static struct linnet_resource **bucket_of(const linnet_site *site, uint32_t hash)
{
    return &site->buckets[hash & (site->bucket_count - 1)];
}

static linnet_resource *find(const linnet_site *site, const parsed_path *path)
{
    linnet_resource *resource = *bucket_of(site, path->hash);

    while (resource && !(resource->hash == path->hash && resource->path_size == path->size &&
                         memcmp(resource->path, path->text, path->size) == 0))
        resource = resource->next_in_bucket;
    return resource;
}

void linnet_site_init(linnet_site *site, struct linnet_resource **buckets, size_t bucket_count)
{
    *site = (linnet_site){.buckets = buckets, .bucket_count = bucket_count, .path_key = &linnet_known_path_key};
}

int linnet_site_add(linnet_site *site, struct linnet_resource *resource, const char *path,
                    const linnet_resource_config *config)
{
    parsed_path parsed;

    if (!parse_path(site, &parsed, path))
        return LINNET_EINVAL;
    if (find(site, &parsed))
        return LINNET_EEXIST;

    resource->config = config;
    resource->site = site;
    resource->path = parsed.text;
    resource->path_size = (uint16_t)parsed.size;
    resource->segments = (uint16_t)parsed.segments;
    resource->hash = parsed.hash;
    resource->content_format = linnet_resource_first_format(config);
    resource->etag = 1;
    resource->absent = config->absent;
    resource->initial = true;
    resource->observable.confirm_every = config->confirm_every ? config->confirm_every : CONFIRM_EVERY;

    struct linnet_resource **bucket = bucket_of(site, parsed.hash);
    resource->next_in_bucket = *bucket;
    *bucket = resource;
    resource->next = NULL;
    resource->previous = site->last;
    *(site->last ? &site->last->next : &site->first) = resource;
    site->last = resource;
    site->count++;
    site->subtrees += config->subtree;
    return 0;
}

void linnet_site_remove(linnet_site *site, struct linnet_resource *resource)
{
    /* A handler may remove the resource that it serves: whoever called the handler looks here before it goes on. */
    for (linnet_request *request = site->serving; request; request = request->outer)
        if (request->resource == resource)
            request->resource = NULL;

    if (resource->observable.subjects)
        linnet_observable_gone(&resource->observable);

    struct linnet_resource **link = bucket_of(site, resource->hash);
    while (*link != resource)
        link = &(*link)->next_in_bucket;
    *link = resource->next_in_bucket;
    *(resource->previous ? &resource->previous->next : &site->first) = resource->next;
    *(resource->next ? &resource->next->previous : &site->last) = resource->previous;
    site->count--;
    site->subtrees -= resource->config->subtree;
    if (site->resize)
        site->resize(site->owner, &resource->value, 0);
    resource->site = NULL;
}

struct linnet_resource *linnet_site_find(const linnet_site *site, const char *path)
{
    parsed_path parsed;

    return parse_path(site, &parsed, path) ? find(site, &parsed) : NULL;
}

void linnet_site_rehash(linnet_site *site, struct linnet_resource **buckets, size_t bucket_count)
{
    site->buckets = buckets;
    site->bucket_count = bucket_count;
    for (linnet_resource *resource = site->first; resource; resource = resource->next) {
        struct linnet_resource **bucket = bucket_of(site, resource->hash);
        resource->next_in_bucket = *bucket;
        *bucket = resource;
    }
}

const char *linnet_resource_path(const linnet_resource *resource) { return resource->path; }

void *linnet_resource_context(const linnet_resource *resource) { return resource->config->context; }
