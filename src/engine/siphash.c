/* The names are those of the paper. */
#include "engine/siphash.h"

#define COMPRESSION_ROUNDS 2u
#define FINALIZATION_ROUNDS 4u

typedef struct state {
    uint64_t v0, v1, v2, v3;
} state;

static uint64_t rotate(uint64_t word, unsigned bits) { return word << bits | word >> (64u - bits); }

static void rounds(state *s, unsigned count)
{
    while (count-- > 0) {
        s->v0 += s->v1;
        s->v2 += s->v3;
        s->v1 = rotate(s->v1, 13) ^ s->v0;
        s->v3 = rotate(s->v3, 16) ^ s->v2;
        s->v0 = rotate(s->v0, 32);
        s->v2 += s->v1;
        s->v0 += s->v3;
        s->v1 = rotate(s->v1, 17) ^ s->v2;
        s->v3 = rotate(s->v3, 21) ^ s->v0;
        s->v2 = rotate(s->v2, 32);
    }
}

static void compress(state *s, uint64_t word)
{
    s->v3 ^= word;
    rounds(s, COMPRESSION_ROUNDS);
    s->v0 ^= word;
}

uint64_t linnet_siphash(const linnet_sip_key *key, linnet_bytes octets)
{
    state s = {key->word[0] ^ UINT64_C(0x736f6d6570736575), key->word[1] ^ UINT64_C(0x646f72616e646f6d),
               key->word[0] ^ UINT64_C(0x6c7967656e657261), key->word[1] ^ UINT64_C(0x7465646279746573)};
    uint64_t word = 0;

    /* Words of eight octets, the first one lowest; the last word has the size on top. */
    for (size_t i = 0; i < octets.size; i++) {
        word |= (uint64_t)octets.data[i] << (i % 8u * 8u);
        if (i % 8u == 7u) {
            compress(&s, word);
            word = 0;
        }
    }
    compress(&s, word | (uint64_t)octets.size << 56);
    s.v2 ^= 0xff;
    rounds(&s, FINALIZATION_ROUNDS);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
