/* Asking the system for the addresses of a name. */
#ifndef LINNET_NET_NAMES_H
#define LINNET_NET_NAMES_H

#include "net/settings.h"

#include <linnet/address.h>
#include <linnet/uri.h>

#define LINNET_NAME_MAX 255u /* octets of a host name, as Uri-Host has them */

/* The host of a URI as a C string, percent-encoding decoded, lower case. False: too long, or a NUL in it. */
bool linnet_name_from_uri(char name[LINNET_NAME_MAX + 1], const linnet_uri *uri);

/* Fills in up to LINNET_RESOLVE_ADDRESSES, the best first, with port 0; returns how many, or LINNET_ERESOLVE. It may
 * take seconds. */
int linnet_name_look_up(const char *name, linnet_address addresses[LINNET_RESOLVE_ADDRESSES]);

#endif
