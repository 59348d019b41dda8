/* A slot holds the upper 48 bits of the key and 16 bits of time in units of 2^24 microseconds (17 s). Each addition
 * also clears one other bucket of what is too old, so that no slot lives to see its 16 bits of time come round. */
#include "engine/executed.h"

#include <stdbool.h>
#include <stddef.h>

#define STAMP_SHIFT 24u
#define STAMP_BITS 16u
#define STAMP_MASK (((uint64_t)1 << STAMP_BITS) - 1)

void linnet_executed_init(linnet_executed *executed, uint64_t *slots, uint32_t count)
{
    *executed = (linnet_executed){.slots = slots, .buckets = count / LINNET_EXECUTED_WAYS};
}

/* Age in units, of which the first may have been short. */
static bool is_old(uint64_t slot, uint64_t now, uint64_t lifetime)
{
    uint64_t age = ((now >> STAMP_SHIFT) - slot) & STAMP_MASK;

    return age > (lifetime >> STAMP_SHIFT) + 1;
}

static uint64_t *bucket_at(const linnet_executed *executed, uint64_t number)
{
    return executed->slots + (number & (executed->buckets - 1u)) * LINNET_EXECUTED_WAYS;
}

/* Clears what is old. Returns how many slots are free. */
static unsigned clean(uint64_t *bucket, uint64_t now, uint64_t lifetime)
{
    unsigned free = 0;

    for (unsigned i = 0; i < LINNET_EXECUTED_WAYS; i++) {
        if (bucket[i] && is_old(bucket[i], now, lifetime))
            bucket[i] = 0;
        free += bucket[i] == 0;
    }
    return free;
}

static bool holds(const uint64_t *bucket, uint64_t key)
{
    for (unsigned i = 0; i < LINNET_EXECUTED_WAYS; i++)
        if (bucket[i] && (bucket[i] ^ key) >> STAMP_BITS == 0)
            return true;
    return false;
}

static void fill(uint64_t *bucket, uint64_t slot)
{
    while (*bucket)
        bucket++;
    *bucket = slot;
}

linnet_executed_verdict linnet_executed_add(linnet_executed *executed, uint64_t key, uint64_t now, uint64_t lifetime)
{
    uint64_t slot = (key & ~STAMP_MASK) | ((now >> STAMP_SHIFT) & STAMP_MASK);
    uint64_t *first = bucket_at(executed, key);
    uint64_t *second = bucket_at(executed, key >> 32);
    unsigned first_free, second_free;

    (void)clean(bucket_at(executed, executed->sweep++), now, lifetime);
    first_free = clean(first, now, lifetime);
    second_free = clean(second, now, lifetime);
    if (holds(first, key) || holds(second, key))
        return LINNET_EXECUTE_SEEN;
    if (first_free == 0 && second_free == 0)
        return LINNET_EXECUTE_FULL;
    /* A slot of 0 would be a free one: it takes a key whose upper 48 bits are 0, and the first 17 s of the clock. */
    fill(first_free >= second_free ? first : second, slot ? slot : (uint64_t)1 << STAMP_BITS);
    return LINNET_EXECUTE_NEW;
}
