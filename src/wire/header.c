#include "wire/header.h"

/* RFC 8974 2.1: "13: An 8-bit unsigned integer directly precedes the Token field and indicates the length of the Token
 * field minus 13"; 14: 16 bits, minus 269; 15 is reserved. */
enum { LENGTH_8 = 13, LENGTH_16 = 14 };

#define LEAST_8 13u   /* the shortest token with one octet of length */
#define LEAST_16 269u /* with two */

size_t linnet_header_size(size_t token_size)
{
    return LINNET_MESSAGE_HEADER_SIZE + token_size + (token_size >= LEAST_8) + (token_size >= LEAST_16);
}

size_t linnet_header_write(uint8_t *datagram, linnet_type type, linnet_code code, uint16_t id, linnet_bytes token)
{
    size_t size = LINNET_MESSAGE_HEADER_SIZE;
    size_t length = token.size;

    if (token.size >= LEAST_16) {
        length = LENGTH_16;
        datagram[size++] = (uint8_t)((token.size - LEAST_16) >> 8);
        datagram[size++] = (uint8_t)(token.size - LEAST_16);
    } else if (token.size >= LEAST_8) {
        length = LENGTH_8;
        datagram[size++] = (uint8_t)(token.size - LEAST_8);
    }
    datagram[0] = (uint8_t)(1u << 6 | ((unsigned)type & 3u) << 4 | length);
    datagram[1] = code;
    datagram[2] = (uint8_t)(id >> 8);
    datagram[3] = (uint8_t)id;
    if (token.size > 0) /* memcpy from NULL is undefined even for no octets */
        memcpy(datagram + size, token.data, token.size);
    return size + token.size;
}

bool linnet_header_token(linnet_bytes datagram, linnet_bytes *token)
{
    const uint8_t *at = datagram.data + LINNET_MESSAGE_HEADER_SIZE;
    size_t rest = datagram.size - LINNET_MESSAGE_HEADER_SIZE;
    size_t size = datagram.data[0] & 15u;
    size_t extra = size < LENGTH_8 ? 0 : size - (LENGTH_8 - 1u); /* octets of length: 1, 2 */

    if (size > LENGTH_16 || extra > rest)
        return false;
    if (size == LENGTH_8)
        size = at[0] + LEAST_8;
    else if (size == LENGTH_16)
        size = ((size_t)at[0] << 8 | at[1]) + LEAST_16;
    if (size > rest - extra)
        return false;
    *token = linnet_view(at + extra, size);
    return true;
}
