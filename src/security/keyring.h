/* Credentials in the form that GnuTLS wants: read and checked once, used by any number of handshakes. */
#ifndef LINNET_SECURITY_KEYRING_H
#define LINNET_SECURITY_KEYRING_H

#include "security/dtls.h"

#include <gnutls/gnutls.h>

enum {
    LINNET_TICKETS = 32,   /* that a client keeps */
    LINNET_TICKET_S = 3600 /* how long a server takes them, seconds */
};

/* What a client needs to take up a session with that server again (RFC 5077). */
typedef struct linnet_ticket {
    linnet_address peer;
    char *name; /* NULL: any */
    gnutls_datum_t session;
} linnet_ticket;

struct linnet_keyring {
    unsigned holders;
    bool server;
    linnet_bytes psk;
    linnet_bytes identity;
    linnet_psk_look_up *look_up;
    void (*failed)(void *context, const linnet_handshake_failure *failure);
    void (*succeeded)(void *context, const linnet_handshake_success *success);
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
    gnutls_datum_t ticket_key;             /* server: empty where sessions are not resumed */
    linnet_ticket tickets[LINNET_TICKETS]; /* client */
    unsigned next_ticket;                  /* the one that makes way */
};

/* Client: the ticket for a server that has to have that name, or NULL. */
const linnet_ticket *linnet_keyring_ticket(const linnet_keyring *keyring, const linnet_address *peer, const char *name);
/* Keeps one in place of an older one; takes session->data over. */
void linnet_keyring_keep_ticket(linnet_keyring *keyring, const linnet_address *peer, const char *name,
                                gnutls_datum_t *session);
void linnet_keyring_forget_tickets(linnet_keyring *keyring);

#endif
