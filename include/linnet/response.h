/* How a request ended: the response, or why there is none. */
#ifndef LINNET_RESPONSE_H
#define LINNET_RESPONSE_H

#include <linnet/address.h>
#include <linnet/message.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct linnet_response {
    int error;                /* 0: `message` is the response, of whatever class. Else why there is none:
                               * LINNET_ETIMEOUT, LINNET_ERESET, LINNET_EREFUSED, LINNET_ENETWORK, LINNET_ERESOLVE,
                               * LINNET_EOPTION (a critical option of the response is unknown), LINNET_ECANCELLED,
                               * LINNET_ECLOSED. Of bodies in blocks: LINNET_EFORMAT (a block that was not asked for),
                               * LINNET_ECHANGED (it changed again and again), LINNET_ETOOBIG (above max_body_size),
                               * LINNET_ENOMEM, what read_body or on_block returned */
    linnet_message message;   /* code, options, payload; of blocks put together: those of the whole. With an error in
                               * mid-transfer, the code of the last response that came; LINNET_EMPTY: none did */
    linnet_path path;         /* who answered, and at which of our addresses */
    uint64_t round_trip_us;   /* from the first transmission of the request to its end */
    uint32_t retransmissions; /* of the request */
    bool more;                /* the handler will be called again: an observation, or a group request (RFC 7252 8),
                               * whose regular end is LINNET_ETIMEOUT */
    bool has_observe;         /* a notification, or the response that confirms an observation (RFC 7641) */
    uint32_t observe;         /* its 24-bit sequence number */
    bool cached;     /* from the client's cache: the server was not asked, or it said that this is still valid */
    uint64_t age_us; /* of what was not asked for: since when it is there. Less than its Max-Age */
    void *memory;    /* what linnet_response_clear() frees (blocking calls); else NULL */
} linnet_response;

/* Called once for each request - again and again while response->more is set - in the thread of the client's loop.
 * `response` and its views live until it returns.
 * It may send, cancel and do all else but close the client. */
typedef void linnet_response_handler(const linnet_response *response, void *context);

/* The request waits for so many seconds, since the server wants that (4.29, RFC 8516). It must not do anything with the
 * client, which may be in the midst of sending. */
typedef void linnet_wait_handler(uint32_t seconds, void *context);

#ifdef __cplusplus
}
#endif
#endif
