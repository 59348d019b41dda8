/* A pool of equal items in memory that the owner gives. Items are handed out front to back the first time, so memory
 * that was never needed is never touched. */
#ifndef LINNET_ENGINE_POOL_H
#define LINNET_ENGINE_POOL_H

#include <stddef.h>
#include <stdint.h>

typedef struct linnet_pool {
    uint8_t *memory;
    void *free;       /* items given back, linked through their first octets */
    size_t item_size; /* a multiple of the pointer's size */
    uint32_t limit;
    uint32_t touched; /* items that were handed out at least once */
    uint32_t in_use;
} linnet_pool;

static inline void linnet_pool_init(linnet_pool *pool, void *memory, size_t item_size, uint32_t limit)
{
    *pool = (linnet_pool){.memory = memory, .item_size = item_size, .limit = limit};
}

/* NULL when the limit is reached. The first octets of a used item hold the link that it had while free; the rest is
 * as it was given back, zero at first. */
void *linnet_pool_take(linnet_pool *pool);
void linnet_pool_give(linnet_pool *pool, void *item);

#endif
