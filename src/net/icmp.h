/* What the network says about datagrams that did not arrive (ICMP), from a socket's error queue. */
#ifndef LINNET_NET_ICMP_H
#define LINNET_NET_ICMP_H

#include "net/socket.h"

typedef struct linnet_icmp_report {
    linnet_path path;  /* whom the datagram was for */
    uint8_t front[64]; /* its first octets, as far as they were quoted */
    size_t size;
    int error; /* LINNET_EREFUSED, LINNET_ENETWORK; 0: of no interest */
} linnet_icmp_report;

/* Takes the next report off the queue; false when there is none. */
bool linnet_icmp_read(const linnet_socket *socket, uint16_t number, linnet_icmp_report *report);

#endif
