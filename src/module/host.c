#include "module/host.h"

#include "net/address_system.h"

#include <linnet/error.h>
#include <stdio.h>

static bool is_name(const char *text)
{
    for (; *text; text++)
        if (*text <= ' ' || *text == 0x7f || strchr("/?#@[]%:\\\"<>", *text))
            return false;
    return true;
}

static void lower(char *text)
{
    for (; *text; text++)
        *text = *text >= 'A' && *text <= 'Z' ? (char)(*text - 'A' + 'a') : *text;
}

int linnet_module_read_host(linnet_module_host *host, const char *text)
{
    size_t size = strlen(text);
    bool in_brackets = size > 1 && text[0] == '[' && text[size - 1] == ']';

    *host = (linnet_module_host){0};
    text += in_brackets;
    size -= in_brackets ? 2 : 0;
    if (size == 0 || size > LINNET_NAME_MAX)
        return LINNET_EADDRESS;
    memcpy(host->text, text, size);
    host->is_literal = linnet_address_from_host(&host->address, linnet_text(host->text), 0);
    if (host->is_literal)
        return in_brackets && linnet_address_is_ipv4(&host->address) ? LINNET_EADDRESS : 0;
    lower(host->text);
    return !in_brackets && is_name(host->text) ? 0 : LINNET_EADDRESS;
}

/* A mapped IPv4 address is written as such, or as IPv6. */
static bool wants_brackets(const linnet_module_host *host) { return strchr(host->text, ':') != NULL; }

char *linnet_module_write_uri(const linnet_module_host *host, uint16_t port, bool secured, char uri[LINNET_MODULE_URI])
{
    const char *format = wants_brackets(host) ? "%s://[%s]:%u" : "%s://%s:%u";
    snprintf(uri, LINNET_MODULE_URI, format, secured ? "coaps" : "coap", host->text, (unsigned)port);
    return uri;
}

size_t linnet_module_write_uri_host(const linnet_module_host *host, char value[LINNET_NAME_MAX + 1])
{
    const char *zone = strchr(host->text, '%');
    int size = (int)(zone ? (size_t)(zone - host->text) : strlen(host->text));
    /* Within brackets it is a literal, which is far shorter than a name may be. */
    return (size_t)snprintf(value, LINNET_NAME_MAX + 1, wants_brackets(host) ? "[%.*s]" : "%.*s", size, host->text);
}
