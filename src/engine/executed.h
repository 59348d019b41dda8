/*
 * Which requests that must not run twice have run: POST and PATCH, which are not idempotent (RFC 7252 4.5, 5.1).
 *
 * Eight octets a request, in two possible buckets of seven. When both are full of requests that are not old enough to
 * be forgotten, the new one must not be run: it could not be recognised if it came again.
 *
 * One network address takes no more than is left free: half alone, and as many as there are that want all of it leave
 * room to those who want little. What an address has is an estimate, kept in counters that fade; a keyed hash picks the
 * counter, so nobody chooses whose he shares. Somebody who makes up his addresses has any number of them: against that
 * helps limits.amplification, with which only those are let in here that have proved theirs.
 */
#ifndef LINNET_ENGINE_EXECUTED_H
#define LINNET_ENGINE_EXECUTED_H

#include <stdint.h>

#define LINNET_EXECUTED_WORDS 8u /* of a bucket: when it was used last, and the requests */

#define LINNET_EXECUTED_PER_SHARE 32u    /* words */
#define LINNET_EXECUTED_LEAST_SHARES 16u /* with fewer there are none: too many would have the same */

/* What addresses with this hash have in the set. */
typedef struct linnet_executed_share {
    uint32_t count;
    uint32_t unit; /* when it faded last */
} linnet_executed_share;

typedef struct linnet_executed {
    uint64_t *words;
    uint32_t buckets; /* a power of two */
    linnet_executed_share *shares;
    uint32_t share_count; /* a power of two, or 0 */
    uint32_t free;        /* slots of two buckets, on the average of those looked at of late; in units of 2^-16 */
} linnet_executed;

typedef enum linnet_executed_verdict {
    LINNET_EXECUTE_NEW,  /* not seen before: it is remembered now and may be run */
    LINNET_EXECUTE_SEEN, /* it has run */
    LINNET_EXECUTE_FULL  /* it cannot be remembered, or its address has its share: it must not be run */
} linnet_executed_verdict;

/* How many shares go with so many words. */
uint32_t linnet_executed_shares(uint32_t count);

/* `words` is the owner's, zeroed; `count` a power of two, at least LINNET_EXECUTED_WORDS; `shares` likewise. */
void linnet_executed_init(linnet_executed *executed, uint64_t *words, uint32_t count, linnet_executed_share *shares);

/* `key` names the message, `network` the address that it comes from (keyed hashes, see hash.h); `lifetime` is for how
 * long to remember, in microseconds; what is more than six days is taken as six days. */
linnet_executed_verdict linnet_executed_add(linnet_executed *executed, uint64_t key, uint64_t network, uint64_t now,
                                            uint64_t lifetime);

#endif
