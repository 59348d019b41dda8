/* Who waits for packets, and what comes of it. One thread at a time leads: it polls without the lock, then takes it and
 * lets the sources work that have something to do. That is the module's own thread, unless others read. */
#include "module/module.h"

#include "net/thread.h"

#include <errno.h>
#include <linnet/error.h>

void linnet_module_kick(linnet_module *module) { linnet_poller_ring(&module->poller); }

void linnet_module_wake(linnet_module *module)
{
    atomic_fetch_add(&module->wakes, 1);
    linnet_module_kick(module);
}

void linnet_module_note_packet(void *context, bool sent, const linnet_path *path, linnet_bytes datagram)
{
    linnet_module *module = context;
    (void)path, (void)datagram;
    if (!sent)
        module->happened++;
}

static uint64_t deadline_of(const linnet_module *module, const linnet_module_source *source)
{
    return source->session ? linnet_client_deadline(source->session->client) : linnet_server_deadline(module->server);
}

void linnet_module_arm(linnet_module *module, linnet_module_source *source)
{
    if (source->busy || module->closing)
        return; /* when it has been processed it is asked; or never again */
    uint64_t deadline = deadline_of(module, source);
    if (deadline == UINT64_MAX)
        linnet_wheel_stop(&module->wheel, &source->timer);
    else
        linnet_wheel_set(&module->wheel, &source->timer, deadline);
    if (module->watching && deadline < module->until) {
        module->until = deadline;
        linnet_module_kick(module);
    }
}

void linnet_module_begin_work(linnet_module *module, linnet_module_source *source)
{
    module->depth++;
    source->busy = true;
}

void linnet_module_end_work(linnet_module *module, linnet_module_source *source)
{
    source->busy = false;
    module->depth--;
    if (source->session && source->session->gone)
        linnet_module_end_session(source->session);
    else
        linnet_module_arm(module, source);
}

static int process(linnet_module *module, linnet_module_source *source)
{
    linnet_module_session *session = source->session;
    int error;

    if (module->closing)
        return 0;
    if (session)
        linnet_module_session_retain(session);
    linnet_module_begin_work(module, source);
    error = session ? linnet_client_process(session->client) : linnet_server_process(module->server);
    linnet_module_end_work(module, source);
    linnet_module_session_release(session);
    return error;
}

static int take_event(linnet_module *module, uint64_t number)
{
    linnet_module_session *session;

    if (number == LINNET_POLLER_RUNG)
        return 0;
    if (number == LINNET_MODULE_SERVER_NUMBER)
        return process(module, &module->source);
    session = linnet_module_find_session(module, number);
    return session ? process(module, &session->source) : 0;
}

/* Each source at most once, or a source that is due at once again and again would keep the lock for itself. */
static int take_timers(linnet_module *module)
{
    uint64_t now = linnet_clock();
    int error = 0;
    for (size_t left = module->session_count + 1; left > 0; left--) {
        linnet_timer *timer = linnet_wheel_expire(&module->wheel, now);
        if (!timer)
            break;
        int failed = process(module, (linnet_module_source *)(void *)timer); /* its first member */
        error = error ? error : failed;
    }
    return error;
}

static int take_all(linnet_module *module, const linnet_poller_event *events, int count)
{
    int error = 0;
    for (int i = 0; i < count; i++) {
        int failed = take_event(module, events[i].name);
        error = error ? error : failed;
    }
    int failed = take_timers(module);
    return error ? error : failed;
}

/* The module's own thread leaves what has come to the one that reads, so that handlers run there. */
static bool makes_way(const linnet_module *module)
{
    return module->readers > 0 && module->has_thread && module->thread_self == linnet_thread_self();
}

/* Waits once. With the lock held once, which is given up meanwhile; nobody else leads. Returns how many events there
 * are; LINNET_ECANCELLED: a signal was handled; LINNET_ESYSTEM. */
static int look(linnet_module *module, uint64_t until, linnet_poller_event events[LINNET_POLLER_EVENTS])
{
    uint64_t due = linnet_wheel_deadline(&module->wheel);
    until = due < until ? due : until;
    module->leading = module->watching = true;
    module->until = until;
    linnet_lock_leave(&module->lock);

    int count = linnet_poller_wait(&module->poller, events, until);
    int error = errno == EINTR ? LINNET_ECANCELLED : LINNET_ESYSTEM;

    linnet_lock_enter(&module->lock);
    module->leading = module->watching = false;
    return count >= 0 ? count : error;
}

/* Looks, and does all that is to do. */
static int lead(linnet_module *module, uint64_t until)
{
    linnet_poller_event events[LINNET_POLLER_EVENTS];
    int count = look(module, until, events);
    int failed = makes_way(module) ? 0 : take_all(module, events, count);
    linnet_lock_notify(&module->lock);
    return count < 0 ? count : failed;
}

