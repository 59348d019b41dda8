/* The secured sessions of a client: one for each place, credentials and name, set up when the first request asks for it
 * and shared by all that follow. */
#ifndef LINNET_NET_TUNNELS_H
#define LINNET_NET_TUNNELS_H

#include "engine/hash.h"
#include "engine/table.h"
#include "net/resolve.h"
#include "net/secured.h"

enum {
    LINNET_TUNNEL_BUCKETS = 65536,
    LINNET_KEYRINGS = 16 /* credentials of requests that are remembered; more are read again each time */
};

/* Whom to connect to, as whom. */
typedef struct linnet_destination {
    linnet_address peer;
    linnet_keyring *keyring;
    uint64_t print;   /* of the credentials */
    const char *name; /* that the server has to have */
} linnet_destination;

/* Credentials that a request brought. */
typedef struct linnet_known_keyring {
    uint64_t print;
    linnet_keyring *keyring; /* NULL: free */
} linnet_known_keyring;

typedef struct linnet_tunnels {
    linnet_loop *loop;
    int (*add_socket)(void *context); /* its number, or an error */
    void *context;
    linnet_limits limits;
    linnet_keyring *keyring; /* of the client's own credentials; NULL: it has none */
    uint64_t print;
    linnet_known_keyring known[LINNET_KEYRINGS];
    size_t next_known; /* the one that makes way */
    linnet_hash_key hash_key;
    linnet_table by_destination;
    linnet_table by_session;
    struct linnet_tunnel *first;
    linnet_waiter resting; /* the ring's head */
    uint64_t deadline;     /* of those that wait or rest */
} linnet_tunnels;

/* `credentials` may be NULL. LINNET_ECREDENTIALS, LINNET_ENOMEM, LINNET_EUNSUPPORTED. Closing is due in any case. */
int linnet_tunnels_open(linnet_tunnels *tunnels, const linnet_credentials *credentials);
/* Ends all waiting with `error`. */
void linnet_tunnels_stop(linnet_tunnels *tunnels, int error);
/* After the loop was closed. */
void linnet_tunnels_close(linnet_tunnels *tunnels);

/* Sets keyring and print: those of `credentials`, or the client's own where it is NULL; LINNET_ECREDENTIALS: there are
 * none. The keyring lives until the client closes or others have taken its place: hold it to keep it. */
int linnet_tunnels_choose(linnet_tunnels *tunnels, const linnet_credentials *credentials,
                          linnet_destination *destination);

/* 1: there is a session, its path in *path. 0: `waiter`, whose `done` and `deadline` are set, will be told, not before
 * this returns: with error 0 ask again. Else LINNET_EBUSY, LINNET_ENOMEM, LINNET_EADDRESS, LINNET_ESYSTEM. */
int linnet_tunnels_ask(linnet_tunnels *tunnels, uint64_t now, const linnet_destination *destination,
                       linnet_waiter *waiter, linnet_path *path);
/* `rider`, whose `done` is set, is told when the session ends, until linnet_resolver_forget(). */
void linnet_tunnels_ride(const linnet_tunnels *tunnels, uint32_t session, linnet_waiter *rider);
/* Nothing was heard by it: the next request begins a new one. */
void linnet_tunnels_doubt(linnet_tunnels *tunnels, uint32_t session);
/* `waiter`, whose `done` and `deadline` are set, is told LINNET_ETIMEOUT at that time. */
void linnet_tunnels_rest(linnet_tunnels *tunnels, linnet_waiter *waiter);
/* Ends with LINNET_ETIMEOUT what has waited too long. */
void linnet_tunnels_advance(linnet_tunnels *tunnels, uint64_t now);

#endif
