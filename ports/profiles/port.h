/* What a platform must supply. A real port has these in its own files: a radio or Ethernet driver, a hardware random
 * generator, a timer. */
#ifndef LINNET_PROFILES_PORT_H
#define LINNET_PROFILES_PORT_H

#include <linnet/endpoint.h>

/* Microseconds since the start; never falls. */
uint64_t linnet_port_clock(void);
/* Waits for a datagram until `deadline` at most. Its size, 0: none came. */
size_t linnet_port_receive(linnet_path *path, uint8_t *datagram, size_t capacity, uint64_t deadline);

/* The functions of a linnet_port. */
uint8_t *linnet_port_slot(void *context, size_t *capacity);
void linnet_port_send(void *context, const linnet_path *path, size_t size);
void linnet_port_random(void *context, void *out, size_t size);

#endif
