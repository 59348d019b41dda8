/* The server type: opening, resources, the turn of the loop, closing. */
#include "server.h"

#include "credentials.h"

#define SELF(object) ((linnet_py_server *)(object))

static void free_route(linnet_route *route)
{
    linnet_py_server *server = route->server;
    PyObject *object = route->object, *path = route->path;
    if (route->next)
        route->next->previous = route->previous;
    *(route->previous ? &route->previous->next : &server->routes) = route->next;
    PyMem_Free(route);
    Py_DECREF(object);
    Py_DECREF(path);
}

static void close_server(linnet_py_server *self)
{
    linnet_server *server = self->server;
    if (self->processing) {
        self->closing = true;
        return;
    }
    self->server = NULL;
    self->closing = false;
    linnet_hook_close(&self->hook);
    if (!linnet_hook_forked(&self->hook))
        linnet_server_close(server);
    linnet_py_kept_forget(self, NULL);
    while (self->routes)
        free_route(self->routes);
    Py_CLEAR(self->serve);
    Py_CLEAR(self->spawn);
    Py_CLEAR(self->counted);
    Py_CLEAR(self->keys);
}

/* Those whose number of observers is not what they were told: (object, number), in a list. */
static PyObject *count_observers(linnet_py_server *self)
{
    PyObject *changed = PyList_New(0);
    int collected = PyGC_Disable(); /* what it finds may take a route away */
    for (linnet_route *route = self->routes; changed && route; route = route->next) {
        size_t count = route->observable ? linnet_resource_observers(route->resource) : 0;
        if (count == route->observers)
            continue;
        route->observers = count;
        PyObject *pair = Py_BuildValue("(On)", route->object, (Py_ssize_t)count);
        if (!pair || PyList_Append(changed, pair) != 0)
            Py_CLEAR(changed);
        Py_XDECREF(pair);
    }
    if (collected)
        PyGC_Enable();
    return changed;
}

/* Walks the resources only where an observer may have come or gone. */
static void tell_counts(linnet_py_server *self)
{
    size_t all = linnet_server_observers(self->server);
    if (all == self->observers && !self->count_anew)
        return;
    self->observers = all;
    self->count_anew = false;
    PyObject *changed = count_observers(self);
    for (Py_ssize_t i = 0; changed && i < PyList_Size(changed); i++) {
        PyObject *told = PyObject_CallObject(self->counted, PyList_GetItem(changed, i));
        if (!told)
            linnet_unraisable(self->counted);
        Py_XDECREF(told);
    }
    if (!changed)
        linnet_unraisable((PyObject *)self);
    Py_XDECREF(changed);
}

static PyObject *process(PyObject *object, PyObject *unused)
{
    (void)unused;
    linnet_py_server *self = SELF(object);
    if (!self->server || self->processing)
        Py_RETURN_NONE;
    Py_INCREF(object);
    linnet_hook_woken(&self->hook);
    self->processing = true;
    int error = linnet_server_linger(self->server);
    tell_counts(self);
    self->processing = false;
    if (self->closing)
        close_server(self);
    else
        linnet_hook_plan(&self->hook, linnet_server_lingers(self->server) ? 0 : linnet_server_deadline(self->server));
    linnet_state *state = error ? linnet_state_of(object) : NULL;
    Py_DECREF(object);
    if (error)
        return state ? linnet_error_raise(state, error, NULL) : NULL;
    Py_RETURN_NONE;
}

static linnet_route *add_route(linnet_py_server *self, PyObject *object, PyObject *path)
{
    linnet_route *route = PyMem_Calloc(1, sizeof *route);
    if (!route) {
        PyErr_NoMemory();
        return NULL;
    }
    Py_INCREF(object);
    Py_INCREF(path);
    *route = (linnet_route){.server = self, .next = self->routes, .object = object, .path = path};
    if (self->routes)
        self->routes->previous = route;
    self->routes = route;
    return route;
}

static linnet_resource_config config_of(linnet_route *route)
{
    return (linnet_resource_config){
        .get = linnet_route_serve,
        .post = linnet_route_serve,
        .put = linnet_route_serve,
        .del = linnet_route_serve,
        .fetch = linnet_route_serve,
        .patch = linnet_route_serve,
        .ipatch = linnet_route_serve,
        .context = route,
        .observable = route->observable,
        .subtree = route->subtree,
        .own_preconditions = true,
        .hidden = true,
    };
}

