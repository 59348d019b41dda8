/* A word holds 40 bits of the key, and in 24 bits when it was added, in units of 2^24 microseconds (17 s), which lasts
 * for nine years. */
#include "engine/proofs.h"

#define STAMP_SHIFT 24u
#define STAMP_MASK UINT64_C(0xffffff)

void linnet_proofs_init(linnet_proofs *proofs, uint64_t *words, uint32_t count)
{
    *proofs = (linnet_proofs){.words = words, .buckets = count / LINNET_PROOFS_WAYS};
}

/* The low bits choose the bucket, the others are kept. */
static uint64_t *bucket_of(const linnet_proofs *proofs, uint64_t key)
{
    return proofs->words + (key & (proofs->buckets - 1u)) * LINNET_PROOFS_WAYS;
}

/* Plus one, so that a zeroed word is the oldest of all. */
static uint64_t stamp_of(uint64_t now) { return ((now >> STAMP_SHIFT) + 1u) & STAMP_MASK; }

void linnet_proofs_add(linnet_proofs *proofs, uint64_t key, uint64_t now)
{
    uint64_t *bucket = bucket_of(proofs, key);
    uint64_t *place = bucket;

    for (unsigned i = 0; i < LINNET_PROOFS_WAYS; i++) {
        if ((bucket[i] & STAMP_MASK) && (bucket[i] ^ key) >> STAMP_SHIFT == 0) {
            place = &bucket[i];
            break;
        }
        if ((bucket[i] & STAMP_MASK) < (*place & STAMP_MASK))
            place = &bucket[i];
    }
    *place = (key & ~STAMP_MASK) | stamp_of(now);
}

bool linnet_proofs_has(const linnet_proofs *proofs, uint64_t key, uint64_t now, uint64_t lifetime)
{
    const uint64_t *bucket = bucket_of(proofs, key);

    for (unsigned i = 0; i < LINNET_PROOFS_WAYS; i++) {
        uint64_t stamp = bucket[i] & STAMP_MASK;
        if (stamp && (bucket[i] ^ key) >> STAMP_SHIFT == 0)
            return ((stamp_of(now) - stamp) & STAMP_MASK) <= lifetime >> STAMP_SHIFT;
    }
    return false;
}
