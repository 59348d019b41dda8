/* CoCoA in integers: shifts and 32-bit sums. */
#include "engine/rto.h"

#define SECOND 1000000u
#define LEAST 1000u                /* so that a timeout is never nothing */
#define LONGEST_RTT (60u * SECOND) /* so that no sum below leaves 32 bits */
#define MOST_RETRANSMISSIONS 2u    /* "the RTT is not used [...] when more than two retransmissions" */
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

/* "If the RTO is below 1 s and [...] not updated for 16 times its value, it is doubled; above 3 s, after 4 times its
 * value, it becomes 1 s and half of it." What is far off comes back to what is safe, at most some twenty steps a time.
 */
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
