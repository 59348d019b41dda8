/* Names of message codes (RFC 7252 12.1): for logs, command lines and diagnostics. */
#include <linnet/code.h>

#include <stddef.h>

#include "wire/ascii.h"

typedef struct code_entry {
    linnet_code code;
    const char *name;
} code_entry;

static const code_entry table[] = {
    {LINNET_EMPTY, "Empty"},
    {LINNET_GET, "GET"},
    {LINNET_POST, "POST"},
    {LINNET_PUT, "PUT"},
    {LINNET_DELETE, "DELETE"},
    {LINNET_FETCH, "FETCH"},
    {LINNET_PATCH, "PATCH"},
    {LINNET_IPATCH, "iPATCH"},
    {LINNET_CREATED, "Created"},
    {LINNET_DELETED, "Deleted"},
    {LINNET_VALID, "Valid"},
    {LINNET_CHANGED, "Changed"},
    {LINNET_CONTENT, "Content"},
    {LINNET_CONTINUE, "Continue"},
    {LINNET_BAD_REQUEST, "Bad Request"},
    {LINNET_UNAUTHORIZED, "Unauthorized"},
    {LINNET_BAD_OPTION, "Bad Option"},
    {LINNET_FORBIDDEN, "Forbidden"},
    {LINNET_NOT_FOUND, "Not Found"},
    {LINNET_METHOD_NOT_ALLOWED, "Method Not Allowed"},
    {LINNET_NOT_ACCEPTABLE, "Not Acceptable"},
    {LINNET_REQUEST_ENTITY_INCOMPLETE, "Request Entity Incomplete"},
    {LINNET_CONFLICT, "Conflict"},
    {LINNET_PRECONDITION_FAILED, "Precondition Failed"},
    {LINNET_REQUEST_ENTITY_TOO_LARGE, "Request Entity Too Large"},
    {LINNET_UNSUPPORTED_CONTENT_FORMAT, "Unsupported Content-Format"},
    {LINNET_UNPROCESSABLE_ENTITY, "Unprocessable Entity"},
    {LINNET_TOO_MANY_REQUESTS, "Too Many Requests"},
    {LINNET_INTERNAL_SERVER_ERROR, "Internal Server Error"},
    {LINNET_NOT_IMPLEMENTED, "Not Implemented"},
    {LINNET_BAD_GATEWAY, "Bad Gateway"},
    {LINNET_SERVICE_UNAVAILABLE, "Service Unavailable"},
    {LINNET_GATEWAY_TIMEOUT, "Gateway Timeout"},
    {LINNET_PROXYING_NOT_SUPPORTED, "Proxying Not Supported"},
    {LINNET_HOP_LIMIT_REACHED, "Hop Limit Reached"},
    {LINNET_CSM, "CSM"},
    {LINNET_PING, "Ping"},
    {LINNET_PONG, "Pong"},
    {LINNET_RELEASE, "Release"},
    {LINNET_ABORT, "Abort"},
};

const char *linnet_code_name(linnet_code code)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].code == code)
            return table[i].name;
    return NULL;
}

char *linnet_code_text(linnet_code code, char text[5])
{
    unsigned detail = LINNET_CODE_DETAIL(code);

    text[0] = (char)('0' + LINNET_CODE_CLASS(code));
    text[1] = '.';
    text[2] = (char)('0' + detail / 10);
    text[3] = (char)('0' + detail % 10);
    text[4] = '\0';
    return text;
}

linnet_code linnet_method_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (linnet_code_is_request(table[i].code) && linnet_ascii_same(table[i].name, name))
            return table[i].code;
    return 0;
}
