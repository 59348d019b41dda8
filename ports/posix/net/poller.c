/* poll(). */
#include "net/poller_set.h"

#include "net/waker.h"

#include <errno.h>
#include <linnet/error.h>
#include <linnet/loop.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static linnet_poller_bell *make_bell(void)
{
    linnet_poller_bell *bell = calloc(1, sizeof *bell);
    if (!bell)
        return NULL;
    if (pthread_mutex_init(&bell->mutex, NULL) != 0) {
        free(bell);
        return NULL;
    }
    if (pthread_cond_init(&bell->over, NULL) != 0) {
        pthread_mutex_destroy(&bell->mutex);
        free(bell);
        return NULL;
    }
    atomic_init(&bell->holders, 1);
    atomic_init(&bell->watcher, -1);
    bell->socket = -1;
    return bell;
}

static void drop_bell(linnet_poller_bell *bell)
{
    if (!bell || atomic_fetch_sub(&bell->holders, 1) > 1)
        return;
    if (bell->socket >= 0)
        close(bell->socket);
    pthread_cond_destroy(&bell->over);
    pthread_mutex_destroy(&bell->mutex);
    free(bell);
}

int linnet_poller_open(linnet_poller *poller)
{
    struct linnet_poller_set *set = calloc(1, sizeof *set);
    if (!set)
        return LINNET_ENOMEM;
    set->tell = set->change = -1;
    set->bell = make_bell();
    if (!set->bell || pthread_mutex_init(&set->mutex, NULL) != 0) {
        drop_bell(set->bell);
        free(set);
        return LINNET_ENOMEM;
    }
    poller->set = set;
    return 0;
}

static void free_view(linnet_poller_view *view)
{
    free(view->files);
    free(view->names);
}

void linnet_poller_close(linnet_poller *poller)
{
    struct linnet_poller_set *set = poller->set;
    poller->set = NULL;
    if (!set)
        return;
    linnet_poller_end_thread(set);
    drop_bell(set->bell);
    pthread_mutex_destroy(&set->mutex);
    free_view(&set->waited);
    free_view(&set->seen);
    free(set->all);
    free(set);
}

/* The one who waits looks again, and so does the thread. */
static void wake(const linnet_poller_bell *bell)
{
    int watcher = atomic_load(&bell->watcher);
    if (atomic_load(&bell->waiting))
        linnet_waker_ring(bell->socket);
    if (watcher >= 0)
        linnet_waker_ring(watcher);
}

void linnet_poller_ring(linnet_poller *poller)
{
    struct linnet_poller_set *set = poller->set;
    if (set && !atomic_exchange(&set->rung, true))
        wake(set->bell);
}

/* With the mutex held. */
static int grow(struct linnet_poller_set *set)
{
    size_t capacity = set->capacity ? set->capacity * 2 : 2;
    linnet_poller_watched *all = realloc(set->all, capacity * sizeof *all);
    if (!all)
        return LINNET_ENOMEM;
    set->all = all;
    set->capacity = capacity;
    return 0;
}

static int add(struct linnet_poller_set *set, linnet_poller_watched watched)
{
    pthread_mutex_lock(&set->mutex);
    int error = set->count < set->capacity ? 0 : grow(set);
    if (error == 0)
        set->all[set->count++] = watched;
    pthread_mutex_unlock(&set->mutex);
    if (error == 0)
        wake(set->bell);
    return error;
}

/* Whoever finds somebody polling finds, too, that it can be rung. */
void linnet_poller_begin(linnet_poller_bell *bell, int who)
{
    pthread_mutex_lock(&bell->mutex);
    bell->polling[who] = true;
    bell->polls[who]++;
    if (who == LINNET_POLLER_WAITER)
        atomic_store(&bell->waiting, true);
    pthread_mutex_unlock(&bell->mutex);
}

int linnet_poller_poll(linnet_poller_bell *bell, int who, const linnet_poller_view *view, int milliseconds)
{
    int ready = poll(view->files, (nfds_t)view->count, milliseconds);
    int number = errno;
    pthread_mutex_lock(&bell->mutex);
    bell->polling[who] = false;
    if (who == LINNET_POLLER_WAITER)
        atomic_store(&bell->waiting, false);
    pthread_cond_broadcast(&bell->over);
    pthread_mutex_unlock(&bell->mutex);
    errno = number;
    return ready;
}

/* Ends every poll() that is under way; those that begin from now on look anew. */
static void interrupt(linnet_poller_bell *bell)
{
    unsigned begun[LINNET_POLLER_WHO];
    pthread_mutex_lock(&bell->mutex);
    memcpy(begun, bell->polls, sizeof begun);
    wake(bell);
    for (int who = 0; who < LINNET_POLLER_WHO; who++)
        while (bell->polling[who] && bell->polls[who] == begun[who])
            pthread_cond_wait(&bell->over, &bell->mutex);
    pthread_mutex_unlock(&bell->mutex);
}

static void take_out(struct linnet_poller_set *set, int descriptor, const struct linnet_poller_set *inner)
{
    pthread_mutex_lock(&set->mutex);
    for (size_t i = 0; i < set->count; i++) {
        if (set->all[i].descriptor == descriptor && set->all[i].inner == inner) {
            set->all[i] = set->all[--set->count];
            break;
        }
    }
    pthread_mutex_unlock(&set->mutex);
    interrupt(set->bell);
}

