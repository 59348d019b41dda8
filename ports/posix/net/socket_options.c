/* What POSIX, or lwIP, has for UDP sockets. */
#include "net/socket_options.h"

#include "net/address_system.h"
#include "net/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int set(int descriptor, int level, int name, int value)
{
    return setsockopt(descriptor, level, name, &value, sizeof value);
}

int linnet_socket_create(int family)
{
    int descriptor = socket(family, SOCK_DGRAM, IPPROTO_UDP);
    if (descriptor < 0 || fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0)
        return descriptor;
    int number = errno;
    close(descriptor);
    errno = number;
    return -1;
}

int linnet_socket_require(const linnet_socket *socket)
{
    return socket->family == AF_INET6 ? set(socket->descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 0) : 0;
}

void linnet_socket_prefer(const linnet_socket *socket)
{
    set(socket->descriptor, SOL_SOCKET, SO_RCVBUF, LINNET_NET_SOCKET_BUFFER);
#ifdef IP_PKTINFO
    if (socket->any)
        set(socket->descriptor, IPPROTO_IP, IP_PKTINFO, 1);
#endif
}

static int join_v4(int descriptor, const linnet_address *group)
{
    struct ip_mreq request = {.imr_interface.s_addr = htonl(INADDR_ANY)}; /* lwIP: on all interfaces */
    memcpy(&request.imr_multiaddr, group->ip + 12, 4);
    return setsockopt(descriptor, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof request);
}

static int join_v6(int descriptor, const linnet_address *group, uint32_t interface)
{
    struct ipv6_mreq request = {.ipv6mr_interface = interface};
    memcpy(&request.ipv6mr_multiaddr, group->ip, 16);
    return setsockopt(descriptor, IPPROTO_IPV6, IPV6_JOIN_GROUP, &request, sizeof request);
}

/* On the interface that the system chooses; lwIP chooses none, so there it is each that there is. */
static int join_any_v6(int descriptor, const linnet_address *group)
{
    if (join_v6(descriptor, group, 0) == 0)
        return 0;
    int number = errno, joined = 0;
    for (uint32_t interface = 1; interface <= LINNET_NET_INTERFACES; interface++)
        joined += join_v6(descriptor, group, interface) == 0;
    errno = number;
    return joined > 0 ? 0 : -1;
}

/* lwIP gives what comes for the group to all sockets of that port, also those of other addresses, where the first has
 * SO_REUSEADDR (SO_REUSE_RXTOALL). It is for binding alone there. */
static void keep_to_itself(int descriptor)
{
#ifdef LWIP_SOCKET
    set(descriptor, SOL_SOCKET, SO_REUSEADDR, 0);
#else
    (void)descriptor;
#endif
}

int linnet_socket_join(const linnet_socket *socket, const linnet_address *group)
{
    int descriptor = socket->descriptor;
    int result = linnet_address_is_ipv4(group) ? join_v4(descriptor, group)
                 : group->scope != 0           ? join_v6(descriptor, group, group->scope)
                                               : join_any_v6(descriptor, group);
    keep_to_itself(descriptor);
    return result;
}
