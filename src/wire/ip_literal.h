/* Which texts are IP addresses (RFC 3986 3.2.2). */
#ifndef LINNET_WIRE_IP_LITERAL_H
#define LINNET_WIRE_IP_LITERAL_H

#include <linnet/bytes.h>

/* Dotted decimal, four numbers without leading zeros. */
bool linnet_is_ipv4(linnet_bytes text);

/* An IPv6 address without brackets, with an optional zone: "fe80::1%eth0", or "%25eth0" as RFC 6874 writes it. */
bool linnet_is_ipv6(linnet_bytes text);

#endif
