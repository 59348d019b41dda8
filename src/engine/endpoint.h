/* The inside of an endpoint. Its functions stand in several files, one a concern: endpoint.c (memory, timers),
 * receive.c (what a datagram is), incoming.c (requests of peers), deferred.c (answers that come later), leisure.c
 * (answers to group requests), outgoing.c (requests of ours), group.c (those to a group), transmit.c (sending, again
 * and again). */
#ifndef LINNET_ENGINE_ENDPOINT_H
#define LINNET_ENGINE_ENDPOINT_H

#include "engine/answers.h"
#include "engine/exchange.h"
#include "engine/executed.h"
#include "engine/message_ids.h"
#include "engine/q_block.h"
#include "wire/header.h"

typedef void linnet_exchange_timer(linnet_endpoint *endpoint, uint64_t now, linnet_exchange_state *exchange);

struct linnet_endpoint {
    linnet_endpoint_config config;
    linnet_timing timing;
    linnet_hash_key hash_key;
    linnet_answers answers;
    linnet_executed executed;
    linnet_message_ids ids;
    linnet_exchanges exchanges;
    size_t message_size;
    size_t token_size;       /* the longest that is taken */
    uint32_t group_requests; /* of ours, that are waited for */
    uint32_t at_leisure;     /* answers that wait, see leisure.c */
    uint64_t now;            /* of the call in progress, or the last one */
    bool slot_taken;         /* an answer is being written into a slot: nothing else may be sent just now */
    bool cleared;            /* no more requests */
    const struct linnet_outgoing_calls *outgoing; /* NULL: no request of ours was ever made */
    linnet_exchange_timer *deferred;              /* linnet_deferred_timer; NULL: no answer ever came later */
    struct linnet_observers *observers;           /* observers.h; NULL: nobody can observe */
    struct linnet_echo *echo;                     /* echo.h; NULL: no Echo options, and no bound on what is sent */
    linnet_q_read *q_read;                        /* q_block.h; NULL: requests with Q-Block options are refused */
    linnet_q_hear *q_hear;                        /* q_block.h; NULL: nobody waits for responses in several messages */
    struct linnet_q_block *q_block;               /* whose those are */
    struct linnet_q_calls *q_calls;
};

/* transmit.c: datagrams out. */

/* Sends `datagram` as it is. False when there is no slot or one is being written: the datagram is lost. */
bool linnet_transmit(linnet_endpoint *endpoint, const linnet_path *path, linnet_bytes datagram);
/* Sends a message of a header alone: Reset, empty ACK, ping. */
void linnet_transmit_empty(linnet_endpoint *endpoint, const linnet_path *path, linnet_type type, uint16_t id);
/* Sends what the exchange keeps for the first time, and sets its timer. */
void linnet_transmit_first(linnet_endpoint *endpoint, uint64_t now, linnet_exchange_state *exchange);
/* The timer of an exchange with a transmission in progress: sends again, or false when MAX_RETRANSMIT is spent. */
bool linnet_transmit_again(linnet_endpoint *endpoint, uint64_t now, linnet_exchange_state *exchange);
/* A message ID towards the peer, or -1; see linnet_message_ids_next(). */
int32_t linnet_transmit_id(linnet_endpoint *endpoint, uint64_t now, const linnet_path *path, bool must);
/* After -1: when there is one. */
uint64_t linnet_transmit_id_free_at(const linnet_endpoint *endpoint, const linnet_path *path);
uint32_t linnet_random(linnet_endpoint *endpoint);

/* incoming.c: requests of peers. */
void linnet_incoming_serve(linnet_endpoint *endpoint, uint64_t now, const linnet_path *path,
                           const linnet_message *request);
/* Answers with a code alone, or a 4.02 with what `explain` says of the option; silent where RFC 7252 wants that. */
void linnet_incoming_refuse(linnet_endpoint *endpoint, uint64_t now, const linnet_path *path,
                            const linnet_message *request, linnet_code code, uint16_t option);
/* The way back to the peer: an answer never comes from a group address (RFC 7252 8.2). */
linnet_path linnet_path_back(const linnet_path *path);

/* The octets of a message to that peer, into a slot of `capacity`, behind a head of `head`. Who has little room and
 * sends a long token (RFC 8974) gets it back all the same. */
static inline size_t linnet_message_room(const linnet_endpoint *endpoint, const linnet_path *path, size_t capacity,
                                         size_t head)
{
    size_t limit = linnet_path_limit(path);
    size_t room = capacity < endpoint->message_size ? capacity : endpoint->message_size;
    return (limit < room && limit >= 2 * head ? limit : room) - head;
}

/* deferred.c: answers that come later. Whoever makes an exchange PENDING, ACKNOWLEDGED or SEPARATE sets
 * endpoint->deferred, so a device that always answers at once has none of this code. */
linnet_exchange_timer linnet_deferred_timer;

/* leisure.c: answers to group requests. */

/* Keeps a copy of the answer and sends it later. Without memory for it there is none. */
void linnet_leisure_hold(linnet_endpoint *endpoint, uint64_t now, const linnet_path *path, linnet_bytes answer);
void linnet_leisure_timer(linnet_endpoint *endpoint, linnet_exchange_state *exchange);

/* outgoing.c: requests of ours. The rest of the engine calls them through this table, which the first request sets: so
 * a device that only answers has none of their code. */
typedef struct linnet_outgoing_calls {
    void (*timer)(linnet_endpoint *endpoint, uint64_t now, linnet_exchange_state *exchange);
    /* Gives the exchange back, then calls its handler. `message` and `path` are NULL where there is no response. */
    void (*end)(linnet_endpoint *endpoint, uint64_t now, linnet_exchange_state *exchange, int error,
                const linnet_message *message, const linnet_path *path);
    /* An empty ACK came for it. */
    void (*acknowledged)(linnet_endpoint *endpoint, linnet_exchange_state *exchange);
    /* A response came, piggybacked or not. False: nothing waits for it. */
    bool (*response)(linnet_endpoint *endpoint, uint64_t now, const linnet_path *path, const linnet_message *response);
    /* A response came that no buffer held, and it would be no smaller the next time: the request ends. */
    void (*too_large)(linnet_endpoint *endpoint, uint64_t now, const linnet_path *path, const linnet_message *response);
} linnet_outgoing_calls;
extern const linnet_outgoing_calls linnet_outgoing_role;

/* Before it is launched: when to send it again, and what that time is multiplied by each time, in halves. */
void linnet_outgoing_set_timeout(linnet_endpoint *endpoint, linnet_exchange id, uint64_t first, uint8_t backoff);

/* group.c: requests of ours to a group. */

/* By what such a request is found: its token alone, since anybody may answer. */
uint64_t linnet_group_key(const linnet_endpoint *endpoint, const linnet_path *path, linnet_bytes token);
/* The one with that token, or NULL. */
linnet_exchange_state *linnet_group_find(const linnet_endpoint *endpoint, const linnet_path *path, linnet_bytes token);
/* One of the group has answered. What it says after that is a duplicate, whatever its message ID. */
void linnet_group_answered(linnet_endpoint *endpoint, uint64_t now, const linnet_exchange_state *exchange,
                           const linnet_message *message, const linnet_path *path);

/* Whether the exchange is in the client role. */
static inline bool linnet_exchange_is_client(const linnet_exchange_state *exchange)
{
    return exchange->phase >= LINNET_PHASE_PREPARED && exchange->phase <= LINNET_PHASE_KEPT;
}

#endif
