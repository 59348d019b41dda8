/* UDP sockets. None is bound with SO_REUSEADDR but those of groups: on Linux it would let a second server take a share
 * of the first one's datagrams without a word, and UDP has no TIME_WAIT that would call for it. */
#include "net/socket.h"

#include "net/address_system.h"
#include "net/gso.h"
#include "net/socket_options.h"

#include <errno.h>
#include <linnet/error.h>
#include <unistd.h>

static int set(int descriptor, int level, int name, int value)
{
    return setsockopt(descriptor, level, name, &value, sizeof value);
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
    opened->descriptor = linnet_socket_create(family);
    if (opened->descriptor < 0)
        return error_of(errno);
    if (linnet_socket_require(opened) != 0 || bind_to(opened, local) != 0) {
        int number = errno;
        linnet_socket_close(opened);
        errno = number;
        return error_of(number);
    }
    linnet_socket_prefer(opened);
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

int linnet_socket_open_group(linnet_socket *opened, const linnet_address *group)
{
    int family = linnet_address_is_ipv4(group) ? AF_INET : AF_INET6;
    *opened = (linnet_socket){.family = family, .group = true};
    opened->descriptor = linnet_socket_create(family);
    if (opened->descriptor < 0)
        return error_of(errno);
    if (set(opened->descriptor, SOL_SOCKET, SO_REUSEADDR, 1) == 0 && bind_to(opened, group) == 0 &&
        linnet_socket_join(opened, group) == 0) {
        linnet_socket_prefer(opened);
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
