/* The request type: what came of it, for those who wait. */
#include "client.h"

#define SELF(object) ((linnet_py_request *)(object))

/* There is nothing left to cancel: the loop need not call for that. */
static void unwatch_future(linnet_state *state, linnet_py_request *self)
{
    PyObject *answered = PyObject_GetAttr((PyObject *)self, state->names._answered);
    PyObject *removed =
        answered ? PyObject_CallMethodObjArgs(self->future, state->names.remove_done_callback, answered, NULL) : NULL;
    linnet_unraisable(self->future);
    Py_XDECREF(answered);
    Py_XDECREF(removed);
}

/* Gets ready what a future is given: its methods fail where it is done already, which is fine. */
static void set_future(linnet_state *state, linnet_py_request *self, bool quiet)
{
    PyObject *method = self->failed ? state->names.set_exception : state->names.set_result;
    PyObject *done = PyObject_CallMethodObjArgs(self->future, state->names.done, NULL);
    if (done == Py_False)
        unwatch_future(state, self);
    PyObject *set = done == Py_False ? PyObject_CallMethodObjArgs(self->future, method, self->outcome, NULL) : NULL;
    if (set && quiet) { /* nobody has to look at it */
        Py_DECREF(set);
        set = PyObject_CallMethodObjArgs(self->future, state->names.exception, NULL);
    }
    linnet_unraisable(self->future);
    Py_XDECREF(set);
    Py_XDECREF(done);
}

/* The first thing that came of the request. Takes over the reference to `outcome`. */
static void settle(linnet_state *state, linnet_py_request *self, PyObject *outcome, bool failed, bool quiet)
{
    self->outcome = outcome;
    self->failed = failed;
    if (self->future)
        set_future(state, self, quiet);
}

static void call_with(PyObject *object, PyObject *method, PyObject *argument)
{
    PyObject *result = PyObject_CallMethodObjArgs(object, method, argument, NULL);
    if (!result)
        linnet_unraisable(object);
    Py_XDECREF(result);
}

/* The Observation that somebody has, or NULL: a new reference. */
static PyObject *observation_of(linnet_py_request *self)
{
    PyObject *found = self->observation ? PyWeakref_GetObject(self->observation) : NULL;
    if (!found || found == Py_None)
        return NULL;
    Py_INCREF(found);
    return found;
}

static void tell_observation(linnet_py_request *self, PyObject *method, PyObject *argument)
{
    PyObject *observation = observation_of(self);
    if (observation)
        call_with(observation, method, argument);
    Py_XDECREF(observation);
}

static void notify(linnet_state *state, linnet_py_request *self, PyObject *notification)
{
    PyObject *before = self->latest;
    Py_INCREF(notification);
    self->latest = notification;
    Py_XDECREF(before);
    tell_observation(self, state->names._push, notification);
}

static void end_observation(linnet_state *state, linnet_py_request *self, PyObject *failure)
{
    if (!failure || self->failure)
        return;
    Py_INCREF(failure);
    self->failure = failure;
    tell_observation(self, state->names._end, failure);
}

/* An observation that is kept has callbacks. */
static void drop_kept(linnet_py_request *self)
{
    if (self->kept && self->client)
        self->client->watched--;
    Py_CLEAR(self->kept);
}

void linnet_request_hold(linnet_py_request *self)
{
    linnet_py_request *first = self->client->held;
    if (self->held)
        return;
    Py_INCREF((PyObject *)self);
    self->held = true;
    self->previous = NULL;
    self->next = first;
    self->client->held = self;
    if (first)
        first->previous = self;
}

/* It may be gone afterwards. */
static void let_go(linnet_py_request *self)
{
    if (!self->held)
        return;
    self->held = false;
    *(self->previous ? &self->previous->next : &self->client->held) = self->next;
    if (self->next)
        self->next->previous = self->previous;
    Py_DECREF((PyObject *)self);
}

