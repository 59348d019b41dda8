/* Credentials in the form that GnuTLS wants: read and checked once, used by any number of handshakes. */
#ifndef LINNET_SECURITY_KEYRING_H
#define LINNET_SECURITY_KEYRING_H

#include "security/dtls.h"

#include <gnutls/gnutls.h>

struct linnet_keyring {
    unsigned holders;
    bool server;
    linnet_bytes psk;
    linnet_bytes identity;
    linnet_psk_look_up *look_up;
    void (*failed)(void *context, const linnet_handshake_failure *failure);
    void *context;
    char *peer_name; /* NULL: none was given */
    linnet_peer_certificate peer_certificate;
    bool has_trust;             /* there is something to verify a peer against */
    linnet_bytes *trusted_keys; /* SubjectPublicKeyInfo, DER */
    size_t trusted_key_count;
    uint16_t *suites;
    size_t suite_count;
    gnutls_priority_t priority;
    gnutls_psk_server_credentials_t psk_server;
    gnutls_psk_client_credentials_t psk_client;
    gnutls_certificate_credentials_t certificates;
};

#endif
