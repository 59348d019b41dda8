/* The extension module network._network: its classes, and what happens at exit and after fork(). */
#include "binding.h"

static PyMethodDef functions[] = {
    {"_at_exit", lifetime_at_exit, METH_NOARGS, "Closes the module when the interpreter ends."},
    {"_after_fork", lifetime_after_fork, METH_NOARGS, "A child process begins without a module."},
    {NULL, NULL, 0, NULL},
};

/* MODULE.NAME(*arguments, **keywords), both of which it takes. */
static int call_once(const char *module, const char *name, PyObject *arguments, PyObject *keywords)
{
    PyObject *imported = PyImport_ImportModule(module);
    PyObject *function = imported ? PyObject_GetAttrString(imported, name) : NULL;
    PyObject *result = function && arguments ? PyObject_Call(function, arguments, keywords) : NULL;
    Py_XDECREF(imported);
    Py_XDECREF(function);
    Py_XDECREF(arguments);
    Py_XDECREF(keywords);
    Py_XDECREF(result);
    return result ? 0 : -1;
}

static int register_ends(PyObject *module)
{
    PyObject *at_exit = PyObject_GetAttrString(module, "_at_exit");
    PyObject *after_fork = PyObject_GetAttrString(module, "_after_fork");
    int error = !at_exit || !after_fork;
    if (!error)
        error =
            call_once("atexit", "register", Py_BuildValue("(O)", at_exit), NULL) != 0 ||
            call_once("os", "register_at_fork", PyTuple_New(0), Py_BuildValue("{s:O}", "after_in_child", after_fork));
    Py_XDECREF(at_exit);
    Py_XDECREF(after_fork);
    return error ? -1 : 0;
}

/* The module is one for the whole process: handlers could not tell in which interpreter they are to run. */
static int refuse_second_interpreter(void)
{
    if (PyInterpreterState_GetID(PyInterpreterState_Get()) == 0)
        return 0;
    PyErr_SetString(PyExc_ImportError, "network is one for the whole process: import it in the main interpreter");
    return -1;
}

static int execute(PyObject *module)
{
    if (refuse_second_interpreter() != 0 || add_coap_type(module) != 0 || add_resource_type(module) != 0 ||
        add_session_type(module) != 0)
        return -1;
    return register_ends(module);
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, SLOT(execute)}, {0, NULL}};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_network",
    .m_doc = "The part of `network` that is in C: Coap over Linnet's module.h.",
    .m_methods = functions,
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit__network(void);

PyMODINIT_FUNC PyInit__network(void) { return PyModuleDef_Init(&definition); }
