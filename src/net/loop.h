/* What a server and a client share: an endpoint with its sockets, its clock and its loop.
 *
 * A turn of the loop is linnet_loop_receive(), whatever the owner has to do, and linnet_loop_finish(). */
#ifndef LINNET_NET_LOOP_H
#define LINNET_NET_LOOP_H

#include "net/inbox.h"
#include "net/mailbox.h"
#include "net/outbox.h"
#include "net/patience.h"
#include "net/poller.h"
#include "net/random.h"
#include "net/reserve.h"
#include "net/socket.h"

#include <linnet/endpoint.h>
#include <linnet/loop.h>

typedef struct linnet_loop_config {
    linnet_transmission transmission;
    linnet_limits limits;
    linnet_trace *trace;
    void *trace_context;
    unsigned loss_percent;
    uint32_t linger_us;
    linnet_serve *serve;
    linnet_explain *explain;
    void *serve_context;
    void *owner; /* given to the mailbox's letters */
} linnet_loop_config;

typedef struct linnet_loop {
    linnet_poller poller; /* its events say the numbers of sockets; it is rung for letters, and for a stop */
    bool watched;         /* trace or loss is on */
    linnet_trace *trace;
    void *trace_context;
    unsigned loss_percent;
    size_t receive_size; /* datagrams above it are refused */
    size_t slot_size;    /* what the endpoint may write; the outbox has room to seal it */
    linnet_mailbox *mailbox;
    linnet_socket *sockets; /* indexed by linnet_path.socket */
    size_t socket_count;
    size_t socket_capacity;
    linnet_endpoint *endpoint;
    void *memory; /* of the endpoint */
    size_t memory_size;
    linnet_random random;
    struct linnet_dtls *dtls; /* NULL: there are no secured sessions (secured.h) */
    struct linnet_secured *secured;
    linnet_inbox inbox;
    linnet_outbox outbox;
    linnet_patience patience;
    size_t came;   /* datagrams, in the last turn that had any */
    bool answered; /* something has left since */
} linnet_loop;

/* `loop` is zeroed. LINNET_ENOMEM, LINNET_ESYSTEM, LINNET_EINVAL; linnet_loop_close() is due in any case. */
int linnet_loop_open(linnet_loop *loop, const linnet_loop_config *config);
/* Ends the endpoint's requests with `error` and frees all but the struct. */
void linnet_loop_close(linnet_loop *loop, int error);

/* Opens one more socket: its number, or LINNET_EADDRESS, LINNET_ENOMEM, LINNET_ESYSTEM. */
int linnet_loop_add_socket(linnet_loop *loop, const linnet_address *local);
/* The same for one that hears a group on the interface that its scope names; `answers`: the socket that answers, -1 for
 * itself. */
int linnet_loop_add_group(linnet_loop *loop, const linnet_address *group, int answers);
/* Closes the sockets opened last until `count` are left. Only before they were used. */
void linnet_loop_drop_sockets(linnet_loop *loop, size_t count);

/* When a turn is due, whatever arrives. */
uint64_t linnet_loop_deadline(const linnet_loop *loop);
/* Waits for input until `until` at the latest, handles it and what is due. Unless it is time already, it sends what
 * is waiting first. LINNET_ESYSTEM. */
int linnet_loop_receive(linnet_loop *loop, uint64_t until);
/* Whether it is worth to look for the next datagram for a moment, which the above then does before it waits; and a turn
 * that does so instead of waiting: until `until`, and for no more than patience.look_us. */
bool linnet_loop_lingers(linnet_loop *loop);
int linnet_loop_linger(linnet_loop *loop, uint64_t until);
/* Sends what is waiting. */
void linnet_loop_flush(linnet_loop *loop);
/* Sends what the turn produced, and tells the endpoint what could not be sent. */
void linnet_loop_finish(linnet_loop *loop);
/* Ends the waiting, now or the next one. From any thread and from signal handlers. */
void linnet_loop_wake(linnet_loop *loop);

/* A datagram that was sent, for the trace. What that sends itself leaves in the next turn. */
void linnet_loop_show(linnet_loop *loop, const linnet_path *path, linnet_bytes datagram);
/* For tests: whether this datagram is to be dropped. */
bool linnet_loop_loses(linnet_loop *loop);

#endif
