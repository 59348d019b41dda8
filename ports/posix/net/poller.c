/* poll(). A set of descriptors is none itself here, so a thread of its own stands behind the one for foreign loops: it
 * is started when that one is asked for, and rings it when a descriptor of the set is ready. */
#include "net/poller.h"

#include "net/thread.h"
#include "net/waker.h"

#include <errno.h>
#include <linnet/error.h>
#include <linnet/loop.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum { LONGEST_WAIT_MS = 3600000, SHORT_WAIT_MS = 10 };

typedef struct watched {
    uint64_t name;
    int descriptor;
} watched;

/* What one thread polls: a copy, since others may change the set meanwhile. */
typedef struct polled {
    struct pollfd *files;
    uint64_t *names;
    size_t count;
    size_t capacity;
} polled;

struct linnet_poller_set {
    pthread_mutex_t mutex; /* of what follows, up to the views */
    watched *all;
    size_t count;
    size_t capacity;
    bool told;    /* `tell` is readable, until a waiting finds nothing */
    bool closing; /* the thread is to end */
    bool has_thread;
    pthread_t thread;
    int tell;   /* wakers: of foreign loops, */
    int change; /* and of the thread */

    polled waited; /* of whoever waits */
    polled seen;   /* of the thread */
    size_t next;   /* where the search for events begins, so that each gets its turn */
};

int linnet_poller_open(linnet_poller *poller)
{
    struct linnet_poller_set *set = calloc(1, sizeof *set);
    if (!set)
        return LINNET_ENOMEM;
    set->tell = set->change = -1;
    pthread_mutex_init(&set->mutex, NULL);
    poller->set = set;
    return 0;
}

static void free_view(polled *view)
{
    free(view->files);
    free(view->names);
}

static void end_thread(struct linnet_poller_set *set)
{
    pthread_mutex_lock(&set->mutex);
    bool runs = set->has_thread;
    set->closing = true;
    pthread_mutex_unlock(&set->mutex);
    if (!runs)
        return;
    linnet_waker_ring(set->change);
    pthread_join(set->thread, NULL);
}

static void close_waker(int waker)
{
    if (waker >= 0)
        close(waker);
}

void linnet_poller_close(linnet_poller *poller)
{
    struct linnet_poller_set *set = poller->set;
    poller->set = NULL;
    if (!set)
        return;
    end_thread(set);
    close_waker(set->tell);
    close_waker(set->change);
    pthread_mutex_destroy(&set->mutex);
    free_view(&set->waited);
    free_view(&set->seen);
    free(set->all);
    free(set);
}

/* With the mutex held. */
static int grow(struct linnet_poller_set *set)
{
    size_t capacity = set->capacity ? set->capacity * 2 : 4;
    watched *all = realloc(set->all, capacity * sizeof *all);
    if (!all)
        return LINNET_ENOMEM;
    set->all = all;
    set->capacity = capacity;
    return 0;
}

/* With the mutex held. The thread looks again. */
static void tell_thread(struct linnet_poller_set *set)
{
    if (set->has_thread)
        linnet_waker_ring(set->change);
}

int linnet_poller_add(linnet_poller *poller, int descriptor, uint64_t name)
{
    struct linnet_poller_set *set = poller->set;
    if (descriptor < 0) /* of a poller that could not start its thread */
        return LINNET_ESYSTEM;
    pthread_mutex_lock(&set->mutex);
    int error = set->count < set->capacity ? 0 : grow(set);
    if (error == 0) {
        set->all[set->count++] = (watched){.name = name, .descriptor = descriptor};
        tell_thread(set);
    }
    pthread_mutex_unlock(&set->mutex);
    return error;
}

void linnet_poller_remove(linnet_poller *poller, int descriptor)
{
    struct linnet_poller_set *set = poller->set;
    pthread_mutex_lock(&set->mutex);
    for (size_t i = 0; i < set->count; i++) {
        if (set->all[i].descriptor == descriptor) {
            set->all[i] = set->all[--set->count];
            break;
        }
    }
    tell_thread(set);
    pthread_mutex_unlock(&set->mutex);
}

/* With the mutex held: room for `count`, or as much as there is memory for. */
static void make_room(polled *view, size_t count)
{
    if (count <= view->capacity)
        return;
    struct pollfd *files = realloc(view->files, count * sizeof *files);
    if (files)
        view->files = files;
    uint64_t *names = realloc(view->names, count * sizeof *names);
    if (names)
        view->names = names;
    if (files && names)
        view->capacity = count;
}

