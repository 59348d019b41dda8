/* Takes a CoAP URI apart (RFC 7252 6.1, RFC 8323 8, syntax of RFC 3986) and checks all of it, so that whatever a
 * parsed URI holds can be written into options without another look. */
#include <linnet/error.h>
#include <linnet/uri.h>

#include "wire/ip_literal.h"
#include "wire/uri_chars.h"
#include "wire/uri_fault.h"
#include "wire/uri_part.h"

typedef struct scheme_entry {
    const char *name;
    uint16_t port;
} scheme_entry;

static const scheme_entry schemes[] = {
    [LINNET_COAP] = {"coap", 5683},         [LINNET_COAPS] = {"coaps", 5684},
    [LINNET_COAP_TCP] = {"coap+tcp", 5683}, [LINNET_COAPS_TCP] = {"coaps+tcp", 5684},
    [LINNET_COAP_WS] = {"coap+ws", 80},     [LINNET_COAPS_WS] = {"coaps+ws", 443},
};

enum { SCHEMES = sizeof schemes / sizeof schemes[0] };

const char *linnet_scheme_name(linnet_scheme scheme) { return (unsigned)scheme < SCHEMES ? schemes[scheme].name : "?"; }

uint16_t linnet_scheme_port(linnet_scheme scheme) { return (unsigned)scheme < SCHEMES ? schemes[scheme].port : 0; }

static linnet_bytes from(linnet_bytes text, size_t offset)
{
    return linnet_view(text.data + offset, text.size - offset);
}

/* scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ); its size where "://" follows, else 0. */
static size_t scheme_size(linnet_bytes text)
{
    size_t size = 0;

    while (size < text.size && (linnet_ascii_is_letter(text.data[size]) || linnet_ascii_is_digit(text.data[size]) ||
                                text.data[size] == '+' || text.data[size] == '-' || text.data[size] == '.'))
        size++;
    return text.size - size >= 3 && memcmp(text.data + size, "://", 3) == 0 ? size : 0;
}

static bool is_scheme(linnet_bytes text, const char *name)
{
    for (size_t i = 0; i < text.size; i++, name++)
        if (linnet_ascii_lower(text.data[i]) != (uint8_t)*name)
            return false;
    return *name == '\0';
}

/* Takes "coap://" off the text; where it is missing, coap is meant. */
static linnet_uri_fault take_scheme(linnet_uri *uri, linnet_bytes *text)
{
    size_t size = scheme_size(*text);

    uri->scheme = LINNET_COAP;
    if (size == 0)
        return LINNET_URI_GOOD;
    for (unsigned i = 0; i < SCHEMES; i++) {
        if (is_scheme(linnet_view(text->data, size), schemes[i].name)) {
            uri->scheme = (linnet_scheme)i;
            *text = from(*text, size + 3);
            return LINNET_URI_GOOD;
        }
    }
    return LINNET_URI_UNKNOWN_SCHEME;
}

/* Whether all octets are of a class or start a percent-encoding; what follows a '%' is checked when it is decoded. */
static bool consists_of(linnet_bytes text, bool (*is_allowed)(uint8_t))
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] != '%' && !is_allowed(text.data[i]))
            return false;
    return true;
}

static linnet_uri_fault check_part(linnet_bytes part)
{
    uint8_t decoded[LINNET_URI_PART_MAX];
    size_t size = 0;

    switch (linnet_uri_decode(part, decoded, &size)) {
    case LINNET_URI_TOO_LONG:
        return LINNET_URI_LONG;
    case LINNET_URI_BAD_PERCENT:
        return LINNET_URI_PERCENT;
    case LINNET_URI_DECODED:
        break;
    }
    return linnet_utf8_valid(linnet_view(decoded, size)) ? LINNET_URI_GOOD : LINNET_URI_NOT_UTF8;
}

static linnet_uri_fault check_parts(linnet_bytes text, char separator)
{
    linnet_bytes part;
    linnet_uri_fault fault = LINNET_URI_GOOD;

    while (fault == LINNET_URI_GOOD && linnet_uri_split(&text, separator, &part))
        fault = check_part(part);
    return fault;
}

