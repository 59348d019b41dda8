/* Hosts as people write them - an address with or without brackets, a name - and as URIs and Uri-Host have them. */
#ifndef LINNET_MODULE_HOST_H
#define LINNET_MODULE_HOST_H

#include "net/names.h"

#include <linnet/address.h>

typedef struct linnet_module_host {
    char text[LINNET_NAME_MAX + 1]; /* lower case, without brackets; an interface behind '%' stays */
    bool is_literal;
    linnet_address address; /* where it is a literal; port 0 */
} linnet_module_host;

/* "coaps://[", a host, "]:65535" and a NUL. */
#define LINNET_MODULE_URI (sizeof "coaps://[]:65535" + LINNET_NAME_MAX)

/* LINNET_EADDRESS: it is no address of a host, and no name could look like that. */
int linnet_module_read_host(linnet_module_host *host, const char *text);
/* "coap://[::1]:5683", or "coaps://[::1]:5684" where `secured`; returns `uri`. */
char *linnet_module_write_uri(const linnet_module_host *host, uint16_t port, bool secured, char uri[LINNET_MODULE_URI]);
/* The value of Uri-Host: "[fe80::1]" without the interface, which nobody else has to know. Returns its size. */
size_t linnet_module_write_uri_host(const linnet_module_host *host, char value[LINNET_NAME_MAX + 1]);

#endif
