/* What a server and a client share: an endpoint with its sockets, its clock and its loop.
 *
 * A turn of the loop is linnet_node_receive(), whatever the owner has to do, and linnet_node_finish(). */
#ifndef LINNET_NET_NODE_H
#define LINNET_NET_NODE_H

#include "net/inbox.h"
#include "net/mailbox.h"
#include "net/outbox.h"
#include "net/random.h"
#include "net/socket.h"

#include <linnet/endpoint.h>
#include <linnet/loop.h>

typedef struct linnet_node_config {
    linnet_transmission transmission;
    linnet_limits limits;
    linnet_trace *trace;
    void *trace_context;
    unsigned loss_percent;
    linnet_serve *serve;
    void *serve_context;
    void *owner; /* given to the mailbox's letters */
} linnet_node_config;

typedef struct linnet_node {
    int epoll;    /* the one descriptor that foreign loops poll */
    int wake;     /* eventfd: letters, or a stop */
    bool busy;    /* within a turn */
    bool watched; /* trace or loss is on */
    bool coarse;  /* the kernel waits in milliseconds only */
    linnet_trace *trace;
    void *trace_context;
    unsigned loss_percent;
    size_t receive_size; /* datagrams above it are refused */
    linnet_mailbox *mailbox;
    linnet_socket *sockets; /* indexed by linnet_path.socket */
    size_t socket_count;
    size_t socket_capacity;
    linnet_endpoint *endpoint;
    void *memory; /* of the endpoint */
    size_t memory_size;
    linnet_random random;
    linnet_inbox inbox;
    linnet_outbox outbox;
} linnet_node;

/* `node` is zeroed. LINNET_ENOMEM, LINNET_ESYSTEM, LINNET_EINVAL; linnet_node_close() is due in any case. */
int linnet_node_open(linnet_node *node, const linnet_node_config *config);
/* Ends the endpoint's requests with `error` and frees all but the struct. */
void linnet_node_close(linnet_node *node, int error);

/* Opens one more socket: its number, or LINNET_EADDRESS, LINNET_ENOMEM, LINNET_ESYSTEM. */
int linnet_node_add_socket(linnet_node *node, const linnet_address *local);
/* Closes the sockets opened last until `count` are left. Only before they were used. */
void linnet_node_drop_sockets(linnet_node *node, size_t count);

/* When a turn is due, whatever arrives. */
uint64_t linnet_node_deadline(const linnet_node *node);
/* Waits for input until `until` at the latest, handles it and what is due. Unless it is time already, it sends what
 * is waiting first. LINNET_ESYSTEM. */
int linnet_node_receive(linnet_node *node, uint64_t until);
/* Sends what the turn produced, and tells the endpoint what could not be sent. */
void linnet_node_finish(linnet_node *node);
/* Ends the waiting, now or the next one. From any thread and from signal handlers. */
void linnet_node_wake(linnet_node *node);

/* For tests: whether this datagram is to be dropped. */
bool linnet_node_loses(linnet_node *node);

/* Address space that becomes memory where it is touched; NULL: none. For linnet_endpoint_init() and its like. */
void *linnet_reserve(size_t size);
void linnet_unreserve(void *memory, size_t size);

#endif
