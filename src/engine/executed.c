/* A slot holds the upper 48 bits of the key, and in 16 bits until when to remember it, in units of 2^24 microseconds
 * (17 s). Those 16 bits come round after 12 days, so each bucket also has a whole word for the time when it was used
 * last: if that is long ago, all in it is over; if not, what was over then is gone, and the rest can be told. */
#include "engine/executed.h"

#include <stdbool.h>
#include <stddef.h>

#define STAMP_SHIFT 24u
#define STAMP_BITS 16u
#define STAMP_MASK (((uint64_t)1 << STAMP_BITS) - 1)
#define STAMP_HALF ((uint64_t)1 << (STAMP_BITS - 1u)) /* what is as far behind, or more, is to come */
#define LONGEST (STAMP_HALF - 2u)

#define SLOTS (LINNET_EXECUTED_WORDS - 1u) /* of a bucket */
/* A count loses a sixteenth in each unit, so in the end it is what came in the last 16 units: as long, about, as
 * EXCHANGE_LIFETIME. Half of it is gone after eleven. */
#define FADE_SHIFT 4u
#define HALF_LIFE 11u
#define FREE_SHIFT 16u
#define FREE_WEIGHT 7u /* an average over 2^7 */

uint32_t linnet_executed_shares(uint32_t count)
{
    uint32_t shares = count / LINNET_EXECUTED_PER_SHARE;

    return shares < LINNET_EXECUTED_LEAST_SHARES ? 0 : shares;
}

void linnet_executed_init(linnet_executed *executed, uint64_t *words, uint32_t count, linnet_executed_share *shares)
{
    *executed = (linnet_executed){.words = words,
                                  .buckets = count / LINNET_EXECUTED_WORDS,
                                  .shares = shares,
                                  .share_count = linnet_executed_shares(count),
                                  .free = 2u * SLOTS << FREE_SHIFT};
}

static void fade(linnet_executed_share *share, uint64_t now)
{
    uint32_t unit = (uint32_t)now;
    uint32_t passed = unit - share->unit;

    if (passed > UINT32_MAX / 2u) /* the clock of this batch is a little behind */
        return;
    share->unit = unit;
    share->count = passed / HALF_LIFE < 32u ? share->count >> passed / HALF_LIFE : 0;
    for (passed %= HALF_LIFE; passed > 0; passed--)
        share->count -= (share->count + (1u << FADE_SHIFT) - 1u) >> FADE_SHIFT;
}

/* Which buckets a key meets is chance, so those of late tell how full the set is. */
static void note_free(linnet_executed *executed, uint32_t free)
{
    executed->free -= executed->free >> FREE_WEIGHT;
    executed->free += free << (FREE_SHIFT - FREE_WEIGHT);
}

/* As much as is free: for each bucket half of what is free in two. */
static bool take_share(linnet_executed *executed, uint64_t network, uint64_t now)
{
    linnet_executed_share *share;

    if (executed->share_count == 0)
        return true;
    share = &executed->shares[network & (executed->share_count - 1u)];
    fade(share, now);
    if (share->count >= (uint64_t)executed->buckets * executed->free >> (FREE_SHIFT + 1u))
        return false;
    share->count++;
    return true;
}

static uint64_t *bucket_at(const linnet_executed *executed, uint64_t number)
{
    return executed->words + (number & (executed->buckets - 1u)) * LINNET_EXECUTED_WORDS;
}

static bool is_over(uint64_t slot, uint64_t unit)
{
    uint64_t passed = (unit - slot) & STAMP_MASK;

    return passed > 0 && passed < STAMP_HALF;
}

/* Clears what is over. Returns how many slots are free. */
static unsigned clean(uint64_t *bucket, uint64_t unit)
{
    bool all_over = unit > bucket[0] + LONGEST;
    unsigned free = 0;

    for (unsigned i = 1; i < LINNET_EXECUTED_WORDS; i++) {
        if (bucket[i] && (all_over || is_over(bucket[i], unit)))
            bucket[i] = 0;
        free += bucket[i] == 0;
    }
    if (free < LINNET_EXECUTED_WORDS - 1u && unit > bucket[0])
        bucket[0] = unit;
    return free;
}

static bool holds(const uint64_t *bucket, uint64_t key)
{
    for (unsigned i = 1; i < LINNET_EXECUTED_WORDS; i++)
        if (bucket[i] && (bucket[i] ^ key) >> STAMP_BITS == 0)
            return true;
    return false;
}

static void fill(uint64_t *bucket, uint64_t unit, uint64_t slot)
{
    uint64_t *at = bucket + 1;

    while (*at)
        at++;
    *at = slot;
    bucket[0] = unit;
}

linnet_executed_verdict linnet_executed_add(linnet_executed *executed, uint64_t key, uint64_t network, uint64_t now,
                                            uint64_t lifetime)
{
    uint64_t unit = now >> STAMP_SHIFT;
    uint64_t units = (lifetime >> STAMP_SHIFT) + 2u; /* rounded up, as is the unit that has begun */
    uint64_t slot = (key & ~STAMP_MASK) | ((unit + (units < LONGEST ? units : LONGEST)) & STAMP_MASK);
    uint64_t *first = bucket_at(executed, key);
    uint64_t *second = bucket_at(executed, key >> 32);
    unsigned first_free = clean(first, unit);
    unsigned second_free = clean(second, unit);

    if (holds(first, key) || holds(second, key))
        return LINNET_EXECUTE_SEEN;
    note_free(executed, first_free + second_free);
    if ((first_free == 0 && second_free == 0) || !take_share(executed, network, unit))
        return LINNET_EXECUTE_FULL;
    /* A slot of 0 would be a free one: it stays one unit longer. */
    fill(first_free >= second_free ? first : second, unit, slot ? slot : 1u);
    return LINNET_EXECUTE_NEW;
}
