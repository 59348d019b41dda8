/* The library's view of the wire, and what is sent of what it wants to send. */
#ifndef LINNET_SECURITY_FLIGHT_H
#define LINNET_SECURITY_FLIGHT_H

#include "security/handshake.h"

/* For gnutls_transport_set_push_function() and its like; the pointer is the handshake. */
ssize_t linnet_flight_push(gnutls_transport_ptr_t context, const void *data, size_t size);
ssize_t linnet_flight_pull(gnutls_transport_ptr_t context, void *data, size_t size);
int linnet_flight_is_there(gnutls_transport_ptr_t context, unsigned milliseconds);

/* Keeps what is in `out`, to repeat it. */
void linnet_flight_keep(linnet_handshake *handshake);
/* Puts it there once more. */
void linnet_flight_repeat(linnet_handshake *handshake);
/* Whether the peer says what it has said before: then it has not heard our answer. */
bool linnet_flight_is_repeated(linnet_handshake *handshake, uint64_t now, const linnet_record *record);

#endif
