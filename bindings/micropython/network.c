/*
 * The module `network`. A port with networking has one of its own, with its own WLAN: there Coap and its classes become
 * further attributes of that one. Other ports, as unix, get this one.
 */
#include "coap.h"

#if MICROPY_PY_NETWORK

extern const mp_obj_module_t mp_module_network;

/* Asked for attributes that the port's own module does not have. */
void linnet_mp_network_attribute(mp_obj_t self, qstr name, mp_obj_t *found)
{
    (void)self;
    if (found[0] != MP_OBJ_NULL)
        return;
    if (name == MP_QSTR_Coap)
        found[0] = MP_OBJ_FROM_PTR(&linnet_mp_coap_type);
    else if (name == MP_QSTR_CoapResource)
        found[0] = MP_OBJ_FROM_PTR(&linnet_mp_resource_type);
    else if (name == MP_QSTR_CoapClientSession)
        found[0] = MP_OBJ_FROM_PTR(&linnet_mp_session_type);
}

MP_REGISTER_MODULE_DELEGATION(mp_module_network, linnet_mp_network_attribute);

#else

static const mp_rom_map_elem_t entries[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_network)},
    {MP_ROM_QSTR(MP_QSTR_Coap), MP_ROM_PTR(&linnet_mp_coap_type)},
    {MP_ROM_QSTR(MP_QSTR_CoapResource), MP_ROM_PTR(&linnet_mp_resource_type)},
    {MP_ROM_QSTR(MP_QSTR_CoapClientSession), MP_ROM_PTR(&linnet_mp_session_type)},
    {MP_ROM_QSTR(MP_QSTR_WLAN), MP_ROM_PTR(&linnet_mp_wlan_type)},
};
static MP_DEFINE_CONST_DICT(dict, entries);

const mp_obj_module_t linnet_mp_network = {.base = {.type = &mp_type_module}, .globals = (mp_obj_dict_t *)&dict};

MP_REGISTER_MODULE(MP_QSTR_network, linnet_mp_network);

#endif
