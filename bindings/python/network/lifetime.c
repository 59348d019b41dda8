/*
 * The one module of the process: opened, used by any number of threads, closed. Closing waits until the last one has
 * left; from inside a handler it is left to a thread of its own, as a handler cannot wait for its own end.
 */
#include "binding.h"

#include <pthread.h>
#include <time.h>
#include <unistd.h>

#define WAKE_AGAIN_MS 10      /* a reader that was about to wait when it was woken is woken again */
#define EXIT_PATIENCE_MS 1000 /* for handlers that run when the interpreter ends */

enum state { CLOSED, OPENING, OPEN, CLOSING };

/* The mutex is a leaf: nobody waits for anything else while it is held, so it may be taken with and without the
 * interpreter lock. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static enum state state;
static linnet_module *opened;
static unsigned users; /* calls that are inside the module now */

/* Under the interpreter lock. */
static unsigned epoch;
static bool is_exiting;
static unsigned long exiting_thread;

unsigned lifetime_epoch(void) { return epoch; }

/* Until `until` or a change; with the mutex. */
static void wait_for_change(const struct timespec *until)
{
    pthread_cond_clockwait(&changed, &mutex, CLOCK_MONOTONIC, until);
}

static struct timespec in_milliseconds(long milliseconds)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    long nanoseconds = at.tv_nsec + milliseconds % 1000 * 1000000L;
    at.tv_sec += milliseconds / 1000 + nanoseconds / 1000000000L;
    at.tv_nsec = nanoseconds % 1000000000L;
    return at;
}

static bool is_past(const struct timespec *time)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec > time->tv_sec || (now.tv_sec == time->tv_sec && now.tv_nsec >= time->tv_nsec);
}

static void set_state(enum state now)
{
    pthread_mutex_lock(&mutex);
    state = now;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

linnet_module *lifetime_enter(void)
{
    lifetime_park_at_exit();
    pthread_mutex_lock(&mutex);
    linnet_module *module = state == OPEN ? opened : NULL;
    users += module != NULL;
    pthread_mutex_unlock(&mutex);
    if (!module)
        PyErr_SetString(PyExc_RuntimeError, "the module is not open: Coap.init() opens it");
    return module;
}

void lifetime_leave(void)
{
    pthread_mutex_lock(&mutex);
    users--;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

bool lifetime_is_closing(void)
{
    pthread_mutex_lock(&mutex);
    bool is_closing = state == CLOSING;
    pthread_mutex_unlock(&mutex);
    return is_closing;
}

/* Waits while another thread closes the module, at most until `until` (NULL: for ever); without the interpreter lock.
 */
static bool wait_until_closed(const struct timespec *until)
{
    pthread_mutex_lock(&mutex);
    while (state == CLOSING && !(until && is_past(until)))
        if (until)
            wait_for_change(until);
        else
            pthread_cond_wait(&changed, &mutex);
    bool is_closed = state != CLOSING;
    pthread_mutex_unlock(&mutex);
    return is_closed;
}

int lifetime_claim(void)
{
    if (handlers_is_inside() && lifetime_is_closing()) {
        PyErr_SetString(PyExc_RuntimeError, "deinit() takes effect when the handler has returned; init() after that");
        return -1;
    }
    UNLOCKED(wait_until_closed(NULL));
    pthread_mutex_lock(&mutex);
    bool is_free = state == CLOSED;
    if (is_free)
        state = OPENING;
    pthread_mutex_unlock(&mutex);
    if (is_free)
        return 0;
    PyErr_SetString(PyExc_RuntimeError, "the module is open already: Coap.deinit() closes it");
    return -1;
}

void lifetime_opened(linnet_module *module)
{
    opened = module;
    set_state(module ? OPEN : CLOSED);
}

/* Without the interpreter lock, in the one thread that has set the state to CLOSING. */
static void close_now(void)
{
    pthread_mutex_lock(&mutex);
    while (users > 0) {
        linnet_module_wake(opened);
        struct timespec soon = in_milliseconds(WAKE_AGAIN_MS);
        wait_for_change(&soon);
    }
    pthread_mutex_unlock(&mutex);
    linnet_module_close(opened);
    set_state(CLOSED);
}

static void *close_in_thread(void *unused)
{
    close_now();
    return unused;
}

static bool start_closing_thread(void)
{
    pthread_t thread;
    return pthread_create(&thread, NULL, close_in_thread, NULL) == 0 && pthread_detach(thread) == 0;
}

/* Whether it was open: then the caller closes it. */
static bool claim_closing(void)
{
    pthread_mutex_lock(&mutex);
    bool was_open = state == OPEN;
    if (was_open)
        state = CLOSING;
    pthread_mutex_unlock(&mutex);
    return was_open;
}

int lifetime_close(void)
{
    bool is_mine = claim_closing();
    if (is_mine) {
        handlers_clear();
        socket_forget();
    }
    if (handlers_is_inside()) {
        if (!is_mine || start_closing_thread())
            return 0;
        set_state(OPEN);
        PyErr_NoMemory();
        return -1;
    }
    if (is_mine)
        UNLOCKED(close_now());
    else
        UNLOCKED(wait_until_closed(NULL));
    return 0;
}

/* A daemon thread, such as `_thread` makes, may be in a loop around Coap.read() when the interpreter ends. It is to
 * wait for that end, not to be told that there is no module any more. Python ends it when it asks for the lock. */
void lifetime_park_at_exit(void)
{
    while (is_exiting && PyThread_get_thread_ident() != exiting_thread)
        UNLOCKED(usleep(50000));
}

/* Called by atexit. A handler that never returns must not keep the process: then the module is left as it is. */
PyObject *lifetime_at_exit(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    is_exiting = true;
    exiting_thread = PyThread_get_thread_ident();
    struct timespec until = in_milliseconds(EXIT_PATIENCE_MS);
    bool is_closed = false;
    if (!claim_closing() || start_closing_thread())
        UNLOCKED(is_closed = wait_until_closed(&until));
    if (is_closed)
        handlers_clear();
    Py_RETURN_NONE;
}

/* The child has one thread, and none of the module's: it begins without a module. The parent's is left alone - its
 * locks may be in any state - but for the server's port, which the child must not hold. */
PyObject *lifetime_after_fork(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    epoch++;
    mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    changed = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
    if (state == OPEN && linnet_module_socket(opened) >= 0)
        close(linnet_module_socket(opened));
    opened = NULL;
    state = CLOSED;
    users = 0;
    handlers_clear();
    socket_forget();
    Py_RETURN_NONE;
}
