/* CoapResource: a resource of the server. */
#include "coap.h"

#include <string.h>

enum { FEW_RESOURCES = 16 };

struct linnet_mp_resource {
    mp_obj_base_t base;
    linnet_mp_resource *next;
    linnet_module_resource *handle; /* counted; its context is this object */
};

static linnet_module_resource *handle_of(mp_obj_t self) { return ((linnet_mp_resource *)MP_OBJ_TO_PTR(self))->handle; }

static void keep(linnet_mp_module *module, linnet_mp_resource *object)
{
    object->next = module->resources;
    module->resources = object;
    module->resource_count++;
}

/* Takes those that are gone out of the list. It is off the module meanwhile, since looking lets other threads run. */
static void tidy(linnet_mp_module *module)
{
    linnet_mp_resource *list = module->resources;
    module->resources = NULL;
    module->resource_count = 0;
    while (list) {
        linnet_mp_resource *object = list;
        list = object->next;
        object->next = NULL;
        bool gone;
        LINNET_MP_OUTSIDE(gone = linnet_module_resource_is_gone(object->handle));
        if (!gone)
            keep(module, object);
    }
    module->resource_tidy_at = 2 * module->resource_count + FEW_RESOURCES;
}

/* The handle is the object's as soon as there is one: it goes with it, whatever is raised. */
static linnet_mp_resource *new_object(linnet_module_resource *handle)
{
    linnet_mp_resource *object = m_malloc_with_finaliser(sizeof *object);
    *object = (linnet_mp_resource){.base = {.type = &linnet_mp_resource_type}, .handle = handle};
    return object;
}

mp_obj_t linnet_mp_resource_of(linnet_mp_module *module, linnet_module_resource *handle)
{
    linnet_mp_resource *known = linnet_module_resource_context(handle);
    if (known) {
        linnet_module_resource_release(handle);
        return MP_OBJ_FROM_PTR(known);
    }
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        linnet_module_resource_release(handle);
        nlr_jump(nlr.ret_val);
    }
    linnet_mp_resource *object = new_object(handle);
    nlr_pop();
    linnet_module_resource_set_context(handle, object);
    keep(module, object);
    if (module->resource_count > module->resource_tidy_at)
        tidy(module);
    return MP_OBJ_FROM_PTR(object);
}

