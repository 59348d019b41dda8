/*
 * The protocol without I/O: datagrams, a path and the time go in; datagrams and the next deadline come out.
 *
 * Servers and clients with sockets (server.h, client.h) are made of this. Use it directly on a microcontroller, over
 * a transport of your own, or to simulate. An endpoint is for one thread; several do not know of each other.
 */
#ifndef LINNET_ENDPOINT_H
#define LINNET_ENDPOINT_H

#include <linnet/address.h>
#include <linnet/config.h>
#include <linnet/message.h>
#include <linnet/response.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct linnet_endpoint linnet_endpoint;

/* Names one exchange: a request in flight or a deferred answer. Never used again by that endpoint. 0 names none. */
typedef uint64_t linnet_exchange;

/* What the platform supplies. All three are called from within calls to the endpoint only. */
typedef struct linnet_port {
    void *context;
    /* A buffer of *capacity octets for the next datagram, at least limits.message_size; it must stay valid until send()
     * or the next slot(). A slot may be left unused. NULL: none is free, the datagram is dropped. */
    uint8_t *(*slot)(void *context, size_t *capacity);
    /* Sends the first `size` octets of the slot given last. Errors are the network's: they show as loss. */
    void (*send)(void *context, const linnet_path *path, size_t size);
    /* Fills `out` with numbers that nobody can guess (tokens, message IDs, hash keys are made of them). */
    void (*random)(void *context, void *out, size_t size);
} linnet_port;

struct linnet_request_options;

/* A request that passed the message storey: no duplicate, options checked. What the server layer is given. */
typedef struct linnet_incoming {
    linnet_endpoint *endpoint;
    const linnet_path *path;
    const linnet_message *message;
    const struct linnet_request_options *options; /* what a single walk over the options found (src/engine/options.h) */
    uint64_t now;
    linnet_exchange exchange; /* 0, or the deferred exchange that is being answered */
    bool deferred;            /* set by linnet_endpoint_defer() */

    /* Observation, see src/engine/observers.h. */
    bool refused_to_defer;            /* set by linnet_endpoint_defer(), when it had no memory */
    struct linnet_subject *subject;   /* a representation for notifications is asked for; NULL: it is a request */
    struct linnet_observer *observer; /* whom this request has registered */
    uint64_t subject_key;             /* what is secured and what is not never share one */
    uint64_t sequence;                /* for Observe */
    uint32_t version;                 /* of what is observed, before the handler ran */

    bool unproved;   /* the peer has not proved its address: what it may be answered is bounded (echo.h) */
    bool must_prove; /* and more than that is wanted: set by linnet_endpoint_defer() */

    /* To be filled: the answer's code, and behind header and token its options and payload, encoded. */
    uint8_t *body;
    size_t capacity;
    size_t size;
    linnet_code code; /* LINNET_EMPTY: say nothing at all */
} linnet_incoming;

typedef void linnet_serve(void *context, linnet_incoming *incoming);

/* A request that is refused before a resource is looked for. */
typedef struct linnet_refusal {
    const linnet_message *request;
    linnet_code code;
    uint16_t option; /* the one that is refused, where the code is 4.02 */
} linnet_refusal;

/* Writes what stands behind header and token of a refusal - options, marker and payload - and returns its size, at most
 * `capacity`. LINNET_SAY_NOTHING: the client does not want to hear of it (RFC 7967). */
typedef size_t linnet_explain(const linnet_refusal *refusal, uint8_t *body, size_t capacity);
#define LINNET_SAY_NOTHING SIZE_MAX

typedef struct linnet_endpoint_config {
    linnet_transmission transmission;
    linnet_limits limits;
    linnet_port port;
    linnet_serve *serve; /* answers requests; NULL: a client only, requests are rejected (RFC 7252 4.2, 4.3) */
    void *serve_context;
    linnet_explain *explain; /* linnet_explain_refusal, or NULL: refusals are a code alone */
} linnet_endpoint_config;

/* A 4.02 names the option, "Unknown or malformed option 65001" (RFC 7252 5.4.1). A client that accepts problem details
 * (RFC 9290) gets them for every code. No-Response (RFC 7967) is obeyed. */
size_t linnet_explain_refusal(const linnet_refusal *refusal, uint8_t *body, size_t capacity);

/* Octets of memory that an endpoint with these limits needs, at most. */
size_t linnet_endpoint_memory(const linnet_limits *limits);

/*
 * Makes an endpoint in `memory`, which the caller owns, has zeroed, and aligned for a pointer and a uint64_t. It is
 * touched only where it is used, so untouched address space costs nothing. LINNET_ENOMEM: `size` is below
 * linnet_endpoint_memory(); LINNET_EINVAL: a setting is outside its range. There is nothing to release;
 * linnet_endpoint_clear() only ends what is open.
 */
int linnet_endpoint_init(linnet_endpoint **endpoint, void *memory, size_t size, const linnet_endpoint_config *config);

/* Ends every request with `error`; sends nothing, and takes no request any more (LINNET_ECLOSED). The memory is the
 * caller's again. */
void linnet_endpoint_clear(linnet_endpoint *endpoint, int error);

