/* What the client role knows of a peer: its requests in flight and waiting, and how it answers. */
#ifndef LINNET_CLIENT_PEERS_H
#define LINNET_CLIENT_PEERS_H

#include "client/probing.h"
#include "engine/endpoint.h"
#include "engine/limits.h"
#include "engine/rto.h"

#include <linnet/requests.h>

struct linnet_waiting_request;

/* In the order of their coming. */
typedef struct linnet_queue {
    struct linnet_waiting_request *first;
    struct linnet_waiting_request *last;
} linnet_queue;

typedef struct linnet_waiting_request {
    struct linnet_waiting_request *next; /* in `queue`, while it waits */
    struct linnet_waiting_request *previous;
    linnet_queue *queue; /* NULL: it does not wait */
    struct linnet_requests *requests;
    struct linnet_peer *peer;
    linnet_exchange exchange;
    linnet_response_handler *done;
    void (*released)(void *context); /* as in linnet_outgoing */
    void *context;
    uint32_t nstart;
    uint32_t octets;       /* of its datagram, about */
    uint32_t probing_rate; /* octets a second */
    bool outstanding;      /* NSTART counts it */
    bool probes;           /* PROBING_RATE is for it: non-confirmable, to one peer */
    bool cocoa;
} linnet_waiting_request;

/*
 * Lives while requests do. With something learned - a round-trip time, or a debt to a silent peer - it stays behind
 * them as idle, so that requests one after the other learn too: of as many peers as the limit allows, the one idle for
 * the longest makes way for the next.
 */
typedef struct linnet_peer {
    linnet_node node;
    linnet_timer timer; /* when the debt is paid */
    linnet_address address;
    linnet_queue waiting; /* for NSTART or a message ID */
    linnet_queue held;    /* for the debt to be paid */
    struct linnet_peer *next_starved;
    struct linnet_peer *newer; /* among the idle */
    struct linnet_peer *older;
    linnet_rto rto;
    linnet_probing probing;
    uint32_t count; /* of all its requests; those that are neither outstanding nor queued are acknowledged */
    uint32_t outstanding;
    uint16_t socket; /* the one that had a message ID last */
    bool starved;    /* waits for a message ID, or for the time */
    bool pumping;
    bool idle;
    uint8_t q_block; /* linnet_peer_q_block: whether it knows the options of RFC 9177 */
} linnet_peer;

typedef enum linnet_peer_q_block {
    LINNET_PEER_Q_UNKNOWN,
    LINNET_PEER_Q_KNOWN,
    LINNET_PEER_Q_REFUSED
} linnet_peer_q_block;

typedef struct linnet_peers {
    linnet_pool pool;
    linnet_table by_address;
    linnet_wheel wheel;
    linnet_peer *newest_idle;
    linnet_peer *oldest_idle;
} linnet_peers;

/* Finds the peer or makes its record. NULL: the limit is reached, and none is idle. */
linnet_peer *linnet_peers_take(linnet_peers *peers, const linnet_endpoint *endpoint, const linnet_address *address,
                               uint16_t socket);
/* Gives it back where nothing needs it; with something learned it is idle from here on. */
void linnet_peers_give(linnet_peers *peers, linnet_peer *peer, uint64_t now);

/* requests.c: the record of a peer, for those who send to it past the queue. Given back, it stays where something was
 * learned. NULL: limits.peers is reached. */
linnet_peer *linnet_requests_take_peer(linnet_requests *requests, const linnet_address *address);
void linnet_requests_give_peer(linnet_requests *requests, linnet_peer *peer);

void linnet_queue_add(linnet_queue *queue, linnet_waiting_request *request, bool at_front);
void linnet_queue_remove(linnet_waiting_request *request);

/* The request that may leave now, still in its queue. Those that have to wait for the debt are put aside, and the timer
 * is set for them. NULL: none may. */
linnet_waiting_request *linnet_peer_next(linnet_peers *peers, linnet_peer *peer, uint64_t now);
/* Whether this one, which has just come, has to wait. */
bool linnet_peer_is_busy(const linnet_peer *peer, const linnet_waiting_request *request, uint64_t now);

#endif
