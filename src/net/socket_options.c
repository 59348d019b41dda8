/* What Linux has for UDP sockets. */
#include "net/socket_options.h"

#include "net/address_system.h"
#include "net/settings.h"

#include <errno.h>
#include <net/if.h>
#include <sys/resource.h>

static int set(int descriptor, int level, int name, int value)
{
    return setsockopt(descriptor, level, name, &value, sizeof value);
}

#ifndef IPV6_MULTICAST_ALL
#define IPV6_MULTICAST_ALL 29 /* Linux 4.20 */
#endif

/* By default Linux gives a socket what is sent to any group that any socket of the host has joined. */
static void hear_own_groups_only(int descriptor)
{
    set(descriptor, IPPROTO_IP, IP_MULTICAST_ALL, 0);
    set(descriptor, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0);
}

/* Doubles the number of files that this process may have open, as far as the system allows. */
static bool raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max)
        return false;
    limit.rlim_cur = limit.rlim_cur < limit.rlim_max / 2 ? limit.rlim_cur * 2 : limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

int linnet_socket_create(int family)
{
    int type = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    int descriptor = socket(family, type, IPPROTO_UDP);
    if (descriptor < 0 && errno == EMFILE && raise_file_limit())
        descriptor = socket(family, type, IPPROTO_UDP);
    return descriptor;
}

void linnet_socket_prefer(const linnet_socket *socket)
{
    int descriptor = socket->descriptor;
    set(descriptor, SOL_SOCKET, SO_RCVBUF, LINNET_NET_SOCKET_BUFFER);
    /* Small datagrams need no path MTU discovery, and forged reports of it do harm: no DF bit over IPv4. */
    set(descriptor, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
    hear_own_groups_only(descriptor);
}

/* An IPv6 socket that takes IPv4 as well needs the options of both. */
int linnet_socket_require(const linnet_socket *socket)
{
    int descriptor = socket->descriptor;
    bool v6 = socket->family == AF_INET6;
    if (v6 && set(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 0) != 0)
        return -1;
    if (set(descriptor, IPPROTO_IP, IP_RECVERR, 1) != 0)
        return -1;
    if (v6 && set(descriptor, IPPROTO_IPV6, IPV6_RECVERR, 1) != 0)
        return -1;
    if (!socket->any)
        return 0;
    if (set(descriptor, IPPROTO_IP, IP_PKTINFO, 1) != 0)
        return -1;
    return v6 ? set(descriptor, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) : 0;
}

/* Where the kernel has it, binding to the interface keeps away what comes to the group by others; else duplicates are
 * told apart by their message IDs. */
static void bind_to_interface(int descriptor, uint32_t index)
{
    char name[IF_NAMESIZE];
    if (if_indextoname(index, name))
        setsockopt(descriptor, SOL_SOCKET, SO_BINDTODEVICE, name, (socklen_t)strlen(name) + 1);
}

static int add_membership(int descriptor, const linnet_address *group)
{
    struct ip_mreqn v4 = {.imr_ifindex = (int)group->scope};
    struct ipv6_mreq v6 = {.ipv6mr_interface = group->scope};
    if (linnet_address_is_ipv4(group)) {
        memcpy(&v4.imr_multiaddr, group->ip + 12, 4);
        return setsockopt(descriptor, IPPROTO_IP, IP_ADD_MEMBERSHIP, &v4, sizeof v4);
    }
    memcpy(&v6.ipv6mr_multiaddr, group->ip, 16);
    return setsockopt(descriptor, IPPROTO_IPV6, IPV6_JOIN_GROUP, &v6, sizeof v6);
}

int linnet_socket_join(const linnet_socket *socket, const linnet_address *group)
{
    if (add_membership(socket->descriptor, group) != 0)
        return -1;
    bind_to_interface(socket->descriptor, group->scope);
    return 0;
}
