/*
 * What happens without Coap.read(). A small thread that knows nothing of Python waits for packets and deadlines, and
 * has the interpreter scheduled to handle them: between two bytecodes, or while the main thread sleeps, polls or reads
 * a line. While a thread is in Coap.read() there is nothing to do.
 */
#include "coap.h"

#include "py/mphal.h"

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#if !MICROPY_PY_THREAD || !MICROPY_ENABLE_SCHEDULER
#error "network.Coap needs MICROPY_PY_THREAD and MICROPY_ENABLE_SCHEDULER"
#endif

/* Until the main thread is told once more that something waits: doubled each time. */
enum { FIRST_NUDGE_MS = 1, LAST_NUDGE_MS = 64 };
/* Ends a system call in which the main thread waits. It is ignored by default, so a stray one does no harm. */
#define NUDGE_SIGNAL SIGURG

struct linnet_mp_background {
    linnet_module *library; /* counted */
    int changed;            /* eventfd: something below has */
    pthread_mutex_t lock;
    unsigned owners;  /* the module, the thread, each reader, what is scheduled; the last one frees all this */
    unsigned readers; /* threads in Coap.read() */
    bool scheduled;   /* and has not run yet */
    bool closing;
};

typedef enum step { WATCH, WAIT_FOR_OTHERS, WAIT_FOR_INTERPRETER, END } step;

static step next_step(linnet_mp_background *background)
{
    pthread_mutex_lock(&background->lock);
    step next = WATCH;
    if (background->closing)
        next = background->scheduled ? WAIT_FOR_OTHERS : END;
    else if (background->scheduled)
        next = WAIT_FOR_INTERPRETER;
    else if (background->readers > 0)
        next = WAIT_FOR_OTHERS;
    pthread_mutex_unlock(&background->lock);
    return next;
}

static void tell_change(linnet_mp_background *background)
{
    static const uint64_t one = 1;
    if (write(background->changed, &one, sizeof one) < 0)
        return; /* the counter is at its end: the thread is told already */
}

static void take_change(linnet_mp_background *background)
{
    uint64_t count;
    if (read(background->changed, &count, sizeof count) < 0)
        return; /* there was none */
}

/* False: the time was over. */
static bool wait_for_change(linnet_mp_background *background, int milliseconds)
{
    struct pollfd file = {.fd = background->changed, .events = POLLIN};
    if (poll(&file, 1, milliseconds) == 0)
        return false;
    take_change(background);
    return true;
}

static void drop(linnet_mp_background *background)
{
    pthread_mutex_lock(&background->lock);
    unsigned left = --background->owners;
    pthread_mutex_unlock(&background->lock);
    if (left > 0)
        return;
    linnet_module_release(background->library);
    pthread_mutex_destroy(&background->lock);
    close(background->changed);
    free(background);
}

void linnet_mp_background_pause(linnet_mp_background *background)
{
    pthread_mutex_lock(&background->lock);
    background->readers++;
    background->owners++;
    tell_change(background);
    pthread_mutex_unlock(&background->lock);
}

void linnet_mp_background_resume(linnet_mp_background *background)
{
    pthread_mutex_lock(&background->lock);
    background->readers--;
    tell_change(background);
    pthread_mutex_unlock(&background->lock);
    drop(background);
}

static void has_run(linnet_mp_background *background)
{
    pthread_mutex_lock(&background->lock);
    background->scheduled = false;
    tell_change(background);
    pthread_mutex_unlock(&background->lock);
    drop(background);
}

/* The scheduled function. The thread that runs it may be in the midst of a handler of Coap.read(): then this does
 * nothing (LINNET_EBUSY), and that read does it all. The argument is no object, only carried as one. */
