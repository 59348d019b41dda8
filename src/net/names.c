/* getaddrinfo(), for servers at once and for clients in a thread. */
#include "net/names.h"

#include "net/address_system.h"

#include <linnet/error.h>
#include <netdb.h>

bool linnet_name_from_uri(char name[LINNET_NAME_MAX + 1], const linnet_uri *uri)
{
    linnet_bytes rest = uri->host;
    size_t size;
    if (!linnet_uri_next(&rest, '/', (uint8_t *)name, &size) || memchr(name, '\0', size))
        return false;
    name[size] = '\0';
    for (char *at = name; *at; at++)
        *at = *at >= 'A' && *at <= 'Z' ? (char)(*at - 'A' + 'a') : *at;
    return true;
}

static bool holds(const linnet_address *addresses, int count, const linnet_address *address)
{
    for (int i = 0; i < count; i++) {
        if (linnet_address_equal(&addresses[i], address))
            return true;
    }
    return false;
}

int linnet_name_look_up(const char *name, linnet_address addresses[LINNET_RESOLVE_ADDRESSES])
{
    /* No AI_ADDRCONFIG: on a host whose only interface is the loopback it would find nothing. An address of a family
     * that this host cannot reach fails at once, and then the next one is tried. */
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM};
    struct addrinfo *list = NULL;
    int count = 0;
    if (getaddrinfo(name, NULL, &hints, &list) != 0)
        return LINNET_ERESOLVE;
    for (struct addrinfo *entry = list; entry && count < LINNET_RESOLVE_ADDRESSES; entry = entry->ai_next) {
        linnet_sockaddr system;
        linnet_address address;
        if (entry->ai_addrlen > sizeof system)
            continue;
        memcpy(&system, entry->ai_addr, entry->ai_addrlen);
        if (linnet_address_from_system(&address, &system) && !holds(addresses, count, &address))
            addresses[count++] = address;
    }
    freeaddrinfo(list);
    return count > 0 ? count : LINNET_ERESOLVE;
}
