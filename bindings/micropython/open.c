/* Coap.init() and Coap.deinit(), and the module between them. */
#include "coap.h"

#include <errno.h>

MP_REGISTER_ROOT_POINTER(struct linnet_mp_module *linnet_mp_module);

linnet_mp_module *linnet_mp_module_get(void)
{
    linnet_mp_module *module = MP_STATE_VM(linnet_mp_module);
    if (!module || module->closed)
        mp_raise_msg(&mp_type_RuntimeError, MP_ERROR_TEXT("Coap.init() has not been called"));
    return module;
}

/* From inside a handler it takes effect when that returns. */
static void close_module(linnet_mp_module *module)
{
    module->closed = true;
    linnet_mp_background_close(module->background);
    linnet_module *library = module->library;
    LINNET_MP_OUTSIDE(linnet_module_close(library));
    if (module->socket != mp_const_none)
        linnet_mp_socket_close(module->socket);
    if (MP_STATE_VM(linnet_mp_module) == module)
        MP_STATE_VM(linnet_mp_module) = NULL;
}

/* At a soft reset all objects go, this one too. No other thread of the interpreter is left then, and those that were
 * there have been ended wherever they were. The roots stay as they are, for the interpreter that starts anew. */
static mp_obj_t finalise(mp_obj_t self)
{
    linnet_mp_module *module = MP_OBJ_TO_PTR(self);
    if (!module->closed) {
        module->closed = true;
        linnet_mp_background_reset(module->background);
        linnet_module_abandon(module->library);
    }
    if (MP_STATE_VM(linnet_mp_module) == module)
        MP_STATE_VM(linnet_mp_module) = NULL;
    if (module->background)
        linnet_mp_background_release(module->background);
    linnet_module_release(module->library);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(finalise_obj, finalise);

static const mp_rom_map_elem_t module_entries[] = {{MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&finalise_obj)}};
static MP_DEFINE_CONST_DICT(module_dict, module_entries);
static MP_DEFINE_CONST_OBJ_TYPE(module_type, MP_QSTR_CoapModule, MP_TYPE_FLAG_NONE, locals_dict, &module_dict);

static linnet_mp_module *new_module(void)
{
    linnet_mp_module *module = m_malloc_with_finaliser(sizeof *module);
    *module = (linnet_mp_module){
        .base = {.type = &module_type},
        .closed = true,
        .on_response = mp_const_none,
        .on_failure = mp_const_none,
        .on_new_resource = mp_const_none,
        .socket = mp_const_none,
    };
    return module;
}

/* Other threads see that one is being opened, since the root is set. */
static void open_module(const linnet_module_config *config)
{
    linnet_mp_module *module = MP_STATE_VM(linnet_mp_module) = new_module();
    int error;
    LINNET_MP_OUTSIDE(errno = 0; error = linnet_module_open(&module->library, config));
    if (error == 0) {
        linnet_module_retain(module->library);
        LINNET_MP_OUTSIDE(linnet_mp_handlers_connect(module));
        module->background = linnet_mp_background_open(module->library);
        if (!module->background)
            LINNET_MP_OUTSIDE(linnet_module_close(module->library); error = LINNET_ENOMEM);
    }
    if (error != 0)
        MP_STATE_VM(linnet_mp_module) = NULL;
    linnet_mp_check(error, error == LINNET_EUNSUPPORTED   ? "psk"
                           : error == LINNET_ECREDENTIALS ? "hint"
                                                          : config->address);
    module->closed = false;
}

enum { ADDRESS, PORT, DISCOVERY, DYNAMIC, PSK, HINT, POST, PLAIN, RESOURCES, SIZE };
static const mp_arg_t init_arguments[] = {
    [ADDRESS] = {MP_QSTR_address, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
    [PORT] = {MP_QSTR_port, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
    [DISCOVERY] = {MP_QSTR_service_discovery, MP_ARG_KW_ONLY | MP_ARG_BOOL, {.u_bool = false}},
    [DYNAMIC] = {MP_QSTR_dynamic_resources, MP_ARG_KW_ONLY | MP_ARG_BOOL, {.u_bool = false}},
    [PSK] = {MP_QSTR_psk, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
    [HINT] = {MP_QSTR_hint, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
    [POST] = {MP_QSTR_create_by_post, MP_ARG_KW_ONLY | MP_ARG_BOOL, {.u_bool = false}},
    [PLAIN] = {MP_QSTR_plain_too, MP_ARG_KW_ONLY | MP_ARG_BOOL, {.u_bool = false}},
    [RESOURCES] = {MP_QSTR_max_resources, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
    [SIZE] = {MP_QSTR_max_value_size, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
};

static void check_config(const linnet_module_config *config)
{
    if (config->create_by_post && !config->dynamic_resources)
        mp_raise_ValueError(MP_ERROR_TEXT("create_by_post needs dynamic_resources"));
    if (config->psk.size == 0 && config->hint)
        mp_raise_ValueError(MP_ERROR_TEXT("hint needs a psk"));
    if (config->psk.size == 0 && config->plain_too)
        mp_raise_ValueError(MP_ERROR_TEXT("plain_too needs a psk"));
}

static mp_obj_t init(size_t count, const mp_obj_t *positional, mp_map_t *keywords)
{
    mp_arg_val_t given[MP_ARRAY_SIZE(init_arguments)];
    mp_arg_parse_all(count, positional, keywords, MP_ARRAY_SIZE(init_arguments), init_arguments, given);
    linnet_module_config config = {
        .address = linnet_mp_text_or_null(given[ADDRESS].u_obj),
        .port = (uint16_t)linnet_mp_number(given[PORT].u_obj, 1, UINT16_MAX, 0),
        .service_discovery = given[DISCOVERY].u_bool,
        .dynamic_resources = given[DYNAMIC].u_bool,
        .create_by_post = given[POST].u_bool,
        .psk = linnet_mp_key(given[PSK].u_obj),
        .hint = linnet_mp_text_or_null(given[HINT].u_obj),
        .plain_too = given[PLAIN].u_bool,
        .no_thread = true,
        .max_resources = (uint32_t)linnet_mp_number(given[RESOURCES].u_obj, 1, UINT32_MAX, 0),
        .max_value_size = (uint32_t)linnet_mp_number(given[SIZE].u_obj, 1, UINT32_MAX, 0),
    };
    check_config(&config);
    if (MP_STATE_VM(linnet_mp_module))
        mp_raise_msg(&mp_type_RuntimeError, MP_ERROR_TEXT("Coap.init() has been called already"));
    open_module(&config);
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_KW(linnet_mp_init_obj, 0, init);

static mp_obj_t deinit(void)
{
    linnet_mp_module *module = MP_STATE_VM(linnet_mp_module);
    if (module && !module->closed)
        close_module(module);
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_0(linnet_mp_deinit_obj, deinit);
