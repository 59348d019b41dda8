/* Stands in for src/net/random.h: smaller pieces. */
#ifndef LINNET_NET_RANDOM_H
#define LINNET_NET_RANDOM_H

#include <stddef.h>
#include <stdint.h>

typedef struct linnet_random {
    uint8_t bytes[256];
    size_t left;
} linnet_random;

/* Takes the first piece; LINNET_ESYSTEM when the kernel has none to give. */
int linnet_random_init(linnet_random *random);
/* `context` is a linnet_random: a function for linnet_port. */
void linnet_random_fill(void *context, void *out, size_t size);

#endif
