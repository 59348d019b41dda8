/* Where a datagram comes from and goes to: plain values, compared octet by octet. */
#ifndef LINNET_ADDRESS_H
#define LINNET_ADDRESS_H

#include <linnet/bytes.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One endpoint: a transport address, and the secured session, if any. IPv4 is kept as ::ffff:a.b.c.d (RFC
 * 4291 2.5.5.2), so one form serves both. The struct has no padding and `reserved` is 0: two addresses are equal when
 * their octets are. */
typedef struct linnet_address {
    uint8_t ip[16];
    uint32_t scope; /* interface index of a link-local address, else 0 */
    uint16_t port;  /* host byte order */
    uint16_t reserved;
    uint32_t session; /* 0: none. Else the security association: an endpoint is "identified depending on the security
                       * mode used" (RFC 7252 4.1), so two sessions from one address are two peers to all above. A
                       * number is not used again while anything can remember it */
} linnet_address;

/* The way of a datagram: the peer, and what is ours at this end. An answer goes back over the path that its request
 * came by, so a host with many addresses answers from the one that was asked. */
typedef struct linnet_path {
    linnet_address peer;
    uint8_t local_ip[16]; /* all zero: the system chooses; with LINNET_PATH_MULTICAST the group */
    uint16_t socket;      /* which of the owner's sockets; a further source port is a further socket */
    uint16_t flags;       /* LINNET_PATH_... */
} linnet_path;

#define LINNET_PATH_MULTICAST 1u /* the datagram was sent to a group address */
#define LINNET_PATH_LIMIT 14u    /* these bits: what the peer has room for (max_fragment_length, RFC 6066 4); 0: all */
#define LINNET_PATH_LIMIT_SHIFT 1u

/* The octets of the largest message that may be sent that way: 64 to 4096, or SIZE_MAX. */
static inline size_t linnet_path_limit(const linnet_path *path)
{
    unsigned limit = (path->flags & LINNET_PATH_LIMIT) >> LINNET_PATH_LIMIT_SHIFT;
    return limit ? (size_t)32 << limit : SIZE_MAX;
}

/* Room for the longest text: "[ffff:...:255.255.255.255%4294967295]:65535" and its NUL. */
#define LINNET_ADDRESS_TEXT 72u

static inline bool linnet_address_equal(const linnet_address *a, const linnet_address *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* Whether it is an IPv4 address in the mapped form. */
bool linnet_address_is_ipv4(const linnet_address *address);
bool linnet_address_is_multicast(const linnet_address *address);

/* "127.0.0.1:5683", "[fe80::1%2]:5683" (RFC 5952); returns `text`. */
char *linnet_address_text(const linnet_address *address, char text[LINNET_ADDRESS_TEXT]);
/* The same without port and brackets. */
char *linnet_address_host_text(const linnet_address *address, char text[LINNET_ADDRESS_TEXT]);

#ifdef __cplusplus
}
#endif
#endif
