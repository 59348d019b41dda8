/* What differs between systems for the thread of background.c: how it is started, how it waits, and how it wakes the
 * main thread, which may sleep, poll or read a line. */
#ifndef LINNET_MICROPYTHON_WAKE_H
#define LINNET_MICROPYTHON_WAKE_H

#include <pthread.h>
#include <time.h>

/* Starts and detaches a thread that is none of the interpreter's; what pthread_create() returns. */
int linnet_mp_wake_start(void *(*run)(void *), void *context);
/* Ends what the main thread may be waiting in; not from that thread. */
void linnet_mp_wake_main(void);
/* A condition for pthread_cond_timedwait(); what pthread_cond_init() returns. */
int linnet_mp_wake_condition(pthread_cond_t *condition);
/* So many milliseconds from now, for that. */
struct timespec linnet_mp_wake_time(int milliseconds);

#endif