void linnet_request_finish(linnet_py_request *self)
{
    linnet_py_client *client = self->client;
    if (!client)
        return;
    Py_INCREF((PyObject *)self);
    drop_kept(self);
    let_go(self);
    self->client = NULL;
    Py_DECREF((PyObject *)client);
    Py_DECREF((PyObject *)self);
}

void linnet_request_fail(linnet_state *state, linnet_py_request *self)
{
    PyObject *type, *value, *trace;
    if (self->outcome) {
        linnet_unraisable((PyObject *)self);
        return;
    }
    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    if (self->observe)
        end_observation(state, self, value);
    settle(state, self, value, true, false);
    Py_XDECREF(type);
    Py_XDECREF(trace);
}

/* What went wrong in the handshake that a request waited for; NULL: there was none. */
static const char *handshake_text(const linnet_py_request *self, int error)
{
    bool secured = error <= LINNET_EKEY && error >= LINNET_EHANDSHAKE;
    return secured && self->client->handshake_error == error ? self->client->handshake_text : NULL;
}

static void take_failure(linnet_state *state, linnet_py_request *self, const linnet_response *response)
{
    PyObject *exception = linnet_error_make(state, response->error, handshake_text(self, response->error));
    if (!exception) {
        linnet_unraisable((PyObject *)self);
        return;
    }
    if (self->observe)
        end_observation(state, self, exception);
    if (self->responses)
        call_with(self->responses, state->names._end, response->error == LINNET_ETIMEOUT ? Py_None : exception);
    if (self->outcome)
        Py_DECREF(exception);
    else
        settle(state, self, exception, true, response->error == LINNET_ECLOSED || response->error == LINNET_ECANCELLED);
}

static void end_by_answer(linnet_state *state, linnet_py_request *self, const char *kind)
{
    PyObject *failure = linnet_error_make_kind(state, kind, NULL);
    if (failure)
        end_observation(state, self, failure);
    else
        linnet_unraisable((PyObject *)self);
    Py_XDECREF(failure);
}

static void take_answer(linnet_state *state, linnet_py_request *self, PyObject *answer, const linnet_response *response)
{
    bool first = !self->outcome;
    if (self->responses)
        call_with(self->responses, state->names._push, answer);
    if (!first && self->observe)
        notify(state, self, answer);
    if (first) {
        Py_INCREF(answer);
        settle(state, self, answer, false, false);
    }
    if (self->observe && !response->more)
        end_by_answer(state, self, first ? "not observable" : "observation ended");
    if (self->responses && !response->more)
        call_with(self->responses, state->names._end, Py_None);
}

/* What is whole says nothing of the blocks that it came in. */
static PyObject *make_answer(linnet_state *state, linnet_py_request *self, const linnet_response *response)
{
    PyObject *made = linnet_message_received(state, &response->message, &response->path, 0);
    linnet_py_message *message = (linnet_py_message *)made;
    if (!made)
        return NULL;
    if (self->whole) {
        linnet_option_list_remove(&message->options, LINNET_OPTION_BLOCK1);
        linnet_option_list_remove(&message->options, LINNET_OPTION_BLOCK2);
    }
    Py_INCREF(self->message);
    message->request = self->message;
    return made;
}

void linnet_request_on_response(const linnet_response *response, void *context)
{
    linnet_py_request *self = context;
    linnet_state *state = self->client ? linnet_state_of((PyObject *)self) : NULL;
    if (!state)
        return; /* it is being destroyed */
    Py_INCREF((PyObject *)self);
    linnet_client_hasten(self->client);
    bool told = !self->client->silent;
    PyObject *answer = told && !response->error ? make_answer(state, self, response) : NULL;
    if (answer)
        take_answer(state, self, answer, response);
    else if (told && !response->error)
        linnet_request_fail(state, self); /* there was no memory for it */
    else if (told && !(self->group && response->more))
        take_failure(state, self, response);
    Py_XDECREF(answer);
    if (!response->more)
        linnet_request_finish(self);
    else if (self->observe && !self->kept)
        let_go(self);
    Py_DECREF((PyObject *)self);
}

