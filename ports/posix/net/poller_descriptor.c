/* A set of descriptors is none itself here, so a thread of its own stands behind the one for foreign loops: it is
 * started when that one is asked for, and rings it when a descriptor of the set is ready. */
#include "net/poller_set.h"

#include "net/thread.h"
#include "net/waker.h"

#include <unistd.h>

static void close_waker(int waker)
{
    if (waker >= 0)
        close(waker);
}

void linnet_poller_end_thread(struct linnet_poller_set *set)
{
    pthread_mutex_lock(&set->mutex);
    bool runs = set->has_thread;
    set->closing = true;
    pthread_mutex_unlock(&set->mutex);
    if (runs) {
        linnet_waker_ring(set->change);
        pthread_join(set->thread, NULL);
        atomic_store(&set->bell->watcher, -1);
    }
    close_waker(set->tell);
    close_waker(set->change);
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
    linnet_poller_view *view = &set->seen;
    bool closing;
    for (bool told; told = is_told(set, &closing), !closing;) {
        linnet_poller_begin(set->bell, LINNET_POLLER_WATCHER);
        int longest = linnet_poller_look(set, view, set->change, told);
        bool rung = !told && (view->rung > 0 || atomic_load(&set->rung));
        int ready = linnet_poller_poll(set->bell, LINNET_POLLER_WATCHER, view, rung ? 0 : longest);
        if (ready > 0 && view->files[0].revents != 0) {
            (void)linnet_waker_hush(set->change);
            ready--;
        }
        if (ready > 0 || rung)
            tell(set);
    }
    return NULL;
}

/* With the mutex held. The thread's first view must have room. */
static int start(struct linnet_poller_set *set)
{
    set->tell = set->tell >= 0 ? set->tell : linnet_waker_open();
    set->change = set->change >= 0 ? set->change : linnet_waker_open();
    linnet_poller_make_room(&set->seen, 1);
    if (set->tell < 0 || set->change < 0 || set->seen.capacity == 0)
        return -1;
    set->has_thread = linnet_thread_start(&set->thread, run, set) == 0;
    if (set->has_thread)
        atomic_store(&set->bell->watcher, set->change);
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

void linnet_poller_rearm(struct linnet_poller_set *set)
{
    pthread_mutex_lock(&set->mutex);
    bool told = set->told;
    if (told) {
        set->told = false;
        (void)linnet_waker_hush(set->tell);
        linnet_waker_ring(set->change); /* the thread looks again */
    }
    pthread_mutex_unlock(&set->mutex);
}
