/* A descriptor that is readable from being rung until it is hushed. */
#ifndef LINNET_NET_WAKER_H
#define LINNET_NET_WAKER_H

#include <stdbool.h>

/* A new one, for close(); -1: see errno. */
int linnet_waker_open(void);
/* From any thread and from signal handlers; errno stays. */
void linnet_waker_ring(int waker);
/* Whether it had been rung. */
bool linnet_waker_hush(int waker);

#endif
