/*
 * Which peers have shown that they receive what is sent to them (RFC 9175 2.4).
 *
 * Eight octets a peer, in one possible bucket of eight, which is a cache line. A new one takes the place of the one
 * that proved itself longest ago, so a peer that falls out only has to prove itself again.
 */
#ifndef LINNET_ENGINE_PROOFS_H
#define LINNET_ENGINE_PROOFS_H

#include <stdbool.h>
#include <stdint.h>

#define LINNET_PROOFS_WAYS 8u

typedef struct linnet_proofs {
    uint64_t *words;
    uint32_t buckets; /* a power of two */
} linnet_proofs;

/* `words` is the owner's, zeroed; `count` a power of two, at least LINNET_PROOFS_WAYS. */
void linnet_proofs_init(linnet_proofs *proofs, uint64_t *words, uint32_t count);

/* `key` is a keyed hash of the peer (hash.h). */
void linnet_proofs_add(linnet_proofs *proofs, uint64_t key, uint64_t now);
/* Whether it was added within the last `lifetime` microseconds, to 17 seconds. */
bool linnet_proofs_has(const linnet_proofs *proofs, uint64_t key, uint64_t now, uint64_t lifetime);

#endif
