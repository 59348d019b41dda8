/*
 * What the C files of `network` share. Everything here is called with the interpreter lock held; where a function of
 * the library is called, the lock is released, since the library may wait for a handler and a handler for the lock.
 */
#ifndef NETWORK_BINDING_H
#define NETWORK_BINDING_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <linnet/credentials.h>
#include <linnet/error.h>
#include <linnet/module.h>

/* Runs a statement that may wait, without the interpreter lock. errno stays as the statement leaves it. */
#define UNLOCKED(statement)                                                                                            \
    do {                                                                                                               \
        PyThreadState *here_ = PyEval_SaveThread();                                                                    \
        statement;                                                                                                     \
        PyEval_RestoreThread(here_);                                                                                   \
    } while (0)

/* lifetime.c: the one module that init() opens, and who is inside it. */

/* The open module, for a call that lasts until lifetime_leave(); NULL with RuntimeError when there is none. */
linnet_module *lifetime_enter(void);
void lifetime_leave(void);
/* Claims the right to open the module; -1 with RuntimeError when it is open. Then one of the two below. */
int lifetime_claim(void);
void lifetime_opened(linnet_module *module); /* NULL: opening failed */
bool lifetime_is_closing(void);
/* Closes the module, from inside a handler as soon as it has returned. -1 with an exception. */
int lifetime_close(void);
/* One more for each fork() that has made this process: handles of before belong to the parent. */
unsigned lifetime_epoch(void);
/* Ends the calling thread here, without a word, when the interpreter is about to end; else does nothing. */
void lifetime_park_at_exit(void);
PyObject *lifetime_at_exit(PyObject *self, PyObject *unused);
PyObject *lifetime_after_fork(PyObject *self, PyObject *unused);

/* handlers.c: calls from the library into Python. */

enum { ON_RESPONSE, ON_FAILURE, ON_NEW_RESOURCE, HANDLERS };

/* Puts `handler` (None: nothing) in the place of the one before; -1 with TypeError. */
int handlers_set(int which, PyObject *handler);
void handlers_clear(void);
void handlers_connect(linnet_module *module); /* without the interpreter lock */
bool handlers_is_inside(void);                /* whether the calling thread is inside a handler */
/* Around linnet_module_read(): what a handler may not swallow, such as KeyboardInterrupt, is kept for the reader. */
typedef struct reader {
    PyObject *type, *value, *traceback;
    struct reader *outer;
} reader;
void handlers_begin_reading(reader *mine);
int handlers_end_reading(reader *mine); /* -1 with the exception that was kept */

/* values.c: arguments. Each function sets an exception where it fails. */

/* New bytes object: of a str in UTF-8, of any buffer, of an int in the fewest octets, little-endian, at least one. */
PyObject *value_bytes(PyObject *value);
/* New bytes object: of a str or a buffer of up to 8 octets, of an int in the fewest, at least one, big-endian. */
PyObject *token_bytes(PyObject *token);
/* New bytes object: of a str or a buffer that is not empty. */
PyObject *key_bytes(PyObject *key);
linnet_bytes bytes_view(PyObject *bytes); /* NULL is the empty view */
/* object.NAME(first, second), of which the second or both may be NULL. The name is interned: Python's cache of methods
 * would keep each new copy of it. */
PyObject *call_method(PyObject *object, const char *name, PyObject *first, PyObject *second);
/* An int of that range; NULL and None leave *number as it is. */
int number_argument(PyObject *object, const char *name, long long least, long long most, long long *number);

/* errors.c */

/* Sets the exception that fits to a LINNET_E... and returns NULL; `subject` may be NULL. */
PyObject *raise_error(int error, const char *subject);
/* RuntimeError for a handle whose thing is gone; at exit the thread ends here. */
PyObject *raise_gone(const char *text);

/* handle.c: Python objects that stand for counted handles of the library. */

typedef struct handle_kind {
    const char *name, *text; /* of the type */
    const char *made;        /* "session was opened" */
    PyMethodDef *methods;
    reprfunc represent;
    void *(*context)(const void *handle);
    void (*set_context)(void *handle, void *context);
    void (*release)(void *handle);
    PyTypeObject *type; /* made by add_handle_type() */
} handle_kind;

int add_handle_type(PyObject *module, handle_kind *kind);
/* The object of a handle: a new reference. Takes the reference to the handle that the caller has. */
PyObject *handle_object(const handle_kind *kind, void *handle);
/* The handle of an object; NULL with RuntimeError where it is one of the process that this one was forked from. */
void *handle_of(PyObject *self);
/* The same without looking: only for what the library keeps for as long as the handle. */
void *handle_peek(PyObject *self);

/* resource.c, session.c: one Python object for each handle, as long as anybody has it. Both take the reference to the
 * handle that the caller has. */
PyObject *resource_object(linnet_module_resource *handle);
PyObject *session_object(linnet_module_session *handle);
PyObject *session_fail(int error); /* the exception of a session's function; NULL */
int add_resource_type(PyObject *module);
int add_session_type(PyObject *module);

/* request.c */

typedef struct request_arguments {
    int method;
    const char *uri_path;
    PyObject *content_format, *payload, *token; /* NULL or None: not given */
    int include_options;
    bool observe;
} request_arguments;
/* Sends the request; its message ID, or NULL with an exception. */
PyObject *request_send(linnet_module_session *session, const request_arguments *arguments);

/* socket.c: the server's socket as Python's. */

/* The same object each time. */
PyObject *socket_object(linnet_module *module);
void socket_forget(void); /* closes it */

/* coap.c: class Coap; what is in it comes from these files, too. */
int add_coap_type(PyObject *module);
/* constants.c */
int add_constants(PyObject *coap);
/* open.c */
PyObject *coap_init(PyObject *self, PyObject *arguments, PyObject *keywords);
PyObject *coap_deinit(PyObject *self, PyObject *unused);
/* resources.c */
PyObject *coap_add_resource(PyObject *self, PyObject *arguments, PyObject *keywords);
PyObject *coap_remove_resource(PyObject *self, PyObject *arguments, PyObject *keywords);
PyObject *coap_get_resource(PyObject *self, PyObject *arguments, PyObject *keywords);
/* sessions.c */
PyObject *coap_new_client_session(PyObject *self, PyObject *arguments, PyObject *keywords);
PyObject *coap_remove_client_session(PyObject *self, PyObject *arguments, PyObject *keywords);
PyObject *coap_get_client_sessions(PyObject *self, PyObject *unused);
PyObject *coap_send_request(PyObject *self, PyObject *arguments, PyObject *keywords);

/* What a table of slots wants of a function, and how one comes out of it: ISO C has no other way between the two. */
#define SLOT(function) ((void *)(uintptr_t)(function))
#define SLOT_AS(type, slot) ((type)(uintptr_t)(slot))

/* What a method table wants of a function with keywords. */
#define WITH_KEYWORDS(function) (PyCFunction)(void (*)(void))(function), METH_VARARGS | METH_KEYWORDS

#endif
