/* Looks names up off the loop's thread, and remembers them for a while. Requests for one name share one look-up. */
#ifndef LINNET_NET_RESOLVE_H
#define LINNET_NET_RESOLVE_H

#include "net/mailbox.h"
#include "net/names.h"

/* Somebody who waits for a name. */
typedef struct linnet_waiter {
    struct linnet_waiter *next; /* a ring; NULL: waits for nothing */
    struct linnet_waiter *previous;
    uint64_t deadline;
    /* Called once, unless linnet_resolver_forget() was: `addresses` live until it returns; or `error` is set. */
    void (*done)(struct linnet_waiter *waiter, int error, const linnet_address *addresses, size_t count);
} linnet_waiter;

typedef enum linnet_name_state {
    LINNET_NAME_FREE,
    LINNET_NAME_QUEUED,
    LINNET_NAME_RUNNING,
    LINNET_NAME_KNOWN
} linnet_name_state;

typedef struct linnet_name {
    linnet_name_state state;
    linnet_waiter waiters; /* the ring's head */
    uint64_t expires;
    size_t count;
    linnet_address addresses[LINNET_RESOLVE_ADDRESSES];
    char text[LINNET_NAME_MAX + 1];
} linnet_name;

typedef struct linnet_resolver {
    linnet_mailbox *mailbox; /* its letters are opened with the resolver's linnet_resolver_of() as owner */
    uint64_t keep;           /* microseconds */
    uint64_t deadline;       /* when linnet_resolver_advance() is due */
    size_t running;          /* threads */
    linnet_name *names;      /* LINNET_RESOLVE_NAMES of them, made when the first is asked for */
} linnet_resolver;

/* The resolver of a mailbox's owner: whoever has both supplies it. */
linnet_resolver *linnet_resolver_of(void *owner);

void linnet_resolver_init(linnet_resolver *resolver, linnet_mailbox *mailbox, uint32_t keep_ms);
/* Ends all waiting with `error`. Look-ups that run go on in their threads and end without a trace. */
void linnet_resolver_close(linnet_resolver *resolver, int error);

/* 1: `*known` has the addresses. 0: `waiter`, whose `done` and `deadline` are set, will be told, not before this
 * returns. LINNET_EBUSY: too many names at once; LINNET_ENOMEM. */
int linnet_resolver_ask(linnet_resolver *resolver, uint64_t now, const char *text, linnet_waiter *waiter,
                        const linnet_name **known);
/* Ends the waiting without a call. */
void linnet_resolver_forget(linnet_waiter *waiter);

/* Rings of waiters, also of others who let somebody wait. Moves those that are due; returns when the next of the others
 * is. */
void linnet_waiter_add(linnet_waiter *head, linnet_waiter *waiter);
uint64_t linnet_waiters_move(linnet_waiter *from, linnet_waiter *to, uint64_t due);
/* Ends with LINNET_ETIMEOUT what has waited too long. */
void linnet_resolver_advance(linnet_resolver *resolver, uint64_t now);

#endif
