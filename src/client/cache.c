/* Chains of chunks, two tables, one order of use. */
#include "client/cache.h"

#include "wire/option_head.h"

typedef struct linnet_chunk {
    struct linnet_chunk *next;
    uint8_t octets[LINNET_CACHE_CHUNK - sizeof(struct linnet_chunk *)];
} linnet_chunk;

#define ROOM sizeof(((linnet_chunk *)0)->octets)

_Static_assert(sizeof(linnet_chunk) == LINNET_CACHE_CHUNK, "a chunk has no padding");
_Static_assert(sizeof(linnet_cached) <= LINNET_CACHE_CHUNK, "an entry takes the place of a chunk");

/* A chunk and its part of the tables, which have a bucket for every two chunks: an entry takes at least as many. */
#define COST (LINNET_CACHE_CHUNK + sizeof(linnet_node *))

void linnet_cache_init(linnet_cache *cache, void *memory, size_t size)
{
    size_t count = size / COST < UINT32_MAX / 2u ? size / COST : UINT32_MAX / 2u;
    linnet_node **buckets = memory;
    uint32_t half = 1;

    *cache = (linnet_cache){0};
    if (count < 2)
        return;
    while (half <= count / 4u)
        half *= 2u;
    memset(memory, 0, 2u * half * sizeof(linnet_node *));
    cache->by_key = (linnet_table){buckets, half - 1u};
    cache->by_target = (linnet_table){buckets + half, half - 1u};
    linnet_pool_init(&cache->chunks, buckets + (size_t)2 * half, LINNET_CACHE_CHUNK, (uint32_t)count);
}

static void unlink_order(linnet_cache *cache, linnet_cached *entry)
{
    *(entry->newer ? &entry->newer->older : &cache->newest) = entry->older;
    *(entry->older ? &entry->older->newer : &cache->oldest) = entry->newer;
}

static void link_newest(linnet_cache *cache, linnet_cached *entry)
{
    entry->newer = NULL;
    entry->older = cache->newest;
    *(cache->newest ? &cache->newest->newer : &cache->oldest) = entry;
    cache->newest = entry;
}

static linnet_cached *find(const linnet_cache *cache, uint64_t key)
{
    linnet_node *node = linnet_table_find(&cache->by_key, key);

    return node ? LINNET_CONTAINER(node, linnet_cached, by_key) : NULL;
}

linnet_cached *linnet_cache_find(linnet_cache *cache, uint64_t key)
{
    linnet_cached *entry = linnet_cache_is_on(cache) ? find(cache, key) : NULL;

    if (entry) {
        unlink_order(cache, entry);
        link_newest(cache, entry);
    }
    return entry;
}

void linnet_cache_drop(linnet_cache *cache, linnet_cached *entry)
{
    linnet_chunk *chunk = entry->chunks;

    linnet_table_remove(&cache->by_key, &entry->by_key);
    linnet_table_remove(&cache->by_target, &entry->by_target);
    unlink_order(cache, entry);
    while (chunk) {
        linnet_chunk *next = chunk->next;
        linnet_pool_give(&cache->chunks, chunk);
        chunk = next;
    }
    linnet_pool_give(&cache->chunks, entry);
}

/* Those that are of the exchange and not of the representation: blocks (RFC 7959), Observe (RFC 7641), Echo (RFC 9175).
 */
static bool is_kept(uint16_t number)
{
    return number != LINNET_OPTION_BLOCK1 && number != LINNET_OPTION_BLOCK2 && number != LINNET_OPTION_Q_BLOCK1 &&
           number != LINNET_OPTION_Q_BLOCK2 && number != LINNET_OPTION_OBSERVE && number != LINNET_OPTION_ECHO;
}

/* Where octets are written: the end of a chain. */
typedef struct tail {
    linnet_cache *cache;
    linnet_cached *entry;
    linnet_chunk **link;
    size_t used; /* of the last chunk */
} tail;

static void append(tail *to, linnet_bytes octets)
{
    while (octets.size > 0) {
        size_t part;
        if (to->used == ROOM) {
            linnet_chunk *chunk = linnet_pool_take(&to->cache->chunks); /* room was made for all */
            chunk->next = NULL;
            if (to->entry->chunks)
                to->link = &(*to->link)->next;
            *to->link = chunk;
            to->used = 0;
        }
        part = ROOM - to->used < octets.size ? ROOM - to->used : octets.size;
        memcpy((*to->link)->octets + to->used, octets.data, part);
        octets = linnet_view(octets.data + part, octets.size - part);
        to->used += part;
        to->entry->size += (uint32_t)part;
    }
}

