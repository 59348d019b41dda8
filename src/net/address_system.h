/* Between linnet_address and what the system has: sockaddr, text with interface names. */
#ifndef LINNET_NET_ADDRESS_SYSTEM_H
#define LINNET_NET_ADDRESS_SYSTEM_H

#include <linnet/address.h>
#include <netinet/in.h>
#include <sys/socket.h>

typedef union linnet_sockaddr {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
} linnet_sockaddr;

/* Writes the address for a socket of that family; returns its length, 0 when such a socket cannot reach it. */
socklen_t linnet_address_to_system(const linnet_address *address, int family, linnet_sockaddr *system);
/* False for a family that is neither AF_INET nor AF_INET6. */
bool linnet_address_from_system(linnet_address *address, const linnet_sockaddr *system);

void linnet_ip_from_v4(uint8_t ip[16], const struct in_addr *v4);
bool linnet_ip_is_any(const uint8_t ip[16]);        /* :: or 0.0.0.0 */
bool linnet_ip_is_link_local(const uint8_t ip[16]); /* fe80::/10 */

/* A literal without brackets: "127.0.0.1", "::1", "fe80::1%eth0", "fe80::1%252" (as in a URI), "224.0.1.187%eth0".
 * False if it is none. */

bool linnet_address_from_host(linnet_address *address, linnet_bytes host, uint16_t port);
/* An interface's name, or its number in decimal digits. False if there is none of that name. */
bool linnet_interface_from_text(uint32_t *index, const char *text);
/* "127.0.0.1:5683", "[::1]:5683", "::1", ":0" and "" (every address). False if it is none of these. */
bool linnet_address_from_text(linnet_address *address, const char *text, uint16_t default_port);

#endif
