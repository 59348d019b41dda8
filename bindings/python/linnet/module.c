/* The module: its state, and what the Python files hand over. */
#include "module.h"

#include <errno.h>

static struct PyModuleDef definition;

linnet_state *linnet_state_of_type(PyTypeObject *type)
{
    while (type && (PyType_GetFlags(type) & Py_TPFLAGS_HEAPTYPE)) {
        PyObject *module = PyType_GetModule(type);
        if (!module)
            PyErr_Clear(); /* a class that was derived in Python */
        else if (PyModule_GetDef(module) == &definition)
            return PyModule_GetState(module);
        type = PyType_GetSlot(type, Py_tp_base);
    }
    PyErr_SetString(PyExc_SystemError, "an object that is not linnet's");
    return NULL;
}

PyObject *linnet_state_code(linnet_state *state, linnet_code code)
{
    if (!state->codes[code])
        state->codes[code] = PyObject_CallFunction(state->Code, "i", (int)code);
    Py_XINCREF(state->codes[code]);
    return state->codes[code];
}

PyObject *linnet_state_mtype(linnet_state *state, unsigned type)
{
    if (!state->types[type & 3u])
        state->types[type & 3u] = PyObject_CallFunction(state->Type, "i", (int)(type & 3u));
    Py_XINCREF(state->types[type & 3u]);
    return state->types[type & 3u];
}

/* Of the two errors that a system call lies behind, errno says more. */
PyObject *linnet_error_make(linnet_state *state, int error, const char *detail)
{
    char text[256];
    int number = errno;
    if (error != LINNET_ESYSTEM && error != LINNET_EADDRESS)
        return PyObject_CallFunction(state->make_error, "iz", error, detail);
    PyOS_snprintf(text, sizeof text, "%.120s%s%s", detail ? detail : "", detail ? ": " : "",
                  number ? strerror(number) : linnet_error_text(error));
    return PyObject_CallFunction(state->make_error, "is", error, text);
}

PyObject *linnet_error_make_kind(linnet_state *state, const char *kind, const char *detail)
{
    return PyObject_CallFunction(state->make_error, "sz", kind, detail);
}

static PyObject *raise_it(PyObject *exception)
{
    if (exception)
        PyErr_SetObject((PyObject *)Py_TYPE(exception), exception);
    Py_XDECREF(exception);
    return NULL;
}

PyObject *linnet_error_raise(linnet_state *state, int error, const char *detail)
{
    return raise_it(linnet_error_make(state, error, detail));
}

PyObject *linnet_error_raise_kind(linnet_state *state, const char *kind, const char *detail)
{
    return raise_it(linnet_error_make_kind(state, kind, detail));
}

static int take_uint(PyObject *value, unsigned long long most, unsigned long long *out)
{
    PyObject *whole = PyNumber_Index(value);
    unsigned long long number = whole ? PyLong_AsUnsignedLongLong(whole) : 0;
    Py_XDECREF(whole);
    if (PyErr_Occurred())
        return 0;
    if (number > most) {
        PyErr_Format(PyExc_OverflowError, "%llu is above %llu", number, most);
        return 0;
    }
    *out = number;
    return 1;
}

int linnet_take_uint32(PyObject *value, void *out)
{
    unsigned long long number;
    if (!take_uint(value, UINT32_MAX, &number))
        return 0;
    *(uint32_t *)out = (uint32_t)number;
    return 1;
}

int linnet_take_uint64(PyObject *value, void *out)
{
    unsigned long long number;
    if (!take_uint(value, UINT64_MAX, &number))
        return 0;
    *(uint64_t *)out = number;
    return 1;
}

const char *linnet_py_text(PyObject *value)
{
    Py_ssize_t size;
    const char *text = PyUnicode_Check(value) ? PyUnicode_AsUTF8AndSize(value, &size) : NULL;
    if (!text && !PyErr_Occurred())
        PyErr_SetString(PyExc_TypeError, "a str is wanted");
    if (!text || strlen(text) == (size_t)size)
        return text;
    PyErr_SetString(PyExc_ValueError, "there is a NUL in it");
    return NULL;
}

static int take(PyObject **kept, PyObject *keywords, const char *name)
{
    PyObject *given = PyDict_GetItemString(keywords, name), *before = *kept;
    if (!given) {
        PyErr_Format(PyExc_TypeError, "_setup() wants %s", name);
        return -1;
    }
    Py_INCREF(given);
    *kept = given;
    Py_XDECREF(before);
    return 0;
}

