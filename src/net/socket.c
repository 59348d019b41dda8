/* UDP sockets. None is bound with SO_REUSEADDR but those of groups: on Linux it would let a second server take a share
 * of the first one's datagrams without a word, and UDP has no TIME_WAIT that would call for it. */
#include "net/socket.h"

#include "net/address_system.h"
#include "net/gso.h"
#include "net/settings.h"

#include <errno.h>
#include <linnet/error.h>
#include <net/if.h>
#include <sys/resource.h>
#include <unistd.h>

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

static int create(int family)
{
    int type = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    int descriptor = socket(family, type, IPPROTO_UDP);
    if (descriptor < 0 && errno == EMFILE && raise_file_limit())
        descriptor = socket(family, type, IPPROTO_UDP);
    return descriptor;
}

/* Settings without which it works all the same, so their failure is none. */
static void prefer(const linnet_socket *socket)
{
    int descriptor = socket->descriptor;
    set(descriptor, SOL_SOCKET, SO_RCVBUF, LINNET_NET_SOCKET_BUFFER);
    /* Small datagrams need no path MTU discovery, and forged reports of it do harm: no DF bit over IPv4. */
    set(descriptor, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
    hear_own_groups_only(descriptor);
}

/* An IPv6 socket that takes IPv4 as well needs the options of both. */
static int require(const linnet_socket *socket)
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

static int bind_to(linnet_socket *socket, const linnet_address *local)
{
    linnet_sockaddr name;
    socklen_t size = linnet_address_to_system(local, socket->family, &name);
    if (bind(socket->descriptor, &name.any, size) != 0)
        return -1;
    size = sizeof name;
    if (getsockname(socket->descriptor, &name.any, &size) != 0)
        return -1;
    linnet_address_from_system(&socket->local, &name);
    return 0;
}

static int error_of(int number)
{
    switch (number) {
    case EADDRINUSE:
    case EADDRNOTAVAIL:
    case EACCES:
    case EPERM:
    case EINVAL: /* a link-local address without its interface */
    case ENODEV:
    case EAFNOSUPPORT:
        return LINNET_EADDRESS;
    default:
        return LINNET_ESYSTEM;
    }
}

static int open_family(linnet_socket *opened, const linnet_address *local, int family)
{
    *opened = (linnet_socket){.family = family, .any = linnet_ip_is_any(local->ip)};
    opened->descriptor = create(family);
    if (opened->descriptor < 0)
        return error_of(errno);
    if (require(opened) != 0 || bind_to(opened, local) != 0) {
        int number = errno;
        linnet_socket_close(opened);
        errno = number;
        return error_of(number);
    }
    prefer(opened);
    linnet_gso_enable(opened);
    return 0;
}

int linnet_socket_open(linnet_socket *opened, const linnet_address *local)
{
    if (linnet_address_is_ipv4(local))
        return open_family(opened, local, AF_INET);
    int error = open_family(opened, local, AF_INET6);
    if (error == 0 || errno != EAFNOSUPPORT || !opened->any)
        return error;
    linnet_address every = {.ip = {[10] = 0xff, [11] = 0xff}, .port = local->port};
    return open_family(opened, &every, AF_INET);
}

/* Where the kernel has it, binding to the interface keeps away what comes to the group by others; else duplicates are
 * told apart by their message IDs. */
static void bind_to_interface(int descriptor, uint32_t index)
{
    char name[IF_NAMESIZE];
    if (if_indextoname(index, name))
        setsockopt(descriptor, SOL_SOCKET, SO_BINDTODEVICE, name, (socklen_t)strlen(name) + 1);
}

static int join(int descriptor, const linnet_address *group)
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

int linnet_socket_open_group(linnet_socket *opened, const linnet_address *group)
{
    int family = linnet_address_is_ipv4(group) ? AF_INET : AF_INET6;
    *opened = (linnet_socket){.family = family, .group = true};
    opened->descriptor = create(family);
    if (opened->descriptor < 0)
        return error_of(errno);
    if (set(opened->descriptor, SOL_SOCKET, SO_REUSEADDR, 1) == 0 && bind_to(opened, group) == 0 &&
        join(opened->descriptor, group) == 0) {
        bind_to_interface(opened->descriptor, group->scope);
        prefer(opened);
        opened->local = *group;
        return 0;
    }
    int number = errno;
    linnet_socket_close(opened);
    errno = number;
    return error_of(number);
}

/* Bound already, alone: only what asks for SO_REUSEADDR itself can come to its port from now on. */
void linnet_socket_share(const linnet_socket *socket) { set(socket->descriptor, SOL_SOCKET, SO_REUSEADDR, 1); }

void linnet_socket_set_hops(const linnet_socket *socket, unsigned hops)
{
    set(socket->descriptor, IPPROTO_IP, IP_MULTICAST_TTL, (int)hops);
    if (socket->family == AF_INET6)
        set(socket->descriptor, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, (int)hops);
}

void linnet_socket_close(linnet_socket *opened)
{
    if (opened->descriptor >= 0)
        close(opened->descriptor);
    opened->descriptor = -1;
}
