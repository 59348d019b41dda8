/* Addresses as the system's calls want them, and from text. IPv4 is the mapped form on our side of this file. */
#include "net/address_system.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdlib.h>

socklen_t linnet_address_to_system(const linnet_address *address, int family, linnet_sockaddr *system)
{
    if (family == AF_INET) {
        if (!linnet_address_is_ipv4(address))
            return 0;
        system->v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(address->port)};
        memcpy(&system->v4.sin_addr, address->ip + 12, 4);
        return sizeof system->v4;
    }
    system->v6.sin6_family = AF_INET6;
    system->v6.sin6_port = htons(address->port);
    system->v6.sin6_flowinfo = 0;
    system->v6.sin6_scope_id = address->scope;
    memcpy(&system->v6.sin6_addr, address->ip, 16);
    return sizeof system->v6;
}

bool linnet_address_from_system(linnet_address *address, const linnet_sockaddr *system)
{
    address->scope = 0;
    address->reserved = 0;
    address->session = 0;
    if (system->any.sa_family == AF_INET6) {
        memcpy(address->ip, &system->v6.sin6_addr, 16);
        address->scope = system->v6.sin6_scope_id;
        address->port = ntohs(system->v6.sin6_port);
        return true;
    }
    if (system->any.sa_family != AF_INET)
        return false;
    linnet_ip_from_v4(address->ip, &system->v4.sin_addr);
    address->port = ntohs(system->v4.sin_port);
    return true;
}

void linnet_ip_from_v4(uint8_t ip[16], const struct in_addr *v4)
{
    memset(ip, 0, 10);
    memset(ip + 10, 0xff, 2);
    memcpy(ip + 12, v4, 4);
}

bool linnet_ip_is_any(const uint8_t ip[16])
{
    static const uint8_t any[16] = {0};
    static const uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff};
    return memcmp(ip, any, 16) == 0 || memcmp(ip, mapped, 16) == 0;
}

bool linnet_ip_is_link_local(const uint8_t ip[16]) { return ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80; }

/* A whole decimal number of at most `limit`; false for anything else. */
static bool read_number(const char *text, unsigned long limit, unsigned long *number)
{
    if (text[0] < '0' || text[0] > '9')
        return false;
    char *end;
    *number = strtoul(text, &end, 10);
    return *end == '\0' && *number <= limit;
}

bool linnet_interface_from_text(uint32_t *index, const char *text)
{
    unsigned long number;
    *index = read_number(text, UINT32_MAX, &number) ? (uint32_t)number : if_nametoindex(text);
    return *index != 0;
}

/* The interface behind the '%' of a literal: its name or number. In a URI the '%' itself is written "%25" (RFC 6874).
 */
static bool read_zone(const char *zone, uint32_t *scope)
{
    if (strncmp(zone, "25", 2) == 0 && zone[2] != '\0')
        zone += 2;
    return linnet_interface_from_text(scope, zone);
}

bool linnet_address_from_host(linnet_address *address, linnet_bytes host, uint16_t port)
{
    char text[INET6_ADDRSTRLEN + 1 + IF_NAMESIZE + 2];
    struct in_addr v4;
    if (host.size == 0 || host.size >= sizeof text)
        return false;
    memcpy(text, host.data, host.size);
    text[host.size] = '\0';
    *address = (linnet_address){.port = port};
    char *zone = strchr(text, '%');
    if (zone)
        *zone++ = '\0';
    if (inet_pton(AF_INET, text, &v4) == 1) {
        linnet_ip_from_v4(address->ip, &v4);
        return !zone || (linnet_address_is_multicast(address) && read_zone(zone, &address->scope));
    }
    return inet_pton(AF_INET6, text, address->ip) == 1 && (!zone || read_zone(zone, &address->scope));
}

/* Splits "host:port"; the port stays empty where there is none. False for "[::1]x" and the like. */
static bool split(const char *text, linnet_bytes *host, const char **port)
{
    const char *close = strchr(text, ']');
    *port = NULL;
    if (text[0] == '[') {
        if (!close)
            return false;
        *host = linnet_view(text + 1, (size_t)(close - text - 1));
        *port = close[1] == ':' ? close + 2 : NULL;
        return close[1] == ':' || close[1] == '\0';
    }
    const char *colon = strchr(text, ':');
    *host = linnet_text(text);
    if (colon && !strchr(colon + 1, ':')) { /* one colon parts the port, several are a bare IPv6 address */
        host->size = (size_t)(colon - text);
        *port = colon + 1;
    }
    return true;
}

bool linnet_address_from_text(linnet_address *address, const char *text, uint16_t default_port)
{
    linnet_bytes host;
    const char *port_text;
    unsigned long port = default_port;
    if (!split(text, &host, &port_text) || (port_text && !read_number(port_text, UINT16_MAX, &port)))
        return false;
    if (host.size > 0)
        return linnet_address_from_host(address, host, (uint16_t)port);
    *address = (linnet_address){.port = (uint16_t)port};
    return text[0] != '[';
}
