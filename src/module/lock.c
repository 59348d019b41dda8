/* Tickets under a mutex: whoever comes first has the lock first. */
#include "module/lock.h"

#include <stdbool.h>
#include <time.h>

void linnet_lock_init(linnet_lock *lock)
{
    pthread_condattr_t monotonic;
    *lock = (linnet_lock){0};
    pthread_mutex_init(&lock->mutex, NULL);
    pthread_cond_init(&lock->turn, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&lock->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

void linnet_lock_destroy(linnet_lock *lock)
{
    pthread_cond_destroy(&lock->changed);
    pthread_cond_destroy(&lock->turn);
    pthread_mutex_destroy(&lock->mutex);
}

/* These two with the mutex held. */
static void take(linnet_lock *lock)
{
    uint64_t ticket = lock->next++;
    while (lock->serving != ticket)
        pthread_cond_wait(&lock->turn, &lock->mutex);
    lock->owner = pthread_self();
    lock->depth = 1;
}

static void give(linnet_lock *lock)
{
    lock->depth = 0;
    lock->serving++;
    if (lock->next != lock->serving)
        pthread_cond_broadcast(&lock->turn);
}

void linnet_lock_enter(linnet_lock *lock)
{
    pthread_mutex_lock(&lock->mutex);
    if (lock->depth > 0 && pthread_equal(lock->owner, pthread_self()))
        lock->depth++;
    else
        take(lock);
    pthread_mutex_unlock(&lock->mutex);
}

void linnet_lock_leave(linnet_lock *lock)
{
    pthread_mutex_lock(&lock->mutex);
    if (lock->depth > 1)
        lock->depth--;
    else
        give(lock);
    pthread_mutex_unlock(&lock->mutex);
}

void linnet_lock_wait(linnet_lock *lock, uint64_t until)
{
    struct timespec time = {.tv_sec = (time_t)(until / 1000000), .tv_nsec = (long)(until % 1000000 * 1000)};
    pthread_mutex_lock(&lock->mutex);
    give(lock); /* a change between this and the waiting cannot be missed: the mutex is held */
    if (until == UINT64_MAX)
        pthread_cond_wait(&lock->changed, &lock->mutex);
    else
        pthread_cond_timedwait(&lock->changed, &lock->mutex, &time);
    take(lock);
    pthread_mutex_unlock(&lock->mutex);
}

void linnet_lock_notify(linnet_lock *lock)
{
    pthread_mutex_lock(&lock->mutex);
    pthread_cond_broadcast(&lock->changed);
    pthread_mutex_unlock(&lock->mutex);
}