static PyObject *setup(PyObject *module, PyObject *args, PyObject *keywords)
{
    linnet_state *state = PyModule_GetState(module);
    if (PyTuple_Size(args) != 0 || !keywords)
        return PyErr_Format(PyExc_TypeError, "_setup() takes keywords only");
#define LINNET_TAKE(name)                                                                                              \
    if (take(&state->name, keywords, #name) != 0)                                                                      \
        return NULL;
    LINNET_STATE_GIVEN(LINNET_TAKE)
#undef LINNET_TAKE
    Py_RETURN_NONE;
}

static PyObject *code_names(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    PyObject *names = PyDict_New();
    for (int code = 0; names && code < 256; code++) {
        const char *name = linnet_code_name((linnet_code)code);
        PyObject *number = name ? PyLong_FromLong(code) : NULL, *text = name ? PyUnicode_FromString(name) : NULL;
        if (name && (!number || !text || PyDict_SetItem(names, number, text) != 0))
            Py_CLEAR(names);
        Py_XDECREF(number);
        Py_XDECREF(text);
    }
    return names;
}

static PyObject *content_formats(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    size_t count;
    const linnet_content_format *table = linnet_content_format_table(&count);
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list && i < count; i++) {
        PyObject *row = Py_BuildValue("(izz)", (int)table[i].number, table[i].media_type, table[i].coding);
        if (!row || PyList_Append(list, row) != 0)
            Py_CLEAR(list);
        Py_XDECREF(row);
    }
    return list;
}

static PyObject *error_text(PyObject *module, PyObject *number)
{
    (void)module;
    long error = PyLong_AsLong(number);
    return error == -1 && PyErr_Occurred() ? NULL : PyUnicode_FromString(linnet_error_text((int)error));
}

static PyMethodDef functions[] = {
    {"_setup", (PyCFunction)setup, METH_VARARGS | METH_KEYWORDS, "Hands over what the Python files define."},
    {"code_names", code_names, METH_NOARGS, "The registered names of message codes."},
    {"content_formats", content_formats, METH_NOARGS, "The registry: number, media type, coding or None."},
    {"error_text", error_text, METH_O, "What one of the library's error numbers means."},
    {NULL, NULL, 0, NULL},
};

typedef PyTypeObject *type_maker(PyObject *module);

static int make_types(linnet_state *state, PyObject *module)
{
    struct {
        PyTypeObject **type;
        type_maker *make;
    } types[] = {{&state->message_type, linnet_message_type_make}, {&state->options_type, linnet_options_type_make},
                 {&state->client_type, linnet_client_type_make},   {&state->request_type, linnet_request_type_make},
                 {&state->server_type, linnet_server_type_make},   {&state->later_type, linnet_later_type_make}};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        *types[i].type = types[i].make(module);
        if (!*types[i].type || PyModule_AddType(module, *types[i].type) != 0)
            return -1;
    }
    return 0;
}

static int execute(PyObject *module)
{
    linnet_state *state = PyModule_GetState(module);
#define LINNET_INTERN(name)                                                                                            \
    if (!(state->names.name = PyUnicode_InternFromString(#name)))                                                      \
        return -1;
    LINNET_STATE_NAMES(LINNET_INTERN)
#undef LINNET_INTERN
    if (make_types(state, module) != 0)
        return -1;
    return PyModule_AddStringConstant(module, "version", LINNET_VERSION);
}

static int traverse(PyObject *module, visitproc visit, void *arg)
{
    linnet_state *state = PyModule_GetState(module);
#define LINNET_VISIT(name) Py_VISIT(state->name);
    LINNET_STATE_GIVEN(LINNET_VISIT)
#undef LINNET_VISIT
    Py_VISIT(state->message_type);
    Py_VISIT(state->options_type);
    Py_VISIT(state->client_type);
    Py_VISIT(state->request_type);
    Py_VISIT(state->server_type);
    Py_VISIT(state->later_type);
    for (size_t i = 0; i < 256; i++)
        Py_VISIT(state->codes[i]);
    for (size_t i = 0; i < 4; i++)
        Py_VISIT(state->types[i]);
    return 0;
}

static void clear_given(linnet_state *state)
{
#define LINNET_CLEAR(name) Py_CLEAR(state->name);
    LINNET_STATE_GIVEN(LINNET_CLEAR)
#undef LINNET_CLEAR
}

static void clear_names(linnet_state *state)
{
#define LINNET_CLEAR(name) Py_CLEAR(state->names.name);
    LINNET_STATE_NAMES(LINNET_CLEAR)
#undef LINNET_CLEAR
}

static int clear(PyObject *module)
{
    linnet_state *state = PyModule_GetState(module);
    clear_given(state);
    clear_names(state);
    Py_CLEAR(state->message_type);
    Py_CLEAR(state->options_type);
    Py_CLEAR(state->client_type);
    Py_CLEAR(state->request_type);
    Py_CLEAR(state->server_type);
    Py_CLEAR(state->later_type);
    for (size_t i = 0; i < 256; i++)
        Py_CLEAR(state->codes[i]);
    for (size_t i = 0; i < 4; i++)
        Py_CLEAR(state->types[i]);
    return 0;
}

static void release(void *module) { (void)clear(module); }

static PyModuleDef_Slot slots[] = {{Py_mod_exec, execute}, {0, NULL}};

static struct PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "linnet._linnet",
    .m_doc = "The protocol: messages, clients and servers of liblinnet for asyncio. Use the package linnet.",
    .m_size = sizeof(linnet_state),
    .m_methods = functions,
    .m_slots = slots,
    .m_traverse = traverse,
    .m_clear = clear,
    .m_free = release,
};

PyMODINIT_FUNC PyInit__linnet(void);
PyMODINIT_FUNC PyInit__linnet(void) { return PyModuleDef_Init(&definition); }
