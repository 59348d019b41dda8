/* What differs between systems for a UDP socket. Errors are -1, see errno. */
#ifndef LINNET_NET_SOCKET_OPTIONS_H
#define LINNET_NET_SOCKET_OPTIONS_H

#include "net/socket.h"

/* A new descriptor that does not block. */
int linnet_socket_create(int family);
/* Before it is bound: what it does not work without. An IPv6 socket takes IPv4 as well. */
int linnet_socket_require(const linnet_socket *socket);
/* Afterwards: settings without which it works all the same, so their failure is none. */
void linnet_socket_prefer(const linnet_socket *socket);
/* Has it hear the group that it is bound to, on the interface that the scope names. */
int linnet_socket_join(const linnet_socket *socket, const linnet_address *group);

#endif
