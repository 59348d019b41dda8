/* Threads, and waiting for a condition until a time of linnet_clock(). */
#ifndef LINNET_NET_THREAD_H
#define LINNET_NET_THREAD_H

#include <pthread.h>
#include <stdint.h>

/* All signals are for the threads of the program: the new one has them blocked. What pthread_create() returns. */
int linnet_thread_start(pthread_t *thread, void *(*run)(void *), void *context);
/* The calling thread: no other one that lives has this address. Unlike pthread_self() also for those that were made by
 * other means, as tasks of FreeRTOS are. */
const void *linnet_thread_self(void);

/* For linnet_condition_wait(). What pthread_cond_init() returns. */
int linnet_condition_init(pthread_cond_t *condition);
/* UINT64_MAX: without end. Returns at times without a reason. */
void linnet_condition_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, uint64_t until);

#endif
