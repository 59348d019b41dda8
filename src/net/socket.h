/* One UDP socket, set up for answers that leave from the address that was asked, and for ICMP reports. */
#ifndef LINNET_NET_SOCKET_H
#define LINNET_NET_SOCKET_H

#include <linnet/address.h>

typedef struct linnet_socket {
    int descriptor;
    int family;           /* AF_INET6, which takes IPv4 too where it is bound to [::]; or AF_INET */
    bool any;             /* bound to every address: each datagram says which one was asked */
    bool segments;        /* the kernel splits grouped sends (UDP_SEGMENT) */
    linnet_address local; /* with the port that it got */
} linnet_socket;

/* Opens and binds. Without IPv6 in the kernel "[::]" becomes "0.0.0.0". LINNET_EADDRESS: in use, not ours, not
 * permitted; LINNET_ESYSTEM. */
int linnet_socket_open(linnet_socket *opened, const linnet_address *local);
void linnet_socket_close(linnet_socket *opened);

#endif