static mp_obj_t finalise(mp_obj_t self)
{
    linnet_module_resource_set_context(handle_of(self), NULL); /* another thread may be about to look */
    linnet_module_resource_release(handle_of(self));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(finalise_obj, finalise);

static void print(const mp_print_t *print, mp_obj_t self, mp_print_kind_t kind)
{
    (void)kind;
    mp_printf(print, "<CoapResource '/%s'>", linnet_module_resource_uri(handle_of(self)));
}

static mp_obj_t add_attribute(mp_obj_t self, mp_obj_t name_text, mp_obj_t value_text)
{
    const char *name = linnet_mp_text(name_text), *value = linnet_mp_text(value_text);
    linnet_module_resource *handle = handle_of(self);
    int error;
    LINNET_MP_OUTSIDE(error = linnet_module_resource_attribute(handle, name, value));
    linnet_mp_check(error, error == LINNET_EINVAL ? name : NULL);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(add_attribute_obj, add_attribute);

static mp_obj_t callback(mp_obj_t self, mp_obj_t operation, mp_obj_t enable)
{
    unsigned operations = (unsigned)linnet_mp_number(operation, 0, INT32_MAX, 0);
    bool enabled = mp_obj_is_true(enable);
    linnet_module_resource *handle = handle_of(self);
    int error;
    LINNET_MP_OUTSIDE(error = linnet_module_resource_allow(handle, operations, enabled));
    linnet_mp_check(error, error == LINNET_EINVAL ? "operation" : NULL);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(callback_obj, callback);

/* The value may change between two looks at it: then it gets other room. */
static mp_obj_t get_value(linnet_module_resource *handle)
{
    vstr_t octets;
    size_t size = 0, room;
    int error;
    do {
        room = size;
        vstr_init(&octets, room + 1);
        LINNET_MP_OUTSIDE(error = linnet_module_resource_value(handle, octets.buf, room, &size));
        linnet_mp_check(error, NULL);
    } while (size > room);
    return mp_obj_new_bytes((const byte *)octets.buf, size);
}

static mp_obj_t value(size_t count, const mp_obj_t *arguments)
{
    linnet_module_resource *handle = handle_of(arguments[0]);
    if (count == 1)
        return get_value(handle);
    linnet_bytes octets = linnet_mp_octets(arguments[1]);
    int error;
    LINNET_MP_OUTSIDE(error = linnet_module_resource_set_value(handle, octets));
    linnet_mp_check(error, NULL);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(value_obj, 1, 2, value);

static mp_obj_t get_details(mp_obj_t self)
{
    linnet_module_resource *handle = handle_of(self);
    linnet_module_details details;
    int error;
    LINNET_MP_OUTSIDE(error = linnet_module_resource_details(handle, &details));
    linnet_mp_check(error, NULL);
    const char *uri = linnet_module_resource_uri(handle);
    mp_obj_t items[] = {mp_obj_new_str(uri, strlen(uri)), MP_OBJ_NEW_SMALL_INT(details.media_type),
                        mp_obj_new_int_from_ll(details.max_age), mp_obj_new_bool(details.etag),
                        MP_OBJ_NEW_SMALL_INT(details.etag_value)};
    return mp_obj_new_list(MP_ARRAY_SIZE(items), items);
}
static MP_DEFINE_CONST_FUN_OBJ_1(get_details_obj, get_details);

enum { MEDIA_TYPE, MAX_AGE, ETAG };
static const mp_arg_t details_arguments[] = {
    [MEDIA_TYPE] = {MP_QSTR_mediatype, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
    [MAX_AGE] = {MP_QSTR_max_age, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
    [ETAG] = {MP_QSTR_etag, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
};

static mp_obj_t set_details(size_t count, const mp_obj_t *positional, mp_map_t *keywords)
{
    mp_arg_val_t given[MP_ARRAY_SIZE(details_arguments)];
    mp_arg_parse_all(count - 1, positional + 1, keywords, MP_ARRAY_SIZE(details_arguments), details_arguments, given);
    linnet_module_details details = {
        .media_type = (int32_t)linnet_mp_number(given[MEDIA_TYPE].u_obj, -1, UINT16_MAX, LINNET_MODULE_UNSET),
        .max_age = linnet_mp_number(given[MAX_AGE].u_obj, -1, UINT32_MAX, LINNET_MODULE_UNSET),
        .etag = mp_obj_is_true(given[ETAG].u_obj),
    };
    unsigned which = (given[MEDIA_TYPE].u_obj == mp_const_none ? 0u : LINNET_MODULE_SET_MEDIA_TYPE) |
                     (given[MAX_AGE].u_obj == mp_const_none ? 0u : LINNET_MODULE_SET_MAX_AGE) |
                     (given[ETAG].u_obj == mp_const_none ? 0u : LINNET_MODULE_SET_ETAG);
    linnet_module_resource *handle = handle_of(positional[0]);
    int error;
    LINNET_MP_OUTSIDE(error = linnet_module_resource_set_details(handle, which, &details));
    linnet_mp_check(error, NULL);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_KW(set_details_obj, 1, set_details);

static const mp_rom_map_elem_t entries[] = {
    {MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&finalise_obj)},
    {MP_ROM_QSTR(MP_QSTR_add_attribute), MP_ROM_PTR(&add_attribute_obj)},
    {MP_ROM_QSTR(MP_QSTR_callback), MP_ROM_PTR(&callback_obj)},
    {MP_ROM_QSTR(MP_QSTR_value), MP_ROM_PTR(&value_obj)},
    {MP_ROM_QSTR(MP_QSTR_get_details), MP_ROM_PTR(&get_details_obj)},
    {MP_ROM_QSTR(MP_QSTR_set_details), MP_ROM_PTR(&set_details_obj)},
};
static MP_DEFINE_CONST_DICT(dict, entries);

MP_DEFINE_CONST_OBJ_TYPE(linnet_mp_resource_type, MP_QSTR_CoapResource, MP_TYPE_FLAG_NONE, print, print, locals_dict,
                         &dict);
