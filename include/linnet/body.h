/* Bodies that flow through functions instead of being held whole (RFC 7959). */
#ifndef LINNET_BODY_H
#define LINNET_BODY_H

#include <linnet/response.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LINNET_UNKNOWN_SIZE UINT64_MAX

/* Gives `size` octets of a body from `offset` on: *given says how many, fewer only at its end. Not 0: the transfer ends
 * with that error. The same part may be asked for again. */
typedef int linnet_reader(void *context, uint64_t offset, uint8_t *data, size_t size, size_t *given);

/* Takes octets of a response's body from `offset` on. They come in order and without gaps, except that after a change
 * of the representation in mid-transfer they start at the first offset again. Not 0: the request ends with that error.
 */
typedef int linnet_block_handler(const linnet_response *response, uint64_t offset, linnet_bytes octets, void *context);

#ifdef __cplusplus
}
#endif
#endif
