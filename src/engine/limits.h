/* The limits with their defaults filled in, and the layout of an endpoint's memory that follows from them. */
#ifndef LINNET_ENGINE_LIMITS_H
#define LINNET_ENGINE_LIMITS_H

#include <linnet/config.h>
#include <stddef.h>

/* Fills in defaults and rounds where powers of two are wanted. */
linnet_limits linnet_limits_filled(const linnet_limits *given);

/* The least power of two that is neither below `number` nor below `least`, itself one; 2^31 where that is too much. */
uint32_t linnet_power_of_two(uint32_t number, uint32_t least);

/* Hands out parts of one memory, front to back. With memory NULL it only adds up. */
typedef struct linnet_arena {
    uint8_t *memory;
    size_t used;
} linnet_arena;

/* `count` items, aligned to a cache line of 64 octets, on small machines to 8. */
void *linnet_arena_take(linnet_arena *arena, size_t count, size_t item_size);

#endif
