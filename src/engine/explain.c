/* The diagnostic payload of a 4.02 (RFC 7252 5.4.1), for endpoints that name linnet_explain_option(). */
#include <linnet/endpoint.h>

#define NUMBER_SIZE 5u /* of the decimal digits of 65535 */

size_t linnet_explain_option(uint16_t option, uint8_t *text, size_t capacity)
{
    static const char before[] = "Option ";
    static const char after[] = " is unknown or malformed";
    uint8_t digits[NUMBER_SIZE];
    size_t at = sizeof digits;
    size_t size;

    do {
        digits[--at] = (uint8_t)('0' + option % 10u);
        option /= 10u;
    } while (option > 0);
    size = sizeof before - 1 + (sizeof digits - at) + sizeof after - 1;
    if (size > capacity)
        return 0;
    memcpy(text, before, sizeof before - 1);
    memcpy(text + sizeof before - 1, digits + at, sizeof digits - at);
    memcpy(text + size - (sizeof after - 1), after, sizeof after - 1);
    return size;
}
