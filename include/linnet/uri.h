/* CoAP URIs (RFC 7252 section 6, RFC 8323 section 8): into options and back. */
#ifndef LINNET_URI_H
#define LINNET_URI_H

#include <linnet/message.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum linnet_scheme {
    LINNET_COAP,
    LINNET_COAPS,
    LINNET_COAP_TCP,
    LINNET_COAPS_TCP,
    LINNET_COAP_WS,
    LINNET_COAPS_WS
} linnet_scheme;

/* "coap", "coaps+ws"; never NULL. Static. */
const char *linnet_scheme_name(linnet_scheme scheme);
/* 5683 for coap and coap+tcp, 5684 for coaps and coaps+tcp, 80 and 443 for WebSocket. */
uint16_t linnet_scheme_port(linnet_scheme scheme);

/* The parts of a URI as views into its text, percent-encoding still in place. */
typedef struct linnet_uri {
    linnet_scheme scheme;
    bool host_is_literal; /* an IPv4 or IPv6 address */
    bool has_port;        /* the text named one, even where it is the default */
    uint16_t port;        /* the default of the scheme where none is named */
    linnet_bytes host;    /* without the brackets of an IPv6 literal; a zone ("%eth0", "%25eth0") stays in it */
    linnet_bytes path;    /* without the leading slash; data is NULL when that is all or less */
    linnet_bytes query;   /* without the question mark; data is NULL when there is none */
} linnet_uri;

/*
 * Takes a URI apart and checks it. A text without "://" is read as a coap URI, so "localhost/time" works.
 * LINNET_EURI: bad syntax, user information, a fragment, an empty host, a bad port or percent-encoding, a segment or
 * argument over 255 octets, not UTF-8 after decoding. LINNET_ESCHEME: a scheme that is none of linnet_scheme.
 * `uri` points into `text`.
 */
int linnet_uri_parse(linnet_uri *uri, linnet_bytes text);

/* What was wrong with the text of a failed linnet_uri_parse(), as half a sentence for people; static. "" if nothing. */
const char *linnet_uri_problem(linnet_bytes text);

/* Writes Uri-Host (decoded, lower case; not for a literal), the path as Uri-Path, the query as Uri-Query (RFC 7252
 * 6.4). Uri-Port is never needed where the datagram goes to that port. Errors stick to the writer. Options with a
 * number between them (Content-Format, Max-Age) have to be woven in with linnet_options_insert(). */
void linnet_uri_write_options(const linnet_uri *uri, bool with_host, linnet_writer *writer);

/* One decoded segment or argument at a time; `decoded` must hold 255 octets. False at the end, which is
 * rest->data == NULL; the cursor starts as a copy of uri->path with separator '/' or uri->query with '&'. A parsed URI
 * with an empty path has no segment; one that ends in a slash has an empty last one. "." and ".." come as they stand:
 * linnet_uri_write_options() resolves them. */
bool linnet_uri_next(linnet_bytes *rest, char separator, uint8_t decoded[255], size_t *size);

/*
 * Composes the URI that a request with these options asked of host:port (RFC 7252 6.5), percent-encoded, NUL-ended.
 * `address` is the destination's text, used where there is no Uri-Host; an IPv6 literal is put into brackets, the '%'
 * of its zone ("fe80::1%eth0") encoded. A Uri-Port among the options counts more than `port`.
 * Returns the length or LINNET_ENOSPC.
 */
int linnet_uri_compose(char *text, size_t capacity, linnet_scheme scheme, const char *address, uint16_t port,
                       linnet_bytes options);

/* The path of the options as text, "/a/b", "/" when there is none, percent-encoded, NUL-ended. `number` is
 * LINNET_OPTION_URI_PATH or LINNET_OPTION_LOCATION_PATH; query arguments are added behind a '?'. */
int linnet_uri_compose_path(char *text, size_t capacity, uint16_t number, linnet_bytes options);

#ifdef __cplusplus
}
#endif
#endif
