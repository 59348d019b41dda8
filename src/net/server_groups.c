/* Which groups a server listens to. Each group has a socket of its own on each interface, bound to the group's address:
 * a socket that is bound to an address of the host hears no multicast on Linux. */
#include "net/server.h"

#include "net/address_system.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linnet/error.h>
#include <linnet/uri.h>
#include <net/if.h>

/* Whether `ip` is an address of that interface. */
static bool is_of_interface(const struct ifaddrs *list, const uint8_t ip[16], uint32_t index)
{
    char name[IF_NAMESIZE];
    linnet_address own;
    if (!if_indextoname(index, name))
        return false;
    for (; list; list = list->ifa_next)
        if (list->ifa_addr && strcmp(list->ifa_name, name) == 0 &&
            linnet_address_from_system(&own, (const linnet_sockaddr *)(const void *)list->ifa_addr) &&
            memcmp(own.ip, ip, 16) == 0)
            return true;
    return false;
}

/* How well a socket can answer what comes to the group: from an address of that interface, from the same port. -1: not
 * at all. */
static int fitness(const struct ifaddrs *list, const linnet_socket *socket, const linnet_address *group)
{
    bool v4 = linnet_address_is_ipv4(group);
    if (socket->group || socket->secured ||
        (v4 ? socket->family == AF_INET6 && !socket->any : socket->family == AF_INET))
        return -1;
    bool is_there = socket->any || is_of_interface(list, socket->local.ip, group->scope);
    return (is_there ? 2 : 0) + (socket->local.port == group->port);
}

/* The socket that answers, or -1. */
static int choose_answering(const linnet_loop *loop, const struct ifaddrs *list, const linnet_address *group)
{
    int chosen = -1, best = -1;
    for (size_t i = 0; i < loop->socket_count; i++) {
        int fits = fitness(list, &loop->sockets[i], group);
        if (fits > best) {
            best = fits;
            chosen = (int)i;
        }
    }
    return chosen;
}

static bool has_joined(const linnet_loop *loop, const linnet_address *group)
{
    for (size_t i = 0; i < loop->socket_count; i++)
        if (loop->sockets[i].group && linnet_address_equal(&loop->sockets[i].local, group))
            return true;
    return false;
}

/* Joins on the one interface that the scope names. */
static int join_one(linnet_loop *loop, const struct ifaddrs *list, const linnet_address *group)
{
    if (has_joined(loop, group))
        return LINNET_EEXIST;
    for (size_t i = 0; i < loop->socket_count; i++)
        if (loop->sockets[i].any && loop->sockets[i].local.port == group->port)
            linnet_socket_share(&loop->sockets[i]);
    int added = linnet_loop_add_group(loop, group, choose_answering(loop, list, group));
    return added < 0 ? added : 0;
}

/* An interface is listed once for each of its addresses, and once without. */
static bool is_repeated(const struct ifaddrs *list, const struct ifaddrs *at)
{
    for (; list != at; list = list->ifa_next)
        if (strcmp(list->ifa_name, at->ifa_name) == 0)
            return true;
    return false;
}

/* Joins on every interface that is up and has all of `flags`; returns how many they were. */
static unsigned join_all(linnet_loop *loop, const struct ifaddrs *list, linnet_address group, unsigned flags,
                         int *error)
{
    unsigned joined = 0;
    for (const struct ifaddrs *at = list; at; at = at->ifa_next) {
        bool is_loopback = at->ifa_flags & IFF_LOOPBACK;
        group.scope = if_nametoindex(at->ifa_name);
        if ((at->ifa_flags & (flags | IFF_UP)) != (flags | IFF_UP) || is_loopback != (flags == IFF_LOOPBACK) ||
            group.scope == 0 || is_repeated(list, at))
            continue;
        *error = join_one(loop, list, &group);
        joined += *error == 0 || *error == LINNET_EEXIST;
    }
    return joined;
}

int linnet_server_join(linnet_server *server, const char *text)
{
    linnet_address group;
    struct ifaddrs *list;
    int error = LINNET_EADDRESS;
    errno = 0;
    if (!linnet_address_from_text(&group, text, linnet_scheme_port(LINNET_COAP)) ||
        !linnet_address_is_multicast(&group) || group.port == 0)
        return LINNET_EADDRESS;
    if (getifaddrs(&list) != 0)
        return LINNET_ESYSTEM;
    if (group.scope != 0)
        error = join_one(&server->loop, list, &group);
    else if (join_all(&server->loop, list, group, IFF_MULTICAST, &error) > 0 ||
             join_all(&server->loop, list, group, IFF_LOOPBACK, &error) > 0)
        error = 0;
    freeifaddrs(list);
    return error;
}
