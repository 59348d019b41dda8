/* getentropy(), which gives 256 octets at most. */
#include "net/random.h"

#include <unistd.h>

enum { PIECE = 256 };

bool linnet_entropy(void *out, size_t size)
{
    for (size_t have = 0; have < size; have += PIECE)
        if (getentropy((uint8_t *)out + have, size - have < PIECE ? size - have : PIECE) != 0)
            return false;
    return true;
}
