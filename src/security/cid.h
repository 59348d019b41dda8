/* Connection IDs in a handshake (RFC 9146): how they are agreed on, and how what the library enciphers, which knows
 * nothing of them, gets its ID on the way out and loses it on the way in. */
#ifndef LINNET_SECURITY_CID_H
#define LINNET_SECURITY_CID_H

#include "security/handshake.h"

enum {
    LINNET_WRAPPED_PLAIN = 512, /* octets of the longest plaintext: a Finished has some 30, an alert 2 */
    LINNET_UNWRAPPED_MOST = LINNET_WRAPPED_PLAIN + 64,
    LINNET_WRAPPED_MOST = LINNET_WRAPPED_PLAIN + LINNET_RECORD_OVERHEAD
};

/* Tells the library of the extension. 0, or an error of the library's. */
int linnet_cid_set_up(linnet_handshake *handshake);

/* Whether a record has the ID that it has to have: ours where it is enciphered and we gave one, else none. */
bool linnet_cid_is_right(const linnet_handshake *handshake, const linnet_record *record);

/* Whether what the library writes has to go in another form. */
bool linnet_cid_wraps(const linnet_handshake *handshake, linnet_bytes octets);
/* The record in that form, in `room` of LINNET_WRAPPED_MOST, with the same number. Empty: it cannot be, and is not to
 * be sent, for its nonce would be there twice. */
linnet_bytes linnet_cid_wrap(const linnet_handshake *handshake, linnet_bytes octets, uint8_t *room);

/* What came with our ID, as the library knows it, in `room` of LINNET_UNWRAPPED_MOST. Empty: it is not authentic, or
 * nothing of a handshake. */
linnet_bytes linnet_cid_unwrap(const linnet_handshake *handshake, const linnet_record *record, uint8_t *room);

#endif
