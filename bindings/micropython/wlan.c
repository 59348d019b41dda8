/*
 * WLAN, for ports without wireless: the documents' scripts begin by joining a network, and ask for the address that
 * they got. Here the system has joined already.
 */
#include "coap.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { STA = 1, AP = 2, STA_AP = 3 };
enum { OPEN = 0, WEP = 1, WPA = 2, WPA2 = 3 };

static const mp_obj_base_t only = {.type = &linnet_mp_wlan_type};

static mp_obj_t make(const mp_obj_type_t *type, size_t count, size_t keyword_count, const mp_obj_t *arguments)
{
    (void)type, (void)count, (void)keyword_count, (void)arguments;
    return MP_OBJ_FROM_PTR(&only);
}

static mp_obj_t nothing(size_t count, const mp_obj_t *positional, mp_map_t *keywords)
{
    (void)count, (void)positional, (void)keywords;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_KW(nothing_obj, 1, nothing);

static mp_obj_t is_connected(mp_obj_t self)
{
    (void)self;
    return mp_const_true;
}
static MP_DEFINE_CONST_FUN_OBJ_1(is_connected_obj, is_connected);

/* The address that packets to elsewhere come from; the loopback's where there is no elsewhere. Nothing is sent. */
static void local_address(char text[INET_ADDRSTRLEN])
{
    struct sockaddr_in elsewhere = {.sin_family = AF_INET, .sin_port = htons(9)}, local;
    socklen_t size = sizeof local;
    inet_pton(AF_INET, "192.0.2.1", &elsewhere.sin_addr); /* for documentation: RFC 5737 */
    strcpy(text, "127.0.0.1");
    int probe = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (probe < 0)
        return;
    if (connect(probe, (struct sockaddr *)&elsewhere, sizeof elsewhere) == 0 &&
        getsockname(probe, (struct sockaddr *)&local, &size) == 0)
        inet_ntop(AF_INET, &local.sin_addr, text, INET_ADDRSTRLEN);
    close(probe);
}

static mp_obj_t text_of(const char *text) { return mp_obj_new_str(text, strlen(text)); }

static mp_obj_t ifconfig(mp_obj_t self)
{
    (void)self;
    char address[INET_ADDRSTRLEN];
    local_address(address);
    mp_obj_t items[] = {text_of(address), text_of("255.255.255.0"), text_of("0.0.0.0"), text_of("0.0.0.0")};
    return mp_obj_new_tuple(MP_ARRAY_SIZE(items), items);
}
static MP_DEFINE_CONST_FUN_OBJ_1(ifconfig_obj, ifconfig);

static const mp_rom_map_elem_t entries[] = {
    {MP_ROM_QSTR(MP_QSTR_init), MP_ROM_PTR(&nothing_obj)},
    {MP_ROM_QSTR(MP_QSTR_deinit), MP_ROM_PTR(&nothing_obj)},
    {MP_ROM_QSTR(MP_QSTR_connect), MP_ROM_PTR(&nothing_obj)},
    {MP_ROM_QSTR(MP_QSTR_disconnect), MP_ROM_PTR(&nothing_obj)},
    {MP_ROM_QSTR(MP_QSTR_isconnected), MP_ROM_PTR(&is_connected_obj)},
    {MP_ROM_QSTR(MP_QSTR_ifconfig), MP_ROM_PTR(&ifconfig_obj)},
    {MP_ROM_QSTR(MP_QSTR_STA), MP_ROM_INT(STA)},
    {MP_ROM_QSTR(MP_QSTR_AP), MP_ROM_INT(AP)},
    {MP_ROM_QSTR(MP_QSTR_STA_AP), MP_ROM_INT(STA_AP)},
    {MP_ROM_QSTR(MP_QSTR_OPEN), MP_ROM_INT(OPEN)},
    {MP_ROM_QSTR(MP_QSTR_WEP), MP_ROM_INT(WEP)},
    {MP_ROM_QSTR(MP_QSTR_WPA), MP_ROM_INT(WPA)},
    {MP_ROM_QSTR(MP_QSTR_WPA2), MP_ROM_INT(WPA2)},
};
static MP_DEFINE_CONST_DICT(dict, entries);

MP_DEFINE_CONST_OBJ_TYPE(linnet_mp_wlan_type, MP_QSTR_WLAN, MP_TYPE_FLAG_NONE, make_new, make, locals_dict, &dict);
