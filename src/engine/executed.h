/*
 * Which requests that must not run twice have run: POST and PATCH, which are not idempotent (RFC 7252 4.5, 5.1).
 *
 * Eight octets a request, in two possible buckets of seven. When both are full of requests that are not old enough to
 * be forgotten, the new one must not be run: it could not be recognised if it came again.
 */
#ifndef LINNET_ENGINE_EXECUTED_H
#define LINNET_ENGINE_EXECUTED_H

#include <stdint.h>

#define LINNET_EXECUTED_WORDS 8u /* of a bucket: when it was used last, and the requests */

typedef struct linnet_executed {
    uint64_t *words;
    uint32_t buckets; /* a power of two */
} linnet_executed;

typedef enum linnet_executed_verdict {
    LINNET_EXECUTE_NEW,  /* not seen before: it is remembered now and may be run */
    LINNET_EXECUTE_SEEN, /* it has run */
    LINNET_EXECUTE_FULL  /* it cannot be remembered and must not be run */
} linnet_executed_verdict;

/* `words` is the owner's, zeroed; `count` a power of two, at least LINNET_EXECUTED_WORDS. */
void linnet_executed_init(linnet_executed *executed, uint64_t *words, uint32_t count);

/* `key` names the message (a keyed hash, see hash.h); `lifetime` is for how long to remember, in microseconds; what
 * is more than six days is taken as six days. */
linnet_executed_verdict linnet_executed_add(linnet_executed *executed, uint64_t key, uint64_t now, uint64_t lifetime);

#endif
