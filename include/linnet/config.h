/* Every number that can be tuned, with the default of its RFC. A field that is 0 has its default. */
#ifndef LINNET_CONFIG_H
#define LINNET_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LINNET_NO_RETRANSMISSION UINT32_MAX /* for max_retransmit: send once */
#define LINNET_ANY_RATE UINT32_MAX          /* for probing_rate, notify_interval_ms */
#define LINNET_NO_CONNECTION_ID UINT32_MAX  /* for connection_id */

/* Transmission parameters (RFC 7252 4.8); the derived times of 4.8.2 are computed from them. */
typedef struct linnet_transmission {
    uint32_t ack_timeout_ms;     /* ACK_TIMEOUT, 2000 */
    uint32_t ack_random_percent; /* ACK_RANDOM_FACTOR in percent, 150; at least 100 */
    uint32_t max_retransmit;     /* MAX_RETRANSMIT, 4; at most 20, or LINNET_NO_RETRANSMISSION */
    uint32_t nstart;             /* NSTART, 1: outstanding interactions with one peer; more wait in a queue */
    uint32_t max_latency_ms;     /* MAX_LATENCY, 100000 */
    uint32_t probing_rate;       /* PROBING_RATE, 1: octets a second, on average, of non-confirmable requests to a peer
                                  * that does not answer; what is above waits. LINNET_ANY_RATE: nothing waits */
    bool cocoa;                  /* timeouts of confirmable requests follow the round-trip time of their peer (CoCoA,
                                  * draft-ietf-core-cocoa), for paths much slower or faster than ACK_TIMEOUT, which
                                  * counts until something is known. A request with its own ack_timeout_ms has that */
    uint32_t ack_delay_ms;       /* 10: how long a deferred answer may take and still ride in the ACK (5.2.2) */
    uint32_t
        notify_interval_ms; /* 3000, at most 30000: a server sends no other notification to an observer within that
                             * time after a non-confirmable one (RFC 7641 4.5.1), or within the round-trip time where
                             * it has measured that. States in between are left out. LINNET_ANY_RATE: nothing waits */
    uint32_t leisure_ms;    /* DEFAULT_LEISURE, 5000: an answer to a group waits for a random part of it (8.2) */
    uint32_t group_wait_ms; /* 10000: how long a client takes the answers of a group, where a request does not say */
} linnet_transmission;

/* Parameters of Q-Block1 and Q-Block2 (RFC 9177 7.2, table 3), see q_block.h. NON_TIMEOUT_RANDOM is between NON_TIMEOUT
 * and NON_TIMEOUT * ACK_RANDOM_FACTOR. */
typedef struct linnet_q_transmission {
    uint32_t max_payloads;           /* MAX_PAYLOADS, 10; at most LINNET_MAX_PAYLOADS_LIMIT: blocks that are sent at a
                                      * time. "Both CoAP endpoints MUST have the same value" */
    uint32_t non_timeout_ms;         /* NON_TIMEOUT: as ACK_TIMEOUT, 2000. Pause between such sets of blocks */
    uint32_t non_receive_timeout_ms; /* NON_RECEIVE_TIMEOUT: twice that, 4000; at least one second above the largest
                                      * NON_TIMEOUT_RANDOM. After this wait missing blocks are asked for, doubled each
                                      * time */
    uint32_t non_max_retransmit;     /* NON_MAX_RETRANSMIT: as MAX_RETRANSMIT, 4: how often, before it is given up */
    uint32_t non_probing_wait_ms;    /* NON_PROBING_WAIT, 247000 to 248000: the longest wait that PROBING_RATE causes */
    uint32_t non_partial_timeout_ms; /* NON_PARTIAL_TIMEOUT, 247000: how long a body in parts is kept */
} linnet_q_transmission;

#define LINNET_MAX_PAYLOADS_LIMIT 32u