int linnet_poller_add(linnet_poller *poller, int descriptor, uint64_t name)
{
    if (descriptor < 0) /* of a poller that could not start its thread */
        return LINNET_ESYSTEM;
    return add(poller->set, (linnet_poller_watched){.name = name, .descriptor = descriptor});
}

void linnet_poller_remove(linnet_poller *poller, int descriptor) { take_out(poller->set, descriptor, NULL); }

int linnet_poller_nest(linnet_poller *outer, linnet_poller *inner, uint64_t name)
{
    linnet_poller_bell *before = inner->set->bell;
    atomic_fetch_add(&outer->set->bell->holders, 1);
    inner->set->bell = outer->set->bell;
    drop_bell(before);
    return add(outer->set, (linnet_poller_watched){.name = name, .descriptor = -1, .inner = inner->set});
}

void linnet_poller_unnest(linnet_poller *outer, linnet_poller *inner) { take_out(outer->set, -1, inner->set); }

void linnet_poller_make_room(linnet_poller_view *view, size_t count)
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

static void put(linnet_poller_view *view, int descriptor, uint64_t name)
{
    linnet_poller_make_room(view, view->count + 1);
    view->partial |= view->count == view->capacity;
    if (view->count == view->capacity)
        return;
    view->rung += descriptor < 0;
    view->names[view->count] = name;
    view->files[view->count++] = (struct pollfd){.fd = descriptor, .events = POLLIN};
}

/* The outer one's mutex is held, and its own is taken: always in this order. */
static void put_inner(linnet_poller_view *view, struct linnet_poller_set *inner, uint64_t name)
{
    pthread_mutex_lock(&inner->mutex);
    for (size_t i = 0; i < inner->count; i++)
        put(view, inner->all[i].descriptor, name);
    pthread_mutex_unlock(&inner->mutex);
    if (atomic_load(&inner->rung))
        put(view, -1, name);
}

int linnet_poller_look(struct linnet_poller_set *set, linnet_poller_view *view, int first, bool alone)
{
    view->count = view->rung = 0;
    view->partial = false;
    pthread_mutex_lock(&set->mutex);
    if (first >= 0)
        put(view, first, LINNET_POLLER_RUNG);
    for (size_t i = 0; !alone && i < set->count; i++) {
        if (set->all[i].inner)
            put_inner(view, set->all[i].inner, set->all[i].name);
        else
            put(view, set->all[i].descriptor, set->all[i].name);
    }
    pthread_mutex_unlock(&set->mutex);
    return view->partial ? LINNET_POLLER_SHORT_MS : LINNET_POLLER_LONGEST_MS;
}

/* Rounded up: waking too early would only mean to wait again. */
static int milliseconds_until(uint64_t until, int longest)
{
    uint64_t now = until == UINT64_MAX || until == 0 ? 0 : linnet_clock();
    uint64_t left = until > now ? (until - now) / 1000 + ((until - now) % 1000 != 0) : 0;
    return left < (uint64_t)longest ? (int)left : longest;
}

/* What was found, from another place on each time. */
static int collect(struct linnet_poller_set *set, bool has_bell, linnet_poller_event *events)
{
    const linnet_poller_view *view = &set->waited;
    size_t begin = has_bell && view->count > 0;
    size_t count = view->count - begin;
    int found = 0;
    if (atomic_exchange(&set->rung, false))
        events[found++] = (linnet_poller_event){.name = LINNET_POLLER_RUNG, .readable = true};
    for (size_t i = 0; i < count && found < LINNET_POLLER_EVENTS; i++) {
        size_t at = begin + (set->next + i) % count;
        short what = view->files[at].fd < 0 ? POLLIN : view->files[at].revents;
        if (what != 0)
            events[found++] = (linnet_poller_event){view->names[at], (what & POLLIN) != 0, (what & POLLERR) != 0};
    }
    set->next = count > 0 ? (set->next + 1) % count : 0;
    return found;
}

/* Waits, unless `until` is 0; where it does, the bell stands first. Returns what poll() does. */
static int wait(struct linnet_poller_set *set, int bell, uint64_t until)
{
    int longest = linnet_poller_look(set, &set->waited, bell, false);
    bool rung = set->waited.rung > 0 || atomic_load(&set->rung);
    int milliseconds = rung ? 0 : milliseconds_until(until, longest);
    int ready = bell >= 0 ? linnet_poller_poll(set->bell, LINNET_POLLER_WAITER, &set->waited, milliseconds)
                          : poll(set->waited.files, (nfds_t)set->waited.count, 0);
    if (ready > 0 && bell >= 0 && set->waited.count > 0 && set->waited.files[0].revents != 0)
        (void)linnet_waker_hush(bell);
    return ready;
}

int linnet_poller_wait(linnet_poller *poller, linnet_poller_event events[LINNET_POLLER_EVENTS], uint64_t until)
{
    struct linnet_poller_set *set = poller->set;
    linnet_poller_bell *bell = set->bell;
    if (until != 0 && bell->socket < 0) {
        bell->socket = linnet_waker_open();
        if (bell->socket < 0)
            return -1;
    }
    if (until != 0) /* before it looks: whoever rings or removes from now on finds it so */
        linnet_poller_begin(bell, LINNET_POLLER_WAITER);
    int ready = wait(set, until != 0 ? bell->socket : -1, until);
    if (ready < 0)
        return -1;
    int found = collect(set, until != 0, events);
    if (found == 0)
        linnet_poller_rearm(set);
    return found;
}