/* port = *DIGIT; "If it is empty or not given, then the default port 5683 is assumed." (RFC 7252 6.1) */
static linnet_uri_fault take_port(linnet_uri *uri, linnet_bytes digits)
{
    uint32_t port = 0;

    for (size_t i = 0; i < digits.size; i++) {
        if (!linnet_ascii_is_digit(digits.data[i]))
            return LINNET_URI_BAD_PORT;
        port = port * 10 + (digits.data[i] - (uint32_t)'0');
        if (port > UINT16_MAX)
            return LINNET_URI_BAD_PORT;
    }
    uri->has_port = digits.size > 0;
    uri->port = uri->has_port ? (uint16_t)port : linnet_scheme_port(uri->scheme);
    return LINNET_URI_GOOD;
}

static linnet_uri_fault check_host(linnet_uri *uri)
{
    if (uri->host.size == 0)
        return LINNET_URI_NO_HOST; /* "The host MUST NOT be empty" (RFC 7252 6.1) */
    if (!consists_of(uri->host, linnet_uri_is_name))
        return LINNET_URI_BAD_HOST;
    uri->host_is_literal = linnet_is_ipv4(uri->host);
    return check_part(uri->host);
}

/* authority = host [ ":" port ] */
static linnet_uri_fault take_authority(linnet_uri *uri, linnet_bytes text)
{
    bool bracket = text.size > 0 && text.data[0] == '[';
    char end_of_host = bracket ? ']' : ':';
    size_t start = bracket ? 1 : 0;
    size_t end = start;

    while (end < text.size && text.data[end] != (uint8_t)end_of_host)
        end++;
    uri->host = linnet_view(text.data + start, end - start);
    if (bracket) {
        uri->host_is_literal = true;
        if (end == text.size || !linnet_is_ipv6(uri->host))
            return LINNET_URI_BAD_LITERAL;
        end++;
    } else {
        linnet_uri_fault fault = check_host(uri);
        if (fault != LINNET_URI_GOOD)
            return fault;
    }
    if (end == text.size)
        return take_port(uri, linnet_view(NULL, 0));
    return text.data[end] == ':' ? take_port(uri, from(text, end + 1)) : LINNET_URI_BAD_LITERAL;
}

/* path-abempty [ "?" query ] */
static linnet_uri_fault take_path_and_query(linnet_uri *uri, linnet_bytes text)
{
    size_t end = 0;

    while (end < text.size && text.data[end] != '?')
        end++;
    if (end > 1)
        uri->path = linnet_view(text.data + 1, end - 1);
    if (end < text.size)
        uri->query = from(text, end + 1);
    if (!consists_of(uri->path, linnet_uri_is_path) || !consists_of(uri->query, linnet_uri_is_query))
        return LINNET_URI_BAD_CHARACTER;

    linnet_uri_fault fault = check_parts(uri->path, '/');
    return fault == LINNET_URI_GOOD ? check_parts(uri->query, '&') : fault;
}

linnet_uri_fault linnet_uri_take_apart(linnet_uri *uri, linnet_bytes text)
{
    *uri = (linnet_uri){0};
    if (text.size == 0)
        return LINNET_URI_NO_HOST;
    linnet_uri_fault fault = take_scheme(uri, &text);
    if (fault != LINNET_URI_GOOD)
        return fault;

    size_t authority = 0; /* its size */
    while (authority < text.size && text.data[authority] != '/' && text.data[authority] != '?' &&
           text.data[authority] != '#') {
        if (text.data[authority++] == '@')
            return LINNET_URI_HAS_USER;
    }
    for (size_t i = authority; i < text.size; i++)
        if (text.data[i] == '#')
            return LINNET_URI_HAS_FRAGMENT;

    fault = take_authority(uri, linnet_view(text.data, authority));
    return fault == LINNET_URI_GOOD ? take_path_and_query(uri, from(text, authority)) : fault;
}

int linnet_uri_parse(linnet_uri *uri, linnet_bytes text)
{
    linnet_uri_fault fault = linnet_uri_take_apart(uri, text);

    if (fault == LINNET_URI_GOOD)
        return 0;
    return fault == LINNET_URI_UNKNOWN_SCHEME ? LINNET_ESCHEME : LINNET_EURI;
}
