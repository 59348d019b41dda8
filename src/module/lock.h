/* The lock of a module: recursive, and fair, so that a thread that serves without pause lets the others in. A thread
 * that holds it once may give it up to wait for a change. */
#ifndef LINNET_MODULE_LOCK_H
#define LINNET_MODULE_LOCK_H

#include <pthread.h>
#include <stdint.h>

typedef struct linnet_lock {
    pthread_mutex_t mutex;  /* of the members below; held for moments */
    pthread_cond_t turn;    /* `serving` has changed */
    pthread_cond_t changed; /* linnet_lock_notify() */
    uint64_t next;          /* the ticket that is given next */
    uint64_t serving;       /* the ticket whose holder has the lock, or may take it */
    const void *owner;      /* linnet_thread_self(), where depth > 0 */
    unsigned depth;
} linnet_lock;

/* 0 or LINNET_ENOMEM, then there is nothing to destroy. */
int linnet_lock_init(linnet_lock *lock);
void linnet_lock_destroy(linnet_lock *lock);

void linnet_lock_enter(linnet_lock *lock);
void linnet_lock_leave(linnet_lock *lock);
/* Waits for its turn until that time, and then takes the lock from a thread that is no more, with all that waited. */
void linnet_lock_seize(linnet_lock *lock, uint64_t until);

/* Held once: gives it up until somebody notifies or the time (of linnet_clock(); UINT64_MAX: none) has come. */
void linnet_lock_wait(linnet_lock *lock, uint64_t until);
void linnet_lock_notify(linnet_lock *lock);

#endif
