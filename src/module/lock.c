/* Tickets under a mutex: whoever comes first has the lock first. */
#include "module/lock.h"

#include "net/thread.h"

#include <linnet/error.h>
#include <linnet/loop.h>

int linnet_lock_init(linnet_lock *lock)
{
    *lock = (linnet_lock){0};
    if (pthread_mutex_init(&lock->mutex, NULL) != 0)
        return LINNET_ENOMEM;
    if (linnet_condition_init(&lock->turn) == 0) {
        if (linnet_condition_init(&lock->changed) == 0)
            return 0;
        pthread_cond_destroy(&lock->turn);
    }
    pthread_mutex_destroy(&lock->mutex);
    return LINNET_ENOMEM;
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
    while (lock->serving != ticket) {
        pthread_cond_wait(&lock->turn, &lock->mutex);
        if (lock->serving > ticket) /* somebody has seized the lock */
            ticket = lock->next++;
    }
    lock->owner = linnet_thread_self();
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
    if (lock->depth > 0 && lock->owner == linnet_thread_self())
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

void linnet_lock_seize(linnet_lock *lock, uint64_t until)
{
    pthread_mutex_lock(&lock->mutex);
    uint64_t ticket = lock->next++;
    while (lock->serving != ticket && linnet_clock() < until)
        linnet_condition_wait(&lock->turn, &lock->mutex, until);
    if (lock->serving != ticket) {
        lock->serving = ticket;
        pthread_cond_broadcast(&lock->turn); /* those who live take other tickets */
    }
    lock->owner = linnet_thread_self();
    lock->depth = 1;
    pthread_mutex_unlock(&lock->mutex);
}

void linnet_lock_wait(linnet_lock *lock, uint64_t until)
{
    pthread_mutex_lock(&lock->mutex);
    give(lock); /* a change between this and the waiting cannot be missed: the mutex is held */
    linnet_condition_wait(&lock->changed, &lock->mutex, until);
    take(lock);
    pthread_mutex_unlock(&lock->mutex);
}

void linnet_lock_notify(linnet_lock *lock)
{
    pthread_mutex_lock(&lock->mutex);
    pthread_cond_broadcast(&lock->changed);
    pthread_mutex_unlock(&lock->mutex);
}
