/* Which groups a server listens to: on the interface that is named, else on the one that the system chooses. */
#include "net/server.h"

#include "net/address_system.h"

#include <errno.h>
#include <linnet/error.h>
#include <linnet/uri.h>

/* The socket that answers: of the same family, best from the same port. -1: none. */
static int choose_answering(const linnet_loop *loop, const linnet_address *group)
{
    bool v4 = linnet_address_is_ipv4(group);
    int chosen = -1;
    for (size_t i = 0; i < loop->socket_count; i++) {
        const linnet_socket *socket = &loop->sockets[i];
        if (socket->group || socket->secured ||
            (v4 ? socket->family == AF_INET6 && !socket->any : socket->family == AF_INET))
            continue;
        if (chosen < 0 || socket->local.port == group->port)
            chosen = (int)i;
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

static int join_one(linnet_loop *loop, const linnet_address *group)
{
    if (has_joined(loop, group))
        return group->scope != 0 ? LINNET_EEXIST : 0;
    for (size_t i = 0; i < loop->socket_count; i++)
        if (loop->sockets[i].any && loop->sockets[i].local.port == group->port)
            linnet_socket_share(&loop->sockets[i]);
    int added = linnet_loop_add_group(loop, group, choose_answering(loop, group));
    return added < 0 ? added : 0;
}

/* ff02::/16: an address like that is one of an interface, so there is a socket for each. The first interface is the
 * loopback, which is for hosts that have no other. */
static int join_each(linnet_loop *loop, linnet_address group)
{
    int result = LINNET_EADDRESS;
    for (group.scope = LINNET_NET_INTERFACES; group.scope > 0; group.scope--) {
        int error = group.scope > 1 || result != 0 ? join_one(loop, &group) : 0;
        result = error == 0 || error == LINNET_EEXIST || result == 0 ? 0 : error;
    }
    return result;
}

static bool is_of_interface(const linnet_address *group)
{
    return group->ip[0] == 0xff && (group->ip[1] & 0xf) == 2 && group->scope == 0;
}

int linnet_server_join(linnet_server *server, const char *text)
{
    linnet_address group;
    errno = 0;
    if (!linnet_address_from_text(&group, text, linnet_scheme_port(LINNET_COAP)) ||
        !linnet_address_is_multicast(&group) || group.port == 0)
        return LINNET_EADDRESS;
    return is_of_interface(&group) ? join_each(&server->loop, group) : join_one(&server->loop, &group);
}
