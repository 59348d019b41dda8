/*
 * Where Q-Block1 and Q-Block2 (RFC 9177) enter the engine: two pointers that stay NULL where nobody wants them, so that
 * nothing of it is linked. The server's reads requests that are refused otherwise, since the options are critical; the
 * client's hears responses that no exchange waits for, since there are several to one request.
 */
#ifndef LINNET_ENGINE_Q_BLOCK_H
#define LINNET_ENGINE_Q_BLOCK_H

#include "engine/options.h"

#include <linnet/endpoint.h>

/* What the Q-Block options of a request say. */
typedef struct linnet_q_options {
    bool has_body; /* Q-Block1 */
    linnet_block body;
    uint32_t body_size; /* Size1 */
    uint8_t asked_count;
    linnet_block asked[LINNET_MAX_PAYLOADS_LIMIT]; /* Q-Block2, in ascending order */
    linnet_message request; /* the same without Q-Block options, and without Observe; with Size2 */
} linnet_q_options;

/* The request has an option that is refused: found->rejected. LINNET_EMPTY: it is one of these, and *found has all,
 * found->q set; else the code to refuse it with. */
typedef linnet_code linnet_q_read(linnet_endpoint *endpoint, const linnet_message *request,
                                  linnet_request_options *found);
/* False: the response, which came at endpoint->now, is none of ours. */
typedef bool linnet_q_hear(linnet_endpoint *endpoint, const linnet_path *path, const linnet_message *response);

/* The parameters with their defaults filled in; times in microseconds. */
typedef struct linnet_q_timing {
    uint32_t max_payloads;
    uint32_t max_retransmit;
    uint64_t timeout; /* NON_TIMEOUT */
    uint64_t spread;  /* what randomness may add */
    uint64_t receive_timeout;
    uint64_t probing_wait;
    uint64_t partial_timeout;
    uint64_t octet_time; /* of one octet at PROBING_RATE */
} linnet_q_timing;

/* LINNET_EINVAL when one is out of range. */
int linnet_q_timing_set(linnet_q_timing *timing, const linnet_q_transmission *given,
                        const linnet_transmission *transmission);
/* NON_TIMEOUT_RANDOM. */
uint64_t linnet_q_timing_pause(const linnet_q_timing *timing, uint32_t random);
/* NON_RECEIVE_TIMEOUT * 2 ** `asked`. */
static inline uint64_t linnet_q_timing_wait(const linnet_q_timing *timing, uint32_t asked)
{
    return timing->receive_timeout << asked;
}

#endif