/* Begins with `first`, unless it is -1. Returns for how long that is to be polled at most: not long where there was no
 * memory for all, so that it is tried again. */
static int look(struct linnet_poller_set *set, polled *view, int first, bool alone)
{
    pthread_mutex_lock(&set->mutex);
    make_room(view, set->count + 1);
    view->count = 0;
    if (first >= 0 && view->capacity > 0)
        view->files[view->count++] = (struct pollfd){.fd = first, .events = POLLIN};
    for (size_t i = 0; !alone && i < set->count && view->count < view->capacity; i++) {
        view->names[view->count] = set->all[i].name;
        view->files[view->count++] = (struct pollfd){.fd = set->all[i].descriptor, .events = POLLIN};
    }
    bool whole = view->capacity > set->count;
    pthread_mutex_unlock(&set->mutex);
    return whole ? LONGEST_WAIT_MS : SHORT_WAIT_MS;
}

static bool is_told(struct linnet_poller_set *set, bool *closing)
{
    pthread_mutex_lock(&set->mutex);
    bool told = set->told;
    *closing = set->closing;
    pthread_mutex_unlock(&set->mutex);
    return told;
}

static void tell(struct linnet_poller_set *set)
{
    pthread_mutex_lock(&set->mutex);
    if (!set->told)
        linnet_waker_ring(set->tell);
    set->told = true;
    pthread_mutex_unlock(&set->mutex);
}

static void *run(void *context)
{
    struct linnet_poller_set *set = context;
    bool closing;
    for (bool told; told = is_told(set, &closing), !closing;) {
        int longest = look(set, &set->seen, set->change, told);
        int ready = poll(set->seen.files, (nfds_t)set->seen.count, longest);
        if (ready > 0 && set->seen.files[0].revents != 0) {
            (void)linnet_waker_hush(set->change);
            ready--;
        }
        if (ready > 0)
            tell(set);
    }
    return NULL;
}

/* With the mutex held. The thread's first view must have room. */
static int start(struct linnet_poller_set *set)
{
    set->tell = set->tell >= 0 ? set->tell : linnet_waker_open();
    set->change = set->change >= 0 ? set->change : linnet_waker_open();
    make_room(&set->seen, set->count + 1);
    if (set->tell < 0 || set->change < 0 || set->seen.capacity == 0)
        return -1;
    set->has_thread = linnet_thread_start(&set->thread, run, set) == 0;
    return set->has_thread ? set->tell : -1;
}

int linnet_poller_descriptor(const linnet_poller *poller)
{
    struct linnet_poller_set *set = poller->set;
    pthread_mutex_lock(&set->mutex);
    int descriptor = set->has_thread ? set->tell : start(set);
    pthread_mutex_unlock(&set->mutex);
    return descriptor;
}

/* Nothing is there: the thread may watch again. */
static void rearm(struct linnet_poller_set *set)
{
    pthread_mutex_lock(&set->mutex);
    if (set->told) {
        set->told = false;
        (void)linnet_waker_hush(set->tell);
        tell_thread(set);
    }
    pthread_mutex_unlock(&set->mutex);
}

/* Rounded up: waking too early would only mean to wait again. */
static int milliseconds_until(uint64_t until, int longest)
{
    uint64_t now = until == UINT64_MAX || until == 0 ? 0 : linnet_clock();
    uint64_t left = until > now ? (until - now) / 1000 + ((until - now) % 1000 != 0) : 0;
    return left < (uint64_t)longest ? (int)left : longest;
}

int linnet_poller_wait(linnet_poller *poller, linnet_poller_event events[LINNET_POLLER_EVENTS], uint64_t until)
{
    struct linnet_poller_set *set = poller->set;
    polled *view = &set->waited;
    int found = 0;
    int longest = look(set, view, -1, false);
    int ready = poll(view->files, (nfds_t)view->count, milliseconds_until(until, longest));
    if (ready == 0)
        rearm(set);
    if (ready <= 0)
        return ready;
    for (size_t i = 0; i < view->count && found < ready && found < LINNET_POLLER_EVENTS; i++) {
        size_t at = (set->next + i) % view->count;
        short what = view->files[at].revents;
        if (what != 0)
            events[found++] = (linnet_poller_event){view->names[at], (what & POLLIN) != 0, (what & POLLERR) != 0};
    }
    set->next = (set->next + 1) % view->count;
    return found;
}
