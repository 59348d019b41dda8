/* Reader, timer and call of an asyncio loop. */
#include "hook.h"

#include <unistd.h>

int linnet_hook_open(linnet_hook *hook, PyObject *loop, PyObject *owner, int descriptor)
{
    hook->descriptor = descriptor;
    hook->opened_by = getpid();
    if (loop == Py_None)
        return 0;
    hook->call_soon = PyObject_GetAttrString(loop, "call_soon");
    hook->call_later = hook->call_soon ? PyObject_GetAttrString(loop, "call_later") : NULL;
    hook->process = hook->call_later ? PyObject_GetAttrString(owner, "_process") : NULL;
    PyObject *added = hook->process ? PyObject_CallMethod(loop, "add_reader", "iO", descriptor, hook->process) : NULL;
    if (!added)
        return -1;
    Py_DECREF(added);
    Py_INCREF(loop);
    hook->loop = loop;
    return 0;
}

bool linnet_hook_forked(const linnet_hook *hook) { return hook->opened_by && hook->opened_by != getpid(); }

static void cancel_timer(linnet_hook *hook)
{
    PyObject *timer = hook->timer;
    if (!timer)
        return;
    hook->timer = NULL;
    PyObject *done = PyObject_CallMethod(timer, "cancel", NULL);
    if (!done)
        linnet_unraisable(timer);
    Py_XDECREF(done);
    Py_DECREF(timer);
}

static bool is_closed(PyObject *loop)
{
    PyObject *closed = PyObject_CallMethod(loop, "is_closed", NULL);
    bool yes = closed == Py_True;
    if (!closed)
        linnet_unraisable(loop);
    Py_XDECREF(closed);
    return yes;
}

void linnet_hook_close(linnet_hook *hook)
{
    linnet_aside aside = linnet_put_aside();
    if (hook->loop && !linnet_hook_forked(hook) && !is_closed(hook->loop)) {
        PyObject *removed = PyObject_CallMethod(hook->loop, "remove_reader", "i", hook->descriptor);
        if (!removed)
            linnet_unraisable(hook->loop);
        Py_XDECREF(removed);
    }
    cancel_timer(hook);
    linnet_hook_abandon(hook);
    linnet_put_back(aside);
}

void linnet_hook_abandon(linnet_hook *hook)
{
    Py_CLEAR(hook->timer);
    Py_CLEAR(hook->call_soon);
    Py_CLEAR(hook->call_later);
    Py_CLEAR(hook->process);
    Py_CLEAR(hook->loop);
}

/* A loop that is closed runs nothing any more, and nobody needs to hear so. */
static void report(linnet_hook *hook)
{
    linnet_aside failure = linnet_put_aside();
    if (hook->loop && !is_closed(hook->loop)) {
        linnet_put_back(failure);
        linnet_unraisable(hook->loop);
        return;
    }
    Py_XDECREF(failure.type);
    Py_XDECREF(failure.value);
    Py_XDECREF(failure.trace);
}

static void run_soon(linnet_hook *hook)
{
    PyObject *handle = PyObject_CallFunctionObjArgs(hook->call_soon, hook->process, NULL);
    hook->soon = handle != NULL;
    if (!handle)
        report(hook);
    Py_XDECREF(handle);
}

static void run_at(linnet_hook *hook, uint64_t deadline, uint64_t now)
{
    cancel_timer(hook);
    hook->due = deadline;
    hook->timer = PyObject_CallFunction(hook->call_later, "dO", (double)(deadline - now) / 1e6, hook->process);
    if (!hook->timer)
        report(hook);
}

/* A timer that is due too early is left alone: that costs one wake-up, where to move it would cost one each time. */
void linnet_hook_plan(linnet_hook *hook, uint64_t deadline)
{
    if (!hook->loop || hook->soon || deadline == UINT64_MAX || (hook->timer && hook->due <= deadline && deadline > 0))
        return;
    uint64_t now = deadline == 0 ? 0 : linnet_clock();
    if (deadline <= now)
        run_soon(hook);
    else
        run_at(hook, deadline, now);
}

#define EARLY_US 2000u /* loops round: a timer may ring before its time */

void linnet_hook_woken(linnet_hook *hook)
{
    hook->soon = false;
    if (hook->timer && hook->due <= linnet_clock() + EARLY_US)
        cancel_timer(hook);
}

int linnet_hook_traverse(linnet_hook *hook, visitproc visit, void *arg)
{
    Py_VISIT(hook->loop);
    Py_VISIT(hook->call_soon);
    Py_VISIT(hook->call_later);
    Py_VISIT(hook->process);
    Py_VISIT(hook->timer);
    return 0;
}
