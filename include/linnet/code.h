/* Message codes (RFC 7252 12.1 and the registries that later RFCs filled): class and detail in one octet. */
#ifndef LINNET_CODE_H
#define LINNET_CODE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef uint8_t linnet_code;

#define LINNET_CODE(class_, detail) ((linnet_code)(((class_) << 5) | (detail)))
#define LINNET_CODE_CLASS(code) ((unsigned)(code) >> 5)
#define LINNET_CODE_DETAIL(code) ((unsigned)(code)&31u)

enum {
    LINNET_EMPTY = 0,
    LINNET_GET = 1,
    LINNET_POST = 2,
    LINNET_PUT = 3,
    LINNET_DELETE = 4,
    LINNET_FETCH = 5,  /* RFC 8132 */
    LINNET_PATCH = 6,  /* RFC 8132 */
    LINNET_IPATCH = 7, /* RFC 8132 */

    LINNET_CREATED = 65,
    LINNET_DELETED = 66,
    LINNET_VALID = 67,
    LINNET_CHANGED = 68,
    LINNET_CONTENT = 69,
    LINNET_CONTINUE = 95, /* RFC 7959 */

    LINNET_BAD_REQUEST = 128,
    LINNET_UNAUTHORIZED = 129,
    LINNET_BAD_OPTION = 130,
    LINNET_FORBIDDEN = 131,
    LINNET_NOT_FOUND = 132,
    LINNET_METHOD_NOT_ALLOWED = 133,
    LINNET_NOT_ACCEPTABLE = 134,
    LINNET_REQUEST_ENTITY_INCOMPLETE = 136, /* RFC 7959 */
    LINNET_CONFLICT = 137,                  /* RFC 8132 */
    LINNET_PRECONDITION_FAILED = 140,
    LINNET_REQUEST_ENTITY_TOO_LARGE = 141,
    LINNET_UNSUPPORTED_CONTENT_FORMAT = 143,
    LINNET_UNPROCESSABLE_ENTITY = 150, /* RFC 8132 */
    LINNET_TOO_MANY_REQUESTS = 157,    /* RFC 8516 */

    LINNET_INTERNAL_SERVER_ERROR = 160,
    LINNET_NOT_IMPLEMENTED = 161,
    LINNET_BAD_GATEWAY = 162,
    LINNET_SERVICE_UNAVAILABLE = 163,
    LINNET_GATEWAY_TIMEOUT = 164,
    LINNET_PROXYING_NOT_SUPPORTED = 165,
    LINNET_HOP_LIMIT_REACHED = 168, /* RFC 8768 */

    LINNET_CSM = 225, /* RFC 8323, as those that follow */
    LINNET_PING = 226,
    LINNET_PONG = 227,
    LINNET_RELEASE = 228,
    LINNET_ABORT = 229
};

static inline bool linnet_code_is_request(linnet_code code) { return code >= 1 && code <= 31; }
/* Classes 2, 4 and 5; classes 1, 3 and 6 are reserved, 7 is signalling (RFC 8323). */
static inline bool linnet_code_is_response(linnet_code code)
{
    unsigned code_class = LINNET_CODE_CLASS(code);
    return code_class == 2 || code_class == 4 || code_class == 5;
}
static inline bool linnet_code_is_success(linnet_code code) { return LINNET_CODE_CLASS(code) == 2; }

/* The registered name, "GET" or "Not Found"; NULL for an unassigned code. Static. */
const char *linnet_code_name(linnet_code code);

/* Writes the dotted form, "4.04", with its NUL; returns `text`. */
char *linnet_code_text(linnet_code code, char text[5]);

/* Method by name in any case ("get", "iPATCH"); 0 when there is none. */
linnet_code linnet_method_by_name(const char *name);

#ifdef __cplusplus
}
#endif
#endif
