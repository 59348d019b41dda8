#include "wake.h"

#include "py/mphal.h"
#include "py/mpthread.h"
#include "py/runtime.h"

/*
 * LINNET_MP_WAKE_MAIN is the function that wakes the main thread, from any thread: a port's own, as that of ESP32, or
 * one of the build's. On Linux it is done by a signal. Without all of these the main thread notices at its next
 * bytecode, or when its waiting is over.
 */
#ifdef LINNET_MP_WAKE_MAIN
void LINNET_MP_WAKE_MAIN(void);
#elif defined(ESP_PLATFORM)
#define LINNET_MP_WAKE_MAIN mp_hal_wake_main_task
#endif

#if !defined(LINNET_MP_WAKE_MAIN) && defined(__linux__)
#define WAKES_BY_SIGNAL 1
#else
#define WAKES_BY_SIGNAL 0
#endif

/* Octets; 0: as the system has it. A wait needs little, but the system's own poll() is in it. */
#ifndef LINNET_MP_THREAD_STACK
#ifdef ESP_PLATFORM
#define LINNET_MP_THREAD_STACK 4096
#else
#define LINNET_MP_THREAD_STACK 0
#endif
#endif

#if WAKES_BY_SIGNAL

#include <semaphore.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CONDITION_CLOCK CLOCK_MONOTONIC
/* Ends a system call in which the main thread waits. It is ignored by default, so a stray one does no harm. */
#define NUDGE_SIGNAL SIGURG

static sem_t nudged;

static void on_nudge(int number, siginfo_t *info, void *context)
{
    (void)number, (void)context;
    if (info->si_code == SI_TKILL && info->si_pid == getpid())
        sem_post(&nudged);
}

static void prepare(void)
{
    /* No SA_RESTART: to end a call is its purpose. */
    struct sigaction action = {.sa_sigaction = on_nudge, .sa_flags = SA_SIGINFO};
    sem_init(&nudged, 0, 0);
    sigaction(NUDGE_SIGNAL, &action, NULL);
}

/* Signals the main thread, which is the first one of the process, and waits until it has taken the signal: all in the
 * atomic section in which the collector waits for a semaphore of its own. That wait knows nothing of signals; were it
 * interrupted, the collector would not see the objects of the thread that it has asked. */
void linnet_mp_wake_main(void)
{
    mp_uint_t state = MICROPY_BEGIN_ATOMIC_SECTION();
    if (syscall(SYS_tgkill, getpid(), getpid(), NUDGE_SIGNAL) == 0)
        while (sem_wait(&nudged) != 0)
            continue; /* this thread has all signals blocked */
    MICROPY_END_ATOMIC_SECTION(state);
}

static int create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *context)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    sigset_t all, before;
    pthread_once(&once, prepare);
    sigfillset(&all); /* all signals are for the threads of the interpreter */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(thread, attributes, run, context);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

int linnet_mp_wake_condition(pthread_cond_t *condition)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CONDITION_CLOCK);
    int error = pthread_cond_init(condition, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return error;
}

#else

/* What all have. Should somebody set the clock back meanwhile, the main thread is woken again later than it should. */
#define CONDITION_CLOCK CLOCK_REALTIME

void linnet_mp_wake_main(void)
{
#ifdef LINNET_MP_WAKE_MAIN
    LINNET_MP_WAKE_MAIN();
#endif
}

static int create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *context)
{
    return pthread_create(thread, attributes, run, context);
}

int linnet_mp_wake_condition(pthread_cond_t *condition) { return pthread_cond_init(condition, NULL); }

#endif

int linnet_mp_wake_start(void *(*run)(void *), void *context)
{
    pthread_t thread;
    pthread_attr_t attributes;
    int error = pthread_attr_init(&attributes);
    if (error != 0)
        return error;
    if (LINNET_MP_THREAD_STACK > 0)
        error = pthread_attr_setstacksize(&attributes, LINNET_MP_THREAD_STACK);
    if (error == 0)
        error = create(&thread, &attributes, run, context);
    pthread_attr_destroy(&attributes);
    if (error == 0)
        pthread_detach(thread);
    return error;
}

struct timespec linnet_mp_wake_time(int milliseconds)
{
    struct timespec time;
    clock_gettime(CONDITION_CLOCK, &time);
    time.tv_nsec += milliseconds * 1000000L;
    time.tv_sec += time.tv_nsec / 1000000000L;
    time.tv_nsec %= 1000000000L;
    return time;
}
