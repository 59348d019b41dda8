/* Without signals to block, and with conditions that know the time of day alone: that may be set while one waits, so
 * the wait is a matter of slices. */
#include "net/thread.h"

#include "net/settings.h"

#include <linnet/loop.h>
#include <time.h>

enum { SLICE_US = 1000000 };

int linnet_thread_start(pthread_t *thread, void *(*run)(void *), void *context)
{
    pthread_attr_t attributes;
    size_t stack = LINNET_NET_THREAD_STACK;
    int number = pthread_attr_init(&attributes);
    if (number != 0)
        return number;
    if (stack > 0) /* less than the system wants: then it has its own */
        (void)pthread_attr_setstacksize(&attributes, stack);
    number = pthread_create(thread, &attributes, run, context);
    pthread_attr_destroy(&attributes);
    return number;
}

const void *linnet_thread_self(void)
{
    static _Thread_local char own;
    return &own;
}

int linnet_condition_init(pthread_cond_t *condition) { return pthread_cond_init(condition, NULL); }

void linnet_condition_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, uint64_t until)
{
    if (until == UINT64_MAX) {
        pthread_cond_wait(condition, mutex);
        return;
    }
    struct timespec time;
    uint64_t now = linnet_clock();
    uint64_t left = until > now ? until - now : 0;
    if (clock_gettime(CLOCK_REALTIME, &time) != 0)
        return;
    left = (left < SLICE_US ? left : SLICE_US) + (uint64_t)time.tv_nsec / 1000;
    time.tv_sec += (time_t)(left / 1000000);
    time.tv_nsec = (long)(left % 1000000 * 1000);
    pthread_cond_timedwait(condition, mutex, &time);
}
