/* What stands before the options of a datagram: four octets, and the token with its length (RFC 7252 section 3). Tokens
 * of more than 12 octets have one or two octets of length of their own (RFC 8974 2.1). */
#ifndef LINNET_WIRE_HEADER_H
#define LINNET_WIRE_HEADER_H

#include <linnet/message.h>

/* Octets of header and token. */
size_t linnet_header_size(size_t token_size);

/* Writes header and token; returns their size. The token is not longer than LINNET_TOKEN_LONGEST. */
size_t linnet_header_write(uint8_t *datagram, linnet_type type, linnet_code code, uint16_t id, linnet_bytes token);

/* The token of a datagram with at least four octets. False: it is not all there, or its length is the reserved one. */
bool linnet_header_token(linnet_bytes datagram, linnet_bytes *token);

#endif
