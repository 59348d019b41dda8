/* lwIP in this process, with interfaces of its own. */
#ifndef LINNET_TESTS_LWIP_STACK_H
#define LINNET_TESTS_LWIP_STACK_H

#include <stdbool.h>

/* Starts it, with 127.0.0.1 and ::1. */
void stack_start(void);
/* Adds an interface on that TAP device, with IPv4 address/24, and a link-local IPv6 address. False: there is none. */
bool stack_add_tap(const char *name, const char *address);
/* How many sockets are open; names.c counts them. */
int stack_open_sockets(void);

#endif
