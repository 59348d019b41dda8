/* A queue of deferred answers, sorted by when they are due, and the thread that waits for the first of them. */
#include "cli/demo_later.h"

#include <linnet/server.h>
#include <pthread.h>
#include <time.h>

#define LATER_MOST 1024 /* answers that wait at the same time; more requests are told 5.03 */

typedef struct later {
    uint64_t due; /* linnet_clock() */
    linnet_deferred deferred;
    const char *text;
} later;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed;
static pthread_t thread;
static bool running, stopping;
static later queue[LATER_MOST]; /* the first due comes last */
static size_t queued;

/* The condition waits by the monotonic clock, which linnet_clock() is. */
static void wait_until(uint64_t due)
{
    struct timespec time = {(time_t)(due / 1000000), (long)(due % 1000000 * 1000)};
    if (due == UINT64_MAX)
        pthread_cond_wait(&changed, &lock);
    else
        pthread_cond_timedwait(&changed, &lock, &time);
}

static void *answer_all(void *unused)
{
    pthread_mutex_lock(&lock);
    while (!stopping) {
        uint64_t due = queued ? queue[queued - 1].due : UINT64_MAX;
        if (due > linnet_clock()) {
            wait_until(due);
            continue;
        }
        later first = queue[--queued];
        pthread_mutex_unlock(&lock);
        linnet_deferred_answer(first.deferred, &(linnet_answer){.payload = linnet_text(first.text)});
        pthread_mutex_lock(&lock);
    }
    pthread_mutex_unlock(&lock);
    return unused;
}

static bool start(void)
{
    pthread_condattr_t attributes;
    if (running)
        return true;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&changed, &attributes);
    pthread_condattr_destroy(&attributes);
    running = pthread_create(&thread, NULL, answer_all, NULL) == 0;
    return running;
}

static void enqueue(later entry)
{
    size_t at = queued++;
    for (; at && queue[at - 1].due <= entry.due; at--)
        queue[at] = queue[at - 1]; /* at the same time: first come, first served */
    queue[at] = entry;
}

void later_answer(linnet_reply *reply, unsigned milliseconds, const char *text)
{
    later entry = {.due = linnet_clock() + milliseconds * 1000ull, .text = text};
    pthread_mutex_lock(&lock);
    if (queued == LATER_MOST || !start())
        linnet_reply_error(reply, LINNET_SERVICE_UNAVAILABLE, "too many answers wait already");
    else if (linnet_reply_defer(reply, &entry.deferred) == 0)
        enqueue(entry);
    if (running)
        pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
}

void later_stop(void)
{
    if (!running)
        return;
    pthread_mutex_lock(&lock);
    stopping = true;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
    pthread_join(thread, NULL);
    while (queued)
        linnet_deferred_drop(queue[--queued].deferred);
    running = stopping = false;
    pthread_cond_destroy(&changed);
}
