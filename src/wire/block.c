/* The value of a Block option (RFC 7959 2.2): 0 to 3 octets that pack block number, more flag and block size. */
#include <linnet/block.h>
#include <linnet/error.h>
#include <linnet/option.h>

enum { SZX_RESERVED = 7, NUMBER_MASK = 0xfffff };

int linnet_block_parse(linnet_block *block, linnet_bytes value)
{
    *block = (linnet_block){0};
    if (value.size > 3)
        return LINNET_EFORMAT;

    uint32_t packed = linnet_option_uint(value);
    uint8_t szx = packed & 7;
    /* "The value 7 for SZX [...] is reserved, i.e., MUST NOT be sent and MUST lead to a 4.00 Bad Request" */
    if (szx == SZX_RESERVED)
        return LINNET_EFORMAT;

    block->number = packed >> 4;
    block->more = packed & 8;
    block->szx = szx;
    return 0;
}

uint32_t linnet_block_value(linnet_block block)
{
    return (block.number & NUMBER_MASK) << 4 | (block.more ? 8u : 0u) | (block.szx & 7u);
}
