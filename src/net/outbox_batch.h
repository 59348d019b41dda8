/* What sendmmsg() reads, made once. */
#ifndef LINNET_NET_OUTBOX_BATCH_H
#define LINNET_NET_OUTBOX_BATCH_H

#include "net/address_system.h"
#include "net/settings.h"

#include <stdalign.h>

/* Room for IPV6_PKTINFO and UDP_SEGMENT. */
#define LINNET_OUTBOX_CONTROL 64u

typedef struct linnet_outbox_batch {
    bool ungrouped; /* trains are not sent as one datagram any more */
    struct iovec vectors[LINNET_NET_BATCH];
    struct mmsghdr messages[LINNET_NET_BATCH];
    size_t first_slot[LINNET_NET_BATCH]; /* of each message */
    linnet_sockaddr names[LINNET_NET_BATCH];
    alignas(struct cmsghdr) uint8_t control[LINNET_NET_BATCH][LINNET_OUTBOX_CONTROL];
} linnet_outbox_batch;

#endif
