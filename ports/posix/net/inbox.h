/* Stands in for src/net/inbox.h: one call for each datagram, which goes into its place. */
#ifndef LINNET_NET_INBOX_H
#define LINNET_NET_INBOX_H

#include "net/address_system.h"
#include "net/settings.h"
#include "net/socket.h"

#include <stdalign.h>

/* Room for IP_PKTINFO. */
#define LINNET_INBOX_CONTROL 64u

typedef struct linnet_inbox {
    uint8_t *memory;
    struct linnet_inbox_place {
        linnet_sockaddr name;
        size_t size;
        bool truncated;
        bool group; /* it was sent to a group */
    } places[LINNET_NET_BATCH];
} linnet_inbox;

/* What one place holds after linnet_inbox_receive(). */
typedef struct linnet_arrival {
    linnet_path path;
    linnet_bytes octets; /* one datagram, or a train of them */
    size_t cut;          /* the size of each datagram in it; the last may be shorter */
    bool truncated;
} linnet_arrival;

/* LINNET_ENOMEM. */
int linnet_inbox_open(linnet_inbox *inbox);
void linnet_inbox_close(linnet_inbox *inbox);

/* Takes what is there, at most LINNET_NET_BATCH; returns how many places were filled. */
size_t linnet_inbox_receive(linnet_inbox *inbox, const linnet_socket *socket);
/* Reads place `index`. False when it is of no use. */
bool linnet_inbox_read(linnet_inbox *inbox, size_t index, const linnet_socket *socket, uint16_t number,
                       linnet_arrival *arrival);

#endif
