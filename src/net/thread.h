/* Threads of the library's own. */
#ifndef LINNET_NET_THREAD_H
#define LINNET_NET_THREAD_H

#include <pthread.h>

/* All signals are for the threads of the program: the new one has them blocked. What pthread_create() returns. */
int linnet_thread_start(pthread_t *thread, void *(*run)(void *), void *context);

#endif
