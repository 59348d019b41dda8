/* From a captured packet to the datagram in it: link layer, IPv4 or IPv6, UDP. What is cut off or fragmented is left
 * out, as its UDP payload is not all there. */
#include "cli/decode.h"

#include <pcap/pcap.h>

#define ETHERTYPE_IPV4 0x0800u
#define ETHERTYPE_IPV6 0x86ddu
#define PROTOCOL_UDP 17u

static unsigned read_16(const uint8_t *at) { return (unsigned)at[0] << 8 | at[1]; }

static bool skip(linnet_bytes *packet, size_t size)
{
    if (packet->size < size)
        return false;
    *packet = linnet_view(packet->data + size, packet->size - size);
    return true;
}

static bool is_vlan(unsigned type) { return type == 0x8100 || type == 0x88a8 || type == 0x9100; }

/* Ethernet with any number of VLAN tags. */
static bool skip_ethernet(linnet_bytes *packet)
{
    if (!skip(packet, 12) || packet->size < 2)
        return false;
    while (is_vlan(read_16(packet->data)))
        if (!skip(packet, 4) || packet->size < 2)
            return false;
    unsigned type = read_16(packet->data);
    return (type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6) && skip(packet, 2);
}

/* Leaves the IP packet. Its own version field says which IP it is. */
static bool skip_link_layer(int link_type, linnet_bytes *packet)
{
    switch (link_type) {
    case DLT_EN10MB:
        return skip_ethernet(packet);
    case DLT_LINUX_SLL:
        return skip(packet, 16);
    case DLT_LINUX_SLL2:
        return skip(packet, 20);
    case DLT_NULL:
    case DLT_LOOP:
        return skip(packet, 4);
    case DLT_RAW:
    case DLT_IPV4:
    case DLT_IPV6:
        return true;
    default:
        return false;
    }
}

static void set_ipv4(linnet_address *address, const uint8_t *octets)
{
    address->ip[10] = address->ip[11] = 0xff;
    memcpy(address->ip + 12, octets, 4);
}

static bool skip_ipv4(linnet_bytes *packet, decode_place *place)
{
    const uint8_t *ip = packet->data;
    if (packet->size < 20)
        return false;
    size_t header = (ip[0] & 15u) * 4u, total = read_16(ip + 2);
    bool fragment = (read_16(ip + 6) & 0x3fff) != 0;
    if (header < 20 || fragment || ip[9] != PROTOCOL_UDP)
        return false;
    set_ipv4(&place->from, ip + 12);
    set_ipv4(&place->to, ip + 16);
    if (total >= header && total < packet->size)
        packet->size = total; /* Ethernet pads short frames */
    return skip(packet, header);
}

/* Hop-by-hop options, routing and destination options stand before UDP at times. */
static bool is_extension(unsigned protocol) { return protocol == 0 || protocol == 43 || protocol == 60; }

static bool skip_ipv6(linnet_bytes *packet, decode_place *place)
{
    if (packet->size < 40)
        return false;
    unsigned next = packet->data[6];
    memcpy(place->from.ip, packet->data + 8, 16);
    memcpy(place->to.ip, packet->data + 24, 16);
    if (!skip(packet, 40))
        return false;
    while (is_extension(next)) {
        if (packet->size < 8)
            return false;
        next = packet->data[0];
        if (!skip(packet, 8 + 8u * packet->data[1]))
            return false;
    }
    return next == PROTOCOL_UDP;
}

static bool skip_udp(linnet_bytes *packet, decode_place *place)
{
    if (packet->size < 8)
        return false;
    size_t size = read_16(packet->data + 4);
    place->from.port = (uint16_t)read_16(packet->data);
    place->to.port = (uint16_t)read_16(packet->data + 2);
    if (size < 8 || size > packet->size)
        return false;
    packet->size = size;
    return skip(packet, 8);
}

bool capture_dissect(int link_type, linnet_bytes packet, decode_place *place, linnet_bytes *payload)
{
    if (!skip_link_layer(link_type, &packet) || packet.size == 0)
        return false;
    unsigned version = packet.data[0] >> 4;
    bool is_udp = version == 4 ? skip_ipv4(&packet, place) : version == 6 && skip_ipv6(&packet, place);
    if (!is_udp || !skip_udp(&packet, place))
        return false;
    *payload = packet;
    return true;
}
