/* RFC 9177 7.2, table 3: what follows from what. */
#include "engine/q_block.h"
#include "engine/timing.h"

#include <linnet/error.h>

#define MAX_PAYLOADS 10u
#define ACK_RANDOM_PERCENT 150u
#define PROBING_RATE 1u
#define LONGEST_MS 3600000u
#define MOST_RETRANSMITS 10u
#define SECOND UINT64_C(1000000)

static uint64_t pick(uint32_t given_ms, uint64_t standard) { return given_ms ? given_ms * UINT64_C(1000) : standard; }

/* NON_TIMEOUT * (ACK_RANDOM_FACTOR - 1). Without a division of 64 bits, which a microcontroller does not have. */
static uint64_t spread_of(uint32_t timeout_ms, const linnet_transmission *transmission)
{
    uint32_t percent = transmission->ack_random_percent ? transmission->ack_random_percent : ACK_RANDOM_PERCENT;

    return (uint64_t)(timeout_ms * (percent - 100u) / 100u) * 1000u;
}

static uint32_t octet_time(uint32_t probing_rate)
{
    if (probing_rate == LINNET_ANY_RATE)
        return 0;
    return 1000000u / (probing_rate ? probing_rate : PROBING_RATE);
}

/* What EXCHANGE_LIFETIME is of (RFC 7252 4.8.2), but for the last term. */
static uint64_t span(const linnet_q_timing *timing, const linnet_transmission *transmission)
{
    uint64_t latency = transmission->max_latency_ms ? transmission->max_latency_ms * UINT64_C(1000) : 100u * SECOND;

    return (timing->timeout + timing->spread) * (((uint64_t)1 << timing->max_retransmit) - 1u) + 2u * latency;
}

int linnet_q_timing_set(linnet_q_timing *timing, const linnet_q_transmission *given,
                        const linnet_transmission *transmission)
{
    linnet_timing base;
    uint64_t least;

    if (linnet_timing_set(&base, transmission, NULL) != 0 || given->max_payloads > LINNET_MAX_PAYLOADS_LIMIT ||
        given->non_max_retransmit > MOST_RETRANSMITS || given->non_timeout_ms > LONGEST_MS ||
        given->non_receive_timeout_ms > LONGEST_MS)
        return LINNET_EINVAL;
    timing->max_payloads = given->max_payloads ? given->max_payloads : MAX_PAYLOADS;
    timing->max_retransmit = given->non_max_retransmit ? given->non_max_retransmit : base.max_retransmit;
    if (timing->max_retransmit > MOST_RETRANSMITS)
        timing->max_retransmit = MOST_RETRANSMITS;
    timing->timeout = given->non_timeout_ms ? given->non_timeout_ms * UINT64_C(1000) : base.ack_timeout;
    timing->spread = given->non_timeout_ms ? spread_of(given->non_timeout_ms, transmission) : base.ack_spread;
    /* "MUST always be greater than NON_TIMEOUT_RANDOM by at least one second". */
    least = timing->timeout + timing->spread + SECOND;
    timing->receive_timeout = pick(given->non_receive_timeout_ms, 2u * timing->timeout);
    if (timing->receive_timeout < least && given->non_receive_timeout_ms)
        return LINNET_EINVAL;
    if (timing->receive_timeout < least)
        timing->receive_timeout = least;
    timing->probing_wait =
        pick(given->non_probing_wait_ms, span(timing, transmission) + timing->timeout + timing->spread);
    timing->octet_time = octet_time(transmission->probing_rate);
    timing->partial_timeout = pick(given->non_partial_timeout_ms, span(timing, transmission) + timing->timeout);
    return 0;
}

uint64_t linnet_q_timing_pause(const linnet_q_timing *timing, uint32_t random)
{
    return timing->timeout + ((timing->spread * (random >> 16)) >> 16);
}
