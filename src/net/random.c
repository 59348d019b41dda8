/* A piece of random numbers, given out bit by bit. */
#include "net/random.h"

#include <linnet/error.h>
#include <stdlib.h>
#include <string.h>

static int refill(linnet_random *random)
{
    if (!linnet_entropy(random->bytes, sizeof random->bytes))
        return LINNET_ESYSTEM;
    random->left = sizeof random->bytes;
    return 0;
}

int linnet_random_init(linnet_random *random) { return refill(random); }

void linnet_random_fill(void *context, void *out, size_t size)
{
    linnet_random *random = context;
    uint8_t *to = out;
    while (size > 0) {
        /* Guessable tokens would be worse than no process. It cannot happen: the same call has succeeded at the start,
         * and the kernel's generator never runs dry again. */
        if (random->left == 0 && refill(random) != 0)
            abort();
        size_t part = size < random->left ? size : random->left;
        uint8_t *from = random->bytes + sizeof random->bytes - random->left;
        memcpy(to, from, part);
        memset(from, 0, part); /* what was given out is nobody else's to read */
        random->left -= part;
        to += part;
        size -= part;
    }
}
