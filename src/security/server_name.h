/* The server name of a ClientHello (RFC 6066 3). */
#ifndef LINNET_SECURITY_SERVER_NAME_H
#define LINNET_SECURITY_SERVER_NAME_H

#include <gnutls/gnutls.h>

/* For gnutls_handshake_set_post_client_hello_function(): chooses the certificate. The session's pointer is the
 * handshake. */
int linnet_server_name_heed(gnutls_session_t tls);

#endif
