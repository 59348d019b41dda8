/* application/missing-blocks+cbor-seq (RFC 9177 5): the numbers of blocks that a server has not received, as a CBOR
 * Sequence of unsigned integers (RFC 8742, RFC 8949) in ascending order. */
#ifndef LINNET_WIRE_MISSING_BLOCKS_H
#define LINNET_WIRE_MISSING_BLOCKS_H

#include <linnet/block.h>

/* Octets of one number, at most: those of a block number have 20 bits. */
#define LINNET_MISSING_BLOCK_SIZE 5u

/* Writes one number at `at`, which has room for LINNET_MISSING_BLOCK_SIZE octets; returns how many it took. */
size_t linnet_missing_block_write(uint8_t *at, uint32_t number);

/* Takes the next number off the front of `rest`: 1, or 0 at the end. LINNET_EFORMAT: what stands there is no unsigned
 * integer, or none that a block can have. */
int linnet_missing_block_next(linnet_bytes *rest, uint32_t *number);

/* Whether all of it is one or more block numbers in ascending order. A number that is repeated "MUST" be ignored, so it
 * is no error; what is not ascending is, since "the client SHOULD silently drop" that. */
bool linnet_missing_blocks_check(linnet_bytes payload);

#endif
