/* A CoAP client: requests by URI, many in flight, by callback or blocking. */
#ifndef LINNET_CLIENT_H
#define LINNET_CLIENT_H

#include <linnet/body.h>
#include <linnet/credentials.h>
#include <linnet/endpoint.h>
#include <linnet/loop.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct linnet_client linnet_client;

#define LINNET_NO_RESPONSE_WAIT_MS 5000u

/* A request to send. Zero fields are defaults: a confirmable request without payload and options. */
typedef struct linnet_client_request {
    linnet_code method; /* LINNET_GET...; LINNET_EMPTY is a ping (RFC 7252 4.3): the Reset that answers it is success,
                         * and `message` is that Reset */
    const char *uri;    /* where to; its path and query become options */
    linnet_type type;   /* LINNET_CON or LINNET_NON */

    linnet_bytes payload;
    bool no_content_format;  /* else content_format is sent when there is a payload */
    uint16_t content_format; /* 0 is text/plain */
    bool has_accept;
    uint16_t accept;
    const linnet_option *options; /* further options, in any order; also repeats of those above. A Block or
                                   * Q-Block among them: one exchange as they say, and nothing by itself */
    size_t option_count;
    bool no_uri_host; /* leave Uri-Host out even where the host is a name */
    bool has_token; /* use `token`, up to limits.token_size octets; else one is made. Further blocks of a response have
                     * others */
    linnet_bytes token;
    bool short_token;    /* a `token` above 8 octets is a wish (RFC 8974 2.2.2): a server that rejects it, by Reset or
                          * 4.00, is asked again with one of 8, and for half an hour with no other */
    bool has_message_id; /* use `message_id`, of linnet_client_reserve_id(), for the first message */
    uint16_t message_id;

    linnet_transmission transmission; /* for this request; zero fields: the client's */
    uint32_t timeout_ms; /* the whole time allowed, from the call on, all blocks included; for an observation, until it
                          * is confirmed. 0: what RFC 7252 4.8.2 gives each exchange: EXCHANGE_LIFETIME */

    /* 4.29 (RFC 8516): for its Max-Age no request with this method and URI is sent, whoever makes it. One that may wait
     * so long, from the call on and within timeout_ms, does, and is sent then; any other is answered 4.29 at once,
     * `cached` set, with the Max-Age that is left. 0: it does not wait. */
    uint32_t busy_wait_ms;
    linnet_wait_handler *on_wait; /* NULL, or told that it waits */

    /* Bodies too large for one message go block-wise by themselves (RFC 7959), both ways. */
    uint16_t block_size;      /* 16 to 1024, a power of two; 0: 1024, or what fits the message size. Given, the server
                               * is asked for it in the first GET or FETCH (early negotiation) */
    linnet_reader *read_body; /* instead of `payload`: called for the blocks of the request's body, in order; a block
                               * may be asked again */
    uint64_t body_size;       /* of read_body: LINNET_UNKNOWN_SIZE where it is not known */
    linnet_block_handler *on_block; /* instead of a whole payload in a successful response: called for each part as it
                                     * comes; then on_response, with an empty payload */
    uint64_t offset; /* ask for the body from here on: a multiple of the block size (goes on with a download). The parts
                      * that on_block is given have their place in the whole */
    uint64_t max_body_size; /* of a response that is put together; 0: 16 MiB. More: LINNET_ETOOBIG */

    /* Observe the resource (GET, FETCH; RFC 7641): on_response is called for every notification, out-of-date ones left
     * out, whole bodies only. Goes on until linnet_client_cancel() or linnet_client_close(), which tell the server, or
     * an error response, or one without Observe: that is a plain response, the only or the last one. Once confirmed, a
     * server that is silent, busy (4.29) or restarted is asked again by itself, for ever. Not in linnet_client_call().
     */
    bool observe;

    /* Bodies by Q-Block1 and Q-Block2 (RFC 9177), for links that lose much: their blocks go non-confirmable, whatever
     * `type` is, MAX_PAYLOADS at a time, and only what is lost goes again. A server that was not asked before is asked
     * first, by a GET of /.well-known/core, whether it knows them; what does not goes by Block1 and Block2, and so do
     * requests to groups, observations, small requests that change something, bodies of unknown size, and those with
     * an `offset`. A response is held whole, up to max_body_size, also where on_block is given its parts, in order.
     * A `token` is not used. */
    bool q_block;

    /* Which responses are not wanted, LINNET_NO_RESPONSE or some of it: the request has a No-Response option (RFC
     * 7967), in the last block where there are several. Where a server obeys and is silent, on_response is called with
     * error 0 and the code LINNET_EMPTY, which says that nothing came and not that all went well: where no response is
     * wanted, once the request is acknowledged, or, non-confirmable, was sent an acknowledgement's time ago
     * (ack_timeout_ms); else after no_response_wait_ms more. Without observe; q_block then means nothing. */
    uint8_t no_response;
    uint32_t no_response_wait_ms; /* 0: LINNET_NO_RESPONSE_WAIT_MS */

    const linnet_credentials *credentials; /* for a coaps:// URI; NULL: those of the client. Copied. Requests with equal
                                            * credentials to one place share a session */

    linnet_response_handler *on_response;
    void *context; /* also of read_body, on_block and on_wait */
} linnet_client_request;

