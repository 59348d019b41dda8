/* Sums in 32-bit milliseconds first: a microcontroller has no 64-bit division. */
#include "engine/timing.h"

#include <linnet/error.h>
#include <stddef.h>

#define ACK_TIMEOUT_MS 2000u
#define ACK_RANDOM_PERCENT 150u
#define MAX_RETRANSMIT 4u
#define NSTART 1u
#define MAX_LATENCY_MS 100000u
#define ACK_DELAY_MS 10u
#define LEISURE_MS 5000u
#define GROUP_WAIT_MS 10000u
#define NOTIFY_INTERVAL_MS 3000u /* RFC 7641 4.5.1 */

/* So that no product below leaves its type. */
#define LONGEST_MS 3600000u
#define LONGEST_INTERVAL_MS 30000u
#define LARGEST_PERCENT 1000u

static uint32_t pick(uint32_t given, uint32_t otherwise, uint32_t standard)
{
    if (given)
        return given;
    return otherwise ? otherwise : standard;
}

/* 4.8.2: how long a message ID stays taken. */
static void derive(linnet_timing *timing, uint32_t ack_timeout_ms, uint32_t percent, uint32_t max_latency_ms)
{
    uint64_t longest_timeout = (uint64_t)(ack_timeout_ms * percent / 100u) * 1000u;
    uint64_t transmit_span = longest_timeout * (((uint64_t)1 << timing->max_retransmit) - 1u);
    uint64_t latency = (uint64_t)max_latency_ms * 1000u;

    timing->exchange_lifetime = transmit_span + 2u * latency + timing->ack_timeout; /* PROCESSING_DELAY */
    timing->non_lifetime = transmit_span + latency;
}

int linnet_timing_set(linnet_timing *timing, const linnet_transmission *given, const linnet_transmission *otherwise)
{
    const linnet_transmission *other = otherwise ? otherwise : given;
    uint32_t ack_timeout_ms = pick(given->ack_timeout_ms, other->ack_timeout_ms, ACK_TIMEOUT_MS);
    uint32_t percent = pick(given->ack_random_percent, other->ack_random_percent, ACK_RANDOM_PERCENT);
    uint32_t latency_ms = pick(given->max_latency_ms, other->max_latency_ms, MAX_LATENCY_MS);
    uint32_t retransmit = pick(given->max_retransmit, other->max_retransmit, MAX_RETRANSMIT);
    uint32_t ack_delay_ms = pick(given->ack_delay_ms, other->ack_delay_ms, ACK_DELAY_MS);
    uint32_t leisure_ms = pick(given->leisure_ms, other->leisure_ms, LEISURE_MS);
    uint32_t group_wait_ms = pick(given->group_wait_ms, other->group_wait_ms, GROUP_WAIT_MS);
    uint32_t interval_ms = pick(given->notify_interval_ms, other->notify_interval_ms, NOTIFY_INTERVAL_MS);

    if (retransmit == LINNET_NO_RETRANSMISSION)
        retransmit = 0;
    if (interval_ms == LINNET_ANY_RATE)
        interval_ms = 0;
    if (ack_timeout_ms > LONGEST_MS || percent < 100 || percent > LARGEST_PERCENT || latency_ms > LONGEST_MS ||
        ack_delay_ms > LONGEST_MS || leisure_ms > LONGEST_MS || group_wait_ms > LONGEST_MS ||
        interval_ms > LONGEST_INTERVAL_MS || retransmit > LINNET_MAX_RETRANSMIT_LIMIT)
        return LINNET_EINVAL;
    timing->ack_timeout = (uint64_t)ack_timeout_ms * 1000u;
    timing->ack_spread = (uint64_t)(ack_timeout_ms * (percent - 100u) / 100u) * 1000u;
    timing->ack_delay = (uint64_t)ack_delay_ms * 1000u;
    timing->leisure = (uint64_t)leisure_ms * 1000u;
    timing->group_wait = (uint64_t)group_wait_ms * 1000u;
    timing->notify_interval = (uint64_t)interval_ms * 1000u;
    timing->max_retransmit = retransmit;
    timing->nstart = pick(given->nstart, other->nstart, NSTART);
    derive(timing, ack_timeout_ms, percent, latency_ms);
    return 0;
}

uint64_t linnet_timing_first(const linnet_timing *timing, uint32_t random)
{
    return timing->ack_timeout + ((timing->ack_spread * (random >> 16)) >> 16);
}
