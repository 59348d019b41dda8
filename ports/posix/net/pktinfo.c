/* Where the system has IP_PKTINFO: whether an IPv4 datagram was sent to a group. lwIP has no more of it. */
#include "net/pktinfo.h"

#include "net/address_system.h"

void linnet_pktinfo_read(const struct cmsghdr *control, linnet_path *path)
{
#ifdef IP_PKTINFO
    struct in_pktinfo info;
    if (control->cmsg_level != IPPROTO_IP || control->cmsg_type != IP_PKTINFO)
        return;
    memcpy(&info, CMSG_DATA(control), sizeof info);
    if (IN_MULTICAST(ntohl(info.ipi_addr.s_addr)) || info.ipi_addr.s_addr == htonl(INADDR_BROADCAST))
        path->flags |= LINNET_PATH_MULTICAST;
#else
    (void)control, (void)path;
#endif
}
