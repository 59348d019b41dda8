/* Random numbers from the system, taken in large pieces: a token must not cost a system call. */
#ifndef LINNET_NET_RANDOM_H
#define LINNET_NET_RANDOM_H

#include "net/settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct linnet_random {
    uint8_t bytes[LINNET_NET_RANDOM];
    size_t left;
} linnet_random;

/* Takes the first piece; LINNET_ESYSTEM when the kernel has none to give. */
int linnet_random_init(linnet_random *random);
/* `context` is a linnet_random: a function for linnet_port. */
void linnet_random_fill(void *context, void *out, size_t size);

/* entropy.c: octets from the system; false where it has none to give. */
bool linnet_entropy(void *out, size_t size);

#endif
