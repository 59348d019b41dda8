/* The inside of a poller of poll(): poller.c has the set and the waiting, poller_descriptor.c the thread that stands
 * behind its descriptor. */
#ifndef LINNET_NET_POLLER_SET_H
#define LINNET_NET_POLLER_SET_H

#include "net/poller.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/poll.h>

/* Who polls: the one who waits, and the thread behind a descriptor. */
enum { LINNET_POLLER_WAITER, LINNET_POLLER_WATCHER, LINNET_POLLER_WHO };

/* What ends the waiting. A poller that stands in another shares its bell, so all of a module have one socket for that;
 * a poller that nobody waits for has none. */
typedef struct linnet_poller_bell {
    atomic_uint holders;
    int socket;          /* a waker, made by the first who waits; or -1 */
    atomic_bool waiting; /* somebody is in poll(): the socket is to be rung */
    atomic_int watcher;  /* a waker of the thread behind a descriptor, or -1 */
    pthread_mutex_t mutex;
    pthread_cond_t over; /* a poll() is */
    bool polling[LINNET_POLLER_WHO];
    unsigned polls[LINNET_POLLER_WHO]; /* that have begun */
} linnet_poller_bell;

/* A descriptor, or another poller. */
typedef struct linnet_poller_watched {
    uint64_t name;
    int descriptor;
    struct linnet_poller_set *inner; /* NULL: the descriptor */
} linnet_poller_watched;

/* What one thread polls: a copy, since others may change the set meanwhile. A place without a descriptor is that of an
 * inner poller that was rung. */
typedef struct linnet_poller_view {
    struct pollfd *files;
    uint64_t *names;
    size_t count;
    size_t capacity;
    size_t rung;  /* places without a descriptor */
    bool partial; /* there was no memory for more */
} linnet_poller_view;

struct linnet_poller_set {
    pthread_mutex_t mutex; /* of what follows, up to `rung` */
    linnet_poller_watched *all;
    size_t count;
    size_t capacity;
    bool told;    /* `tell` is readable, until a waiting finds nothing */
    bool closing; /* the thread is to end */
    bool has_thread;
    pthread_t thread;
    int tell;   /* wakers: of foreign loops, */
    int change; /* and of the thread */

    atomic_bool rung;
    linnet_poller_bell *bell;
    linnet_poller_view waited; /* of whoever waits */
    linnet_poller_view seen;   /* of the thread */
    size_t next;               /* where the search for events begins, so that each gets its turn */
};

enum { LINNET_POLLER_LONGEST_MS = 3600000, LINNET_POLLER_SHORT_MS = 10 };

/* Room for `count` places, or as many as there is memory for. */
void linnet_poller_make_room(linnet_poller_view *view, size_t count);
/* Copies the set, behind `first` (-1: none), or `first` alone. Returns how long to poll at most. */
int linnet_poller_look(struct linnet_poller_set *set, linnet_poller_view *view, int first, bool alone);

/* Around looking and poll(), which linnet_poller_remove() waits for: a descriptor that is closed while somebody polls
 * it stays open until then. The first before looking; the second polls, and ends that. */
void linnet_poller_begin(linnet_poller_bell *bell, int who);
int linnet_poller_poll(linnet_poller_bell *bell, int who, const linnet_poller_view *view, int milliseconds);

/* poller_descriptor.c: nothing is there, so the thread may watch again; and it ends. */
void linnet_poller_rearm(struct linnet_poller_set *set);
void linnet_poller_end_thread(struct linnet_poller_set *set);

#endif
