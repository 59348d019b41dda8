/*
 * WLAN, for ports without wireless: the documents' scripts begin by joining a network, and ask for the address that
 * they got. Here the system has joined already.
 */
#include "coap.h"

#if !MICROPY_PY_NETWORK /* else the port has one that joins networks */

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { STA = 1, AP = 2, STA_AP = 3, WEP = 1, WPA = 2, WPA2 = 3 };

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

/* The address that packets to the world leave from; zero where there is no way to it. Nothing is sent. */
static struct in_addr outward_address(void)
{
    struct sockaddr_in world = {.sin_family = AF_INET, .sin_port = htons(9)}, local = {.sin_family = AF_INET};
    socklen_t size = sizeof local;
    inet_pton(AF_INET, "192.0.2.1", &world.sin_addr); /* for documentation (RFC 5737) */
    int probe = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (probe < 0)
        return local.sin_addr;
    if (connect(probe, (struct sockaddr *)&world, sizeof world) == 0)
        getsockname(probe, (struct sockaddr *)&local, &size);
    close(probe);
    return local.sin_addr;
}

static struct in_addr ipv4_of(const struct sockaddr *address)
{
    struct sockaddr_in copy = {.sin_family = AF_INET};
    if (address && address->sa_family == AF_INET)
        memcpy(&copy, address, sizeof copy);
    return copy.sin_addr;
}

/* The interface with that address, else the first one but the loopback, else the loopback. */
static void find_interface(struct in_addr wanted, struct in_addr *address, struct in_addr *mask)
{
    struct ifaddrs *every = NULL;
    address->s_addr = htonl(INADDR_LOOPBACK);
    mask->s_addr = htonl(0xff000000);
    if (getifaddrs(&every) != 0)
        return;
    bool found = false;
    for (const struct ifaddrs *one = every; one; one = one->ifa_next) {
        struct in_addr its = ipv4_of(one->ifa_addr);
        bool fits = its.s_addr != 0 && !(one->ifa_flags & IFF_LOOPBACK) && (!found || its.s_addr == wanted.s_addr);
        if (!fits)
            continue;
        found = true;
        *address = its;
        *mask = ipv4_of(one->ifa_netmask);
    }
    freeifaddrs(every);
}

static mp_obj_t text_of(struct in_addr address)
{
    char text[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, &address, text, sizeof text);
    return mp_obj_new_str(text, strlen(text));
}

static mp_obj_t is_connected(mp_obj_t self)
{
    (void)self;
    struct in_addr address, mask;
    find_interface(outward_address(), &address, &mask);
    return mp_obj_new_bool(address.s_addr != htonl(INADDR_LOOPBACK));
}
static MP_DEFINE_CONST_FUN_OBJ_1(is_connected_obj, is_connected);

/* Address and mask; gateway and name server are not looked for: 0.0.0.0. */
static mp_obj_t ifconfig(mp_obj_t self)
{
    (void)self;
    struct in_addr address, mask, none = {0};
    find_interface(outward_address(), &address, &mask);
    mp_obj_t items[] = {text_of(address), text_of(mask), text_of(none), text_of(none)};
    return mp_obj_new_tuple(MP_ARRAY_SIZE(items), items);
}
static MP_DEFINE_CONST_FUN_OBJ_1(ifconfig_obj, ifconfig);

static const mp_rom_map_elem_t entries[] = {
    {MP_ROM_QSTR(MP_QSTR_init), MP_ROM_PTR(&nothing_obj)},
    {MP_ROM_QSTR(MP_QSTR_connect), MP_ROM_PTR(&nothing_obj)},
    {MP_ROM_QSTR(MP_QSTR_disconnect), MP_ROM_PTR(&nothing_obj)},
    {MP_ROM_QSTR(MP_QSTR_isconnected), MP_ROM_PTR(&is_connected_obj)},
    {MP_ROM_QSTR(MP_QSTR_ifconfig), MP_ROM_PTR(&ifconfig_obj)},
    {MP_ROM_QSTR(MP_QSTR_STA), MP_ROM_INT(STA)},
    {MP_ROM_QSTR(MP_QSTR_AP), MP_ROM_INT(AP)},
    {MP_ROM_QSTR(MP_QSTR_STA_AP), MP_ROM_INT(STA_AP)},
    {MP_ROM_QSTR(MP_QSTR_WEP), MP_ROM_INT(WEP)},
    {MP_ROM_QSTR(MP_QSTR_WPA), MP_ROM_INT(WPA)},
    {MP_ROM_QSTR(MP_QSTR_WPA2), MP_ROM_INT(WPA2)},
};
static MP_DEFINE_CONST_DICT(dict, entries);

MP_DEFINE_CONST_OBJ_TYPE(linnet_mp_wlan_type, MP_QSTR_WLAN, MP_TYPE_FLAG_NONE, make_new, make, locals_dict, &dict);

#endif
