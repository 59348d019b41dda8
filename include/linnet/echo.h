/*
 * The Echo option in the server role (RFC 9175 2): proof that a request is fresh, for resources that ask for it
 * (linnet_resource_config.fresh_ms), and that a peer is where it says it is, before much is sent there
 * (linnet_limits.amplification). A device that never calls linnet_echo_init() links nothing of it; requests for
 * resources with fresh_ms are then refused, 4.01. linnet_server has it.
 */
#ifndef LINNET_ECHO_H
#define LINNET_ECHO_H

#include <linnet/endpoint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct linnet_echo linnet_echo;

/* Octets of memory for limits.proved_peers; little where limits.amplification is 0. */
size_t linnet_echo_memory(const linnet_limits *limits);
/* As linnet_endpoint_init(), with the endpoint's limits. LINNET_ENOMEM. The memory is free after
 * linnet_endpoint_clear(). */
int linnet_echo_init(linnet_echo **echo, void *memory, size_t size, linnet_endpoint *endpoint);

#ifdef __cplusplus
}
#endif
#endif
