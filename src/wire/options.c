/* Reads encoded options: the cursor is the only code in Linnet that decodes an option's head, and everything that
 * looks at options - the parser, the editor, the URI composer - walks with it. So a bound is checked in one place. */
#include <linnet/option.h>

#include "wire/option_head.h"

/* Replaces a nibble by the number it stands for, with the octets at `at`. Where the next thing begins, or NULL. */
static inline const uint8_t *read_extended(uint32_t *value, const uint8_t *at, const uint8_t *end)
{
    if (*value < LINNET_NIBBLE_ONE_OCTET)
        return at;
    if (*value == LINNET_NIBBLE_ONE_OCTET && end - at >= 1) {
        *value = at[0] + (uint32_t)LINNET_NIBBLE_ONE_OCTET;
        return at + 1;
    }
    if (*value == LINNET_NIBBLE_TWO_OCTETS && end - at >= 2) {
        *value = ((uint32_t)at[0] << 8 | at[1]) + LINNET_EXTENDED_BASE;
        return at + 2;
    }
    return NULL; /* cut off, or the reserved nibble 15 */
}

bool linnet_option_next(linnet_option_cursor *cursor, linnet_option *option)
{
    if (cursor->rest.size == 0)
        return false;

    const uint8_t *at = cursor->rest.data;
    const uint8_t *end = at + cursor->rest.size;
    uint32_t delta = *at >> 4;
    uint32_t length = *at & 15u;

    at = read_extended(&delta, at + 1, end);
    if (!at)
        return false;
    at = read_extended(&length, at, end);
    if (!at || length > (size_t)(end - at))
        return false;
    uint32_t number = cursor->number + delta;
    if (number > UINT16_MAX)
        return false;

    option->number = (uint16_t)number;
    option->value = linnet_view(at, length);
    cursor->number = (uint16_t)number;
    cursor->rest = linnet_view(at + length, (size_t)(end - at) - length);
    return true;
}

bool linnet_options_check(linnet_bytes options)
{
    linnet_option_cursor cursor = {.rest = options};
    linnet_option option;

    while (linnet_option_next(&cursor, &option))
        ;
    return cursor.rest.size == 0;
}

bool linnet_option_get(linnet_bytes options, uint16_t number, size_t index, linnet_bytes *value)
{
    linnet_option_cursor cursor = {.rest = options};
    linnet_option option;

    while (linnet_option_next(&cursor, &option) && option.number <= number) {
        if (option.number == number && index-- == 0) {
            *value = option.value;
            return true;
        }
    }
    return false;
}

uint32_t linnet_option_uint(linnet_bytes value)
{
    uint32_t number = 0;

    for (size_t i = 0; i < value.size; i++)
        number = number << 8 | value.data[i];
    return number;
}

size_t linnet_option_from_uint(uint32_t number, uint8_t out[4])
{
    size_t size = 0;

    /* "a sender SHOULD represent the integer with as few bytes as possible, i.e., without leading zero bytes" (RFC 7252
     * 3.2). */
    for (int shift = 24; shift >= 0; shift -= 8)
        if (number >> shift)
            out[size++] = (uint8_t)(number >> shift);
    return size;
}
