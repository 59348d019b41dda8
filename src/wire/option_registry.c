/* What the IANA registry "CoAP Option Numbers" and the RFCs behind it say of each option: format, lengths, whether it
 * may be repeated. The server judges a peer's options by this table, so it holds facts only, and no names. */
#include <linnet/option.h>

#define OPTION(number, format, min, max)                                                                               \
    {                                                                                                                  \
        number, min, max, LINNET_FORMAT_##format, false                                                                \
    }
#define REPEATABLE(number, format, min, max)                                                                           \
    {                                                                                                                  \
        number, min, max, LINNET_FORMAT_##format, true                                                                 \
    }

/* Sorted by number. */
static const linnet_option_definition definitions[] = {
    REPEATABLE(LINNET_OPTION_IF_MATCH, OPAQUE, 0, 8),
    OPTION(LINNET_OPTION_URI_HOST, STRING, 1, 255),
    REPEATABLE(LINNET_OPTION_ETAG, OPAQUE, 1, 8),
    OPTION(LINNET_OPTION_IF_NONE_MATCH, EMPTY, 0, 0),
    OPTION(LINNET_OPTION_OBSERVE, UINT, 0, 3), /* RFC 7641 */
    OPTION(LINNET_OPTION_URI_PORT, UINT, 0, 2),
    REPEATABLE(LINNET_OPTION_LOCATION_PATH, STRING, 0, 255),
    OPTION(LINNET_OPTION_OSCORE, OPAQUE, 0, 255), /* RFC 8613 */
    REPEATABLE(LINNET_OPTION_URI_PATH, STRING, 0, 255),
    OPTION(LINNET_OPTION_CONTENT_FORMAT, UINT, 0, 2),
    OPTION(LINNET_OPTION_MAX_AGE, UINT, 0, 4),
    REPEATABLE(LINNET_OPTION_URI_QUERY, STRING, 0, 255),
    OPTION(LINNET_OPTION_HOP_LIMIT, UINT, 1, 1), /* RFC 8768 */
    OPTION(LINNET_OPTION_ACCEPT, UINT, 0, 2),
    OPTION(LINNET_OPTION_Q_BLOCK1, BLOCK, 0, 3), /* RFC 9177 */
    REPEATABLE(LINNET_OPTION_LOCATION_QUERY, STRING, 0, 255),
    OPTION(LINNET_OPTION_EDHOC, EMPTY, 0, 0),        /* RFC 9668 */
    OPTION(LINNET_OPTION_BLOCK2, BLOCK, 0, 3),       /* RFC 7959 */
    OPTION(LINNET_OPTION_BLOCK1, BLOCK, 0, 3),       /* RFC 7959 */
    OPTION(LINNET_OPTION_SIZE2, UINT, 0, 4),         /* RFC 7959 */
    REPEATABLE(LINNET_OPTION_Q_BLOCK2, BLOCK, 0, 3), /* RFC 9177 */
    OPTION(LINNET_OPTION_PROXY_URI, STRING, 1, 1034),
    OPTION(LINNET_OPTION_PROXY_SCHEME, STRING, 1, 255),
    OPTION(LINNET_OPTION_SIZE1, UINT, 0, 4),
    OPTION(LINNET_OPTION_PROXY_CRI, OPAQUE, 1, 1023),      /* draft-ietf-core-href */
    OPTION(LINNET_OPTION_PROXY_SCHEME_NUMBER, UINT, 0, 3), /* draft-ietf-core-href */
    OPTION(LINNET_OPTION_ECHO, OPAQUE, 1, 40),             /* RFC 9175 */
    OPTION(LINNET_OPTION_NO_RESPONSE, UINT, 0, 1),         /* RFC 7967 */
    REPEATABLE(LINNET_OPTION_REQUEST_TAG, OPAQUE, 0, 8),   /* RFC 9175 */
    OPTION(LINNET_OPTION_OCF_ACCEPT_VERSION, UINT, 0, 2),  /* OCF Core Specification */
    OPTION(LINNET_OPTION_OCF_VERSION, UINT, 0, 2),         /* OCF Core Specification */
};
/* SCP82-Params and X-Admin-Protocol have names, but what may stand in them is in papers that are not public. */

const linnet_option_definition *linnet_option_find(uint16_t number)
{
    size_t low = 0;
    size_t high = sizeof definitions / sizeof definitions[0];

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (definitions[middle].number == number)
            return &definitions[middle];
        if (definitions[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