/* The end of an observation is told to its server. */
static void cancel_at(linnet_py_client *client, linnet_exchange exchange)
{
    if (!client || !client->client)
        return;
    Py_INCREF((PyObject *)client);
    linnet_client_cancel(client->client, exchange);
    if (client->client)
        linnet_hook_plan(&client->hook, linnet_client_deadline(client->client));
    Py_DECREF((PyObject *)client);
}

static void cancel(linnet_py_request *self) { cancel_at(self->client, self->exchange); }

/* By whose cancelling the request is cancelled. */
static int watch_future(linnet_state *state, PyObject *object, PyObject *future)
{
    PyObject *answered = PyObject_GetAttr(object, state->names._answered);
    PyObject *added =
        answered ? PyObject_CallMethodObjArgs(future, state->names.add_done_callback, answered, NULL) : NULL;
    int failed = added ? 0 : -1;
    Py_XDECREF(answered);
    Py_XDECREF(added);
    return failed;
}

/* A future of the loop. What has come already is in it at once. */
static PyObject *make_future(linnet_state *state, linnet_py_request *self)
{
    if (!self->create_future)
        return PyErr_Format(PyExc_RuntimeError, "there is no event loop to wait in");
    PyObject *future = PyObject_CallNoArgs(self->create_future);
    if (future && !self->outcome && watch_future(state, (PyObject *)self, future) != 0)
        Py_CLEAR(future);
    return future;
}

static PyObject *get_response(PyObject *object, void *unused)
{
    (void)unused;
    linnet_py_request *self = SELF(object);
    linnet_state *state = linnet_state_of(object);
    if (!state)
        return NULL;
    if (!self->future) {
        self->future = make_future(state, self);
        if (self->future && self->outcome)
            set_future(state, self, false);
    }
    Py_XINCREF(self->future);
    return self->future;
}

static PyObject *answered(PyObject *object, PyObject *future)
{
    linnet_state *state = linnet_state_of(object);
    PyObject *cancelled = state ? PyObject_CallMethodObjArgs(future, state->names.cancelled, NULL) : NULL;
    if (!cancelled)
        return NULL;
    if (cancelled == Py_True)
        cancel(SELF(object));
    Py_DECREF(cancelled);
    Py_RETURN_NONE;
}

static PyObject *get_observation(PyObject *object, void *unused)
{
    (void)unused;
    linnet_py_request *self = SELF(object);
    linnet_state *state = linnet_state_of(object);
    if (!state)
        return NULL;
    if (!self->observe)
        Py_RETURN_NONE;
    PyObject *found = observation_of(self);
    if (found)
        return found;
    found = PyObject_CallFunctionObjArgs(state->Observation, object, NULL);
    PyObject *weak = found ? PyWeakref_NewRef(found, NULL) : NULL, *before = self->observation;
    if (!weak) {
        Py_XDECREF(found);
        return NULL;
    }
    self->observation = weak;
    Py_XDECREF(before);
    return found;
}

static PyObject *get_responses(PyObject *object, void *unused)
{
    (void)unused;
    linnet_py_request *self = SELF(object);
    linnet_state *state = linnet_state_of(object);
    if (state && !self->responses) {
        self->responses = PyObject_CallNoArgs(state->Responses);
        if (self->responses && self->outcome && !self->failed)
            call_with(self->responses, state->names._push, self->outcome);
        if (self->responses && !self->client)
            call_with(self->responses, state->names._end, self->failed ? self->outcome : Py_None);
    }
    Py_XINCREF(self->responses);
    return self->responses;
}

static PyObject *get_member(PyObject *member)
{
    PyObject *got = member ? member : Py_None;
    Py_INCREF(got);
    return got;
}

