/* Coap's functions for client sessions. */
#include "coap.h"

#include <string.h>

enum { DEFAULT_PORT = 5683 };

static mp_obj_t open_session(const char *address, uint16_t port, linnet_bytes psk, const char *identity)
{
    linnet_mp_module *module = linnet_mp_module_get();
    linnet_module *library = module->library;
    linnet_module_session *session = NULL;
    int error;
    linnet_module_retain(library);
    LINNET_MP_OUTSIDE(error = linnet_module_open_session(library, address, port, psk, identity, &session));
    linnet_module_release(library);
    linnet_mp_check(error, error == LINNET_EUNSUPPORTED ? "psk" : error == LINNET_ECREDENTIALS ? "identity" : address);
    return linnet_mp_session_of(module, session);
}

enum { ADDRESS, PORT, PSK, IDENTITY };
static const mp_arg_t new_arguments[] = {
    [ADDRESS] = {MP_QSTR_address, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
    [PORT] = {MP_QSTR_port, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
    [PSK] = {MP_QSTR_psk, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
    [IDENTITY] = {MP_QSTR_identity, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
};

static mp_obj_t new_client_session(size_t count, const mp_obj_t *positional, mp_map_t *keywords)
{
    mp_arg_val_t given[MP_ARRAY_SIZE(new_arguments)];
    mp_arg_parse_all(count, positional, keywords, MP_ARRAY_SIZE(new_arguments), new_arguments, given);
    const char *address = linnet_mp_text(given[ADDRESS].u_obj);
    uint16_t port = (uint16_t)linnet_mp_number(given[PORT].u_obj, 1, UINT16_MAX, 0);
    linnet_bytes psk = linnet_mp_key(given[PSK].u_obj);
    const char *identity = linnet_mp_text_or_null(given[IDENTITY].u_obj);
    if (identity && psk.size == 0)
        mp_raise_ValueError(MP_ERROR_TEXT("identity is that of a psk, and there is none"));
    return open_session(address, port, psk, identity);
}
MP_DEFINE_CONST_FUN_OBJ_KW(linnet_mp_new_client_session_obj, 1, new_client_session);

enum { REMOVE_DESTINATION, REMOVE_PORT, REMOVE_PROTOCOL };
static const mp_arg_t remove_arguments[] = {
    [REMOVE_DESTINATION] = {MP_QSTR_destination, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
    [REMOVE_PORT] = {MP_QSTR_port, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
    [REMOVE_PROTOCOL] = {MP_QSTR_protocol, MP_ARG_INT, {.u_int = LINNET_MODULE_UDP}},
};

static mp_obj_t remove_client_session(size_t count, const mp_obj_t *positional, mp_map_t *keywords)
{
    mp_arg_val_t given[MP_ARRAY_SIZE(remove_arguments)];
    mp_arg_parse_all(count, positional, keywords, MP_ARRAY_SIZE(remove_arguments), remove_arguments, given);
    const char *destination = linnet_mp_text(given[REMOVE_DESTINATION].u_obj);
    uint16_t port = (uint16_t)linnet_mp_number(given[REMOVE_PORT].u_obj, 1, UINT16_MAX, DEFAULT_PORT);
    int protocol = (int)given[REMOVE_PROTOCOL].u_int;

    linnet_mp_module *module = linnet_mp_module_get();
    linnet_module *library = module->library;
    int error;
    linnet_module_retain(library);
    LINNET_MP_OUTSIDE(error = linnet_module_remove_session(library, destination, port, protocol));
    if (error == 0)
        linnet_mp_session_tidy(module);
    linnet_module_release(library);
    if (error == LINNET_ENOENT)
        mp_raise_msg_varg(&mp_type_RuntimeError, MP_ERROR_TEXT("there is no client session to %s, port %u"),
                          destination, (unsigned)port);
    linnet_mp_check(error, destination);
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_KW(linnet_mp_remove_client_session_obj, 1, remove_client_session);

static linnet_module_session *session_at(linnet_mp_module *module, size_t index)
{
    linnet_module *library = module->library;
    linnet_module_session *session;
    linnet_module_retain(library);
    LINNET_MP_OUTSIDE(session = linnet_module_session_at(library, index));
    linnet_module_release(library);
    return session;
}

static mp_obj_t get_client_sessions(void)
{
    linnet_mp_module *module = linnet_mp_module_get();
    mp_obj_t list = mp_obj_new_list(0, NULL);
    linnet_module_session *session;
    for (size_t index = 0; (session = session_at(module, index)); index++)
        mp_obj_list_append(list, linnet_mp_session_of(module, session));
    return list;
}
MP_DEFINE_CONST_FUN_OBJ_0(linnet_mp_get_client_sessions_obj, get_client_sessions);

static bool fits(const linnet_module_session *session, const char *address, uint16_t port)
{
    return linnet_module_session_protocol(session) == LINNET_MODULE_UDP &&
           linnet_module_session_port(session) == port && strcmp(linnet_module_session_address(session), address) == 0;
}

/* The object of the first plain session to that server, a new one if there is none. */
static mp_obj_t session_to(const char *address, uint16_t port)
{
    linnet_mp_module *module = linnet_mp_module_get();
    linnet_module_session *session;
    for (size_t index = 0; (session = session_at(module, index)); index++) {
        if (fits(session, address, port))
            return linnet_mp_session_of(module, session);
        linnet_module_session_release(session);
    }
    return open_session(address, port, linnet_view(NULL, 0), NULL);
}

enum { HOST, METHOD, URI_PORT, KEYWORDS };
static const mp_arg_t send_arguments[] = {
    [HOST] = {MP_QSTR_uri_host, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
    [METHOD] = {MP_QSTR_method, MP_ARG_REQUIRED | MP_ARG_INT, {.u_int = 0}},
    [URI_PORT] = {MP_QSTR_uri_port, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
    LINNET_MP_REQUEST_KEYWORDS_LIST,
};

static mp_obj_t send_request(size_t count, const mp_obj_t *positional, mp_map_t *keywords)
{
    mp_arg_val_t given[MP_ARRAY_SIZE(send_arguments)];
    mp_arg_parse_all(count, positional, keywords, MP_ARRAY_SIZE(send_arguments), send_arguments, given);
    const char *host = linnet_mp_text(given[HOST].u_obj);
    uint16_t port = (uint16_t)linnet_mp_number(given[URI_PORT].u_obj, 1, UINT16_MAX, DEFAULT_PORT);
    linnet_module_request request = linnet_mp_request(given[METHOD].u_int, given + KEYWORDS);
    return linnet_mp_session_send(session_to(host, port), &request);
}
MP_DEFINE_CONST_FUN_OBJ_KW(linnet_mp_send_request_obj, 2, send_request);
