/*
 * Whether a thread that has nothing to do looks at its sockets for a moment before it falls asleep. Where the other end
 * is on the same host, or next to it, its next datagram is there sooner than a sleeping thread is awake again. Looking
 * costs processor time, so it has to pay: what is spent in vain comes out of a credit, which grows by what looking has
 * saved, and otherwise by a five-hundredth of the time that passes.
 */
#ifndef LINNET_NET_PATIENCE_H
#define LINNET_NET_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct linnet_patience {
    uint32_t look_us; /* how long at most; 0: never */
    uint32_t credit_us;
    uint64_t counted_until; /* the time that the credit has grown with */
} linnet_patience;

/* `linger_us` as in linnet_client_config. Times are those of linnet_clock(). */
void linnet_patience_init(linnet_patience *patience, uint32_t linger_us, uint64_t now);
/* Whether there is credit to look once. */
bool linnet_patience_allows(linnet_patience *patience, uint64_t now);
/* It was looked from `begin` to `end`, and something came; or nothing. */
void linnet_patience_paid(linnet_patience *patience);
void linnet_patience_wasted(linnet_patience *patience, uint64_t begin, uint64_t end);

#endif
