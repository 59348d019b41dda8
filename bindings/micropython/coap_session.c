/* CoapClientSession: a client's end towards one server. */
#include "coap.h"

#include <string.h>

struct linnet_mp_session {
    mp_obj_base_t base;
    linnet_mp_session *next;
    linnet_module_session *handle; /* counted; its context is this object */
    bool seen;                     /* by tidying */
};

static linnet_module_session *handle_of(mp_obj_t self) { return ((linnet_mp_session *)MP_OBJ_TO_PTR(self))->handle; }

static linnet_mp_session *new_object(linnet_module_session *handle)
{
    linnet_mp_session *object = m_malloc_with_finaliser(sizeof *object);
    *object = (linnet_mp_session){.base = {.type = &linnet_mp_session_type}, .handle = handle};
    return object;
}

static void keep(linnet_mp_module *module, linnet_mp_session *object)
{
    object->next = module->sessions;
    module->sessions = object;
}

mp_obj_t linnet_mp_session_of(linnet_mp_module *module, linnet_module_session *handle)
{
    linnet_mp_session *known = linnet_module_session_context(handle);
    if (known) {
        linnet_module_session_release(handle);
        return MP_OBJ_FROM_PTR(known);
    }
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        linnet_module_session_release(handle);
        nlr_jump(nlr.ret_val);
    }
    linnet_mp_session *object = new_object(handle);
    nlr_pop();
    linnet_module_session_set_context(handle, object);
    keep(module, object);
    return MP_OBJ_FROM_PTR(object);
}

/* Which sessions there are. */
static void see(linnet_mp_module *module)
{
    linnet_module *library = module->library;
    linnet_module_session *handle;
    for (size_t index = 0;; index++) {
        LINNET_MP_OUTSIDE(handle = linnet_module_session_at(library, index));
        if (!handle)
            return;
        linnet_mp_session *object = linnet_module_session_context(handle);
        if (object)
            object->seen = true;
        linnet_module_session_release(handle);
    }
}

/* The list is off the module meanwhile, since looking lets other threads run. */
void linnet_mp_session_tidy(linnet_mp_module *module)
{
    linnet_mp_session *list = module->sessions;
    module->sessions = NULL;
    see(module);
    while (list) {
        linnet_mp_session *object = list;
        list = object->next;
        object->next = NULL;
        if (object->seen)
            keep(module, object);
        object->seen = false;
    }
}

