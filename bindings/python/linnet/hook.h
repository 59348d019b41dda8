/* How an asyncio loop runs liblinnet: a reader on its descriptor, one timer for its deadline, and one call soon after
 * requests were made, so that all of a turn leave together. */
#ifndef LINNET_PYTHON_HOOK_H
#define LINNET_PYTHON_HOOK_H

#include "module.h"

#include <sys/types.h>

typedef struct linnet_hook {
    PyObject *loop;                             /* NULL: closed, or its owner is driven by hand */
    PyObject *call_soon, *call_later, *process; /* bound methods of loop and owner */
    PyObject *timer;                            /* that of `due`; NULL: none */
    uint64_t due;
    int descriptor;
    pid_t opened_by; /* 0: it was not opened */
    bool soon;       /* call_soon was called and has not run */
} linnet_hook;

/* From now on the loop calls owner._process() where there is something to do. `loop` may be None. -1: an exception. */
int linnet_hook_open(linnet_hook *hook, PyObject *loop, PyObject *owner, int descriptor);
/* Whether this is another process by now. What it has of a client or a server is a copy, whose sockets, and the epoll
 * set that they are in, are the parent's: it must not close it, which would tell peers, and take it out of that set. */
bool linnet_hook_forked(const linnet_hook *hook);
/* Lets go of the loop; keeps any exception. */
void linnet_hook_close(linnet_hook *hook);
/* The same where the garbage collector takes loop and owner: the loop, which had the owner, is in pieces by then. */
void linnet_hook_abandon(linnet_hook *hook);
/* Sees to it that the owner is run at `deadline` (linnet_clock() time; 0: soon). An error is reported as unraisable:
 * what was asked for has been done. */
void linnet_hook_plan(linnet_hook *hook, uint64_t deadline);
/* Call it first in _process(). */
void linnet_hook_woken(linnet_hook *hook);
int linnet_hook_traverse(linnet_hook *hook, visitproc visit, void *arg);

#endif