/* Where the core gets memory for what has no bound of its own: bodies of block-wise transfers, stored values. `resize`
 * works like realloc(): data NULL makes, size 0 releases (and returns NULL); NULL for a size above 0: there is no more,
 * and `data` is as it was. A zeroed struct is an owner without a heap: transfers then need a handler that takes them
 * block by block. */
typedef struct linnet_memory {
    void *(*resize)(void *context, void *data, size_t size);
    void *context;
} linnet_memory;

/* What an endpoint may hold at most. On a server the memory is reserved as address space and becomes real where it
 * is used; on a microcontroller it is one array. What happens at each limit is said beside it. */
typedef struct linnet_limits {
    uint32_t exchanges;         /* 65536: requests waiting or in flight, deferred answers. Then: LINNET_EBUSY, 5.03 */
    uint32_t answer_log_size;   /* 64 MiB: octets of answers kept to repeat them to duplicates. The oldest is dropped */
    uint32_t answer_log_index;  /* 1048576: how many answers the log's index can find; rounded up to a power of two */
    uint32_t executed_requests; /* 1048576: POST and PATCH remembered so that none runs twice. Then: 5.03, not run; so
                                 * it is for an address that has as many as are free. 4,000 a second fill it */
    uint32_t message_id_spaces; /* 4096: counters of message IDs, shared by peers; rounded up to a power of two */
    uint32_t message_size;      /* 1152: octets of the largest datagram to send (RFC 7252 4.6) */
    uint32_t peers;             /* 65536: peers with a client request outstanding or waiting. Then: LINNET_EBUSY */
    uint32_t put_off;   /* 64: methods and URIs that servers have put off (4.29), rounded up to a power of two. Then the
                         * one   that may be sent again soonest is forgotten */
    uint32_t observers; /* 1048576: observations that peers have here. Then: the request is answered as a plain one */
    uint32_t observed;  /* 4096: distinct requests (resource, query, Accept) that are observed. Then likewise */
    uint32_t uploads;   /* 4096: block-wise request bodies under way from peers, and responses to other methods than
                         * GET that are fetched in blocks. The oldest is dropped: 4.08 */
    uint32_t uploads_per_peer; /* a fourth of uploads: how many one network address has. Then its own oldest is dropped.
                                * Above the same part of upload_memory its own make way first, too */
    uint32_t upload_memory; /* 64 MiB: octets of all of them. The oldest are dropped; without any: 5.03 with Max-Age */
    uint32_t source_ports;  /* 512: sockets that a client may open to have enough message IDs. Then it waits */

    uint32_t token_size; /* 8: octets of the longest token, in both roles; at most half of message_size. Above 8 (RFC
                          * 8974) both sides have to know it. A longer one is a message format error, so Reset; where
                          * this is above 8, it is answered 4.00 */

    /* RFC 9175 2.4, see echo.h. */
    uint32_t amplification;    /* 0: no bound. Else an address that has not proved itself is answered with at most so
                                * many times the octets that it sent, and 136; RFC 9175 has 3. What it may not have:
                                * 4.01 with Echo */
    uint32_t proved_peers;     /* 65536: of those that have, how many are remembered; rounded up to a power of two.
                                * Then the one that proved itself longest ago has to again */
    uint32_t proof_lifetime_s; /* 3600: for how long */
    uint32_t echo_lifetime_s;  /* 300: within what time an Echo has to be returned to be a proof */

    /* Of coaps:// (credentials.h). */
    uint32_t sessions;      /* 1048576: secured sessions. Then one that was silent for long makes way */
    uint32_t handshakes;    /* 1024: those under way, some 20 KB each, of peers that have proved their address. Then the
                             * oldest is given up; a client's next one is LINNET_EBUSY */
    uint32_t connection_id; /* octets of the Connection IDs that we give to peers (RFC 9146), 4 to 8. By its ID a server
                             * knows a client that has another address now. 0: a server's have 6; a client has none for
                             * itself, and takes its server's. LINNET_NO_CONNECTION_ID: there are none either way */
} linnet_limits;

#ifdef __cplusplus
}
#endif
#endif
