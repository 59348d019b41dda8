/* The error queue of IP_RECVERR and IPV6_RECVERR. */
#include "net/icmp.h"

#include "net/address_system.h"

#include <errno.h>
#include <linnet/error.h>
#include <stdalign.h>
/* time.h first: linux/errqueue.h wants struct timespec */
#include <time.h>

#include <linux/errqueue.h>

/* Path MTU reports (EMSGSIZE) are the kernel's business, and what else there is says nothing about reachability. */
static int error_of(const struct sock_extended_err *what)
{
    if (what->ee_origin != SO_EE_ORIGIN_ICMP && what->ee_origin != SO_EE_ORIGIN_ICMP6)
        return 0;
    switch (what->ee_errno) {
    case ECONNREFUSED:
        return LINNET_EREFUSED;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EHOSTDOWN:
    case ENONET:
    case EACCES: /* administratively prohibited */
    case ENOPROTOOPT:
        return LINNET_ENETWORK;
    default:
        return 0;
    }
}

static int read_control(struct msghdr *header)
{
    for (struct cmsghdr *control = CMSG_FIRSTHDR(header); control; control = CMSG_NXTHDR(header, control)) {
        struct sock_extended_err what;
        if ((control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_RECVERR) ||
            (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_RECVERR)) {
            memcpy(&what, CMSG_DATA(control), sizeof what);
            return error_of(&what);
        }
    }
    return 0;
}

bool linnet_icmp_read(const linnet_socket *socket, uint16_t number, linnet_icmp_report *report)
{
    alignas(struct cmsghdr) uint8_t control[512];
    linnet_sockaddr name = {.any.sa_family = AF_UNSPEC};
    struct iovec vector = {report->front, sizeof report->front};
    struct msghdr header = {.msg_name = &name,
                            .msg_namelen = sizeof name,
                            .msg_iov = &vector,
                            .msg_iovlen = 1,
                            .msg_control = control,
                            .msg_controllen = sizeof control};
    ssize_t size = recvmsg(socket->descriptor, &header, MSG_ERRQUEUE);
    if (size < 0) {
        int pending;
        socklen_t length = sizeof pending; /* asking clears it, so the next call and the next poll are not told of it */
        getsockopt(socket->descriptor, SOL_SOCKET, SO_ERROR, &pending, &length);
        return false;
    }
    report->path = (linnet_path){.socket = number};
    report->size = (size_t)size;
    report->error = linnet_address_from_system(&report->path.peer, &name) ? read_control(&header) : 0;
    return true;
}