/* Handles one datagram. `now` never falls from call to call. */
void linnet_endpoint_receive(linnet_endpoint *endpoint, uint64_t now, const linnet_path *path, linnet_bytes datagram);

/* The same for a datagram of which only the front fitted into the receiver's buffer: a request is answered 4.13; of a
 * response the request ends with LINNET_ETOOBIG. */
void linnet_endpoint_receive_truncated(linnet_endpoint *endpoint, uint64_t now, const linnet_path *path,
                                       linnet_bytes front);

/* The network says that a datagram of ours did not arrive (ICMP). `datagram` is its front as far as it is quoted; four
 * octets are enough. `error` is LINNET_EREFUSED or LINNET_ENETWORK. The request or answer that it carried ends. */
void linnet_endpoint_unreachable(linnet_endpoint *endpoint, uint64_t now, const linnet_path *path,
                                 linnet_bytes datagram, int error);

/* When linnet_endpoint_advance() has to be called at the latest; UINT64_MAX: not needed. */
uint64_t linnet_endpoint_deadline(const linnet_endpoint *endpoint);
/* Retransmits and times out what is due at `now`. */
void linnet_endpoint_advance(linnet_endpoint *endpoint, uint64_t now);

/* Server role. Called by `serve`: keeps a copy of the request and an exchange for a later answer. LINNET_EBUSY, also
 * where the peer has to prove its address first; whatever is answered then becomes a 4.01 with Echo. */
int linnet_endpoint_defer(linnet_incoming *incoming, linnet_exchange *exchange);
/* Answers a deferred exchange: `serve` is called with the kept request, incoming.exchange set, and fills in the answer,
 * which is sent piggybacked or as a separate response. LINNET_ENOENT when the exchange is no more; LINNET_EBUSY from
 * within a `serve` function or where the port has no slot: try again. incoming.message is without payload. */
int linnet_endpoint_answer(linnet_endpoint *endpoint, uint64_t now, linnet_exchange exchange, linnet_serve *serve,
                           void *context);

/* Client role. A request ready to go; everything is copied. */
typedef struct linnet_outgoing {
    linnet_code code; /* LINNET_EMPTY with LINNET_CON is a ping */
    linnet_type type;
    bool has_token; /* else a random one of LINNET_TOKEN_MAX octets is made */
    bool has_id;    /* else the message ID is chosen when it is sent */
    uint16_t id;    /* of linnet_endpoint_reserve_id() */
    linnet_bytes token;
    linnet_bytes options; /* encoded, as a message has them */
    linnet_bytes payload;
    linnet_transmission transmission; /* zero fields: the endpoint's */
    uint64_t deadline;                /* when to give up; 0: `now` + EXCHANGE_LIFETIME */
    uint64_t keep; /* Not 0: an observation (RFC 7641). A notification - a success with an Observe option - does not end
                    * it; `done` is called for each, response->more set, until a response that is none, an error or
                    * linnet_endpoint_cancel(). A later request with the same token and the same `keep` takes its place:
                    * it ends with LINNET_ECANCELLED. */
    linnet_response_handler *done;
    void (*released)(void *context); /* called at most once, before `done`: NSTART no longer counts it (RFC 7252 4.7),
                                      * since it is acknowledged. NULL: not wanted */
    void *context;
} linnet_outgoing;

/* A request to a group (RFC 7252 8) is one whose path.peer is a multicast address. It is non-confirmable; `done` is
 * called for each who answers, response->more set, and in the end with LINNET_ETIMEOUT, at the deadline: 0 is `now` +
 * group_wait_ms. Who has answered is remembered by the answer log. */

/* Builds the request and keeps it without sending. LINNET_EBUSY, LINNET_ETOOBIG, LINNET_EINVAL, LINNET_ECLOSED. After 0
 * `done` is called exactly once, at the latest at its deadline. */
int linnet_endpoint_prepare(linnet_endpoint *endpoint, uint64_t now, const linnet_path *path,
                            const linnet_outgoing *outgoing, linnet_exchange *exchange);
/* Sends what was prepared, from `socket` of the path's owner; with an ID of its own from that of its path.
 * LINNET_EMESSAGEID: every message ID of that socket towards that peer was used within EXCHANGE_LIFETIME (RFC 7252
 * 4.4): use another socket, or wait. LINNET_EEXIST: the token is in use there, or the ID; LINNET_ENOENT. After an error
 * the exchange is still prepared. */
int linnet_endpoint_launch(linnet_endpoint *endpoint, uint64_t now, linnet_exchange exchange, uint16_t socket);
/* Takes a message ID towards path->peer from path->socket out of turn, for one request with that path that is launched
 * later: for callers who have to know it before. One that is never used is missing for EXCHANGE_LIFETIME, no more.
 * LINNET_EMESSAGEID. */
int linnet_endpoint_reserve_id(linnet_endpoint *endpoint, uint64_t now, const linnet_path *path, uint16_t *id);
/* Ends it: `done` is called with `error` before this returns. LINNET_ENOENT: it has ended. */
int linnet_endpoint_cancel(linnet_endpoint *endpoint, linnet_exchange exchange, int error);

#ifdef __cplusplus
}
#endif
#endif
