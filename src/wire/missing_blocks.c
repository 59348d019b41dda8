/* CBOR of one kind only: major type 0, the argument in 0, 1, 2, 4 or 8 further octets (RFC 8949 3.1). */
#include "wire/missing_blocks.h"

#include <linnet/error.h>

enum { DIRECT = 24, ONE_OCTET = 24, TWO_OCTETS = 25, FOUR_OCTETS = 26, EIGHT_OCTETS = 27 };

size_t linnet_missing_block_write(uint8_t *at, uint32_t number)
{
    if (number < DIRECT) {
        at[0] = (uint8_t)number;
        return 1;
    }
    if (number <= UINT8_MAX) {
        at[0] = ONE_OCTET;
        at[1] = (uint8_t)number;
        return 2;
    }
    if (number <= UINT16_MAX) {
        at[0] = TWO_OCTETS;
        at[1] = (uint8_t)(number >> 8);
        at[2] = (uint8_t)number;
        return 3;
    }
    at[0] = FOUR_OCTETS;
    for (unsigned i = 0; i < 4; i++)
        at[1 + i] = (uint8_t)(number >> (24u - 8u * i));
    return LINNET_MISSING_BLOCK_SIZE;
}

int linnet_missing_block_next(linnet_bytes *rest, uint32_t *number)
{
    uint64_t value = 0;
    size_t size;

    if (rest->size == 0)
        return 0;
    if (rest->data[0] > EIGHT_OCTETS) /* 28 to 31 are no argument, and from 32 on it is another major type */
        return LINNET_EFORMAT;
    size = rest->data[0] < DIRECT ? 0 : (size_t)1 << (rest->data[0] - ONE_OCTET);
    if (rest->size - 1u < size)
        return LINNET_EFORMAT;
    value = size == 0 ? rest->data[0] : 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | rest->data[1 + i];
    if (value > LINNET_BLOCK_NUMBER_MAX)
        return LINNET_EFORMAT;
    *number = (uint32_t)value;
    *rest = linnet_view(rest->data + 1 + size, rest->size - 1u - size);
    return 1;
}

bool linnet_missing_blocks_check(linnet_bytes payload)
{
    uint32_t number, before = 0;
    int found;

    if (payload.size == 0)
        return false;
    while ((found = linnet_missing_block_next(&payload, &number)) == 1 && number >= before)
        before = number;
    return found == 0;
}
