/* Composes the text of a URI from the options of a message (RFC 7252 6.5). What does not belong to its component is
 * percent-encoded, so that options from a stranger cannot smuggle a slash, a quote or a control character in. */
#include <linnet/error.h>
#include <linnet/uri.h>

#include "wire/ip_literal.h"
#include "wire/uri_chars.h"

/* Text that grows up to a limit; `size` counts on past it, so the end knows that it did not fit. */
typedef struct text_out {
    char *text;
    size_t capacity;
    size_t size;
} text_out;

static void put(text_out *out, char c)
{
    if (out->size < out->capacity)
        out->text[out->size] = c;
    out->size++;
}

static void put_text(text_out *out, const char *text)
{
    while (*text)
        put(out, *text++);
}

static void put_encoded(text_out *out, linnet_bytes value, bool (*is_allowed)(uint8_t))
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < value.size; i++) {
        uint8_t c = value.data[i];
        if (is_allowed(c)) {
            put(out, (char)c);
        } else {
            put(out, '%');
            put(out, digits[c >> 4]);
            put(out, digits[c & 15]);
        }
    }
}

static void put_port(text_out *out, uint16_t port)
{
    char digits[5];
    int count = 0;

    do {
        digits[count++] = (char)('0' + port % 10);
        port = (uint16_t)(port / 10);
    } while (port);
    put(out, ':');
    while (count)
        put(out, digits[--count]);
}

/* A name, or an address: one with colons is put into brackets, and the '%' before its zone is encoded (RFC 6874). */
static void put_host(text_out *out, linnet_bytes host)
{
    if (host.size >= 2 && host.data[0] == '[' && host.data[host.size - 1] == ']')
        host = linnet_view(host.data + 1, host.size - 2);
    if (!linnet_is_ipv6(host)) {
        put_encoded(out, host, linnet_uri_is_name);
        return;
    }
    put(out, '[');
    put_encoded(out, host, linnet_uri_is_segment);
    put(out, ']');
}

static void put_path(text_out *out, uint16_t number, linnet_bytes options)
{
    linnet_option_cursor cursor = {.rest = options};
    linnet_option option;
    size_t before = out->size;

    while (linnet_option_next(&cursor, &option)) {
        if (option.number == number) {
            put(out, '/');
            put_encoded(out, option.value, linnet_uri_is_segment);
        }
    }
    if (out->size == before)
        put(out, '/');
}

static void put_query(text_out *out, uint16_t number, linnet_bytes options)
{
    linnet_option_cursor cursor = {.rest = options};
    linnet_option option;
    char separator = '?';

    while (linnet_option_next(&cursor, &option)) {
        if (option.number == number) {
            put(out, separator);
            put_encoded(out, option.value, linnet_uri_is_argument);
            separator = '&';
        }
    }
}

static int finish(text_out *out)
{
    put(out, '\0');
    return out->size <= out->capacity ? (int)(out->size - 1) : LINNET_ENOSPC;
}

int linnet_uri_compose(char *text, size_t capacity, linnet_scheme scheme, const char *address, uint16_t port,
                       linnet_bytes options)
{
    text_out out = {.text = text, .capacity = capacity};
    linnet_bytes host = linnet_text(address);
    linnet_bytes value;

    linnet_option_get(options, LINNET_OPTION_URI_HOST, 0, &host);
    if (linnet_option_get(options, LINNET_OPTION_URI_PORT, 0, &value))
        port = (uint16_t)linnet_option_uint(value);

    put_text(&out, linnet_scheme_name(scheme));
    put_text(&out, "://");
    put_host(&out, host);
    if (port != linnet_scheme_port(scheme))
        put_port(&out, port);
    put_path(&out, LINNET_OPTION_URI_PATH, options);
    put_query(&out, LINNET_OPTION_URI_QUERY, options);
    return finish(&out);
}

int linnet_uri_compose_path(char *text, size_t capacity, uint16_t number, linnet_bytes options)
{
    text_out out = {.text = text, .capacity = capacity};
    bool is_location = number == LINNET_OPTION_LOCATION_PATH;

    put_path(&out, number, options);
    put_query(&out, is_location ? LINNET_OPTION_LOCATION_QUERY : LINNET_OPTION_URI_QUERY, options);
    return finish(&out);
}
