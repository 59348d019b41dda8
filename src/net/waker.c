/* An eventfd. */
#include "net/waker.h"

#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

int linnet_waker_open(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void linnet_waker_ring(int waker)
{
    static const uint64_t one = 1;
    int number = errno;
    if (write(waker, &one, sizeof one) < 0)
        errno = 0; /* the counter is at its end, so it is readable */
    errno = number;
}

bool linnet_waker_hush(int waker)
{
    uint64_t count;
    return read(waker, &count, sizeof count) == sizeof count;
}
