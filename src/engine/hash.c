/* Multilinear hashing (Lemire and Kaser, "Strongly universal string hashing is fast"): each 32-bit half of the result
 * is the upper half of a sum of products with secret 64-bit keys. The second half uses the keys two places on, which
 * keeps the halves independent.
 *
 * Such a sum maps message IDs in a row to numbers in a row, whose step may be one that meets few buckets of a table
 * only. So the result is mixed once more, one to one, which leaves no such order. */
#include "engine/hash.h"

#define TOKEN_OCTETS 8u                   /* of a token in one go */
#define PRINT_FACTOR UINT32_C(0x9e3779b1) /* odd; the upper half of a product depends on every bit */
#define PEER_WORDS (sizeof(linnet_address) / sizeof(uint32_t))

_Static_assert(sizeof(linnet_address) == 28, "an address has no padding: it is hashed and compared as octets");

/* As splitmix64 does, with one multiplication less: no two results fall together. */
static uint64_t mix(uint64_t hash)
{
    hash = (hash ^ hash >> 32) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 32;
}

uint64_t linnet_hash_words(const linnet_hash_key *key, const uint32_t *words, size_t count)
{
    uint64_t high = key->word[0];
    uint64_t low = key->word[2];

#pragma GCC unroll 4 /* not where -Os is */
    for (size_t i = 0; i < count; i++) {
        high += key->word[i + 1] * words[i];
        low += key->word[i + 3] * words[i];
    }
    return mix((high & ~(uint64_t)UINT32_MAX) | (low >> 32));
}

/* The peer in PEER_WORDS words, with our socket's number in the place that is 0 in an address. */
static void write_peer(uint32_t words[PEER_WORDS], const linnet_path *path)
{
    linnet_address peer = path->peer;

    peer.reserved = path->socket;
    memcpy(words, &peer, sizeof peer);
}

uint64_t linnet_hash_peer(const linnet_hash_key *key, const linnet_path *path, uint32_t word)
{
    uint32_t words[PEER_WORDS + 1];

    write_peer(words, path);
    words[PEER_WORDS] = word;
    return linnet_hash_words(key, words, PEER_WORDS + 1);
}

uint64_t linnet_hash_ends(const linnet_hash_key *key, const linnet_path *path, uint32_t word)
{
    uint32_t words[PEER_WORDS + 5];

    write_peer(words, path);
    memcpy(words + PEER_WORDS, path->local_ip, sizeof path->local_ip);
    words[PEER_WORDS + 4] = word;
    return linnet_hash_words(key, words, PEER_WORDS + 5);
}

/* The print shares a word with the message ID: whoever makes two tokens with the same one only gets his own answers. */
uint64_t linnet_hash_message(const linnet_hash_key *key, const linnet_path *path, const linnet_message *message)
{
    linnet_bytes token = message->token;
    uint32_t print = message->code, word = 0;
    size_t at = 0;

    for (; token.size - at >= sizeof word; at += sizeof word) {
        memcpy(&word, token.data + at, sizeof word);
        print = (print ^ word) * PRINT_FACTOR;
    }
    for (word = 0; at < token.size; at++)
        word = word << 8 | token.data[at];
    print = (print ^ word ^ (uint32_t)token.size << 24) * PRINT_FACTOR;
    return linnet_hash_ends(key, path, (print & ~(uint32_t)UINT16_MAX) | message->id);
}

uint64_t linnet_hash_network(const linnet_hash_key *key, const linnet_path *path)
{
    uint32_t words[4] = {0};

    memcpy(words, path->peer.ip, linnet_address_is_ipv4(&path->peer) ? sizeof words : sizeof words / 2u);
    return linnet_hash_words(key, words, 4);
}

/* A link of a chain: what is hashed so far, what follows and how much of it, and some of its octets. */
#define CHAIN_WORDS 4u
#define LINK_SIZE ((LINNET_HASH_WORDS - CHAIN_WORDS) * sizeof(uint32_t))

uint64_t linnet_hash_chain(const linnet_hash_key *key, uint64_t chain, uint16_t what, linnet_bytes octets)
{
    size_t at = 0;

    do {
        uint32_t words[LINNET_HASH_WORDS] = {(uint32_t)chain, (uint32_t)(chain >> 32), what, (uint32_t)octets.size};
        size_t size = octets.size - at < LINK_SIZE ? octets.size - at : LINK_SIZE;
        if (size > 0)
            memcpy(words + CHAIN_WORDS, octets.data + at, size);
        chain = linnet_hash_words(key, words, LINNET_HASH_WORDS);
        at += size;
    } while (at < octets.size);
    return chain;
}

uint64_t linnet_hash_token(const linnet_hash_key *key, const linnet_path *path, linnet_bytes token)
{
    uint32_t words[PEER_WORDS + 3] = {0};
    size_t at = token.size < TOKEN_OCTETS ? token.size : TOKEN_OCTETS;
    uint64_t hash;

    write_peer(words, path);
    words[PEER_WORDS] = (uint32_t)token.size;
    if (at > 0)
        memcpy(words + PEER_WORDS + 1, token.data, at);
    hash = linnet_hash_words(key, words, PEER_WORDS + 3);
    /* Longer ones (RFC 8974) are chained. */
    for (size_t more; at < token.size; at += more) {
        uint32_t link[4] = {(uint32_t)hash, (uint32_t)(hash >> 32)};
        more = token.size - at < TOKEN_OCTETS ? token.size - at : TOKEN_OCTETS;
        memcpy(link + 2, token.data + at, more);
        hash = linnet_hash_words(key, link, 4);
    }
    return hash;
}
