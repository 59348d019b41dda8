/* Starting a thread, and conditions of the clock that linnet_clock() reads. */
#include "net/thread.h"

#include <signal.h>
#include <time.h>

int linnet_thread_start(pthread_t *thread, void *(*run)(void *), void *context)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int number = pthread_create(thread, NULL, run, context);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return number;
}

const void *linnet_thread_self(void)
{
    static _Thread_local char own;
    return &own;
}

int linnet_condition_init(pthread_cond_t *condition)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    int number = pthread_cond_init(condition, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return number;
}

void linnet_condition_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, uint64_t until)
{
    struct timespec time = {.tv_sec = (time_t)(until / 1000000), .tv_nsec = (long)(until % 1000000 * 1000)};
    if (until == UINT64_MAX)
        pthread_cond_wait(condition, mutex);
    else
        pthread_cond_timedwait(condition, mutex, &time);
}
