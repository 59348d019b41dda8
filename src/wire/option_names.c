/* Names of options, for logs and command lines; apart from the definitions, which a server always carries. */
#include <linnet/option.h>

#include "wire/ascii.h"

typedef struct option_entry {
    uint16_t number;
    const char *name;
} option_entry;

static const option_entry table[] = {
    {LINNET_OPTION_IF_MATCH, "If-Match"},
    {LINNET_OPTION_URI_HOST, "Uri-Host"},
    {LINNET_OPTION_ETAG, "ETag"},
    {LINNET_OPTION_IF_NONE_MATCH, "If-None-Match"},
    {LINNET_OPTION_OBSERVE, "Observe"},
    {LINNET_OPTION_URI_PORT, "Uri-Port"},
    {LINNET_OPTION_LOCATION_PATH, "Location-Path"},
    {LINNET_OPTION_OSCORE, "OSCORE"},
    {LINNET_OPTION_URI_PATH, "Uri-Path"},
    {LINNET_OPTION_CONTENT_FORMAT, "Content-Format"},
    {LINNET_OPTION_MAX_AGE, "Max-Age"},
    {LINNET_OPTION_URI_QUERY, "Uri-Query"},
    {LINNET_OPTION_HOP_LIMIT, "Hop-Limit"},
    {LINNET_OPTION_ACCEPT, "Accept"},
    {LINNET_OPTION_Q_BLOCK1, "Q-Block1"},
    {LINNET_OPTION_LOCATION_QUERY, "Location-Query"},
    {LINNET_OPTION_EDHOC, "EDHOC"},
    {LINNET_OPTION_BLOCK2, "Block2"},
    {LINNET_OPTION_BLOCK1, "Block1"},
    {LINNET_OPTION_SIZE2, "Size2"},
    {LINNET_OPTION_Q_BLOCK2, "Q-Block2"},
    {LINNET_OPTION_PROXY_URI, "Proxy-Uri"},
    {LINNET_OPTION_PROXY_SCHEME, "Proxy-Scheme"},
    {LINNET_OPTION_SIZE1, "Size1"},
    {LINNET_OPTION_PROXY_CRI, "Proxy-Cri"},
    {LINNET_OPTION_PROXY_SCHEME_NUMBER, "Proxy-Scheme-Number"},
    {LINNET_OPTION_ECHO, "Echo"},
    {LINNET_OPTION_NO_RESPONSE, "No-Response"},
    {LINNET_OPTION_REQUEST_TAG, "Request-Tag"},
    {LINNET_OPTION_OCF_ACCEPT_VERSION, "OCF-Accept-Content-Format-Version"},
    {LINNET_OPTION_OCF_VERSION, "OCF-Content-Format-Version"},
    {LINNET_OPTION_SCP82_PARAMS, "SCP82-Params"},
    {LINNET_OPTION_ADMIN_PROTOCOL, "X-Admin-Protocol"},
};

const char *linnet_option_name(uint16_t number)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].number == number)
            return table[i].name;
    return NULL;
}

int linnet_option_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (linnet_ascii_same(table[i].name, name))
            return table[i].number;
    return -1;
}
