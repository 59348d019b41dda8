/*
 * When to send again to a peer whose round-trip time is known: the estimators of CoCoA (draft-ietf-core-cocoa-03). A
 * strong one of exchanges that took one transmission, a weak one of those that took a second or third, of which nobody
 * knows to which the answer was; each moves the overall timeout, which ages when nothing is measured.
 */
#ifndef LINNET_ENGINE_RTO_H
#define LINNET_ENGINE_RTO_H

#include <stdint.h>

#define LINNET_RTO_MAX 32000000u /* microseconds */

/* RFC 6298, microseconds. */
typedef struct linnet_rtt {
    uint32_t smoothed; /* SRTT; 0: nothing measured */
    uint32_t variation;
} linnet_rtt;

/* Zeroed knows nothing. */
typedef struct linnet_rto {
    uint64_t updated;
    uint32_t overall; /* microseconds; 0: nothing was measured */
    linnet_rtt strong;
    linnet_rtt weak;
} linnet_rto;

/* An answer came `round_trip` microseconds after the first transmission. `initial`: what counts as long as nothing is
 * known, ACK_TIMEOUT. */
void linnet_rto_measured(linnet_rto *rto, uint64_t now, uint32_t initial, uint64_t round_trip,
                         uint32_t retransmissions);

/* The timeout for a first transmission at `now`, without randomness. */
uint32_t linnet_rto_at(linnet_rto *rto, uint64_t now, uint32_t initial);
/* With it: up to half as much more (ACK_RANDOM_FACTOR, RFC 7252 4.8). `random`: 32 bits. */
uint64_t linnet_rto_dithered(uint32_t timeout, uint32_t random);

/* What the timeout is multiplied by at each retransmission, in halves: a short one grows faster than a long one. */
uint8_t linnet_rto_backoff(uint32_t timeout);
/* The next one, then: "The binary exponential backoff is truncated at 32 seconds." */
uint64_t linnet_rto_next(uint64_t timeout, uint8_t backoff);
/* What counts where nothing is known, with `others` requests under way to the same peer: "2 s times the number of
 * parallel exchanges". */
uint32_t linnet_rto_initial(uint32_t initial, uint32_t others);

#endif
