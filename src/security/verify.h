/* Whether the peer of a handshake is one to believe, and what to tell it if not. */
#ifndef LINNET_SECURITY_VERIFY_H
#define LINNET_SECURITY_VERIFY_H

#include "security/handshake.h"

/* For gnutls_session_set_verify_function(); the session's pointer is the handshake. */
int linnet_verify_peer(gnutls_session_t tls);

/* Notes the first thing that went wrong. `text` may be NULL. */
void linnet_handshake_blame(linnet_handshake *handshake, int error, int alert, const char *text);

/* What an alert that the peer sent means, and its name. */
int linnet_alert_error(int alert);

#endif
