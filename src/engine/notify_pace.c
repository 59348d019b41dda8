/* Congestion control for notifications (RFC 7641 4.5.1): "The server SHOULD NOT send more than one non-confirmable
 * notification per round-trip time (RTT) to a client on average. If the server cannot maintain an RTT estimate for a
 * client, it SHOULD NOT send more than one non-confirmable notification every 3 seconds". Until that time has passed
 * the notification is outstanding, and no other follows, confirmable or not.
 *
 * The round-trip time is that of confirmable notifications. An observer of whom there is none yet gets one: so from the
 * first on a quick resource goes at the pace of each observer's path, and who has never been there - "Without client
 * authentication, a server therefore MUST strictly limit the number of notifications that it sends between receiving
 * acknowledgements" (7) - is soon found out. Nothing is kept of what was left out: an observer is told of the newest
 * when its time comes. */
#include "engine/observers.h"

/* Ticks of 1.024 ms. What is longer than the longest is taken as that: half a minute. */
#define TICK_SHIFT 10u
#define LONGEST 30000u

/* There is one octet for a round-trip time: m * 2^e ticks, rounded up, so at most an eighth too long. */
#define MANTISSA 15u
#define EXPONENT_SHIFT 4u

static uint8_t pack(uint32_t ticks)
{
    unsigned exponent = 0;

    for (ticks = ticks ? ticks : 1u; ticks > MANTISSA; exponent++)
        ticks = (ticks + 1u) >> 1;
    return (uint8_t)(exponent << EXPONENT_SHIFT | ticks);
}

static uint32_t unpack(uint8_t packed) { return (packed & MANTISSA) << (packed >> EXPONENT_SHIFT); }

static uint16_t tick_of(uint64_t now) { return (uint16_t)(now >> TICK_SHIFT); }

/* 0: nothing is to be waited for. */
static uint32_t wait_of(const linnet_observer *observer)
{
    uint32_t interval = (uint32_t)(observer->subject->owner->endpoint->timing.notify_interval >> TICK_SHIFT);

    return interval > 0 && observer->round_trip ? unpack(observer->round_trip) : interval;
}

/* `told` comes round after 67 seconds. Where its subject has been silent for the longest wait, it is old; else it is
 * not, since all of a subject's observers are told at every change. The worst of a mistake is a wait in vain. */
static uint32_t passed(const linnet_observer *observer, uint64_t now)
{
    if (now - observer->subject->told > (uint64_t)LONGEST << TICK_SHIFT)
        return LONGEST;
    return (uint16_t)(tick_of(now) - observer->told);
}

uint64_t linnet_notification_due(const linnet_observer *observer, uint64_t now)
{
    uint32_t wait = wait_of(observer), since = passed(observer, now);

    if (wait == 0 || since > wait || since >= LONGEST)
        return now;
    return now + ((uint64_t)(wait + 1u - since) << TICK_SHIFT);
}

bool linnet_notification_measures(const linnet_observer *observer)
{
    return !observer->round_trip && observer->subject->observable->confirm_every <= UINT16_MAX &&
           observer->subject->owner->endpoint->timing.notify_interval > 0;
}

void linnet_observer_told(linnet_observer *observer, uint64_t now)
{
    observer->told = tick_of(now);
    observer->subject->told = now;
}

void linnet_observer_is_free(linnet_observer *observer, uint64_t now)
{
    observer->told = (uint16_t)(tick_of(now) - LONGEST);
}

/* An estimate that rises at once and falls by halves. */
void linnet_observer_measured(linnet_observer *observer, uint64_t round_trip)
{
    uint32_t ticks = round_trip >> TICK_SHIFT < LONGEST ? (uint32_t)(round_trip >> TICK_SHIFT) + 1u : LONGEST;
    uint32_t before = unpack(observer->round_trip);

    observer->round_trip = pack(ticks < before ? (ticks + before) / 2u : ticks);
}
