/* The client type: opening, the turn of the loop, closing. */
#include "client.h"

#define SELF(object) ((linnet_py_client *)(object))

static void close_client(linnet_py_client *self)
{
    linnet_client *client = self->client;
    if (self->processing) {
        self->closing = true;
        return;
    }
    self->client = NULL;
    self->closing = false;
    linnet_hook_close(&self->hook);
    if (client && !linnet_hook_forked(&self->hook)) {
        self->processing = true; /* every request is told */
        linnet_client_close(client);
        self->processing = false;
    }
    Py_CLEAR(self->create_future);
}

/* What it closes is gone afterwards. */
static int turn(linnet_py_client *self, int (*how)(linnet_client *client))
{
    self->processing = true;
    self->hastened = false;
    int error = how(self->client);
    self->processing = false;
    if (self->closing)
        close_client(self);
    return error;
}

/* The answer to what has left is about to come. */
static bool expects(linnet_py_client *self) { return self->client && linnet_client_lingers(self->client); }

static void plan(linnet_py_client *self)
{
    if (self->client)
        linnet_hook_plan(&self->hook, expects(self) ? 0 : linnet_client_deadline(self->client));
}

void linnet_client_hasten(linnet_py_client *client)
{
    if (!client->hastened && client->client)
        linnet_client_flush(client->client);
    client->hastened = true;
}

void linnet_client_look(linnet_py_client *client)
{
    if (!client->processing && client->hook.soon && client->watched == 0 && expects(client))
        (void)turn(client, linnet_client_process); /* an error comes again, and is told, in the loop */
}

void linnet_client_handshake_failed(void *context, const linnet_handshake_failure *failure)
{
    linnet_py_client *self = context;
    self->handshake_error = failure->error;
    if (failure->alert_received)
        PyOS_snprintf(self->handshake_text, sizeof self->handshake_text, "%s: %s", linnet_error_text(failure->error),
                      failure->text);
    else
        PyOS_snprintf(self->handshake_text, sizeof self->handshake_text, "%s", failure->text);
}

void linnet_client_started(linnet_py_client *client)
{
    if (!client->processing && client->hook.loop && !client->hook.soon && linnet_client_pending(client->client) == 1)
        linnet_client_flush(client->client);
    plan(client);
}

static PyObject *process(PyObject *object, PyObject *unused)
{
    (void)unused;
    linnet_py_client *self = SELF(object);
    if (!self->client || self->processing)
        Py_RETURN_NONE;
    Py_INCREF(object); /* the last request may hold the last reference */
    linnet_hook_woken(&self->hook);
    int error = turn(self, linnet_client_linger);
    plan(self);
    linnet_state *state = error ? linnet_state_of(object) : NULL;
    Py_DECREF(object);
    if (error)
        return state ? linnet_error_raise(state, error, NULL) : NULL;
    Py_RETURN_NONE;
}

/* request(message, timeout_ms, block_size, max_body_size, handle_blockwise, credentials) */
static PyObject *request(PyObject *object, PyObject *args)
{
    linnet_state *state = linnet_state_of(object);
    linnet_client_request settings = {.no_content_format = true, .no_uri_host = true};
    PyObject *message, *credentials;
    uint32_t block_size;
    int blockwise;
    if (!state || !PyArg_ParseTuple(args, "O!O&O&O&pO", state->message_type, &message, linnet_take_uint32,
                                    &settings.timeout_ms, linnet_take_uint32, &block_size, linnet_take_uint64,
                                    &settings.max_body_size, &blockwise, &credentials))
        return NULL;
    settings.block_size = (uint16_t)(block_size <= UINT16_MAX ? block_size : 1); /* which no block has */
    return linnet_request_send(state, SELF(object), message, &settings, blockwise, credentials);
}

static PyObject *shut_down(PyObject *object, PyObject *unused)
{
    (void)unused;
    Py_INCREF(object);
    close_client(SELF(object));
    Py_DECREF(object);
    Py_RETURN_NONE;
}

static PyObject *deadline(PyObject *object, PyObject *unused)
{
    (void)unused;
    uint64_t due = SELF(object)->client ? linnet_client_deadline(SELF(object)->client) : UINT64_MAX;
    uint64_t now = linnet_clock();
    if (due == UINT64_MAX)
        Py_RETURN_NONE;
    return PyFloat_FromDouble(due > now ? (double)(due - now) / 1e6 : 0.0);
}

