/* Which addresses a server listens on. */
#include "net/names.h"
#include "net/server.h"

#include <errno.h>
#include <linnet/error.h>
#include <linnet/uri.h>

static int find_addresses(const linnet_uri *uri, linnet_address addresses[LINNET_RESOLVE_ADDRESSES])
{
    char name[LINNET_NAME_MAX + 1];
    if (uri->host_is_literal)
        return linnet_address_from_host(addresses, uri->host, 0) ? 1 : LINNET_EADDRESS; /* an unknown interface */
    return linnet_name_from_uri(name, uri) ? linnet_name_look_up(name, addresses) : LINNET_ERESOLVE;
}

/* A name may have addresses of a family that this host does not have: these are passed over, as long as one remains. */
static bool is_absent(int number) { return number == EADDRNOTAVAIL || number == EAFNOSUPPORT; }

/* Binds each address, all on one port: the one that the first of them got where it is 0. All or none. */
static int bind_each(linnet_loop *loop, const linnet_address *addresses, int count, uint16_t port, bool secured)
{
    size_t before = loop->socket_count;
    int result = LINNET_EADDRESS;
    for (int i = 0; i < count; i++) {
        linnet_address address = addresses[i];
        address.port = port;
        result = linnet_loop_add_socket(loop, &address);
        if (result >= 0) {
            port = loop->sockets[result].local.port;
            loop->sockets[result].secured = secured;
        } else if (!is_absent(errno)) {
            linnet_loop_drop_sockets(loop, before);
            return result;
        }
    }
    return loop->socket_count > before ? 0 : result;
}

int linnet_server_bind(linnet_server *server, const char *text)
{
    linnet_uri uri;
    linnet_address addresses[LINNET_RESOLVE_ADDRESSES];
    int error = linnet_uri_parse(&uri, linnet_text(text));
    if (error != 0)
        return error;
    if (uri.scheme != LINNET_COAP && uri.scheme != LINNET_COAPS)
        return LINNET_ESCHEME;
    if (uri.scheme == LINNET_COAPS && !server->loop.dtls)
        return LINNET_ECREDENTIALS;
    int count = find_addresses(&uri, addresses);
    if (count < 0)
        return count;
    /* The port that the first address got may be taken at the second. */
    int tries = uri.port == 0 && count > 1 ? LINNET_NET_PORT_TRIES : 1;
    do
        error = bind_each(&server->loop, addresses, count, uri.port, uri.scheme == LINNET_COAPS);
    while (error == LINNET_EADDRESS && errno == EADDRINUSE && --tries > 0);
    return error;
}

/* NULL: past the last. Those of groups do not count. */
static const linnet_socket *socket_at(const linnet_server *server, size_t index)
{
    for (size_t i = 0; i < server->loop.socket_count; i++) {
        if (!server->loop.sockets[i].group && index-- == 0)
            return &server->loop.sockets[i];
    }
    return NULL;
}

int linnet_server_address(const linnet_server *server, size_t index, linnet_address *address)
{
    const linnet_socket *socket = socket_at(server, index);
    if (!socket)
        return LINNET_ENOENT;
    *address = socket->local;
    return 0;
}

bool linnet_server_is_secured(const linnet_server *server, size_t index)
{
    const linnet_socket *socket = socket_at(server, index);
    return socket && socket->secured;
}
