/* The transmission parameters with their defaults filled in and the times derived from them (RFC 7252 4.8). */
#ifndef LINNET_ENGINE_TIMING_H
#define LINNET_ENGINE_TIMING_H

#include <linnet/config.h>

#define LINNET_MAX_RETRANSMIT_LIMIT 20u

/* All in microseconds. */
typedef struct linnet_timing {
    uint64_t ack_timeout; /* ACK_TIMEOUT */
    uint64_t ack_spread;  /* ACK_TIMEOUT * (ACK_RANDOM_FACTOR - 1): what randomness may add */
    uint64_t ack_delay;
    uint64_t exchange_lifetime; /* EXCHANGE_LIFETIME */
    uint64_t non_lifetime;      /* NON_LIFETIME */
    uint64_t leisure;           /* DEFAULT_LEISURE */
    uint64_t group_wait;
    uint64_t notify_interval; /* 0: notifications need not wait */
    uint32_t max_retransmit;
    uint32_t nstart;
} linnet_timing;

/* Takes each setting from `given`, where that is 0 from `otherwise` (may be NULL), where that is 0 from the RFC.
 * LINNET_EINVAL when one is out of range. */
int linnet_timing_set(linnet_timing *timing, const linnet_transmission *given, const linnet_transmission *otherwise);

/* The first retransmission timeout: between ACK_TIMEOUT and ACK_TIMEOUT * ACK_RANDOM_FACTOR (4.2). */
uint64_t linnet_timing_first(const linnet_timing *timing, uint32_t random);

#endif