static mp_obj_t process(mp_obj_t carried)
{
    linnet_mp_background *background = MP_OBJ_TO_PTR(carried);
    LINNET_MP_OUTSIDE(linnet_module_process(background->library));
    has_run(background);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(process_obj, process);

static sem_t nudged;

static void on_nudge(int number, siginfo_t *info, void *context)
{
    (void)number, (void)context;
    if (info->si_code == SI_TKILL && info->si_pid == getpid())
        sem_post(&nudged);
}

static void prepare_nudges(void)
{
    /* No SA_RESTART: to end a call is its purpose. */
    struct sigaction action = {.sa_sigaction = on_nudge, .sa_flags = SA_SIGINFO};
    sem_init(&nudged, 0, 0);
    sigaction(NUDGE_SIGNAL, &action, NULL);
}

/* Signals the main thread, which is the first one of the process, and waits until it has taken the signal: all in the
 * atomic section in which the collector waits for a semaphore of its own. That wait knows nothing of signals; were it
 * interrupted, the collector would not see the objects of the thread that it has asked. */
static void nudge(void)
{
    mp_uint_t state = MICROPY_BEGIN_ATOMIC_SECTION();
    if (syscall(SYS_tgkill, getpid(), getpid(), NUDGE_SIGNAL) == 0)
        while (sem_wait(&nudged) != 0)
            continue; /* this thread has all signals blocked */
    MICROPY_END_ATOMIC_SECTION(state);
}

/* Where the interpreter's queue is full, the thread tries again. */
void linnet_mp_background_schedule(linnet_mp_background *background)
{
    pthread_mutex_lock(&background->lock);
    if (background->readers == 0 && !background->scheduled && !background->closing) {
        background->scheduled = mp_sched_schedule(MP_OBJ_FROM_PTR(&process_obj), MP_OBJ_FROM_PTR(background));
        background->owners += background->scheduled ? 1 : 0;
    }
    pthread_mutex_unlock(&background->lock);
}

static int milliseconds_until(uint64_t deadline)
{
    if (deadline == UINT64_MAX)
        return -1;
    uint64_t now = linnet_clock();
    uint64_t left = deadline > now ? (deadline - now + 999) / 1000 : 0;
    return left < 3600000 ? (int)left : 3600000;
}

static bool is_due(linnet_mp_background *background)
{
    struct pollfd files[] = {{.fd = background->changed, .events = POLLIN},
                             {.fd = linnet_module_descriptor(background->library), .events = POLLIN}};
    uint64_t deadline = linnet_module_deadline(background->library);
    poll(files, 2, milliseconds_until(deadline));
    if (files[0].revents != 0)
        take_change(background);
    return files[1].revents != 0 || deadline <= linnet_clock();
}

static void *run(void *context)
{
    linnet_mp_background *background = context;
    int delay = FIRST_NUDGE_MS;
    for (step next; (next = next_step(background)) != END;) {
        if (next == WAIT_FOR_OTHERS) {
            wait_for_change(background, -1);
        } else if (next == WAIT_FOR_INTERPRETER) {
            if (!wait_for_change(background, delay)) {
                nudge(); /* it may have been just about to wait */
                delay = delay < LAST_NUDGE_MS ? 2 * delay : delay;
            }
        } else if (is_due(background)) {
            linnet_mp_background_schedule(background);
            nudge();
            delay = FIRST_NUDGE_MS;
            wait_for_change(background, FIRST_NUDGE_MS);
        }
    }
    drop(background);
    return NULL;
}

/* All signals are for the threads of the interpreter. */
static int start(linnet_mp_background *background)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    sigset_t all, before;
    pthread_t thread;
    pthread_once(&once, prepare_nudges);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&thread, NULL, run, background);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error == 0)
        pthread_detach(thread);
    return error;
}

linnet_mp_background *linnet_mp_background_open(linnet_module *library)
{
    linnet_mp_background *background = calloc(1, sizeof *background);
    if (!background)
        return NULL;
    linnet_module_retain(library);
    pthread_mutex_init(&background->lock, NULL);
    background->library = library;
    background->owners = 2;
    background->changed = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (background->changed >= 0 && start(background) == 0)
        return background;
    background->owners = 1;
    drop(background);
    return NULL;
}

void linnet_mp_background_close(linnet_mp_background *background)
{
    pthread_mutex_lock(&background->lock);
    background->closing = true;
    tell_change(background);
    pthread_mutex_unlock(&background->lock);
}

void linnet_mp_background_release(linnet_mp_background *background) { drop(background); }
