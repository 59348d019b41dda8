/*
 * The client role without I/O, whole: a call is what its user sees as one request, made of as many exchanges as it
 * takes. Bodies that are too large for one message go block by block both ways (RFC 7959), observations are kept alive
 * (RFC 7641), a server that wants proof of freshness gets it (Echo, RFC 9175). Of a call to a group (RFC 7252 8), which
 * is non-confirmable, on_response is called for each answer, response->more set, and in the end with LINNET_ETIMEOUT.
 *
 * Clients with sockets (client.h) are made of this; use it directly on a microcontroller, or to simulate.
 */
#ifndef LINNET_CALLS_H
#define LINNET_CALLS_H

#include <linnet/body.h>
#include <linnet/requests.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct linnet_calls linnet_calls;

/* Names one call. Never used again by the same linnet_calls. 0 names none. */
typedef uint64_t linnet_call;

/* Options and payload of a call up to this size need no linnet_memory. */
#define LINNET_CALL_INLINE 128u

typedef struct linnet_calls_config {
    linnet_endpoint *endpoint;
    linnet_limits limits;
    linnet_transmission transmission;
    int (*open_socket)(void *context, uint16_t socket); /* as in linnet_requests_config; NULL: one socket */
    void *context;
    linnet_memory memory; /* for requests above LINNET_CALL_INLINE, and for responses that are put together or cached */
    /* Where responses are kept (RFC 7252 5.6), aligned as the memory of linnet_calls_init(); the caller's again after
     * linnet_calls_clear(). NULL: they are not. */
    void *cache_memory;
    size_t cache_size;
} linnet_calls_config;

/* One call. Fields are as those of linnet_client_request, where they have the same name. */
typedef struct linnet_call_request {
    linnet_code code; /* LINNET_EMPTY with LINNET_CON is a ping */
    linnet_type type;
    bool has_token; /* for the first exchange, an observation, and all blocks of `payload`; others have random ones */
    bool has_id;    /* use `id`, of linnet_endpoint_reserve_id() for socket 0, for the first exchange */
    uint16_t id;
    linnet_bytes token;
    bool short_token;
    linnet_bytes options; /* encoded. A Block or Q-Block among them: a single exchange, and no more, as they say */
    linnet_bytes payload;
    linnet_transmission transmission; /* of each exchange */
    uint64_t deadline; /* of the whole call; of an observation, until it is confirmed. 0: each exchange has its own */

    uint64_t busy_until; /* a 4.29 is waited out where its Max-Age is over by then; 0: 4.29 is the answer */
    linnet_wait_handler *on_wait;

    uint16_t block_size;
    linnet_reader *read_body;
    uint64_t body_size;
    linnet_block_handler *on_block;
    uint64_t offset;
    uint64_t max_body_size;
    bool observe;
    bool q_block;
    uint8_t no_response;
    uint64_t no_response_wait; /* microseconds */

    linnet_response_handler *on_response;
    void *context; /* of on_response, on_wait, on_block and read_body */
} linnet_call_request;

size_t linnet_calls_memory(const linnet_limits *limits);
/* As linnet_endpoint_init(). */
int linnet_calls_init(linnet_calls **calls, void *memory, size_t size, const linnet_calls_config *config);
/* Ends every call with `error`, and tells servers that observations are over, one datagram each. Before
 * linnet_endpoint_clear(). */
void linnet_calls_clear(linnet_calls *calls, uint64_t now, int error);

/* Lets calls have q_block (RFC 9177): without it the field means nothing, and nothing of it is linked. Memory as for
 * linnet_calls_init(); the bodies come from config.memory. LINNET_ENOMEM; LINNET_EINVAL: a setting is outside its
 * range. */
size_t linnet_calls_q_block_memory(const linnet_limits *limits);
int linnet_calls_q_block_init(linnet_calls *calls, void *memory, size_t size, const linnet_q_transmission *settings);

/* Everything is copied. After 0 on_response is called - never before this returns - until its response->more is not
 * set. LINNET_EINVAL; LINNET_EBUSY: limits.exchanges or limits.peers is reached; LINNET_ENOMEM; LINNET_ETOOBIG,
 * LINNET_EEXIST, LINNET_ECLOSED; what read_body returned. */
int linnet_calls_send(linnet_calls *calls, uint64_t now, const linnet_path *path, const linnet_call_request *request,
                      linnet_call *call);
/* Ends it: on_response is called with `error` before this returns. An observation is taken back at the server.
 * LINNET_ENOENT: it has ended. */
int linnet_calls_cancel(linnet_calls *calls, uint64_t now, linnet_call call, int error);

/* Calls that have not ended. */
size_t linnet_calls_pending(const linnet_calls *calls);
/* Observations that have ended for their users, and that servers are being told of. */
size_t linnet_calls_leaving(const linnet_calls *calls);

/* When linnet_calls_advance() has to be called at the latest, besides the endpoint's own deadline. */
uint64_t linnet_calls_deadline(const linnet_calls *calls);
void linnet_calls_advance(linnet_calls *calls, uint64_t now);

#ifdef __cplusplus
}
#endif
#endif
