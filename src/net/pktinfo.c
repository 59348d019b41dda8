/* Packet information in control messages, for sockets bound to every address. */
#include "net/pktinfo.h"

#include "net/address_system.h"

static const uint8_t *data_of(const struct cmsghdr *control) { return CMSG_DATA(control); }

static void read_v6(const struct cmsghdr *control, linnet_path *path)
{
    struct in6_pktinfo info;
    memcpy(&info, data_of(control), sizeof info);
    if (IN6_IS_ADDR_MULTICAST(&info.ipi6_addr)) /* not an address to answer from (RFC 7252 8.2) */
        path->flags |= LINNET_PATH_MULTICAST;
    memcpy(path->local_ip, &info.ipi6_addr, 16);
}

/* `ipi_spec_dst` is ours, `ipi_addr` what the datagram was sent to: they differ for broadcasts. */
static void read_v4(const struct cmsghdr *control, linnet_path *path)
{
    struct in_pktinfo info;
    memcpy(&info, data_of(control), sizeof info);
    bool group = info.ipi_spec_dst.s_addr != info.ipi_addr.s_addr;
    path->flags = (uint16_t)(group ? LINNET_PATH_MULTICAST : 0);
    linnet_ip_from_v4(path->local_ip, &info.ipi_addr);
}

/* An IPv4 datagram at an IPv6 socket brings both; the IPv4 form comes last and knows more. */
void linnet_pktinfo_read(const struct cmsghdr *control, linnet_path *path)
{
    if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO)
        read_v6(control, path);
    else if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO)
        read_v4(control, path);
}

static void append(struct msghdr *header, int level, int type, const void *data, size_t size)
{
    struct cmsghdr *control = (struct cmsghdr *)(void *)((uint8_t *)header->msg_control + header->msg_controllen);
    control->cmsg_level = level;
    control->cmsg_type = type;
    control->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(control), data, size);
    header->msg_controllen += CMSG_SPACE(size);
}

void linnet_pktinfo_append(struct msghdr *header, const linnet_socket *socket, const linnet_path *path)
{
    struct in6_pktinfo v6 = {.ipi6_ifindex = path->peer.scope};
    struct in_pktinfo v4 = {.ipi_ifindex = (int)path->peer.scope};
    bool to_group = path->peer.scope != 0 && linnet_address_is_multicast(&path->peer); /* by that interface */
    bool as_v4 = socket->family == AF_INET || (to_group && linnet_address_is_ipv4(&path->peer));
    if (!to_group && (!socket->any || linnet_ip_is_any(path->local_ip)))
        return; /* the socket's own address, or the one that the routes say */
    if (linnet_ip_is_link_local(path->local_ip) && path->peer.scope == 0)
        return; /* means nothing without the interface, which only a link-local peer's scope tells */
    if (!as_v4) {
        memcpy(&v6.ipi6_addr, path->local_ip, 16);
        append(header, IPPROTO_IPV6, IPV6_PKTINFO, &v6, sizeof v6);
    } else { /* which an IPv6 socket takes, too */
        memcpy(&v4.ipi_spec_dst, path->local_ip + 12, 4);
        append(header, IPPROTO_IP, IP_PKTINFO, &v4, sizeof v4);
    }
}
