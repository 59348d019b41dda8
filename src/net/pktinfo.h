/* Which of our addresses a datagram came to, and which one an answer leaves from (IP_PKTINFO, IPV6_PKTINFO). */
#ifndef LINNET_NET_PKTINFO_H
#define LINNET_NET_PKTINFO_H

#include "net/socket.h"

#include <netinet/in.h>
#include <sys/socket.h>

/* The larger of both forms. */
#define LINNET_PKTINFO_CONTROL CMSG_SPACE(sizeof(struct in6_pktinfo))

/* Sets local_ip and flags of the path if this control message tells them. */
void linnet_pktinfo_read(const struct cmsghdr *control, linnet_path *path);
/* Appends a control message for the path's local address, or a group's interface, where there is need for one. */
void linnet_pktinfo_append(struct msghdr *header, const linnet_socket *socket, const linnet_path *path);

#endif
