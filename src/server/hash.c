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

/* Of sites that have no other: the fraction of pi, so that nobody has chosen it. */
const linnet_path_key linnet_known_path_key = {{UINT64_C(0x243f6a8885a308d3), UINT64_C(0x13198a2e03707344),
                                                UINT64_C(0xa4093822299f31d0), UINT64_C(0x082efa98ec4e6c89),
                                                UINT64_C(0x452821e638d01377), UINT64_C(0xbe5466cf34e90c6c),
                                                UINT64_C(0xc0ac29b7c97c50dd), UINT64_C(0x3f84d5b5b5470917)}};

static inline void absorb(linnet_path_hash *hash, uint32_t word)
{
    if (hash->at == LINNET_PATH_KEY_WORDS) { /* what there is becomes the first word */
        hash->sum = hash->key->word[0] * (hash->sum >> 32);
        hash->at = 1;
    }
    hash->sum += hash->key->word[hash->at++] * word;
}

void linnet_path_hash_add(linnet_path_hash *hash, linnet_bytes segment)
{
    const uint8_t *at = segment.data;
    size_t size = segment.size;
    uint32_t rest = 0;

    for (; size >= sizeof rest; size -= sizeof rest, at += sizeof rest) {
        uint32_t word;
        memcpy(&word, at, sizeof word);
        absorb(hash, word);
    }
    while (size-- > 0)
        rest = rest << 8 | *at++;
    absorb(hash, rest);
    absorb(hash, (uint32_t)segment.size + 1u); /* an empty segment counts too */
}
