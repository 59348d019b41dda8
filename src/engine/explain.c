/* The diagnostic payload of a 4.02 (RFC 7252 5.4.1), for endpoints that name linnet_explain_option(). */
#include <linnet/endpoint.h>

#define DIGITS 5u /* of 65535 */

size_t linnet_explain_option(uint16_t option, uint8_t *payload, size_t capacity)
{
    static const char text[] = "\xff" /* payload marker */
                               "Unknown or malformed option ";
    uint8_t *at = payload + sizeof text - 1;
    uint16_t unit = 10000;

    _Static_assert(sizeof text - 1 + DIGITS <= LINNET_EXPLANATION_MAX, "the text fits");
    if (sizeof text - 1 + DIGITS > capacity)
        return 0;
    memcpy(payload, text, sizeof text - 1);
    while (unit > 1 && option < unit)
        unit /= 10u;
    for (; unit > 0; unit /= 10u)
        *at++ = (uint8_t)('0' + option / unit % 10u);
    return (size_t)(at - payload);
}
