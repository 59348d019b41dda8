/*
 * The answers given of late, so that a duplicate gets the same answer again (RFC 7252 4.5).
 *
 * A log: answers are written one behind the other into a ring, in the order in which they were given, and the oldest
 * make way. An index of buckets of eight finds them. So an answer costs one sequential write and one cache line,
 * nothing is ever freed, and the memory is fixed. A request whose answer is no more in the log may be run again if its
 * method is idempotent; executed.h sees to the others.
 */
#ifndef LINNET_ENGINE_ANSWERS_H
#define LINNET_ENGINE_ANSWERS_H

#include <linnet/bytes.h>

#define LINNET_ANSWERS_WAYS 8u
#define LINNET_ANSWERS_MIN_SIZE 64u

typedef struct linnet_answers {
    uint8_t *ring;
    uint64_t *index;
    uint64_t head;    /* where the next entry begins; counts up for ever, its place in the ring is head & (size - 1) */
    uint64_t tail;    /* where the oldest entry begins */
    uint32_t size;    /* a power of two */
    uint32_t buckets; /* a power of two */
} linnet_answers;

/* Both memories are the owner's, zeroed and aligned for uint64_t. `size` is a power of two, at least
 * LINNET_ANSWERS_MIN_SIZE; `index_count` is a power of two, at least LINNET_ANSWERS_WAYS. */
void linnet_answers_init(linnet_answers *answers, uint8_t *ring, uint32_t size, uint64_t *index, uint32_t index_count);

/* Whether the message with this key was answered; then *answer is what was sent, of size 0 where nothing was sent yet.
 * The view lives until the next put. */
bool linnet_answers_find(const linnet_answers *answers, uint64_t key, uint64_t now, linnet_bytes *answer);

/* Whether an answer of that size is kept at all: one must not push out all others, so a quarter of the ring is the
 * end. */
bool linnet_answers_fits(const linnet_answers *answers, size_t size);

/* Keeps an answer until `expires`. It replaces the one with the same key. One that does not fit changes nothing. */
void linnet_answers_put(linnet_answers *answers, uint64_t key, uint64_t now, uint64_t expires, linnet_bytes answer);

#endif
