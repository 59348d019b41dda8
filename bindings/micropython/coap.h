/*
 * What the files of Linnet's MicroPython module share. The module is a thin layer over linnet/module.h, which runs here
 * without a thread of its own: handlers are functions of Python, and only threads of MicroPython may call these.
 *
 * The rule of this folder: the library is called without the interpreter lock, by LINNET_MP_OUTSIDE, since a handler
 * waits for that lock while others wait for the handler. What linnet/module.h calls "without the lock" is exempt.
 */
#ifndef LINNET_MICROPYTHON_COAP_H
#define LINNET_MICROPYTHON_COAP_H

#include "py/mpthread.h"
#include "py/runtime.h"

#include <linnet/credentials.h>
#include <linnet/error.h>
#include <linnet/module.h>

/* Runs statements without the interpreter lock. They must not touch Python's objects, and not raise. */
#define LINNET_MP_OUTSIDE(...)                                                                                         \
    do {                                                                                                               \
        MP_THREAD_GIL_EXIT();                                                                                          \
        __VA_ARGS__;                                                                                                   \
        MP_THREAD_GIL_ENTER();                                                                                         \
    } while (0)

typedef struct linnet_mp_background linnet_mp_background;
typedef struct linnet_mp_resource linnet_mp_resource;
typedef struct linnet_mp_session linnet_mp_session;

/* What Coap.init() makes, and Coap.deinit() or a soft reset ends: a root of the collector while it is open. The lists
 * keep the objects of what is there, so that each is the same object each time, whether Python keeps it or not. */
typedef struct linnet_mp_module {
    mp_obj_base_t base;
    linnet_module *library; /* counted; good as long as this object */
    bool closed;
    linnet_mp_background *background;
    linnet_mp_resource *resources;
    size_t resource_count;   /* in that list */
    size_t resource_tidy_at; /* when it has so many, those that are gone are taken out */
    linnet_mp_session *sessions;
    mp_obj_t on_response, on_failure, on_new_resource; /* a callable or None */
    mp_obj_t socket;                                   /* or None */
} linnet_mp_module;

extern const mp_obj_type_t linnet_mp_coap_type;
extern const mp_obj_type_t linnet_mp_resource_type;
extern const mp_obj_type_t linnet_mp_session_type;
extern const mp_obj_type_t linnet_mp_socket_type;
extern const mp_obj_type_t linnet_mp_wlan_type;

/* open.c: the module that is open, or RuntimeError. */
linnet_mp_module *linnet_mp_module_get(void);
MP_DECLARE_CONST_FUN_OBJ_KW(linnet_mp_init_obj);
MP_DECLARE_CONST_FUN_OBJ_0(linnet_mp_deinit_obj);

/* sessions.c: Coap's functions for client sessions. */
MP_DECLARE_CONST_FUN_OBJ_KW(linnet_mp_new_client_session_obj);
MP_DECLARE_CONST_FUN_OBJ_KW(linnet_mp_remove_client_session_obj);
MP_DECLARE_CONST_FUN_OBJ_0(linnet_mp_get_client_sessions_obj);
MP_DECLARE_CONST_FUN_OBJ_KW(linnet_mp_send_request_obj);

/* background.c: what happens without Coap.read(). NULL: no memory or no thread. */
linnet_mp_background *linnet_mp_background_open(linnet_module *library);
void linnet_mp_background_close(linnet_mp_background *background);
/* The same at a soft reset: what is scheduled may be forgotten by the interpreter. */
void linnet_mp_background_reset(linnet_mp_background *background);
void linnet_mp_background_release(linnet_mp_background *background); /* the module's hold on it */
/* Has the interpreter do soon what there is to do, before the program can end: what was sent leaves. */
void linnet_mp_background_schedule(linnet_mp_background *background);

/* handlers.c: has the library call Python's handlers, those that `module` has by then. */
void linnet_mp_handlers_connect(linnet_mp_module *module);

/* coap_resource.c: the object of a counted handle, which is taken over. MemoryError. */
mp_obj_t linnet_mp_resource_of(linnet_mp_module *module, linnet_module_resource *handle);

/* coap_session.c: likewise. */
mp_obj_t linnet_mp_session_of(linnet_mp_module *module, linnet_module_session *handle);
/* Sends by the session of that object. */
mp_obj_t linnet_mp_session_send(mp_obj_t session, const linnet_module_request *request);
/* Lets go of the objects of sessions that are no more. */
void linnet_mp_session_tidy(linnet_mp_module *module);

/* request.c: the keywords of send_request() as a request. */
enum { LINNET_MP_REQUEST_KEYWORDS = 5 };
#define LINNET_MP_REQUEST_KEYWORDS_LIST                                                                                \
    {MP_QSTR_uri_path, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},                                       \
        {MP_QSTR_content_format, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},                             \
        {MP_QSTR_payload, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},                                    \
        {MP_QSTR_token, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},                                      \
    {                                                                                                                  \
        MP_QSTR_include_options, MP_ARG_KW_ONLY | MP_ARG_BOOL, { .u_bool = true }                                      \
    }
linnet_module_request linnet_mp_request(mp_int_t method, const mp_arg_val_t *keywords);

/* coap_socket.c: an object for a duplicate of the descriptor. */
mp_obj_t linnet_mp_socket_new(int descriptor);
void linnet_mp_socket_close(mp_obj_t socket);

/* values.c: between Python's values and the library's. Views live as long as something refers to their memory, and the
 * caller's stack does. */
const char *linnet_mp_text(mp_obj_t text);         /* ValueError: a NUL inside */
const char *linnet_mp_text_or_null(mp_obj_t text); /* None: NULL */
linnet_bytes linnet_mp_octets(mp_obj_t value);     /* str, buffer, bool, int: little-endian, one octet at least */
linnet_bytes linnet_mp_token(mp_obj_t token);      /* str, buffer, int: big-endian; ValueError above 8 octets */
linnet_bytes linnet_mp_key(mp_obj_t key);          /* None: empty; ValueError: an empty one */
mp_obj_t linnet_mp_bytes(linnet_bytes octets);     /* a new bytes object */
/* None: `otherwise`; ValueError unless it is from `least` to `most`. */
int64_t linnet_mp_number(mp_obj_t number, int64_t least, int64_t most, int64_t otherwise);
/* Raises unless it is 0. `subject` may be NULL. */
void linnet_mp_check(int error, const char *subject);

#endif
