/*
 * A call whose bodies go by Q-Block1 and Q-Block2 (RFC 9177). Its functions stand in several files: q_calls.c (memory,
 * which calls it is for, asking the server), q_call.c (datagrams out, responses in), q_upload.c, q_download.c.
 *
 * Its requests are non-confirmable, many, and answered by any number of responses, so there are no exchanges for them:
 * all tokens of a call begin with the same random octets, by which it is found, and end with a number that counts
 * ("the implementation note" of section 6).
 */
#ifndef LINNET_CLIENT_Q_CALL_H
#define LINNET_CLIENT_Q_CALL_H

#include "client/call.h"
#include "client/peers.h"
#include "client/weave.h"
#include "engine/q_block.h"

#define LINNET_Q_PREFIX 5u /* octets of a token that are the same; the other three count */
#define LINNET_Q_SERIALS UINT32_C(0xffffff)
#define LINNET_Q_ASKED_MOST 10u /* options in a request for missing blocks */

struct linnet_q_calls {
    linnet_calls *calls;
    linnet_q_timing timing;
    linnet_wheel wheel;
    linnet_table by_prefix;
    uint32_t tag; /* of the last body */
};
typedef struct linnet_q_calls linnet_q_calls;

/* docs/state-machines.md draws it. */
typedef enum linnet_q_phase {
    LINNET_Q_ASKING,  /* whether the server knows the options */
    LINNET_Q_WAITING, /* for PROBING_RATE */
    LINNET_Q_SENDING,
    LINNET_Q_RECEIVING
} linnet_q_phase;

/* The request's body. */
typedef struct linnet_q_upload {
    uint32_t size;
    uint32_t last; /* the number of the last block */
    uint32_t next; /* the first that was not sent yet */
} linnet_q_upload;

/* The response's body; its octets are those of call->body. */
typedef struct linnet_q_download {
    uint8_t *bits;  /* a bit for each block that is there; NULL: none has come */
    uint64_t given; /* octets that on_block has had */
    uint32_t size;
    uint32_t last;
    uint32_t received;
    uint32_t low;      /* the first that is missing */
    uint32_t high;     /* the highest that came */
    uint32_t told_due; /* the sets of `low` and `high` when missing blocks were asked for last */
    uint32_t told_ahead;
    uint8_t szx;
    uint32_t restarts;
    uint32_t serial; /* of the newest request that gave a block of it */
    linnet_code code;
    uint8_t etag_size;
    uint8_t etag[LINNET_ETAG_MAX];
} linnet_q_download;

typedef struct linnet_q_call {
    linnet_node by_prefix;
    linnet_timer timer;
    linnet_q_calls *owner;
    linnet_call_state *call;
    linnet_peer *peer;
    linnet_exchange question; /* whether the server knows the options */
    linnet_exchange watched;  /* ends when a Reset or the network refuses the first of what was sent last */
    uint64_t watched_at;
    uint64_t started;
    uint32_t serial; /* of the last token */
    uint8_t prefix[LINNET_Q_PREFIX];
    uint8_t phase;  /* linnet_q_phase */
    uint8_t szx;    /* of the request's blocks, and the largest of the response's */
    uint8_t silent; /* how often something was repeated since the peer was heard */
    bool has_tag;   /* call->request_tag: the request's body went by Q-Block1 */
    linnet_q_upload upload;
    linnet_q_download download;
} linnet_q_call;

/* q_calls.c */
/* Tokens and timer anew, with another Request-Tag: the body begins. */
void linnet_q_begin(linnet_q_call *q);
/* The call goes by Block1 and Block2, and the server is known to know the options, or not. `q` is no more. */
void linnet_q_fall_back(linnet_q_call *q, linnet_peer_q_block learned);

/* q_call.c */
typedef enum linnet_q_sent {
    LINNET_Q_SENT,
    LINNET_Q_LATER, /* there is no slot, or no message ID; the timer is set */
    LINNET_Q_ENDED  /* the call has failed: `q` is no more */
} linnet_q_sent;

/* Sends a request with these options of ours, and Echo and Request-Tag where there are. */
linnet_q_sent linnet_q_send(linnet_q_call *q, linnet_extras *extras, linnet_bytes payload);
/* After so many microseconds, or at the call's deadline. */
void linnet_q_wait(linnet_q_call *q, uint64_t delay);
/* Something is to be repeated: waits longer each time. False: that was the last time, and the call has ended. */
bool linnet_q_again(linnet_q_call *q);
/* NON_RECEIVE_TIMEOUT, as often doubled as something was repeated. */
uint64_t linnet_q_patience(const linnet_q_call *q);
/* What was sent last is not watched any more. */
void linnet_q_end_watch(linnet_q_call *q);
/* This is the answer to all of it, and not by Q-Block2. `q` is no more. */
void linnet_q_conclude(linnet_q_call *q, const linnet_response *response);
/* What the engine has. */
bool linnet_q_calls_hear(linnet_endpoint *endpoint, const linnet_path *path, const linnet_message *response);

static inline uint32_t linnet_q_set_of(const linnet_q_call *q, uint32_t number)
{
    return number / q->owner->timing.max_payloads;
}

/* q_upload.c */
void linnet_q_upload_timer(linnet_q_call *q);
/* A response came that is about the request's body: 2.31, or 4.08 with missing blocks; a late one is ignored. False: it
 * is none. */
bool linnet_q_upload_hear(linnet_q_call *q, const linnet_message *response);

/* q_download.c */
void linnet_q_download_timer(linnet_q_call *q);
/* Asks for the whole body. */
void linnet_q_download_begin(linnet_q_call *q);
/* A block came in answer to the request with that number; `q` may be no more. */
void linnet_q_download_hear(linnet_q_call *q, const linnet_response *response, const linnet_block *block,
                            uint32_t serial);

#endif
