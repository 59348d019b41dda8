/* Makes the library's session for a handshake. */
#ifndef LINNET_SECURITY_SETUP_H
#define LINNET_SECURITY_SETUP_H

#include "security/handshake.h"

/* Keyring and name are set; `prestate` may be NULL. 0, or an error of the library's. */
int linnet_handshake_set_up(linnet_handshake *handshake, const gnutls_dtls_prestate_st *prestate);

#endif