typedef struct linnet_client_config {
    linnet_transmission transmission;
    linnet_limits limits;
    const char *local_address; /* "0.0.0.0:40000", "[::1]:0", ":0"; NULL: any */
    linnet_trace *trace;
    void *trace_context;
    unsigned loss_percent; /* for tests: drop this share of datagrams in each direction */
    uint32_t linger_us;    /* as in linnet_server_config: of answers, after a request */
    /* Octets of memory for responses, which are then given again while they are fresh (RFC 7252 5.6; Max-Age), and
     * asked for with their ETag when they are not. Requests with ETag, Block or If-... options of their own, with
     * on_block or to a group go past it. 0: no cache. */
    size_t cache_size;
    linnet_q_transmission q_block;         /* of requests with q_block */
    const linnet_credentials *credentials; /* for coaps:// URIs; NULL: none, unless a request has its own. Copied */
    uint32_t resolve_ms;                   /* 60000: how long the addresses of a name are remembered */
    const char *multicast_interface;       /* where requests to groups leave, by name or number, unless the URI says so:
                                            * coap://[ff02::fd%25eth0]. NULL: as the system's routes say */
    uint8_t multicast_hops;                /* how many routers they may pass; 0: 1, no router */
} linnet_client_config;

/* `config` may be NULL; it is copied. LINNET_ENOMEM, LINNET_EADDRESS, LINNET_ESYSTEM. */
int linnet_client_open(linnet_client **client, const linnet_client_config *config);

/*
 * Sends a request, or queues it behind NSTART. Everything in `request` is copied. `exchange` may be NULL. After 0
 * on_response is called once (observing: until response->more is not set), never before this function returns; after
 * an error it is not called: LINNET_EURI (also a link-local IPv6 address without its interface), LINNET_ESCHEME,
 * LINNET_EINVAL, LINNET_ETOOBIG, LINNET_EBUSY, LINNET_EEXIST (that token is in use), LINNET_ENOMEM, LINNET_ECLOSED (the
 * client is being closed). Datagrams are collected and leave when the client runs next, so that many requests go with
 * few system calls; until then linnet_client_deadline() is 0.
 * The host of the URI may be a group (RFC 7252 section 8): see linnet_client_config.multicast_interface. The request
 * has to be LINNET_NON, in one message, and without observe. on_response is called for each server that answers, more
 * set and `path` saying who it was, bodies in blocks completed by unicast (response->error where that fails); and for
 * the last time when the time is over, timeout_ms or transmission.group_wait_ms, with LINNET_ETIMEOUT: for a group that
 * is the regular end, message.code telling whether anybody has answered (LINNET_EMPTY: nobody). A name is looked up
 * without blocking; of several addresses each is tried until one does not refuse.
 */
int linnet_client_send(linnet_client *client, const linnet_client_request *request, linnet_exchange *exchange);

/* Takes a message ID for one request to `peer` that is sent later, for callers who have to know it before: the request
 * may be queued. Where limits.message_id_spaces is 1, peers share them, and it may go to another. LINNET_EBUSY: all
 * were used within EXCHANGE_LIFETIME (RFC 7252 4.4); such a request leaves by the first source port and no other. */
int linnet_client_reserve_id(linnet_client *client, const linnet_address *peer, uint16_t *id);

/* Ends a request: its handler is called with LINNET_ECANCELLED before this returns. LINNET_ENOENT: it has ended
 * already. */
int linnet_client_cancel(linnet_client *client, linnet_exchange exchange);

/* Sends and waits, serving other requests of the client meanwhile. Returns response->error or what linnet_client_send()
 * returns. `response` holds memory until linnet_response_clear(). Of a group it returns the first answer. Not from a
 * response handler. */
int linnet_client_call(linnet_client *client, const linnet_client_request *request, linnet_response *response);
/* Frees what the response holds; a zeroed or failed response is fine. */
void linnet_response_clear(linnet_response *response);

/* Requests that have not ended; and observations that have, as long as the server has not heard of it. */
size_t linnet_client_pending(const linnet_client *client);
/* Serves until nothing is pending or `timeout_ms` have passed (0: return at once after what is ready); LINNET_ESYSTEM.
 */
int linnet_client_run(linnet_client *client, uint32_t timeout_ms);
/* Makes linnet_client_run() and linnet_client_call() return early (the call with LINNET_ECANCELLED). From any thread,
 * from signal handlers. */
void linnet_client_stop(linnet_client *client);

/* For a loop of one's own, as for servers. */
int linnet_client_descriptor(const linnet_client *client);
uint64_t linnet_client_deadline(const linnet_client *client);
int linnet_client_process(linnet_client *client);
int linnet_client_linger(linnet_client *client);
bool linnet_client_lingers(linnet_client *client);
/* Sends what linnet_client_send() has collected, and does nothing else. Also from response handlers. */
void linnet_client_flush(linnet_client *client);

/* Ends every request with LINNET_ECLOSED and frees all; NULL is fine. Not from a handler. */
void linnet_client_close(linnet_client *client);

/* One GET and no more: opens a client, asks, closes it. */
int linnet_get(const char *uri, linnet_response *response);

#ifdef __cplusplus
}
#endif
#endif
