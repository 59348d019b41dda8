/* SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF"): a keyed hash of 64 bits that may be shown to
 * others. Without the key nobody can make the hash of anything new, however many he has seen; that is what hash.h,
 * which is for tables, does not promise. */
#ifndef LINNET_ENGINE_SIPHASH_H
#define LINNET_ENGINE_SIPHASH_H

#include <linnet/bytes.h>

/* Secret and random. */
typedef struct linnet_sip_key {
    uint64_t word[2];
} linnet_sip_key;

uint64_t linnet_siphash(const linnet_sip_key *key, linnet_bytes octets);

#endif
