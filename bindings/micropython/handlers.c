/*
 * The library's handlers: each calls a function of Python. The thread that is here belongs to the interpreter - it is
 * in Coap.read() or was scheduled - and has let its lock go. What Python raises must not leave: the library is below.
 */
#include "coap.h"

#include <string.h>

/* Ctrl-C and sys.exit() are for the program, the main thread takes them up; the rest is printed as Python does where
 * nobody can catch it. */
static void report(mp_obj_t exception)
{
    mp_obj_t type = MP_OBJ_FROM_PTR(mp_obj_get_type(exception));
    if (mp_obj_is_subclass_fast(type, MP_OBJ_FROM_PTR(&mp_type_KeyboardInterrupt)) ||
        mp_obj_is_subclass_fast(type, MP_OBJ_FROM_PTR(&mp_type_SystemExit)))
        mp_sched_exception(exception);
    else
        mp_obj_print_exception(MICROPY_ERROR_PRINTER, exception);
}

typedef void python_call(linnet_mp_module *module, const void *what);

static void enter_python(python_call *call, linnet_mp_module *module, const void *what)
{
    MP_THREAD_GIL_ENTER();
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        call(module, what);
        nlr_pop();
    } else {
        report(MP_OBJ_FROM_PTR(nlr.ret_val));
    }
    MP_THREAD_GIL_EXIT();
}

static void call_response(linnet_mp_module *module, const void *what)
{
    const linnet_module_response *response = what;
    if (module->on_response == mp_const_none)
        return;
    mp_obj_t arguments[] = {MP_OBJ_NEW_SMALL_INT(response->code), MP_OBJ_NEW_SMALL_INT(response->id),
                            MP_OBJ_NEW_SMALL_INT(response->type), linnet_mp_bytes(response->token),
                            linnet_mp_bytes(response->payload)};
    mp_call_function_n_kw(module->on_response, MP_ARRAY_SIZE(arguments), 0, arguments);
}

static void tell_response(const linnet_module_response *response, void *context)
{
    enter_python(call_response, context, response);
}

typedef struct failure {
    uint16_t id;
    linnet_bytes token;
    int reason;
} failure;

static void call_failure(linnet_mp_module *module, const void *what)
{
    const failure *failed = what;
    if (module->on_failure == mp_const_none)
        return;
    const char *reason = linnet_error_text(failed->reason);
    mp_obj_t arguments[] = {MP_OBJ_NEW_SMALL_INT(failed->id), linnet_mp_bytes(failed->token),
                            mp_obj_new_str(reason, strlen(reason))};
    mp_call_function_n_kw(module->on_failure, MP_ARRAY_SIZE(arguments), 0, arguments);
}

static void tell_failure(linnet_module_session *session, uint16_t id, linnet_bytes token, int reason, void *context)
{
    (void)session;
    failure failed = {.id = id, .token = token, .reason = reason};
    enter_python(call_failure, context, &failed);
}

static void call_new_resource(linnet_mp_module *module, const void *what)
{
    linnet_module_resource *handle = *(linnet_module_resource *const *)what;
    if (module->on_new_resource == mp_const_none)
        return;
    linnet_module_resource_retain(handle);
    mp_call_function_1(module->on_new_resource, linnet_mp_resource_of(module, handle));
}

static void tell_new_resource(linnet_module_resource *resource, void *context)
{
    enter_python(call_new_resource, context, &resource);
}

void linnet_mp_handlers_connect(linnet_mp_module *module)
{
    linnet_module_on_response(module->library, tell_response, module);
    linnet_module_on_failure(module->library, tell_failure, module);
    linnet_module_on_new_resource(module->library, tell_new_resource, module);
}