static PyObject *get_message(PyObject *object, void *unused) { return (void)unused, get_member(SELF(object)->message); }
static PyObject *get_outcome(PyObject *object, void *unused) { return (void)unused, get_member(SELF(object)->outcome); }
static PyObject *get_latest(PyObject *object, void *unused) { return (void)unused, get_member(SELF(object)->latest); }
static PyObject *get_failure(PyObject *object, void *unused) { return (void)unused, get_member(SELF(object)->failure); }

static PyObject *cancel_it(PyObject *object, PyObject *unused)
{
    (void)unused;
    Py_INCREF(object);
    cancel(SELF(object));
    Py_DECREF(object);
    Py_RETURN_NONE;
}

/* For an observation with callbacks, which nobody may hold besides. */
static PyObject *keep(PyObject *object, PyObject *observation)
{
    linnet_py_request *self = SELF(object);
    if (self->client && !self->kept) {
        Py_INCREF(observation);
        self->kept = observation;
        self->client->watched++;
        linnet_request_hold(self);
    }
    Py_RETURN_NONE;
}

static int traverse(PyObject *object, visitproc visit, void *arg)
{
    const linnet_py_request *self = SELF(object);
    Py_VISIT(Py_TYPE(object));
    Py_VISIT((PyObject *)self->client);
    Py_VISIT(self->message);
    Py_VISIT(self->create_future);
    Py_VISIT(self->future);
    Py_VISIT(self->outcome);
    Py_VISIT(self->latest);
    Py_VISIT(self->failure);
    Py_VISIT(self->observation);
    Py_VISIT(self->kept);
    Py_VISIT(self->responses);
    return 0;
}

static int clear(PyObject *object)
{
    linnet_py_request *self = SELF(object);
    Py_CLEAR(self->create_future);
    Py_CLEAR(self->future);
    Py_CLEAR(self->outcome);
    Py_CLEAR(self->latest);
    Py_CLEAR(self->failure);
    Py_CLEAR(self->observation);
    drop_kept(self);
    Py_CLEAR(self->responses);
    return 0;
}

static void destroy(PyObject *object)
{
    linnet_py_request *self = SELF(object);
    linnet_py_client *client = self->client;
    linnet_aside aside = linnet_put_aside();
    PyObject_GC_UnTrack(object);
    drop_kept(self);
    self->client = NULL; /* so that on_response leaves it alone */
    cancel_at(client, self->exchange);
    Py_XDECREF((PyObject *)client);
    (void)clear(object);
    Py_CLEAR(self->message);
    linnet_object_free(object);
    linnet_put_back(aside);
}

static PyGetSetDef attributes[] = {
    {"response", get_response, NULL, "A Future of the (first) answer.", NULL},
    {"responses", get_responses, NULL, "Each answer, for `async for`: of a group there are many.", NULL},
    {"observation", get_observation, NULL, "Notifications, for `async for`; None: nothing is observed.", NULL},
    {"request", get_message, NULL, "What was asked.", NULL},
    {"_outcome", get_outcome, NULL, "The first answer or an exception; None: there is none yet.", NULL},
    {"_latest", get_latest, NULL, "The newest notification.", NULL},
    {"_failure", get_failure, NULL, "Why there will be no more notifications.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef methods[] = {
    {"_answered", answered, METH_O, "A future's callback: cancels the request with it."},
    {"cancel", cancel_it, METH_NOARGS, "Ends the request; an observation is taken back at the server."},
    {"_keep", keep, METH_O, "The observation lives until it ends."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_dealloc, destroy},
    {Py_tp_traverse, traverse},
    {Py_tp_clear, clear},
    {Py_tp_getset, attributes},
    {Py_tp_methods, methods},
    {Py_tp_doc, "A request that is under way."},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "linnet._linnet.Request",
    .basicsize = sizeof(linnet_py_request),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = slots,
};

PyTypeObject *linnet_request_type_make(PyObject *module)
{
    return (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
}
