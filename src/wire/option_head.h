/* The head of an option: one octet with two nibbles, then up to two octets of delta and two of length (RFC 7252 3.1).
 * Reading lives with the cursor, which alone reads options; writing is shared by the writer and the editor. */
#ifndef LINNET_WIRE_OPTION_HEAD_H
#define LINNET_WIRE_OPTION_HEAD_H

#include <stddef.h>
#include <stdint.h>

enum {
    LINNET_NIBBLE_ONE_OCTET = 13,  /* one more octet, with what is above 13 */
    LINNET_NIBBLE_TWO_OCTETS = 14, /* two, with what is above 269 */
    LINNET_EXTENDED_BASE = 269,
    LINNET_EXTENDED_MAX = LINNET_EXTENDED_BASE + 65535,
    LINNET_PAYLOAD_MARKER = 0xff,
    LINNET_OPTION_HEAD_MAX = 5
};

/* How many octets the head takes; `delta` and `length` are at most LINNET_EXTENDED_MAX. */
size_t linnet_option_head_size(uint32_t delta, uint32_t length);

/* Writes a head, and returns where the value begins: that many octets behind `at`. */
uint8_t *linnet_option_head_write(uint8_t *at, uint32_t delta, uint32_t length);

#endif
