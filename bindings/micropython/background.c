/*
 * What happens without Coap.read(). A small thread that knows nothing of Python waits for packets and deadlines, and
 * has the interpreter scheduled to handle them: between two bytecodes, or while the main thread sleeps, polls or reads
 * a line. While a thread is in Coap.read() there is nothing to do.
 */
#include "coap.h"

#include "wake.h"

#include <pthread.h>
#include <stdlib.h>

#if !MICROPY_PY_THREAD || !MICROPY_ENABLE_SCHEDULER
#error "network.Coap needs MICROPY_PY_THREAD and MICROPY_ENABLE_SCHEDULER"
#endif

/* Until the main thread is told once more that something waits: doubled each time. */
enum { FIRST_NUDGE_MS = 1, LAST_NUDGE_MS = 64 };

struct linnet_mp_background {
    linnet_module *library; /* counted */
    pthread_mutex_t lock;
    pthread_cond_t has_run;
    unsigned owners; /* the module, the thread, what is scheduled; the last one frees all this */
    bool scheduled;  /* and has not run yet */
    bool closing;
#if MICROPY_SCHEDULER_STATIC_NODES
    mp_sched_node_t node;
#endif
};

static void drop(linnet_mp_background *background)
{
    pthread_mutex_lock(&background->lock);
    unsigned left = --background->owners;
    pthread_mutex_unlock(&background->lock);
    if (left > 0)
        return;
    linnet_module_release(background->library);
    pthread_cond_destroy(&background->has_run);
    pthread_mutex_destroy(&background->lock);
    free(background);
}

/* What was scheduled. The thread that runs it may be in the midst of a handler of Coap.read(): then this does nothing
 * (LINNET_EBUSY), and that read does it all. */
static void process(linnet_mp_background *background)
{
    LINNET_MP_OUTSIDE(linnet_module_process(background->library));
    pthread_mutex_lock(&background->lock);
    background->scheduled = false;
    pthread_cond_signal(&background->has_run);
    pthread_mutex_unlock(&background->lock);
    drop(background);
}

#if MICROPY_SCHEDULER_STATIC_NODES

/* It stays in the list over a soft reset, and is run after that. */
static void process_node(mp_sched_node_t *node)
{
    process((linnet_mp_background *)(void *)((char *)node - offsetof(linnet_mp_background, node)));
}

static bool schedule(linnet_mp_background *background)
{
    return mp_sched_schedule_node(&background->node, process_node);
}

#else

/* The argument is no object, only carried as one. */
static mp_obj_t process_carried(mp_obj_t carried)
{
    process(MP_OBJ_TO_PTR(carried));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(process_obj, process_carried);

static bool schedule(linnet_mp_background *background)
{
    return mp_sched_schedule(MP_OBJ_FROM_PTR(&process_obj), MP_OBJ_FROM_PTR(background));
}

#endif

/* Where the interpreter's queue is full, the thread tries again. */
void linnet_mp_background_schedule(linnet_mp_background *background)
{
    pthread_mutex_lock(&background->lock);
    if (!background->scheduled && !background->closing) {
        background->scheduled = schedule(background);
        background->owners += background->scheduled ? 1 : 0;
    }
    pthread_mutex_unlock(&background->lock);
}

/* Waits until what is scheduled has run, at most so long; where nothing could be scheduled, for all of the time. False:
 * it has not run yet. */
static bool has_run_within(linnet_mp_background *background, int milliseconds)
{
    struct timespec until = linnet_mp_wake_time(milliseconds);
    pthread_mutex_lock(&background->lock);
    bool idle = !background->scheduled;
    int number = 0;
    while ((background->scheduled || idle) && !background->closing && number == 0)
        number = pthread_cond_timedwait(&background->has_run, &background->lock, &until);
    bool done = !background->scheduled || background->closing;
    pthread_mutex_unlock(&background->lock);
    return done;
}

/* Has the interpreter do what there is to do. The main thread may have been just about to wait when it was woken, so it
 * is woken again and again. */
static void hand_over(linnet_mp_background *background)
{
    int delay = FIRST_NUDGE_MS;
    linnet_mp_background_schedule(background);
    linnet_mp_wake_main();
    while (!has_run_within(background, delay)) {
        linnet_mp_wake_main();
        delay = delay < LAST_NUDGE_MS ? 2 * delay : delay;
    }
}

static void *run(void *context)
{
    linnet_mp_background *background = context;
    while (linnet_module_wait(background->library) != LINNET_ECLOSED)
        hand_over(background);
    drop(background);
    return NULL;
}

static bool make_lock(linnet_mp_background *background)
{
    if (pthread_mutex_init(&background->lock, NULL) != 0)
        return false;
    if (linnet_mp_wake_condition(&background->has_run) == 0)
        return true;
    pthread_mutex_destroy(&background->lock);
    return false;
}

linnet_mp_background *linnet_mp_background_open(linnet_module *library)
{
    linnet_mp_background *background = calloc(1, sizeof *background);
    if (!background)
        return NULL;
    if (!make_lock(background)) {
        free(background);
        return NULL;
    }
    linnet_module_retain(library);
    background->library = library;
    background->owners = 2;
    if (linnet_mp_wake_start(run, background) == 0)
        return background;
    background->owners = 1;
    drop(background);
    return NULL;
}

void linnet_mp_background_close(linnet_mp_background *background)
{
    pthread_mutex_lock(&background->lock);
    background->closing = true;
    pthread_cond_signal(&background->has_run);
    pthread_mutex_unlock(&background->lock);
}

void linnet_mp_background_reset(linnet_mp_background *background)
{
    linnet_mp_background_close(background);
#if !MICROPY_SCHEDULER_STATIC_NODES
    pthread_mutex_lock(&background->lock);
    bool forgotten = background->scheduled;
    background->scheduled = false;
    pthread_mutex_unlock(&background->lock);
    if (forgotten)
        drop(background);
#endif
}

void linnet_mp_background_release(linnet_mp_background *background) { drop(background); }
