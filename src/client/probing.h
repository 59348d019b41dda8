/*
 * How much may be sent to a peer that does not answer (RFC 7252 4.7): when a response is expected no longer "MUST be
 * chosen in such a way that an endpoint does not exceed an average data rate of PROBING_RATE in sending to another
 * endpoint that does not respond". This is for non-confirmable requests;
 * confirmable ones are slowed down by their own back-off.
 *
 * What NSTART lets out is not held back. But where the time for an answer to one of them has passed without any, the
 * peer is silent, and what was sent has to be paid for in time before the next may go. Any answer clears all.
 */
#ifndef LINNET_CLIENT_PROBING_H
#define LINNET_CLIENT_PROBING_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed: nothing was sent. */
typedef struct linnet_probing {
    uint64_t until; /* when what was sent since the last answer is paid for */
    bool silent;
} linnet_probing;

/* A request of so many octets leaves. `rate`: octets a second; UINT32_MAX: as many as one likes. */
void linnet_probing_sent(linnet_probing *probing, uint64_t now, uint32_t octets, uint32_t rate);
/* No answer to one of them is expected any more. */
void linnet_probing_unanswered(linnet_probing *probing);
void linnet_probing_heard(linnet_probing *probing);
/* Whether the next has to wait until `until`. */
bool linnet_probing_holds(const linnet_probing *probing, uint64_t now);

#endif
