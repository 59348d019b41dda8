/* The clock that all deadlines are in. */
#include <linnet/loop.h>
#include <time.h>

uint64_t linnet_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}
