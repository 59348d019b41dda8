/* Writes the head of an option (RFC 7252 3.1). Its own file because both the message writer and the editor of
 * encoded options need it, and a build that only sends ready messages needs neither. */
#include "wire/option_head.h"

static size_t extended_size(uint32_t value)
{
    if (value < LINNET_NIBBLE_ONE_OCTET)
        return 0;
    return value < LINNET_EXTENDED_BASE ? 1 : 2;
}

size_t linnet_option_head_size(uint32_t delta, uint32_t length)
{
    return 1 + extended_size(delta) + extended_size(length);
}

/* Writes the octets that follow for `value`, and gives the nibble that announces them. */
static uint8_t *write_extended(uint8_t *at, uint32_t value, unsigned *nibble)
{
    if (value < LINNET_NIBBLE_ONE_OCTET) {
        *nibble = value;
        return at;
    }
    if (value < LINNET_EXTENDED_BASE) {
        *nibble = LINNET_NIBBLE_ONE_OCTET;
        *at++ = (uint8_t)(value - LINNET_NIBBLE_ONE_OCTET);
        return at;
    }
    value -= LINNET_EXTENDED_BASE;
    *nibble = LINNET_NIBBLE_TWO_OCTETS;
    *at++ = (uint8_t)(value >> 8);
    *at++ = (uint8_t)value;
    return at;
}

uint8_t *linnet_option_head_write(uint8_t *at, uint32_t delta, uint32_t length)
{
    unsigned delta_nibble;
    unsigned length_nibble;
    uint8_t *first = at++;

    at = write_extended(at, delta, &delta_nibble);
    at = write_extended(at, length, &length_nibble);
    *first = (uint8_t)(delta_nibble << 4 | length_nibble);
    return at;
}
