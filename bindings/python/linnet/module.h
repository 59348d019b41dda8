/* What the files of the extension share: the module's state, which is all that it keeps besides its objects, and the
 * small helpers on references. Built for the stable ABI of Python 3.11, so no macro of CPython's own structs is used.
 */
#ifndef LINNET_PYTHON_MODULE_H
#define LINNET_PYTHON_MODULE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <linnet.h>

/* The classes and functions of the Python files that the extension makes objects with; linnet/_setup.py hands them
 * over. Each interpreter has its own. */
#define LINNET_STATE_GIVEN(each)                                                                                       \
    each(Message) each(Options) each(Request) each(Observation) each(Responses) each(Code) each(Type)                  \
        each(ContentFormat) each(Block) each(make_error) each(make_remote) each(make_undecided) each(default_tuning)   \
            each(transmission_of)

/* Names that are looked up on every request or answer. */
#define LINNET_STATE_NAMES(each)                                                                                       \
    each(code) each(payload) each(uri) each(mtype) each(mid) each(token) each(transport_tuning) each(set_result)       \
        each(set_exception) each(done) each(cancelled) each(exception) each(add_done_callback)                         \
            each(remove_done_callback) each(uri_base) each(is_multicast) each(_answered) each(_push) each(_end)

typedef struct linnet_state {
    PyTypeObject *message_type, *options_type, *client_type, *request_type, *server_type, *later_type;
#define LINNET_STATE_MEMBER(name) PyObject *name;
    LINNET_STATE_GIVEN(LINNET_STATE_MEMBER)
    struct {
        LINNET_STATE_NAMES(LINNET_STATE_MEMBER)
    } names;
#undef LINNET_STATE_MEMBER
    PyObject *codes[256]; /* members of Code, found when first asked for */
    PyObject *types[4];
} linnet_state;

/* Of a type of this module or of a class derived from one. NULL with an exception. */
linnet_state *linnet_state_of_type(PyTypeObject *type);
static inline linnet_state *linnet_state_of(PyObject *object) { return linnet_state_of_type(Py_TYPE(object)); }

/* New references; NULL with an exception. */
PyObject *linnet_state_code(linnet_state *state, linnet_code code);
PyObject *linnet_state_mtype(linnet_state *state, unsigned type);

/* An exception of linnet.error for one of the library's errors; `detail` may be NULL. A new reference, or NULL with
 * an exception of its own. */
PyObject *linnet_error_make(linnet_state *state, int error, const char *detail);
/* Raises it; returns NULL. */
PyObject *linnet_error_raise(linnet_state *state, int error, const char *detail);
/* The same for what the extension itself finds wrong: `kind` is a name that error.py knows. */
PyObject *linnet_error_make_kind(linnet_state *state, const char *kind, const char *detail);
PyObject *linnet_error_raise_kind(linnet_state *state, const char *kind, const char *detail);

/* The types; each returns a new type or NULL. */
PyTypeObject *linnet_message_type_make(PyObject *module);
PyTypeObject *linnet_options_type_make(PyObject *module);
PyTypeObject *linnet_client_type_make(PyObject *module);
PyTypeObject *linnet_request_type_make(PyObject *module);
PyTypeObject *linnet_server_type_make(PyObject *module);
PyTypeObject *linnet_later_type_make(PyObject *module);

/* A new, zeroed object of a class of ours or derived from one. */
static inline void *linnet_object_new(PyTypeObject *type)
{
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    return allocate(type, 0);
}

/* Ends a dealloc: frees the object, and the reference that it holds to its type. */
static inline void linnet_object_free(void *object)
{
    PyTypeObject *type = Py_TYPE((PyObject *)object);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(object);
    Py_DECREF(type);
}

/* The exception that is on its way, if there is one, put aside: objects end in the midst of it, and may not run Python
 * code then. */
typedef struct linnet_aside {
    PyObject *type, *value, *trace;
} linnet_aside;

static inline linnet_aside linnet_put_aside(void)
{
    linnet_aside aside;
    PyErr_Fetch(&aside.type, &aside.value, &aside.trace);
    return aside;
}

static inline void linnet_put_back(linnet_aside aside) { PyErr_Restore(aside.type, aside.value, aside.trace); }

/* For "O&": a whole number into a uint32_t or a uint64_t; OverflowError where it has no room. */
int linnet_take_uint32(PyObject *value, void *out);
int linnet_take_uint64(PyObject *value, void *out);
#define UINT32(place) linnet_take_uint32, &(place)
/* A str as text that ends with NUL and has none before; NULL with an exception. It lives as long as the str. */
const char *linnet_py_text(PyObject *value);

/* For what goes wrong in a callback that has nobody to raise to. */
static inline void linnet_unraisable(PyObject *where)
{
    if (PyErr_Occurred())
        PyErr_WriteUnraisable(where);
}

#endif