/* add(path, object, segments, observable, subtree, max_body_size) */
static PyObject *add(PyObject *object, PyObject *args)
{
    linnet_py_server *self = SELF(object);
    linnet_state *state = linnet_state_of(object);
    const char *path;
    PyObject *resource, *segments;
    int observable, subtree;
    uint32_t most;
    if (!state || !PyArg_ParseTuple(args, "sOO!ppO&", &path, &resource, &PyTuple_Type, &segments, &observable, &subtree,
                                    UINT32(most)))
        return NULL;
    if (!self->server)
        return linnet_error_raise(state, LINNET_ECLOSED, NULL);
    linnet_route *route = add_route(self, resource, segments);
    if (!route)
        return NULL;
    route->observable = observable;
    route->subtree = subtree;
    linnet_resource_config config = config_of(route);
    config.max_body_size = most;
    int error = linnet_server_add(self->server, path, &config);
    if (error != 0) {
        free_route(route);
        return linnet_error_raise(state, error, path);
    }
    route->resource = linnet_server_find(self->server, path);
    linnet_hook_plan(&self->hook, linnet_server_deadline(self->server));
    Py_RETURN_NONE;
}

/* The resource at a path, None among the arguments. NULL: there is none, or an exception. */
static linnet_resource *find(linnet_py_server *self, PyObject *path)
{
    const char *text = linnet_py_text(path);
    return text && self->server ? linnet_server_find(self->server, text) : NULL;
}

static PyObject *remove_path(PyObject *object, PyObject *path)
{
    linnet_py_server *self = SELF(object);
    linnet_resource *resource = find(self, path);
    if (!resource) {
        if (!PyErr_Occurred() && self->server)
            PyErr_SetObject(PyExc_KeyError, path);
        return PyErr_Occurred() ? NULL : PyBool_FromLong(0);
    }
    linnet_route *route = linnet_resource_context(resource);
    linnet_server_remove(self->server, PyUnicode_AsUTF8AndSize(path, NULL));
    linnet_py_kept_forget(self, route->object);
    free_route(route);
    linnet_hook_plan(&self->hook, linnet_server_deadline(self->server));
    return PyBool_FromLong(1);
}

/* changed(path, object): unless another object has its place by now */
static PyObject *changed(PyObject *object, PyObject *args)
{
    linnet_py_server *self = SELF(object);
    PyObject *path, *resource;
    if (!PyArg_ParseTuple(args, "OO", &path, &resource))
        return NULL;
    linnet_resource *found = find(self, path);
    linnet_route *route = found ? linnet_resource_context(found) : NULL;
    if (PyErr_Occurred())
        return NULL;
    if (route && route->object == resource) {
        linnet_py_kept_forget(self, resource);
        linnet_resource_changed(found);
        linnet_hook_plan(&self->hook, linnet_server_deadline(self->server));
    }
    Py_RETURN_NONE;
}

static PyObject *join(PyObject *object, PyObject *group)
{
    linnet_py_server *self = SELF(object);
    linnet_state *state = linnet_state_of(object);
    const char *text = linnet_py_text(group);
    if (!state || !text)
        return NULL;
    int error = self->server ? linnet_server_join(self->server, text) : LINNET_ECLOSED;
    if (error != 0)
        return linnet_error_raise(state, error, text);
    Py_RETURN_NONE;
}

static void note_ports(linnet_py_server *self)
{
    linnet_address address;
    for (size_t i = 0; linnet_server_address(self->server, i, &address) == 0; i++) {
        uint16_t *port = linnet_server_is_secured(self->server, i) ? &self->secured_port : &self->port;
        *port = *port ? *port : address.port;
    }
}

static PyObject *listen_too(PyObject *object, PyObject *uri)
{
    linnet_py_server *self = SELF(object);
    linnet_state *state = linnet_state_of(object);
    const char *text = linnet_py_text(uri);
    if (!state || !text)
        return NULL;
    int error = self->server ? linnet_server_bind(self->server, text) : LINNET_ECLOSED;
    if (error != 0)
        return linnet_error_raise(state, error, text);
    note_ports(self);
    linnet_hook_plan(&self->hook, linnet_server_deadline(self->server));
    Py_RETURN_NONE;
}

static PyObject *addresses(PyObject *object, PyObject *unused)
{
    (void)unused;
    linnet_address address;
    char text[LINNET_ADDRESS_TEXT];
    const linnet_server *server = SELF(object)->server;
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list && server && linnet_server_address(server, i, &address) == 0; i++) {
        PyObject *pair = Py_BuildValue("(siN)", linnet_address_host_text(&address, text), (int)address.port,
                                       PyBool_FromLong(linnet_server_is_secured(server, i)));
        if (!pair || PyList_Append(list, pair) != 0)
            Py_CLEAR(list);
        Py_XDECREF(pair);
    }
    return list;
}

static PyObject *shut_down(PyObject *object, PyObject *unused)
{
    (void)unused;
    Py_INCREF(object);
    close_server(SELF(object));
    Py_DECREF(object);
    Py_RETURN_NONE;
}

static int open_server(linnet_py_server *self, linnet_state *state, PyObject *loop, const linnet_server_config *config)
{
    int error = linnet_server_open_with(&self->server, config);
    if (error != 0) {
        linnet_error_raise(state, error, config->address);
        return -1;
    }
    linnet_server_remove(self->server, LINNET_DISCOVERY_PATH); /* a site has a WKCResource, or none */
    note_ports(self);
    return linnet_hook_open(&self->hook, loop, (PyObject *)self, linnet_server_descriptor(self->server));
}

