/*
 * The server role without I/O: resources, routing, stored values, preconditions, discovery. It answers what an
 * endpoint gives it: linnet_endpoint_config{.serve = linnet_site_serve, .serve_context = &site}.
 */
#ifndef LINNET_SITE_H
#define LINNET_SITE_H

#include <linnet/observers.h>
#include <linnet/resource.h>
#include <linnet/transfers.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A stored value. Who owns `data` is the business of the site's resize function. */
typedef struct linnet_value {
    uint8_t *data;
    uint32_t size;
    uint32_t capacity;
} linnet_value;

/* One resource. The caller owns the struct and keeps it until linnet_site_remove(); the members are the site's. */
struct linnet_resource {
    const linnet_resource_config *config;
    const char *path;
    struct linnet_resource *next_in_bucket;
    struct linnet_resource *next; /* in order of creation */
    struct linnet_resource *previous;
    struct linnet_site *site;
    linnet_value value;
    linnet_observable observable;
    uint32_t hash;
    int32_t content_format; /* of the stored value, or LINNET_NO_FORMAT */
    uint16_t path_size;
    uint16_t segments;
    uint16_t etag; /* counter 1 to 65535 of the stored value's versions */
    bool absent;   /* there is no stored value now */
    bool initial;  /* the stored value is still config->value, and `value` unused */
};

/* For the hash by which a path is found. */
#define LINNET_PATH_KEY_WORDS 8u
typedef struct linnet_path_key {
    uint64_t word[LINNET_PATH_KEY_WORDS];
} linnet_path_key;

typedef struct linnet_site {
    struct linnet_resource **buckets;
    size_t bucket_count; /* a power of two */
    struct linnet_resource *first;
    struct linnet_resource *last;
    size_t subtrees; /* how many resources are subtrees */
    size_t count;
    /* Where strangers choose paths of resources, a random and secret key of the owner's, set before the first is added:
     * else they could choose such as fall into one bucket. linnet_site_init() sets a known one. */
    const linnet_path_key *path_key;
    /* Makes room for a stored value: at least `capacity` octets, old content kept. LINNET_ENOMEM leaves all as it is.
     * capacity 0 releases. NULL: a value may use the buffer that value.data and value.capacity gave at first, no more.
     */
    int (*resize)(void *context, linnet_value *value, size_t capacity);
    /* Called for each deferred request before its handle is given out; the owner learns of its end by itself. */
    void (*retain)(void *owner);
    linnet_handler *unknown; /* requests for paths that no resource has; NULL: 4.04 */
    void *unknown_context;
    struct linnet_transfers *transfers; /* see transfers.h; NULL: no transfers */
    /* Who is behind a secured session; called for paths with one. NULL: nobody is known. */
    linnet_identity (*identify)(void *context, const linnet_path *path);
    void *identify_context;
    void *owner;                    /* given to resize, retain, and to deferred handles */
    struct linnet_request *serving; /* the innermost request that is being served; the site's */
} linnet_site;

/* Starts without resources. `buckets` is the caller's zeroed array of a power of two; other members of *site may be
 * set after this. */
void linnet_site_init(linnet_site *site, struct linnet_resource **buckets, size_t bucket_count);
/* LINNET_EEXIST; LINNET_EINVAL: a segment over 255 octets, a path over 65535. `resource` is zeroed, or has value.data
 * and value.capacity set. Path and config are kept, not copied: on a microcontroller they stay in flash, and so does
 * the first stored value until it is replaced. */
int linnet_site_add(linnet_site *site, struct linnet_resource *resource, const char *path,
                    const linnet_resource_config *config);
/* Afterwards `resource` is the caller's again, also where it is being served: in its own handler it may be freed at
 * once. Its stored value is released through site->resize. */
void linnet_site_remove(linnet_site *site, struct linnet_resource *resource);
struct linnet_resource *linnet_site_find(const linnet_site *site, const char *path);

/* Moves all resources to other buckets: a caller's zeroed array, as for linnet_site_init(). The old ones are free then.
 * For owners whose sites grow: look-ups stay one step while there are about as many buckets as resources. */
void linnet_site_rehash(linnet_site *site, struct linnet_resource **buckets, size_t bucket_count);

/* A linnet_serve function: `context` is the site. */
void linnet_site_serve(void *context, linnet_incoming *incoming);
/* The same for a device that counts its flash: handlers, routing, Accept. Without blocks, preconditions (4.02 to both,
 * since they are critical options), 2.03, and `.stored`, whose handlers have to be named in the config. */
void linnet_site_serve_small(void *context, linnet_incoming *incoming);

/* The resource /.well-known/core (RFC 6690): add it under LINNET_DISCOVERY_PATH. It lists what is not hidden, itself
 * included, and filters by query (4.1). */
extern const linnet_resource_config linnet_discovery_config;
#define LINNET_DISCOVERY_PATH ".well-known/core"

/* Gives the answer of a deferred exchange, in the endpoint's thread; NULL: 5.03. LINNET_ENOENT. */
int linnet_site_answer(linnet_site *site, linnet_endpoint *endpoint, uint64_t now, linnet_exchange exchange,
                       const linnet_answer *answer);

#ifdef __cplusplus
}
#endif
#endif
