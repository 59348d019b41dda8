/* The credit for looking at sockets, in microseconds. */
#include "net/patience.h"

#include "net/settings.h"

#include <linnet/loop.h>

static uint32_t most(const linnet_patience *patience) { return patience->look_us * LINNET_NET_CREDIT; }

static void grow(linnet_patience *patience, uint64_t microseconds)
{
    uint64_t room = most(patience) - patience->credit_us;
    patience->credit_us += (uint32_t)(microseconds < room ? microseconds : room);
}

void linnet_patience_init(linnet_patience *patience, uint32_t linger_us, uint64_t now)
{
    uint32_t look = linger_us ? linger_us : LINNET_NET_LINGER_US;
    *patience = (linnet_patience){.look_us = look <= LINNET_LINGER_MAX_US ? look : 0, .counted_until = now};
    patience->credit_us = most(patience);
}

bool linnet_patience_allows(linnet_patience *patience, uint64_t now)
{
    uint64_t passed = now > patience->counted_until ? (now - patience->counted_until) / LINNET_NET_SHARE : 0;
    grow(patience, passed);
    patience->counted_until += passed * LINNET_NET_SHARE;
    return patience->look_us > 0 && patience->credit_us >= patience->look_us;
}

/* To fall asleep and be woken takes 20 us and more, so half of `look_us` is not more than what was saved. */
void linnet_patience_paid(linnet_patience *patience) { grow(patience, patience->look_us / 2); }

void linnet_patience_wasted(linnet_patience *patience, uint64_t begin, uint64_t end)
{
    uint64_t spent = end - begin;
    patience->credit_us -= (uint32_t)(spent < patience->credit_us ? spent : patience->credit_us);
}