/* What `keys` says of certificates and raw keys: a dict that has to outlive `read`; NULL with an exception. */
static PyObject *read_keys(PyObject *keys, linnet_py_credentials *read)
{
    PyObject *own = PyObject_CallMethod(keys, "own", NULL);
    PyObject *any = own ? PyObject_GetAttrString(keys, "has_psk") : NULL;
    int has_psk = any ? PyObject_IsTrue(any) : -1;
    Py_XDECREF(any);
    if (has_psk < 0 || linnet_py_credentials_read(own, read) != 0)
        Py_CLEAR(own);
    else if (has_psk)
        read->credentials.look_up = linnet_py_look_up;
    return own;
}

/* What an opening that failed has left goes. */
static void replace(PyObject **member, PyObject *value)
{
    PyObject *before = *member;
    Py_XINCREF(value);
    *member = value;
    Py_XDECREF(before);
}

static int initialise(PyObject *object, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"loop",          "serve",        "spawn",         "counted",   "address",
                            "transmission",  "message_size", "amplification", "exchanges", "observers",
                            "upload_memory", "linger_us",    "keys",          NULL};
    linnet_py_server *self = SELF(object);
    linnet_py_credentials read = {.credentials = {.failed = linnet_py_handshake_failed, .context = self}};
    linnet_server_config config = {0};
    linnet_state *state = linnet_state_of(object);
    linnet_transmission *sent = &config.transmission;
    PyObject *loop, *serve, *spawn, *counted, *keys = Py_None;
    if (!state ||
        !PyArg_ParseTupleAndKeywords(args, keywords, "OOOOs|$(O&O&O&O&O&O&)O&O&O&O&O&O&O", names, &loop, &serve, &spawn,
                                     &counted, &config.address, UINT32(sent->ack_timeout_ms),
                                     UINT32(sent->ack_random_percent), UINT32(sent->max_retransmit),
                                     UINT32(sent->nstart), UINT32(sent->max_latency_ms), UINT32(sent->probing_rate),
                                     UINT32(config.limits.message_size), UINT32(config.limits.amplification),
                                     UINT32(config.limits.exchanges), UINT32(config.limits.observers),
                                     UINT32(config.limits.upload_memory), UINT32(config.linger_us), &keys))
        return -1;
    if (self->server) {
        PyErr_SetString(PyExc_ValueError, "it is open already");
        return -1;
    }
    replace(&self->serve, serve);
    replace(&self->spawn, spawn);
    replace(&self->counted, counted);
    replace(&self->keys, keys == Py_None ? NULL : keys);
    if (!self->keys)
        return open_server(self, state, loop, &config);
    config.credentials = &read.credentials;
    PyObject *own = read_keys(keys, &read);
    int failed = own ? open_server(self, state, loop, &config) : -1;
    Py_XDECREF(own);
    return failed;
}

static int traverse(PyObject *object, visitproc visit, void *arg)
{
    linnet_py_server *self = SELF(object);
    Py_VISIT(Py_TYPE(object));
    Py_VISIT(self->serve);
    Py_VISIT(self->spawn);
    Py_VISIT(self->counted);
    Py_VISIT(self->keys);
    for (const linnet_route *route = self->routes; route; route = route->next)
        Py_VISIT(route->object);
    for (size_t i = 0; i < LINNET_KEPT; i++) {
        Py_VISIT(self->kept[i].object);
        Py_VISIT(self->kept[i].answer);
        Py_VISIT(self->kept[i].request);
    }
    return linnet_hook_traverse(&self->hook, visit, arg);
}

static int clear(PyObject *object)
{
    linnet_hook_abandon(&SELF(object)->hook);
    close_server(SELF(object));
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

static PyMethodDef methods[] = {
    {"_process", process, METH_NOARGS, "A turn: what has come is handled, what is due is sent."},
    {"add", add, METH_VARARGS, "(path, object, segments, observable, subtree, max_body_size)"},
    {"remove", remove_path, METH_O, "Takes away what is at a path."},
    {"changed", changed, METH_VARARGS, "(path, object): tells those who observe it."},
    {"join", join, METH_O, "Joins a multicast group."},
    {"bind", listen_too, METH_O, "Listens on one more URI, of coap:// or coaps://."},
    {"addresses", addresses, METH_NOARGS, "What it listens on: (host, port, whether that is coaps)."},
    {"close", shut_down, METH_NOARGS, "Closes the sockets and frees all."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_dealloc, destroy},
    {Py_tp_init, initialise},
    {Py_tp_traverse, traverse},
    {Py_tp_clear, clear},
    {Py_tp_methods, methods},
    {Py_tp_doc, "A server with its sockets."},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "linnet._linnet.Server",
    .basicsize = sizeof(linnet_py_server),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = slots,
};

PyTypeObject *linnet_server_type_make(PyObject *module)
{
    return (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
}
