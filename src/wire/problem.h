/* Concise problem details (RFC 9290): a CBOR map of one entry, { -1 (title): "..." }. */
#ifndef LINNET_WIRE_PROBLEM_H
#define LINNET_WIRE_PROBLEM_H

#include <stddef.h>
#include <stdint.h>

#define LINNET_PROBLEM_HEAD 5u /* at most */

/* Writes what stands before a title of `size` octets, at most 65535; returns its size. */
size_t linnet_problem_head(uint8_t head[LINNET_PROBLEM_HEAD], size_t size);

#endif