static int read_until(linnet_module *module, uint64_t until, unsigned wakes)
{
    uint64_t told = module->told;
    int error = 0;
    while (error == 0 && module->happened == told) {
        if (module->closing)
            error = LINNET_ECLOSED;
        else if (atomic_load(&module->wakes) != wakes)
            error = LINNET_ECANCELLED;
        else if (linnet_clock() >= until)
            break;
        else if (module->leading)
            linnet_lock_wait(&module->lock, until);
        else
            error = lead(module, until);
    }
    module->told = module->happened;
    return error;
}

int linnet_module_read(linnet_module *module, uint32_t timeout_ms)
{
    unsigned wakes = atomic_load(&module->wakes);
    uint64_t until = timeout_ms ? linnet_clock() + timeout_ms * UINT64_C(1000) : UINT64_MAX;
    int error = LINNET_EBUSY;

    if (linnet_module_enter(module) != 0)
        return LINNET_ECLOSED;
    if (module->depth > 0)
        return linnet_module_leave(module, LINNET_EBUSY);
    linnet_module_retain(module);
    if (module->readers++ == 0 && module->leading)
        linnet_module_kick(module); /* the module's thread makes way */
    error = read_until(module, until, wakes);
    if (--module->readers == 0)
        linnet_lock_notify(&module->lock);
    error = linnet_module_leave(module, error);
    linnet_module_release(module);
    return error;
}

uint64_t linnet_module_happened(linnet_module *module)
{
    if (linnet_module_enter(module) != 0)
        return 0;
    uint64_t happened = module->happened;
    (void)linnet_module_leave(module, 0);
    return happened;
}

int linnet_module_process(linnet_module *module)
{
    int error = 0;
    if (linnet_module_enter(module) != 0)
        return LINNET_ECLOSED;
    if (module->depth > 0)
        return linnet_module_leave(module, LINNET_EBUSY);
    linnet_module_retain(module);
    module->readers++;
    while (module->leading && module->idle) {
        linnet_module_kick(module);
        linnet_lock_wait(&module->lock, UINT64_MAX);
    }
    if (!module->leading) /* else that thread does what there is */
        error = lead(module, 0);
    if (--module->readers == 0)
        linnet_lock_notify(&module->lock);
    error = linnet_module_leave(module, error == LINNET_ECANCELLED ? 0 : error);
    linnet_module_release(module);
    return error;
}

static bool is_due(const linnet_module *module, const linnet_poller_event *events, int count)
{
    for (int i = 0; i < count; i++)
        if (events[i].name != LINNET_POLLER_RUNG)
            return true;
    return linnet_wheel_deadline(&module->wheel) <= linnet_clock();
}

static int wait_for_work(linnet_module *module)
{
    linnet_poller_event events[LINNET_POLLER_EVENTS];
    while (!module->closing) {
        if (module->readers > 0 || module->leading) {
            linnet_lock_wait(&module->lock, UINT64_MAX);
            continue;
        }
        module->idle = true;
        int count = look(module, UINT64_MAX, events);
        module->idle = false;
        linnet_lock_notify(&module->lock);
        if (count == LINNET_ESYSTEM)
            return LINNET_ESYSTEM;
        if (module->readers == 0 && is_due(module, events, count))
            return 0;
    }
    return LINNET_ECLOSED;
}

int linnet_module_wait(linnet_module *module)
{
    if (linnet_module_enter(module) != 0)
        return LINNET_ECLOSED;
    if (module->depth > 0)
        return linnet_module_leave(module, LINNET_EBUSY);
    linnet_module_retain(module);
    module->waiters++;
    int error = wait_for_work(module);
    if (--module->waiters == 0)
        linnet_lock_notify(&module->lock);
    error = linnet_module_leave(module, error);
    linnet_module_release(module);
    return error;
}

int linnet_module_descriptor(const linnet_module *module) { return linnet_poller_descriptor(&module->poller); }

uint64_t linnet_module_deadline(linnet_module *module)
{
    if (linnet_module_enter(module) != 0)
        return 0;
    uint64_t deadline = linnet_wheel_deadline(&module->wheel);
    if (!module->leading) { /* whoever asks is about to poll */
        module->watching = true;
        module->until = deadline;
    }
    (void)linnet_module_leave(module, 0);
    return deadline;
}

static void *run(void *context)
{
    linnet_module *module = context;
    linnet_lock_enter(&module->lock);
    module->thread_self = linnet_thread_self();
    while (!module->closing) {
        if (module->readers > 0 || module->leading)
            linnet_lock_wait(&module->lock, UINT64_MAX);
        else
            (void)lead(module, UINT64_MAX);
    }
    (void)linnet_module_leave(module, 0);
    linnet_module_release(module);
    return NULL;
}

int linnet_module_start_thread(linnet_module *module)
{
    linnet_module_retain(module);
    linnet_lock_enter(&module->lock); /* until has_thread says so */
    int number = linnet_thread_start(&module->thread, run, module);
    module->has_thread = number == 0;
    linnet_lock_leave(&module->lock);
    if (number == 0)
        return 0;
    linnet_module_release(module);
    errno = number;
    return LINNET_ESYSTEM;
}
