/* Waits for several descriptors at once, and is one descriptor itself for the loops of others. */
#ifndef LINNET_NET_POLLER_H
#define LINNET_NET_POLLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct linnet_poller {
    int epoll;                     /* Linux */
    bool coarse;                   /* the kernel waits in milliseconds only */
    struct linnet_poller_set *set; /* of ports/posix */
} linnet_poller;

typedef struct linnet_poller_event {
    uint64_t name;
    bool readable;
    bool failed; /* the socket has an error to tell */
} linnet_poller_event;

enum { LINNET_POLLER_EVENTS = 64 };

/* LINNET_ENOMEM, LINNET_ESYSTEM; closing is due in any case. */
int linnet_poller_open(linnet_poller *poller);
void linnet_poller_close(linnet_poller *poller);
/* `name` is what events say. From any thread; one that waits meanwhile may notice at its next waiting only.
 * LINNET_ENOMEM, LINNET_ESYSTEM. */
int linnet_poller_add(linnet_poller *poller, int descriptor, uint64_t name);
/* Before the descriptor is closed. */
void linnet_poller_remove(linnet_poller *poller, int descriptor);
/* Waits until `until` (linnet_clock() time; UINT64_MAX: for ever) at the latest. Returns how many events there are, 0
 * at times without a reason; -1: see errno. One thread at a time. */
int linnet_poller_wait(linnet_poller *poller, linnet_poller_event events[LINNET_POLLER_EVENTS], uint64_t until);
/* Readable while linnet_poller_wait() may have something to return. From any thread. -1: the system has none to give.
 */
int linnet_poller_descriptor(const linnet_poller *poller);

#endif
