/* The class Coap: a namespace of functions over the one open module, and constants. */
#include "coap.h"

static mp_obj_t get_socket(void)
{
    linnet_mp_module *module = linnet_mp_module_get();
    if (module->socket == mp_const_none) {
        int descriptor = linnet_module_socket(module->library);
        if (descriptor < 0)
            mp_raise_msg(&mp_type_RuntimeError,
                         MP_ERROR_TEXT("there is no socket: Coap.init() was called without an address"));
        module->socket = linnet_mp_socket_new(descriptor);
    }
    return module->socket;
}
static MP_DEFINE_CONST_FUN_OBJ_0(socket_obj, get_socket);

/* A signal that comes just before the waiting begins does not end it, so that is done in slices. */
enum { LONGEST_SLICE_MS = 500 };

/* LINNET_ETIMEOUT: the slice is over, and nothing has come. */
static int read_slice(linnet_module *library, uint32_t milliseconds)
{
    uint64_t before = linnet_module_happened(library), end = linnet_clock() + milliseconds * UINT64_C(1000);
    int error = linnet_module_read(library, milliseconds);
    bool is_over = linnet_clock() >= end && linnet_module_happened(library) == before;
    return error == 0 && is_over ? LINNET_ETIMEOUT : error;
}

static int read_once(linnet_mp_module *module, uint32_t milliseconds)
{
    int error;
    linnet_module *library = module->library;
    linnet_module_retain(library);
    LINNET_MP_OUTSIDE(error = read_slice(library, milliseconds));
    linnet_module_release(library);
    return error;
}

static uint32_t slice_until(uint64_t deadline)
{
    uint64_t now = linnet_clock(), left = deadline > now ? (deadline - now) / 1000 + 1 : 1;
    return left < LONGEST_SLICE_MS ? (uint32_t)left : LONGEST_SLICE_MS;
}

