/* Fewer trips through the kernel's UDP stack where one peer has several messages: trains of equal datagrams to it are
 * sent as one (UDP_SEGMENT), and trains that arrive are taken as one (UDP_GRO). */
#ifndef LINNET_NET_GSO_H
#define LINNET_NET_GSO_H

#include "net/outbox.h"
#include "net/socket.h"

#include <sys/socket.h>

/* Turns on what this kernel has. */
void linnet_gso_enable(linnet_socket *socket);
/* How many of the `count` outgoing datagrams can leave as one train, at least 1. */
size_t linnet_gso_train(const linnet_outgoing_slot *slots, size_t count);
/* Appends the control message that tells the kernel where to cut; room for it is the caller's business. */
void linnet_gso_append(struct msghdr *header, size_t size);
/* Room that linnet_gso_append() needs. */
#define LINNET_GSO_CONTROL CMSG_SPACE(sizeof(uint16_t))
/* Where to cut what was received: 0 when this control message does not say. */
size_t linnet_gso_received(const struct cmsghdr *control);

#endif
