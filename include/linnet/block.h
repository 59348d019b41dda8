/* The value of a Block option (RFC 7959 2.2). */
#ifndef LINNET_BLOCK_H
#define LINNET_BLOCK_H

#include <linnet/bytes.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LINNET_BLOCK_NUMBER_MAX 0xfffffu

typedef struct linnet_block {
    uint32_t number; /* NUM, 20 bits */
    bool more;       /* M */
    uint8_t szx;     /* block size is 2 ** (szx + 4) octets; 7 is reserved over UDP */
} linnet_block;

/* LINNET_EFORMAT when the value has more than three octets or SZX 7. */
int linnet_block_parse(linnet_block *block, linnet_bytes value);

/* The value as the uint of the option; fields outside their range are cut to it. */
uint32_t linnet_block_value(linnet_block block);

static inline size_t linnet_block_size(linnet_block block) { return (size_t)1 << (block.szx + 4); }
static inline uint64_t linnet_block_offset(linnet_block block) { return (uint64_t)block.number << (block.szx + 4); }

#ifdef __cplusplus
}
#endif
#endif
