/* One Python object for each counted handle of the library, as long as anybody has it: the handle's context is the
 * object, which the handle does not count. */
#include "binding.h"

typedef struct held {
    PyObject_HEAD const handle_kind *kind;
    void *handle; /* counted */
    unsigned epoch;
} held;

void *handle_peek(PyObject *self) { return ((held *)self)->handle; }

void *handle_of(PyObject *self)
{
    const held *of = (held *)self;
    if (of->epoch == lifetime_epoch())
        return of->handle;
    PyErr_Format(PyExc_RuntimeError, "this %s before fork(): it is the parent process's", of->kind->made);
    return NULL;
}

static PyObject *new_object(const handle_kind *kind, void *handle)
{
    allocfunc allocate = SLOT_AS(allocfunc, PyType_GetSlot(kind->type, Py_tp_alloc));
    held *made = (held *)allocate(kind->type, 0);
    if (made) {
        made->kind = kind;
        made->handle = handle;
        made->epoch = lifetime_epoch();
        kind->set_context(handle, made);
    }
    return (PyObject *)made;
}

/* Only the interpreter lock guards the context: nothing here may release it between looking and setting. */
PyObject *handle_object(const handle_kind *kind, void *handle)
{
    PyObject *known = kind->context(handle);
    PyObject *object = known ? Py_NewRef(known) : new_object(kind, handle);
    if (known || !object)
        kind->release(handle); /* which waits for nobody */
    return object;
}

static void deallocate(PyObject *self)
{
    const held *of = (held *)self;
    PyTypeObject *type = Py_TYPE(self);
    if (of->epoch == lifetime_epoch()) { /* the parent's locks may be in any state */
        of->kind->set_context(of->handle, NULL);
        of->kind->release(of->handle);
    }
    freefunc release = SLOT_AS(freefunc, PyType_GetSlot(type, Py_tp_free));
    release(self);
    Py_DECREF(type);
}

int add_handle_type(PyObject *module, handle_kind *kind)
{
    PyType_Slot slots[] = {
        {Py_tp_dealloc, SLOT(deallocate)},
        {Py_tp_repr, SLOT(kind->represent)},
        {Py_tp_methods, kind->methods},
        {Py_tp_doc, (char *)(uintptr_t)kind->text},
        {0, NULL},
    };
    PyType_Spec spec = {kind->name, sizeof(held), 0,
                        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE, slots};
    kind->type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
    return kind->type ? PyModule_AddType(module, kind->type) : -1;
}
