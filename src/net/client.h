/* The inside of a linnet_client. Its functions stand in several files: client.c (opening, the loop), client_entries.c
 * (what an exchange's number names), client_send.c (from a URI to a request), client_ways.c (names, and the next
 * address when one refuses), client_call.c (blocking). */
#ifndef LINNET_NET_CLIENT_H
#define LINNET_NET_CLIENT_H

#include "net/loop.h"
#include "net/tunnels.h"

#include <linnet/calls.h>
#include <linnet/client.h>
#include <stdatomic.h>

/* A copy of a request that may have to be sent later, or once more to another address. */
typedef struct linnet_parcel {
    linnet_call_request request; /* its views point to `octets` */
    uint16_t port;
    size_t next; /* of the addresses: the one to try when the current one refuses */
    size_t count;
    linnet_address addresses[LINNET_RESOLVE_ADDRESSES];
    const char *name; /* coaps: that the server has to have; in `octets` */
    uint8_t octets[];
} linnet_parcel;

/* One request of the user's, whichever of its addresses it is on its way to. */
typedef struct linnet_entry {
    linnet_waiter waiter; /* while its name is being looked up, its session set up, or an observation rests */
    linnet_waiter rider;  /* while it is on its way by a session */
    struct linnet_client *client;
    linnet_call inner; /* 0: not sent */
    linnet_response_handler *on_response;
    linnet_block_handler *on_block;
    linnet_reader *read_body;
    linnet_wait_handler *on_wait;
    void *context;
    linnet_parcel *parcel;   /* NULL: it has one address and is on its way there */
    linnet_keyring *keyring; /* coaps, held; NULL: coap */
    uint64_t print;          /* of the keyring's credentials */
    uint32_t session;        /* by which it was sent */
    struct linnet_entry *next_free;
    uint32_t index;
    uint32_t generation; /* grows with each use, so that an old number names nothing */
    bool live;
    bool ping;
    bool observe;
    bool notified;    /* the observation was there, so it goes on when a server is back that was away */
    bool renewed;     /* it was begun anew, and nothing was heard since */
    uint8_t failures; /* to do so, in a row */
} linnet_entry;

struct linnet_client {
    linnet_loop loop;
    linnet_resolver resolver;
    linnet_tunnels tunnels;
    linnet_calls *calls;
    void *calls_memory;
    size_t calls_size;
    void *q_block; /* memory of Q-Block */
    size_t q_block_size;
    void *cache;
    size_t cache_size;
    linnet_address local;         /* for further sockets */
    uint32_t multicast_interface; /* 0: the system chooses */
    uint8_t multicast_hops;       /* 0: as the system has it */
    linnet_entry **chunks;
    size_t chunk_count;
    linnet_entry *free_entries;
    size_t pending;
    uint8_t *scratch; /* where a request's options are put together */
    size_t scratch_size;
    bool closing;
    atomic_bool stopped;
};

/* client.c: one turn of the loop. */
int linnet_client_turn(linnet_client *client, uint64_t until);

/* client_entries.c */
linnet_entry *linnet_entry_take(linnet_client *client); /* NULL: no memory */
void linnet_entry_give(linnet_entry *entry);
linnet_exchange linnet_entry_exchange(const linnet_entry *entry);
linnet_entry *linnet_entry_find(const linnet_client *client, linnet_exchange exchange); /* NULL: it has ended */
void linnet_entries_free(linnet_client *client);

/* client_ways.c */

/* Sends `request`, whose functions are set here, to where the URI says; the entry keeps what is needed. */
int linnet_entry_send_to(linnet_entry *entry, uint64_t now, const linnet_uri *uri, linnet_call_request *request);
/* Ends the entry: its handler is called. */
void linnet_entry_end(linnet_entry *entry, const linnet_response *response);

#endif