/* An option is encoded by the distance to the one before it, so leaving one out moves those behind it. The whole never
 * grows by that. */
static void append_options(tail *to, linnet_bytes options)
{
    linnet_option_cursor cursor = {.rest = options};
    linnet_option option;
    uint16_t before = 0;

    while (linnet_option_next(&cursor, &option)) {
        uint8_t head[LINNET_OPTION_HEAD_MAX];
        uint8_t *end;
        if (!is_kept(option.number))
            continue;
        end = linnet_option_head_write(head, (uint32_t)option.number - before, (uint32_t)option.value.size);
        append(to, linnet_view(head, (size_t)(end - head)));
        append(to, option.value);
        before = option.number;
    }
    to->entry->options = to->entry->size;
}

/* Chunks for an entry with so many octets, at most. */
static size_t chunks_for(size_t octets) { return 1u + (octets + ROOM - 1u) / ROOM; }

static void make_room(linnet_cache *cache, size_t chunks)
{
    while (cache->chunks.limit - cache->chunks.in_use < chunks)
        linnet_cache_drop(cache, cache->oldest);
}

void linnet_cache_put(linnet_cache *cache, uint64_t key, uint64_t target, const linnet_message *response, uint64_t born,
                      uint64_t stale)
{
    linnet_cached *entry = linnet_cache_is_on(cache) ? find(cache, key) : NULL;
    size_t most = cache->chunks.limit * ROOM;
    tail to = {.cache = cache, .used = ROOM};

    if (entry)
        linnet_cache_drop(cache, entry);
    if (response->options.size > most || response->payload.size > most ||
        chunks_for(response->options.size + response->payload.size) > cache->chunks.limit)
        return;
    make_room(cache, chunks_for(response->options.size + response->payload.size));
    entry = linnet_pool_take(&cache->chunks);
    *entry = (linnet_cached){.born = born, .stale = stale, .code = response->code};
    linnet_table_add(&cache->by_key, &entry->by_key, key);
    linnet_table_add(&cache->by_target, &entry->by_target, target);
    link_newest(cache, entry);
    to.entry = entry;
    to.link = &entry->chunks;
    append_options(&to, response->options);
    append(&to, response->payload);
}

void linnet_cache_spoil(linnet_cache *cache, uint64_t target, uint64_t now)
{
    linnet_node *node;

    if (!linnet_cache_is_on(cache))
        return;
    cache->changes++;
    /* All requests for one resource are in one bucket; those of others between them are few. */
    for (node = linnet_table_find(&cache->by_target, target); node; node = node->next) {
        linnet_cached *entry = LINNET_CONTAINER(node, linnet_cached, by_target);
        if (node->key == target && entry->stale > now)
            entry->stale = now;
    }
}

/* Where octets of an entry are read. */
typedef struct head {
    const linnet_chunk *chunk;
    size_t used;
} head;

/* The next octets that lie together, `most` at most. */
static linnet_bytes next_part(head *from, size_t most)
{
    linnet_bytes part;

    if (from->used == ROOM) {
        from->chunk = from->chunk->next;
        from->used = 0;
    }
    part = linnet_view(from->chunk->octets + from->used, ROOM - from->used < most ? ROOM - from->used : most);
    from->used += part.size;
    return part;
}

bool linnet_cached_options(const linnet_cached *entry, uint8_t *buffer, size_t capacity, size_t *size)
{
    head from = {.chunk = entry->chunks};

    *size = 0;
    if (entry->options > capacity)
        return false;
    while (*size < entry->options) {
        linnet_bytes part = next_part(&from, entry->options - *size);
        memcpy(buffer + *size, part.data, part.size);
        *size += part.size;
    }
    return true;
}

int linnet_cached_copy(const linnet_cached *entry, linnet_bytes options, linnet_body *body, const linnet_memory *memory)
{
    head from = {.chunk = entry->chunks};
    int error = linnet_body_begin(body, memory, options);
    size_t done = 0;

    while (error == 0 && done < entry->size) {
        bool in_options = done < entry->options;
        linnet_bytes part = next_part(&from, (in_options ? entry->options : entry->size) - done);
        done += part.size;
        if (!in_options)
            error = linnet_body_append(body, memory, part, UINT64_MAX);
    }
    return error;
}
