/* Collects outgoing datagrams and sends them with as few calls as the system wants. Nothing is allocated or copied per
 * packet: the protocol writes each message where the kernel reads it. */
#ifndef LINNET_NET_OUTBOX_H
#define LINNET_NET_OUTBOX_H

#include "net/outbox_batch.h"
#include "net/settings.h"
#include "net/socket.h"

typedef struct linnet_outgoing_slot {
    linnet_path path;
    size_t size;
} linnet_outgoing_slot;

/* A datagram that the kernel did not take; `front` is long enough to know the message by. */
typedef struct linnet_send_failure {
    linnet_path path;
    uint8_t front[16];
    size_t size;
} linnet_send_failure;

typedef struct linnet_outbox {
    uint8_t *memory;
    size_t capacity; /* octets of each slot */
    size_t count;    /* slots that wait to be sent */
    bool waited;     /* this flush has waited for room once */
    linnet_outgoing_slot slots[LINNET_NET_BATCH];
    linnet_outbox_batch batch; /* of the system's calls */

    linnet_send_failure failures[LINNET_NET_BATCH]; /* a ring; when it is full a failure counts as loss */
    size_t first_failure;
    size_t failure_count;
} linnet_outbox;

/* Slots of at least `capacity` octets. LINNET_ENOMEM. */
int linnet_outbox_open(linnet_outbox *outbox, size_t capacity);
void linnet_outbox_close(linnet_outbox *outbox);

static inline bool linnet_outbox_full(const linnet_outbox *outbox) { return outbox->count == LINNET_NET_BATCH; }
uint8_t *linnet_outbox_slot_at(linnet_outbox *outbox, size_t index);
/* The next free slot; the outbox must not be full. */
uint8_t *linnet_outbox_slot(linnet_outbox *outbox);
/* Sends the slot given last with the next flush. */
void linnet_outbox_add(linnet_outbox *outbox, const linnet_path *path, size_t size);
/* outbox_send.c: sends all. `sockets` is indexed by path.socket. */
void linnet_outbox_flush(linnet_outbox *outbox, const linnet_socket *sockets);
/* Counts a datagram as one that could not be sent. */
void linnet_outbox_fail(linnet_outbox *outbox, const linnet_path *path, linnet_bytes datagram);
/* Takes the oldest datagram that could not be sent; false when there is none. */
bool linnet_outbox_failure(linnet_outbox *outbox, linnet_send_failure *failure);

#endif