static mp_obj_t read_packet(size_t count, const mp_obj_t *arguments)
{
    int64_t timeout = linnet_mp_number(count > 0 ? arguments[0] : mp_const_none, 0, INT32_MAX, 0);
    uint64_t deadline = timeout > 0 ? linnet_clock() + (uint64_t)timeout * 1000 : UINT64_MAX;
    int error;
    do {
        error = read_once(linnet_mp_module_get(), slice_until(deadline));
        if (error == LINNET_EBUSY)
            mp_raise_msg(&mp_type_RuntimeError, MP_ERROR_TEXT("inside a handler Coap.read() would wait for ever"));
        if (error != LINNET_ETIMEOUT && error != LINNET_ECANCELLED) {
            linnet_mp_check(error, NULL);
            break;
        }
        mp_handle_pending(true); /* Ctrl-C is raised here */
    } while (linnet_clock() < deadline);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(read_obj, 0, 1, read_packet);

enum { URI, MEDIA_TYPE, MAX_AGE, VALUE, ETAG };
static const mp_arg_t resource_arguments[] = {
    [URI] = {MP_QSTR_uri, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
    [MEDIA_TYPE] = {MP_QSTR_media_type, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
    [MAX_AGE] = {MP_QSTR_max_age, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
    [VALUE] = {MP_QSTR_value, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_INT(0)}},
    [ETAG] = {MP_QSTR_etag, MP_ARG_KW_ONLY | MP_ARG_BOOL, {.u_bool = false}},
};

static mp_obj_t add_resource(size_t count, const mp_obj_t *positional, mp_map_t *keywords)
{
    mp_arg_val_t given[MP_ARRAY_SIZE(resource_arguments)];
    mp_arg_parse_all(count, positional, keywords, MP_ARRAY_SIZE(resource_arguments), resource_arguments, given);
    const char *uri = linnet_mp_text(given[URI].u_obj);
    int32_t media_type = (int32_t)linnet_mp_number(given[MEDIA_TYPE].u_obj, -1, UINT16_MAX, LINNET_MODULE_UNSET);
    int64_t max_age = linnet_mp_number(given[MAX_AGE].u_obj, -1, UINT32_MAX, LINNET_MODULE_UNSET);
    linnet_bytes value = linnet_mp_octets(given[VALUE].u_obj);
    bool etag = given[ETAG].u_bool;

    linnet_mp_module *module = linnet_mp_module_get();
    linnet_module *library = module->library;
    linnet_module_resource *resource = NULL;
    int error;
    linnet_module_retain(library);
    LINNET_MP_OUTSIDE(error = linnet_module_add_resource(library, uri, media_type, max_age, value, etag, &resource));
    linnet_module_release(library);
    linnet_mp_check(error, uri);
    return linnet_mp_resource_of(module, resource);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(add_resource_obj, 1, add_resource);

static mp_obj_t remove_resource(mp_obj_t text)
{
    const char *uri = linnet_mp_text(text);
    linnet_module *library = linnet_mp_module_get()->library;
    int error;
    linnet_module_retain(library);
    LINNET_MP_OUTSIDE(error = linnet_module_remove_resource(library, uri));
    linnet_module_release(library);
    linnet_mp_check(error == LINNET_ENOENT ? 0 : error, uri);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(remove_resource_obj, remove_resource);

static mp_obj_t get_resource(mp_obj_t text)
{
    const char *uri = linnet_mp_text(text);
    linnet_mp_module *module = linnet_mp_module_get();
    linnet_module *library = module->library;
    linnet_module_resource *resource;
    linnet_module_retain(library);
    LINNET_MP_OUTSIDE(resource = linnet_module_find_resource(library, uri));
    linnet_module_release(library);
    return resource ? linnet_mp_resource_of(module, resource) : mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(get_resource_obj, get_resource);

static mp_obj_t handler_of(mp_obj_t given)
{
    if (given != mp_const_none && !mp_obj_is_callable(given))
        mp_raise_TypeError(MP_ERROR_TEXT("a handler is a function or None"));
    return given;
}

static mp_obj_t register_response_handler(mp_obj_t handler)
{
    linnet_mp_module_get()->on_response = handler_of(handler);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(register_response_handler_obj, register_response_handler);

static mp_obj_t register_failure_handler(mp_obj_t handler)
{
    linnet_mp_module_get()->on_failure = handler_of(handler);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(register_failure_handler_obj, register_failure_handler);

static mp_obj_t register_new_resource_handler(mp_obj_t handler)
{
    linnet_mp_module_get()->on_new_resource = handler_of(handler);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(register_new_resource_handler_obj, register_new_resource_handler);

/* Without these a class takes the first argument for an instance. */
#define STATIC_METHOD(name, function) static MP_DEFINE_CONST_STATICMETHOD_OBJ(name##_static, MP_ROM_PTR(&function))
STATIC_METHOD(init, linnet_mp_init_obj);
STATIC_METHOD(deinit, linnet_mp_deinit_obj);
STATIC_METHOD(socket, socket_obj);
STATIC_METHOD(read, read_obj);
STATIC_METHOD(add_resource, add_resource_obj);
STATIC_METHOD(remove_resource, remove_resource_obj);
STATIC_METHOD(get_resource, get_resource_obj);
STATIC_METHOD(register_response_handler, register_response_handler_obj);
STATIC_METHOD(register_failure_handler, register_failure_handler_obj);
STATIC_METHOD(register_new_resource_handler, register_new_resource_handler_obj);
STATIC_METHOD(send_request, linnet_mp_send_request_obj);
STATIC_METHOD(new_client_session, linnet_mp_new_client_session_obj);
STATIC_METHOD(remove_client_session, linnet_mp_remove_client_session_obj);
STATIC_METHOD(get_client_sessions, linnet_mp_get_client_sessions_obj);

#define METHOD(name)                                                                                                   \
    {                                                                                                                  \
        MP_ROM_QSTR(MP_QSTR_##name), MP_ROM_PTR(&name##_static)                                                        \
    }
#define NUMBER(name, number)                                                                                           \
    {                                                                                                                  \
        MP_ROM_QSTR(MP_QSTR_##name), MP_ROM_INT(number)                                                                \
    }
static const mp_rom_map_elem_t entries[] = {
    METHOD(init),
    METHOD(deinit),
    METHOD(socket),
    METHOD(read),
    METHOD(add_resource),
    METHOD(remove_resource),
    METHOD(get_resource),
    METHOD(register_response_handler),
    METHOD(register_failure_handler),
    METHOD(register_new_resource_handler),
    METHOD(send_request),
    METHOD(new_client_session),
    METHOD(remove_client_session),
    METHOD(get_client_sessions),
    NUMBER(REQUEST_GET, LINNET_MODULE_GET),
    NUMBER(REQUEST_PUT, LINNET_MODULE_PUT),
    NUMBER(REQUEST_POST, LINNET_MODULE_POST),
    NUMBER(REQUEST_DELETE, LINNET_MODULE_DELETE),
    NUMBER(REQUEST_FETCH, LINNET_MODULE_FETCH),
    NUMBER(REQUEST_PATCH, LINNET_MODULE_PATCH),
    NUMBER(REQUEST_IPATCH, LINNET_MODULE_IPATCH),
    NUMBER(MEDIATYPE_TEXT_PLAIN, 0),
    NUMBER(MEDIATYPE_APP_LINK_FORMAT, 40),
    NUMBER(MEDIATYPE_APP_XML, 41),
    NUMBER(MEDIATYPE_APP_OCTET_STREAM, 42),
    NUMBER(MEDIATYPE_APP_RDF_XML, 43),
    NUMBER(MEDIATYPE_APP_EXI, 47),
    NUMBER(MEDIATYPE_APP_JSON, 50),
    NUMBER(MEDIATYPE_APP_CBOR, 60),
    NUMBER(PROTOCOL_UDP, LINNET_MODULE_UDP),
    NUMBER(PROTOCOL_DTLS, LINNET_MODULE_DTLS),
};
static MP_DEFINE_CONST_DICT(dict, entries);

MP_DEFINE_CONST_OBJ_TYPE(linnet_mp_coap_type, MP_QSTR_Coap, MP_TYPE_FLAG_NONE, locals_dict, &dict);