static mp_obj_t finalise(mp_obj_t self)
{
    linnet_module_session_set_context(handle_of(self), NULL); /* another thread may be about to look */
    linnet_module_session_release(handle_of(self));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(finalise_obj, finalise);

static void print(const mp_print_t *print, mp_obj_t self, mp_print_kind_t kind)
{
    (void)kind;
    linnet_module_session *handle = handle_of(self);
    mp_printf(print, "<CoapClientSession %s:%u>", linnet_module_session_address(handle),
              (unsigned)linnet_module_session_port(handle));
}

mp_obj_t linnet_mp_session_send(mp_obj_t self, const linnet_module_request *request)
{
    uint16_t id = 0;
    int error;
    linnet_module_session *handle = handle_of(self);
    linnet_module_session_retain(handle);
    LINNET_MP_OUTSIDE(error = linnet_module_send(handle, request, &id));
    linnet_module_session_release(handle);
    linnet_mp_check(error, NULL);
    linnet_mp_module *module = MP_STATE_VM(linnet_mp_module);
    if (module && !module->closed)
        linnet_mp_background_schedule(module->background);
    return MP_OBJ_NEW_SMALL_INT(id);
}

enum { METHOD, KEYWORDS };
static const mp_arg_t send_arguments[] = {
    [METHOD] = {MP_QSTR_method, MP_ARG_REQUIRED | MP_ARG_INT, {.u_int = 0}},
    LINNET_MP_REQUEST_KEYWORDS_LIST,
};

static mp_obj_t send_request(size_t count, const mp_obj_t *positional, mp_map_t *keywords)
{
    mp_arg_val_t given[MP_ARRAY_SIZE(send_arguments)];
    mp_arg_parse_all(count - 1, positional + 1, keywords, MP_ARRAY_SIZE(send_arguments), send_arguments, given);
    linnet_module_request request = linnet_mp_request(given[METHOD].u_int, given + KEYWORDS);
    return linnet_mp_session_send(positional[0], &request);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(send_request_obj, 1, send_request);

enum { OBSERVE_PATH, OBSERVE_METHOD, OBSERVE_FORMAT, OBSERVE_PAYLOAD, OBSERVE_TOKEN };
static const mp_arg_t observe_arguments[] = {
    [OBSERVE_PATH] = {MP_QSTR_uri_path, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
    [OBSERVE_METHOD] = {MP_QSTR_method, MP_ARG_KW_ONLY | MP_ARG_INT, {.u_int = LINNET_MODULE_GET}},
    [OBSERVE_FORMAT] = {MP_QSTR_content_format, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
    [OBSERVE_PAYLOAD] = {MP_QSTR_payload, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
    [OBSERVE_TOKEN] = {MP_QSTR_token, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
};

static mp_obj_t observe(size_t count, const mp_obj_t *positional, mp_map_t *keywords)
{
    mp_arg_val_t given[MP_ARRAY_SIZE(observe_arguments)];
    mp_arg_parse_all(count - 1, positional + 1, keywords, MP_ARRAY_SIZE(observe_arguments), observe_arguments, given);
    const mp_arg_val_t like_send[LINNET_MP_REQUEST_KEYWORDS] = {
        given[OBSERVE_PATH], given[OBSERVE_FORMAT], given[OBSERVE_PAYLOAD], given[OBSERVE_TOKEN], {.u_bool = true}};
    linnet_module_request request = linnet_mp_request(given[OBSERVE_METHOD].u_int, like_send);
    request.observe = true;
    return linnet_mp_session_send(positional[0], &request);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(observe_obj, 1, observe);

static mp_obj_t cancel(mp_obj_t self, mp_obj_t id)
{
    uint16_t number = (uint16_t)linnet_mp_number(id, 0, UINT16_MAX, 0);
    linnet_module_session *handle = handle_of(self);
    int error;
    LINNET_MP_OUTSIDE(error = linnet_module_cancel(handle, number));
    linnet_mp_check(error, NULL);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(cancel_obj, cancel);

static mp_obj_t get_details(mp_obj_t self)
{
    linnet_module_session *handle = handle_of(self);
    const char *address = linnet_module_session_address(handle);
    mp_obj_t items[] = {mp_obj_new_str(address, strlen(address)),
                        MP_OBJ_NEW_SMALL_INT(linnet_module_session_port(handle))};
    return mp_obj_new_list(MP_ARRAY_SIZE(items), items);
}
static MP_DEFINE_CONST_FUN_OBJ_1(get_details_obj, get_details);

static const mp_rom_map_elem_t entries[] = {
    {MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&finalise_obj)},
    {MP_ROM_QSTR(MP_QSTR_send_request), MP_ROM_PTR(&send_request_obj)},
    {MP_ROM_QSTR(MP_QSTR_observe), MP_ROM_PTR(&observe_obj)},
    {MP_ROM_QSTR(MP_QSTR_cancel), MP_ROM_PTR(&cancel_obj)},
    {MP_ROM_QSTR(MP_QSTR_get_details), MP_ROM_PTR(&get_details_obj)},
};
static MP_DEFINE_CONST_DICT(dict, entries);

MP_DEFINE_CONST_OBJ_TYPE(linnet_mp_session_type, MP_QSTR_CoapClientSession, MP_TYPE_FLAG_NONE, print, print,
                         locals_dict, &dict);
