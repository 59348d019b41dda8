/* Stands in for src/net/outbox_batch.h: sendto() wants one address at a time. */
#ifndef LINNET_NET_OUTBOX_BATCH_H
#define LINNET_NET_OUTBOX_BATCH_H

#include "net/address_system.h"

typedef struct linnet_outbox_batch {
    linnet_sockaddr name;
} linnet_outbox_batch;

#endif
