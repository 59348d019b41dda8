/*
 * One exchange that outlives a datagram: a request of ours in flight, or a request of a peer that is answered later.
 * Each keeps the datagram that may have to be sent again (or, deferred, the request to be answered).
 */
#ifndef LINNET_ENGINE_EXCHANGE_H
#define LINNET_ENGINE_EXCHANGE_H

#include "engine/hash.h"
#include "engine/pool.h"
#include "engine/table.h"
#include "engine/timing.h"
#include "engine/wheel.h"

#include <linnet/endpoint.h>

/*
 * Client:  PREPARED -> UNACKNOWLEDGED (CON) or AWAITING (NON) -> AWAITING (empty ACK came) -> gone
 *          or, a registration that was confirmed, -> KEPT -> gone
 * Server:  PENDING (no ACK sent yet) -> ACKNOWLEDGED -> SEPARATE (response sent, not yet acknowledged) -> gone
 * docs/state-machines.md draws both.
 */
typedef enum linnet_exchange_phase {
    LINNET_PHASE_FREE,
    LINNET_PHASE_PREPARED,       /* client: built, not sent */
    LINNET_PHASE_UNACKNOWLEDGED, /* client: confirmable request or ping sent, neither ACK nor response came */
    LINNET_PHASE_AWAITING,       /* client: non-confirmable request, or acknowledged: the response is to come */
    LINNET_PHASE_KEPT,           /* client: an observation; notifications come, until somebody ends it */
    LINNET_PHASE_PENDING,        /* server: deferred, the request is not acknowledged yet */
    LINNET_PHASE_ACKNOWLEDGED,   /* server: deferred, and the peer knows (or asked without wanting to) */
    LINNET_PHASE_SEPARATE,       /* server: confirmable separate response sent */
    LINNET_PHASE_NOTIFYING,      /* server: confirmable notification sent */
    LINNET_PHASE_ASKED,          /* server: a handler will give the representation for notifications */
    LINNET_PHASE_LEISURE         /* server: the answer to a group request waits to be sent, once */
} linnet_exchange_phase;

/* What only the client role needs. */
typedef struct linnet_client_part {
    linnet_response_handler *done;
    void (*released)(void *context); /* NSTART no longer counts this request (RFC 7252 4.7); NULL when told */
    void *context;
    uint64_t started;
    uint64_t deadline;
    uint64_t first_timeout; /* from the request's own transmission parameters */
    linnet_node by_token;
    uint64_t keep; /* not 0: a notification does not end it */
    bool to_group; /* a response does not end it: anybody may answer, until the deadline */
} linnet_client_part;

/* What only the server role needs. */
typedef struct linnet_server_part {
    uint64_t request_key;                 /* of the request in the answer log */
    uint32_t version;                     /* linnet_incoming.version */
    union {                               /* observers.h */
        struct linnet_observer *observer; /* NOTIFYING */
        struct linnet_subject *subject;   /* ASKED */
    } of;
} linnet_server_part;

typedef struct linnet_exchange_state {
    linnet_timer timer;
    linnet_node by_id; /* in the table while a datagram of ours may be acknowledged, reset or refused */
    linnet_path path;
    uint8_t *datagram;
    uint64_t timeout; /* of the current transmission, microseconds: doubled at each (RFC 7252 4.2) */
    uint32_t index;
    uint32_t generation; /* of this slot of the pool; never 0 once used */
    uint16_t size;
    uint16_t capacity;
    uint8_t phase; /* linnet_exchange_phase */
    uint8_t transmissions;
    uint8_t max_retransmit;
    uint8_t
        backoff; /* in halves, of a timeout that follows the round-trip time; 0: it is doubled, as RFC 7252 has it */
    bool in_id_table;
    bool in_token_table;
    bool has_id; /* PREPARED: its message ID is in the datagram already */
    union {
        linnet_client_part client;
        linnet_server_part server;
    } part;
} linnet_exchange_state;

/* All exchanges of one endpoint. */
typedef struct linnet_exchanges {
    linnet_pool pool;
    linnet_pool small; /* datagrams of up to LINNET_SMALL_DATAGRAM octets */
    linnet_pool large;
    linnet_table by_id;    /* key: linnet_hash_peer(path, message ID) */
    linnet_table by_token; /* key: linnet_hash_token(path, token) */
    linnet_wheel wheel;
} linnet_exchanges;

/* Most requests are this small; the rest take a datagram of limits.message_size. */
#define LINNET_SMALL_DATAGRAM 128u

/* A free exchange with a buffer for `size` octets, or NULL when a pool is empty. */
linnet_exchange_state *linnet_exchanges_take(linnet_exchanges *exchanges, size_t size);
/* Makes sure the buffer holds `size` octets, content not kept. False when the pool of large ones is empty. */
bool linnet_exchanges_reserve(linnet_exchanges *exchanges, linnet_exchange_state *exchange, size_t size);
/* Stops its timer, leaves the tables, gives everything back; ids that name it are no more. */
void linnet_exchanges_give(linnet_exchanges *exchanges, linnet_exchange_state *exchange);

/* The exchange that an id names, or NULL when it is no more. */
linnet_exchange_state *linnet_exchanges_get(const linnet_exchanges *exchanges, linnet_exchange id);
static inline linnet_exchange linnet_exchange_id(const linnet_exchange_state *exchange)
{
    return (linnet_exchange)exchange->generation << 32 | (exchange->index + 1u);
}

/* The tables of both keys; find gives NULL when there is none. */
void linnet_exchanges_add_id(linnet_exchanges *exchanges, linnet_exchange_state *exchange, uint64_t key);
void linnet_exchanges_add_token(linnet_exchanges *exchanges, linnet_exchange_state *exchange, uint64_t key);
linnet_exchange_state *linnet_exchanges_find_id(const linnet_exchanges *exchanges, uint64_t key);
linnet_exchange_state *linnet_exchanges_find_token(const linnet_exchanges *exchanges, uint64_t key);
/* Out of the table of message IDs: the transmission is over. */
void linnet_exchanges_drop_id(linnet_exchanges *exchanges, linnet_exchange_state *exchange);

#endif
