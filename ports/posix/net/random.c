/* Random numbers from getentropy(), which gives 256 octets at most. */
#include "net/random.h"

#include <assert.h>
#include <linnet/error.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int refill(linnet_random *random)
{
    enum { PIECE = 256 };
    static_assert(sizeof random->bytes % PIECE == 0, "whole pieces");
    for (size_t have = 0; have < sizeof random->bytes; have += PIECE)
        if (getentropy(random->bytes + have, PIECE) != 0)
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
