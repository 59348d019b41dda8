/* FNV-1a over 32-bit words instead of octets, with a shift that lets the upper half of the product reach the lower
 * one. A bucket's index is made of the low bits, which a multiplication alone would leave to the low bits of words. */
#include "server/hash.h"

#define PRIME 0x85ebca6bu /* odd, its bits well spread: a constant of MurmurHash3 */

static inline uint32_t mix(uint32_t hash, uint32_t word)
{
    hash = (hash ^ word) * PRIME;
    return hash ^ hash >> 15;
}

uint32_t linnet_hash_octets(uint32_t hash, linnet_bytes octets)
{
    const uint8_t *at = octets.data;
    size_t size = octets.size;

    for (; size >= sizeof(uint32_t); size -= sizeof(uint32_t), at += sizeof(uint32_t)) {
        uint32_t word;
        memcpy(&word, at, sizeof word);
        hash = mix(hash, word);
    }
    /* The rest and its length, so that an empty segment counts too. */
    uint32_t rest = (uint32_t)size;
    while (size-- > 0)
        rest = rest << 8 | *at++;
    return mix(hash, rest);
}
