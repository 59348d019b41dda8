/* One UDP socket, set up for answers that leave from the address that was asked, and for ICMP reports. */
#ifndef LINNET_NET_SOCKET_H
#define LINNET_NET_SOCKET_H

#include <linnet/address.h>

typedef struct linnet_socket {
    int descriptor;
    int family;           /* AF_INET6, which takes IPv4 too where it is bound to [::]; or AF_INET */
    bool any;             /* bound to every address: each datagram says which one was asked */
    bool segments;        /* the kernel splits grouped sends (UDP_SEGMENT) */
    bool secured;         /* of a server: for DTLS alone */
    bool group;           /* bound to a group's address: it only listens */
    uint16_t answers;     /* of a group: the socket that answers what comes here; else its own number */
    linnet_address local; /* with the port that it got; of a group, the group, its scope the interface */
} linnet_socket;

/* Opens and binds. Without IPv6 in the kernel "[::]" becomes "0.0.0.0". LINNET_EADDRESS: in use, not ours, not
 * permitted; LINNET_ESYSTEM. */
int linnet_socket_open(linnet_socket *opened, const linnet_address *local);
/* Opens one that hears what is sent to a group: its address and port, on the interface that its scope names. Others,
 * of this process and of others, may hear the same. LINNET_EADDRESS, LINNET_ESYSTEM. */
int linnet_socket_open_group(linnet_socket *opened, const linnet_address *group);
/* Lets sockets of groups use the port of this one, which is bound to every address. */
void linnet_socket_share(const linnet_socket *socket);
/* How many routers what it sends to groups may pass, 1 to 255. */
void linnet_socket_set_hops(const linnet_socket *socket, unsigned hops);
void linnet_socket_close(linnet_socket *opened);

#endif
