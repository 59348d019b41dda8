/* epoll. Who rings does so by an eventfd among the other descriptors. */
#include "net/poller.h"

#include "net/waker.h"

#include <errno.h>
#include <linnet/error.h>
#include <linnet/loop.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

int linnet_poller_open(linnet_poller *poller)
{
    poller->epoll = epoll_create1(EPOLL_CLOEXEC);
    poller->bell = poller->epoll >= 0 ? linnet_waker_open() : -1;
    return poller->bell >= 0 ? linnet_poller_add(poller, poller->bell, LINNET_POLLER_RUNG) : LINNET_ESYSTEM;
}

static void close_descriptor(int *descriptor)
{
    if (*descriptor >= 0)
        close(*descriptor);
    *descriptor = -1;
}

void linnet_poller_close(linnet_poller *poller)
{
    close_descriptor(&poller->epoll);
    close_descriptor(&poller->bell);
}

int linnet_poller_add(linnet_poller *poller, int descriptor, uint64_t name)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = name};
    return epoll_ctl(poller->epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 ? 0 : LINNET_ESYSTEM;
}

void linnet_poller_remove(linnet_poller *poller, int descriptor)
{
    (void)epoll_ctl(poller->epoll, EPOLL_CTL_DEL, descriptor, NULL);
}

int linnet_poller_nest(linnet_poller *outer, linnet_poller *inner, uint64_t name)
{
    return linnet_poller_add(outer, inner->epoll, name);
}

void linnet_poller_unnest(linnet_poller *outer, linnet_poller *inner) { linnet_poller_remove(outer, inner->epoll); }

void linnet_poller_ring(linnet_poller *poller) { linnet_waker_ring(poller->bell); }

/* epoll_wait() in milliseconds, rounded up: waking too early would only mean to wait again. */
static int wait_coarsely(const linnet_poller *poller, struct epoll_event *events, uint64_t microseconds)
{
    uint64_t milliseconds = microseconds / 1000 + (microseconds % 1000 != 0);
    return epoll_wait(poller->epoll, events, LINNET_POLLER_EVENTS,
                      milliseconds < 3600000 ? (int)milliseconds : 3600000);
}

static int wait(linnet_poller *poller, struct epoll_event *events, uint64_t until)
{
    uint64_t now = until == UINT64_MAX || until == 0 ? 0 : linnet_clock();
    uint64_t left = until > now ? until - now : 0;
    struct timespec time = {.tv_sec = (time_t)(left / 1000000), .tv_nsec = (long)(left % 1000000 * 1000)};
    if (poller->coarse || left == 0)
        return wait_coarsely(poller, events, left);
    int count = epoll_pwait2(poller->epoll, events, LINNET_POLLER_EVENTS, until == UINT64_MAX ? NULL : &time, NULL);
    if (count >= 0 || errno == EINTR)
        return count;
    poller->coarse = true; /* Linux before 5.11, or a sandbox that does not know the call */
    return wait_coarsely(poller, events, left);
}

static linnet_poller_event read_event(linnet_poller *poller, const struct epoll_event *event)
{
    if (event->data.u64 == LINNET_POLLER_RUNG)
        (void)linnet_waker_hush(poller->bell);
    return (linnet_poller_event){
        .name = event->data.u64, .readable = (event->events & EPOLLIN) != 0, .failed = (event->events & EPOLLERR) != 0};
}

int linnet_poller_wait(linnet_poller *poller, linnet_poller_event events[LINNET_POLLER_EVENTS], uint64_t until)
{
    struct epoll_event found[LINNET_POLLER_EVENTS];
    int count = wait(poller, found, until);
    for (int i = 0; i < count; i++)
        events[i] = read_event(poller, &found[i]);
    return count;
}

int linnet_poller_descriptor(const linnet_poller *poller) { return poller->epoll; }
