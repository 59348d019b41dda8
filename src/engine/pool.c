/* A free list over an array: what the header says, no more. */
#include "engine/pool.h"

#include <string.h>

void *linnet_pool_take(linnet_pool *pool)
{
    void *item = pool->free;

    if (item) {
        memcpy(&pool->free, item, sizeof pool->free);
    } else {
        if (pool->touched == pool->limit)
            return NULL;
        item = pool->memory + (size_t)pool->touched * pool->item_size;
        pool->touched++;
    }
    pool->in_use++;
    return item;
}

void linnet_pool_give(linnet_pool *pool, void *item)
{
    memcpy(item, &pool->free, sizeof pool->free);
    pool->free = item;
    pool->in_use--;
}
