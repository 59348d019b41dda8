/* getrandom(). */
#include "net/random.h"

#include <errno.h>
#include <sys/random.h>

bool linnet_entropy(void *out, size_t size)
{
    size_t have = 0;
    while (have < size) {
        ssize_t got = getrandom((uint8_t *)out + have, size - have, 0);
        if (got < 0 && errno != EINTR)
            return false;
        have += got > 0 ? (size_t)got : 0;
    }
    return true;
}
