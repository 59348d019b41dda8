/* Waits for several descriptors at once, and can be rung by other threads meanwhile. A poller may stand in another one,
 * which then waits for both; for the loops of others it is one descriptor. */
#ifndef LINNET_NET_POLLER_H
#define LINNET_NET_POLLER_H

#include "net/settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct linnet_poller {
    int epoll;                     /* Linux */
    int bell;                      /* Linux: a waker */
    bool coarse;                   /* the kernel waits in milliseconds only */
    struct linnet_poller_set *set; /* of ports/posix */
} linnet_poller;

/* One that was not opened yet, which may be closed all the same. */
#define LINNET_POLLER_CLOSED ((linnet_poller){.epoll = -1, .bell = -1})

/* The name of the event that says that somebody has rung. */
#define LINNET_POLLER_RUNG UINT64_MAX

typedef struct linnet_poller_event {
    uint64_t name;
    bool readable;
    bool failed; /* the socket has an error to tell */
} linnet_poller_event;

/* LINNET_ENOMEM, LINNET_ESYSTEM; closing is due in any case. */
int linnet_poller_open(linnet_poller *poller);
void linnet_poller_close(linnet_poller *poller);
/* `name` is what events say. From any thread, also while another waits. LINNET_ENOMEM, LINNET_ESYSTEM. */
int linnet_poller_add(linnet_poller *poller, int descriptor, uint64_t name);
/* Before the descriptor is closed. */
void linnet_poller_remove(linnet_poller *poller, int descriptor);
/* The outer one waits for the inner one too: its events then say `name`. Before other threads know the inner one, for
 * which linnet_poller_wait() never waits from then on: `until` is 0. LINNET_ENOMEM, LINNET_ESYSTEM. */
int linnet_poller_nest(linnet_poller *outer, linnet_poller *inner, uint64_t name);
/* Before the inner one is closed; may be done again. */
void linnet_poller_unnest(linnet_poller *outer, linnet_poller *inner);

/* Ends the waiting, of this one and of what it stands in, now or the next time; does nothing to one that is not open.
 * From any thread and from signal handlers; errno stays. */
void linnet_poller_ring(linnet_poller *poller);

/* Waits until `until` (linnet_clock() time; UINT64_MAX: for ever) at the latest. Returns how many events there are, 0
 * at times without a reason; -1: see errno. One thread at a time. */
int linnet_poller_wait(linnet_poller *poller, linnet_poller_event events[LINNET_POLLER_EVENTS], uint64_t until);
/* Readable while linnet_poller_wait() may have something to return. From any thread. -1: the system has none to give.
 */
int linnet_poller_descriptor(const linnet_poller *poller);

#endif
