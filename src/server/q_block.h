/* The inside of linnet_q_block. Its functions stand in several files: q_block.c (memory, the request's way, timers),
 * q_read.c (the options), q_body.c and q_body_store.c (Q-Block1), q_response.c (Q-Block2). docs/state-machines.md draws
 * what becomes of a body. */
#ifndef LINNET_SERVER_Q_BLOCK_H
#define LINNET_SERVER_Q_BLOCK_H

#include "engine/endpoint.h"
#include "engine/q_block.h"
#include "engine/transfers.h"

#include <linnet/q_block.h>
#include <linnet/site.h>

struct linnet_q_block {
    linnet_endpoint *endpoint;
    linnet_site *site;
    linnet_q_timing timing;
    linnet_wheel wheel;
    linnet_q_options options; /* of the request that is being read or served */
    uint8_t *scratch;         /* its options without those of Q-Block; also where a burst's request stands */
    size_t scratch_size;
    uint32_t etag; /* the last one that was given to a response that is kept */
};

/* A body that comes by Q-Block1, at the front of its transfer's octets. Behind it: places for `room` blocks, and a bit
 * for each. When all is there and the handler has run: the answer, for duplicates. */
typedef struct linnet_q_body {
    linnet_path path;
    linnet_exchange watched; /* of the last 4.08: gone before its time, that was reset */
    uint64_t paid;           /* when what was sent since the peer was heard is paid for, at PROBING_RATE */
    uint32_t size;           /* Size1 */
    uint32_t last;           /* the number of the last block */
    uint32_t room;
    uint32_t received; /* blocks */
    uint32_t low;      /* the first that is missing */
    uint32_t high;     /* the highest that came */
    uint32_t told_due; /* the sets of `low` and `high` when missing blocks were asked for last */
    uint32_t told_ahead;
    uint16_t answer_size;
    uint8_t szx;
    uint8_t asked; /* requests for missing blocks since one came */
    uint8_t token_size;
    bool confirmable;
    bool mute; /* its token is longer than what is kept (RFC 8974): only its own answers are sent */
    bool done;
    linnet_code code;
    uint8_t token[LINNET_TOKEN_MAX]; /* of the last request */
} linnet_q_body;

static inline linnet_q_body *linnet_q_body_of(const linnet_transfer *transfer) { return (void *)transfer->data; }

/* q_read.c: what the engine has. */
linnet_code linnet_q_block_read(linnet_endpoint *endpoint, const linnet_message *request,
                                linnet_request_options *found);

/* q_block.c: the endpoint's `serve`. */
void linnet_q_serve(void *context, linnet_incoming *incoming);

/* q_body.c */
void linnet_q_body_serve(linnet_q_block *q, linnet_incoming *incoming);
void linnet_q_body_timer(linnet_q_block *q, uint64_t now, linnet_transfer *transfer);

/* q_body_store.c: what is there of a body. */
bool linnet_q_body_has(const linnet_transfer *transfer, uint32_t number);
/* False: there is no memory, or it claims far more than what has come. */
bool linnet_q_body_put(linnet_transfers *transfers, linnet_transfer *transfer, uint32_t number, linnet_bytes block);
static inline bool linnet_q_body_is_whole(const linnet_q_body *body) { return body->received == body->last + 1u; }
linnet_bytes linnet_q_body_octets(const linnet_transfer *transfer);

/* q_response.c: serves the blocks that are asked for, the first of them in this answer. */
void linnet_q_response_serve(linnet_q_block *q, linnet_incoming *incoming);
void linnet_q_response_burst(linnet_q_block *q, uint64_t now, linnet_transfer *transfer);

#endif