static PyObject *descriptor(PyObject *object, PyObject *unused)
{
    (void)unused;
    return PyLong_FromLong(SELF(object)->client ? linnet_client_descriptor(SELF(object)->client) : -1);
}

static PyObject *get_pending(PyObject *object, void *unused)
{
    (void)unused;
    return PyLong_FromSize_t(SELF(object)->client ? linnet_client_pending(SELF(object)->client) : 0);
}

static int open_client(linnet_py_client *self, linnet_state *state, PyObject *loop, const linnet_client_config *config)
{
    int error = linnet_client_open(&self->client, config);
    if (error != 0) {
        linnet_error_raise(state, error, config->local_address);
        return -1;
    }
    self->create_future = loop == Py_None ? NULL : PyObject_GetAttrString(loop, "create_future");
    if (loop != Py_None && !self->create_future)
        return -1;
    return linnet_hook_open(&self->hook, loop, (PyObject *)self, linnet_client_descriptor(self->client));
}

static int initialise(PyObject *object, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"loop",
                            "local_address",
                            "transmission",
                            "cache_size",
                            "message_size",
                            "multicast_interface",
                            "multicast_hops",
                            "exchanges",
                            "source_ports",
                            "linger_us",
                            NULL};
    linnet_client_config config = {0};
    linnet_state *state = linnet_state_of(object);
    linnet_transmission *sent = &config.transmission;
    PyObject *loop;
    uint32_t hops = 0;
    uint64_t cache = 0;
    if (!state ||
        !PyArg_ParseTupleAndKeywords(
            args, keywords, "O|$z(O&O&O&O&O&O&)O&O&zO&O&O&O&", names, &loop, &config.local_address,
            UINT32(sent->ack_timeout_ms), UINT32(sent->ack_random_percent), UINT32(sent->max_retransmit),
            UINT32(sent->nstart), UINT32(sent->max_latency_ms), UINT32(sent->probing_rate), linnet_take_uint64, &cache,
            UINT32(config.limits.message_size), &config.multicast_interface, UINT32(hops),
            UINT32(config.limits.exchanges), UINT32(config.limits.source_ports), UINT32(config.linger_us)))
        return -1;
    if (SELF(object)->client || hops > UINT8_MAX) {
        PyErr_SetString(PyExc_ValueError, hops > UINT8_MAX ? "multicast_hops is at most 255" : "it is open already");
        return -1;
    }
    config.multicast_hops = (uint8_t)hops;
    config.cache_size = (size_t)cache;
    return open_client(SELF(object), state, loop, &config);
}

static int traverse(PyObject *object, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(object));
    Py_VISIT(SELF(object)->create_future);
    for (linnet_py_request *request = SELF(object)->held; request; request = request->next)
        Py_VISIT((PyObject *)request);
    return linnet_hook_traverse(&SELF(object)->hook, visit, arg);
}

static int clear(PyObject *object)
{
    SELF(object)->silent = true;
    linnet_hook_abandon(&SELF(object)->hook);
    close_client(SELF(object));
    return 0;
}

static void destroy(PyObject *object)
{
    linnet_aside aside = linnet_put_aside();
    PyObject_GC_UnTrack(object);
    (void)clear(object);
    linnet_object_free(object);
    linnet_put_back(aside);
}

static PyGetSetDef attributes[] = {
    {"pending", get_pending, NULL, "Requests that have not ended.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef methods[] = {
    {"_process", process, METH_NOARGS, "A turn: what has come is handled, what is due is sent."},
    {"request", request, METH_VARARGS, "Sends a message; returns a Request."},
    {"close", shut_down, METH_NOARGS, "Ends every request and frees all."},
    {"deadline", deadline, METH_NOARGS, "Seconds until _process() has to be called; None: it need not."},
    {"fileno", descriptor, METH_NOARGS, "The descriptor to wait for."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_dealloc, destroy},
    {Py_tp_init, initialise},
    {Py_tp_traverse, traverse},
    {Py_tp_clear, clear},
    {Py_tp_getset, attributes},
    {Py_tp_methods, methods},
    {Py_tp_doc, "A client with its sockets."},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "linnet._linnet.Client",
    .basicsize = sizeof(linnet_py_client),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = slots,
};

PyTypeObject *linnet_client_type_make(PyObject *module)
{
    return (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
}
