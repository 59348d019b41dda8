/* A debt of octets, paid in time. */
#include "client/probing.h"

#define SECOND 1000000u

void linnet_probing_sent(linnet_probing *probing, uint64_t now, uint32_t octets, uint32_t rate)
{
    uint64_t from = probing->until > now ? probing->until : now;

    if (rate == UINT32_MAX)
        return;
    /* A message has fewer than 2^16 octets; a 64-bit division is too much for a microcontroller. */
    probing->until = from + (uint64_t)octets * (SECOND / rate) + (uint64_t)(octets * (SECOND % rate) / rate);
}

void linnet_probing_unanswered(linnet_probing *probing) { probing->silent = true; }

void linnet_probing_heard(linnet_probing *probing) { *probing = (linnet_probing){0}; }

bool linnet_probing_holds(const linnet_probing *probing, uint64_t now)
{
    return probing->silent && now < probing->until;
}
