/* Tells IP addresses from names by their syntax alone (RFC 3986 3.2.2, RFC 6874): a literal address in a URI sends no
 * Uri-Host option, and needs no name server. */
#include "wire/ip_literal.h"

#include "wire/uri_chars.h"

/* dec-octet: 0 to 255 without leading zeros. How many digits were read; 0 when there is no such number. */
static size_t dec_octet(linnet_bytes text)
{
    unsigned value = 0;
    size_t digits = 0;

    while (digits < text.size && digits < 3 && linnet_ascii_is_digit(text.data[digits]))
        value = value * 10 + (text.data[digits++] - '0');
    if (value > 255 || (digits > 1 && text.data[0] == '0'))
        return 0;
    return digits;
}

bool linnet_is_ipv4(linnet_bytes text)
{
    size_t at = 0;

    for (int octet = 0; octet < 4; octet++) {
        if (octet > 0 && (at == text.size || text.data[at++] != '.'))
            return false;
        size_t digits = dec_octet(linnet_view(text.data + at, text.size - at));
        if (digits == 0)
            return false;
        at += digits;
    }
    return at == text.size;
}

/* Cuts a zone off the end of an address; false when there is one that is empty or malformed. */
static bool cut_zone(linnet_bytes *text)
{
    size_t at = 0;

    while (at < text->size && text->data[at] != '%')
        at++;
    if (at == text->size)
        return true;

    linnet_bytes zone = linnet_view(text->data + at + 1, text->size - at - 1);
    text->size = at;
    for (size_t i = 0; i < zone.size; i++)
        if (!linnet_uri_is_unreserved(zone.data[i]))
            return false;
    return zone.size > 0;
}

/* h16: one to four hexadecimal digits. How many there are; 0 for none or for too many. */
static size_t h16(linnet_bytes text)
{
    size_t digits = 0;

    while (digits < text.size && linnet_ascii_hex(text.data[digits]) >= 0)
        digits++;
    return digits <= 4 ? digits : 0;
}

/* Takes the colon before a group, or "::", which may stand once and before the first group too. */
static bool take_colons(linnet_bytes text, size_t *at, bool is_first, bool *elided)
{
    bool is_double = text.size - *at >= 2 && text.data[*at] == ':' && text.data[*at + 1] == ':';

    if (is_double) {
        bool again = *elided;
        *elided = true;
        *at += 2;
        return !again;
    }
    return is_first || text.data[(*at)++] == ':';
}

bool linnet_is_ipv6(linnet_bytes text)
{
    enum { GROUPS = 8 };
    int groups = 0;
    bool elided = false; /* "::" was seen */
    size_t at = 0;

    if (!cut_zone(&text))
        return false;
    while (at < text.size) {
        if (!take_colons(text, &at, groups == 0, &elided))
            return false;
        if (at == text.size && text.data[at - 2] == ':')
            break; /* "1::", but not "1::2:" */
        linnet_bytes rest = linnet_view(text.data + at, text.size - at);
        if (linnet_is_ipv4(rest)) {
            groups += 2;
            break;
        }
        size_t digits = h16(rest);
        if (digits == 0)
            return false;
        at += digits;
        groups++;
    }
    /* "::" stands for at least one group of zeros. */
    return elided ? groups < GROUPS : groups == GROUPS;
}
