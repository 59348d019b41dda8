/*
 * Responses kept to be given again (RFC 7252 5.6): found by a key, dropped where the memory is needed for newer ones,
 * the one unused for the longest first. Knows what is kept and until when it is fresh; what may be kept, and for which
 * requests, is decided by call_cache.c.
 *
 * The owner gives one piece of memory. It is cut into chunks of equal size, an entry is a chain of them: so nothing
 * fragments, and making room for an octet takes a bounded number of steps.
 */
#ifndef LINNET_CLIENT_CACHE_H
#define LINNET_CLIENT_CACHE_H

#include "client/body.h"
#include "engine/pool.h"
#include "engine/table.h"

#define LINNET_CACHE_CHUNK 128u

struct linnet_chunk;

/* One response. Lives until the next linnet_cache_put(). */
typedef struct linnet_cached {
    linnet_node by_key;
    linnet_node by_target;
    struct linnet_cached *newer; /* in the order of use */
    struct linnet_cached *older;
    struct linnet_chunk *chunks; /* options, then payload */
    uint64_t born;               /* when it came; its age counts from there */
    uint64_t stale;              /* from here on it is not fresh */
    uint32_t options;            /* octets */
    uint32_t size;               /* octets, options included */
    linnet_code code;
} linnet_cached;

/* Zeroed keeps nothing. */
typedef struct linnet_cache {
    linnet_pool chunks;
    linnet_table by_key;
    linnet_table by_target;
    linnet_cached *newest;
    linnet_cached *oldest;
    uint64_t changes; /* grows when something becomes stale by a change: what was asked before may be out of date */
} linnet_cache;

/* Cuts up `size` octets, aligned for a pointer and a uint64_t. Too few of them: it keeps nothing. */
void linnet_cache_init(linnet_cache *cache, void *memory, size_t size);
static inline bool linnet_cache_is_on(const linnet_cache *cache) { return cache->chunks.limit > 0; }

/* NULL: there is none. From here on it is the one used last. */
linnet_cached *linnet_cache_find(linnet_cache *cache, uint64_t key);
/* Keeps a response in place of what the key had; drops others until there is room. One that is larger than the whole
 * memory is not kept. `target` names the resource. Block options and what concerns one exchange only are left out. */
void linnet_cache_put(linnet_cache *cache, uint64_t key, uint64_t target, const linnet_message *response, uint64_t born,
                      uint64_t stale);
void linnet_cache_drop(linnet_cache *cache, linnet_cached *entry);
/* The resource has changed: nothing that is kept of it is fresh any more (5.9.1.2, 5.9.1.4). */
void linnet_cache_spoil(linnet_cache *cache, uint64_t target, uint64_t now);

/* Copies the options of an entry. False: they do not fit; else *size of them. */
bool linnet_cached_options(const linnet_cached *entry, uint8_t *buffer, size_t capacity, size_t *size);
/* Copies options and payload together. LINNET_ENOMEM. */
int linnet_cached_copy(const linnet_cached *entry, linnet_bytes options, linnet_body *body,
                       const linnet_memory *memory);

#endif
