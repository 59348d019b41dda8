/* CoCoA in integers: shifts and 32-bit sums. */
#include "engine/rto.h"

#define SECOND 1000000u
#define LEAST 1000u                /* so that a timeout is never nothing */
#define LONGEST_RTT (60u * SECOND) /* so that no sum below leaves 32 bits */
#define MOST_RETRANSMISSIONS 2u    /* "where only the first two retransmissions are considered" */
#define STRONG_K 4u
#define WEAK_K 1u

/* RFC 6298 2.2, 2.3: alpha is 1/8, beta 1/4. Returns SRTT + K * RTTVAR. */
static uint32_t estimate(linnet_rtt *rtt, uint32_t sample, uint32_t k)
{
    uint32_t distance = sample > rtt->smoothed ? sample - rtt->smoothed : rtt->smoothed - sample;

    if (rtt->smoothed == 0) {
        rtt->smoothed = sample;
        rtt->variation = sample / 2u;
    } else {
        rtt->variation = rtt->variation - rtt->variation / 4u + distance / 4u;
        rtt->smoothed = rtt->smoothed - rtt->smoothed / 8u + sample / 8u;
    }
    return rtt->smoothed + k * rtt->variation;
}

static uint32_t limit(uint32_t timeout)
{
    if (timeout < LEAST)
        return LEAST;
    return timeout < LINNET_RTO_MAX ? timeout : LINNET_RTO_MAX;
}

void linnet_rto_measured(linnet_rto *rto, uint64_t now, uint32_t initial, uint64_t round_trip, uint32_t retransmissions)
{
    uint32_t sample = round_trip < LONGEST_RTT ? (uint32_t)round_trip : LONGEST_RTT;
    uint32_t before = linnet_rto_at(rto, now, initial);

    if (retransmissions > MOST_RETRANSMISSIONS)
        return;
    sample = sample > 0 ? sample : 1u;
    if (retransmissions == 0) /* RTO := 0.5 * E_strong + 0.5 * RTO */
        rto->overall = limit(before / 2u + estimate(&rto->strong, sample, STRONG_K) / 2u);
    else /* RTO := 0.25 * E_weak + 0.75 * RTO */
        rto->overall = limit(before - before / 4u + estimate(&rto->weak, sample, WEAK_K) / 4u);
    rto->updated = now;
}

/* "If an estimator has a value that is lower than 1 s, and it is left without further update for 16 times its current
 * value, the RTO estimate is doubled. If an estimator has a value that is higher than 3 s, and it is left without
 * further update for 4 times its current value, the RTO estimate is set to be RTO := 1 s + (0.5 * RTO)". Some twenty
 * steps a time, at most. */
static void age(linnet_rto *rto, uint64_t now)
{
    for (;;) {
        uint64_t patience = (uint64_t)rto->overall * (rto->overall < SECOND ? 16u : 4u);
        if ((rto->overall >= SECOND && rto->overall <= 3u * SECOND) || now < rto->updated ||
            now - rto->updated <= patience)
            return;
        rto->updated += patience;
        rto->overall = rto->overall < SECOND ? 2u * rto->overall : SECOND + rto->overall / 2u;
    }
}

uint32_t linnet_rto_at(linnet_rto *rto, uint64_t now, uint32_t initial)
{
    if (rto->overall == 0)
        return initial;
    age(rto, now);
    return rto->overall;
}

uint64_t linnet_rto_dithered(uint32_t timeout, uint32_t random)
{
    return timeout + (((uint64_t)(timeout / 2u) * (random >> 16)) >> 16);
}

uint8_t linnet_rto_backoff(uint32_t timeout)
{
    if (timeout < SECOND)
        return 6;
    return timeout > 3u * SECOND ? 3 : 4;
}

uint64_t linnet_rto_next(uint64_t timeout, uint8_t backoff)
{
    uint64_t next = (timeout * backoff) >> 1;

    if (next <= LINNET_RTO_MAX)
        return next;
    return timeout > LINNET_RTO_MAX ? timeout : LINNET_RTO_MAX;
}

uint32_t linnet_rto_initial(uint32_t initial, uint32_t others)
{
    uint64_t all = (uint64_t)initial * ((uint64_t)others + 1u);

    if (all <= LINNET_RTO_MAX)
        return (uint32_t)all;
    return initial > LINNET_RTO_MAX ? initial : LINNET_RTO_MAX;
}
