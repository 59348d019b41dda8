/*
 * What secures coaps:// (RFC 7252 section 9): pre-shared keys, certificates, raw public keys; and what is asked of the
 * peer. A server gives them in linnet_server_config, a client in linnet_client_config or with a single request.
 *
 * They are copied where they are given. Fields that are zero ask for nothing: a struct with `psk` and `identity` is a
 * complete client, one with `psk` a complete server.
 */
#ifndef LINNET_CREDENTIALS_H
#define LINNET_CREDENTIALS_H

#include <linnet/address.h>
#include <linnet/identity.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LINNET_PSK_MAX 64u           /* octets of a pre-shared key */
#define LINNET_PSK_IDENTITY_MAX 128u /* octets of an identity, and of a hint (RFC 4279 5.3) */

/* Server: the key of the client that calls itself `identity`. Writes at most LINNET_PSK_MAX octets to `key` and returns
 * their number; LINNET_ENOENT: there is no such client, which is told so (alert unknown_psk_identity). Called in the
 * loop's thread, once a handshake. */
typedef int linnet_psk_look_up(void *context, linnet_bytes identity, uint8_t key[LINNET_PSK_MAX]);

/* A handshake that did not come to its end, for a log. Views live until the function returns. */
typedef struct linnet_handshake_failure {
    linnet_address peer;
    bool server;           /* whether we are the server in it */
    int error;             /* LINNET_EKEY, LINNET_EIDENTITY, LINNET_ECERTIFICATE, LINNET_ESUITE, LINNET_EHANDSHAKE... */
    int alert;             /* the TLS alert that was sent or received (RFC 5246 7.2), or -1 */
    bool alert_received;   /* the peer sent it */
    const char *text;      /* what went wrong, an English sentence without a full stop */
    linnet_bytes identity; /* the PSK identity in question, where one is known */
} linnet_handshake_failure;

/* One that did, likewise. */
typedef struct linnet_handshake_success {
    linnet_address peer;
    bool server;         /* whether we are the server in it */
    bool connection_id;  /* both sides know Connection IDs (RFC 9146) */
    uint16_t suite;      /* its IANA number, as in enum linnet_suite */
    linnet_bytes own;    /* the Connection ID that the peer writes to us; empty: none */
    linnet_bytes others; /* the one that we write to it; likewise */
} linnet_handshake_success;

typedef enum linnet_peer_certificate {
    LINNET_PEER_DEFAULT = 0, /* a client requires one; a server asks for one where `trusted` or `trusted_keys` is given,
                              * and requires it then */
    LINNET_PEER_OPTIONAL = 1,  /* server: ask, and take clients without one, too. One that is shown has to be good */
    LINNET_PEER_UNVERIFIED = 2 /* client: take any server without looking. Protects against nobody who is on the way;
                                * for tests. Server: as LINNET_PEER_OPTIONAL without verification */
} linnet_peer_certificate;

typedef struct linnet_credentials {
    /* Pre-shared key (RFC 7252 9.1.3.1). */
    linnet_bytes psk;      /* the key; up to LINNET_PSK_MAX octets */
    linnet_bytes identity; /* client: what it calls itself, 1 to LINNET_PSK_IDENTITY_MAX octets. Server:
                            * the one identity that has `psk`; empty: every identity has it */
    linnet_bytes hint; /* server: sent to clients, to help them choose an identity. Without a hint nothing is sent */
    linnet_psk_look_up *look_up; /* server: asked for the key of each client, before `psk` is considered */

    /* Certificate or raw public key of our own. In memory or a file; PEM, or DER of a single certificate or key. */
    linnet_bytes certificate; /* the chain, our own first */
    const char *certificate_file;
    linnet_bytes private_key;
    const char *private_key_file;
    bool raw_public_key; /* show the public part of `private_key` alone (RFC 7250; 9.1.3.2) instead of a certificate */

    /* Whom to believe. */
    linnet_bytes trusted; /* certificates of authorities */
    const char *trusted_file;
    bool trust_system;                /* those that the system trusts, too */
    const linnet_bytes *trusted_keys; /* raw public keys of peers: SubjectPublicKeyInfo, PEM or DER */
    size_t trusted_key_count;
    linnet_peer_certificate peer_certificate;
    const char *peer_name; /* client: the name that the server's certificate has to have; NULL: the host of the URI. It
                            * is sent as server name, too (SNI, RFC 6066 3), unless it is an address */

    /* Cipher suites that may be used, the best first, by their IANA numbers such as LINNET_PSK_AES_128_CCM_8. NULL:
     * every one below that the rest of these credentials has keys for. */
    const uint16_t *suites;
    size_t suite_count;

    /* Told of each handshake that fails, in the loop's thread. NULL: nobody is. */
    void (*failed)(void *context, const linnet_handshake_failure *failure);
    /* Told of each that does not. Likewise. */
    void (*succeeded)(void *context, const linnet_handshake_success *success);
    void *context; /* of look_up, failed and succeeded */
} linnet_credentials;

/* The cipher suites that there are, in their order of preference: all of them with authenticated encryption. */
enum linnet_suite {
    LINNET_ECDHE_ECDSA_AES_128_CCM_8 = 0xc0ae, /* RFC 7251; RFC 7252 9.1.3.2, 9.1.3.3: mandatory with raw keys, X.509 */
    LINNET_ECDHE_ECDSA_AES_128_CCM = 0xc0ac,   /* RFC 7251 */
    LINNET_ECDHE_ECDSA_AES_128_GCM = 0xc02b,   /* RFC 5289 */
    LINNET_ECDHE_ECDSA_CHACHA20_POLY1305 = 0xcca9, /* RFC 7905 */
    LINNET_ECDHE_RSA_AES_128_GCM = 0xc02f,         /* RFC 5289 */
    LINNET_ECDHE_RSA_CHACHA20_POLY1305 = 0xcca8,   /* RFC 7905 */
    LINNET_PSK_AES_128_CCM_8 = 0xc0a8,             /* RFC 6655; RFC 7252 9.1.3.1: mandatory with pre-shared keys */
    LINNET_PSK_AES_128_CCM = 0xc0a4,               /* RFC 6655 */
    LINNET_PSK_AES_128_GCM = 0x00a8,               /* RFC 5487 */
    LINNET_PSK_CHACHA20_POLY1305 = 0xccab,         /* RFC 7905 */
    LINNET_ECDHE_PSK_CHACHA20_POLY1305 = 0xccac /* RFC 7905: who learns the key later cannot read what was recorded */
};

#ifdef __cplusplus
}
#endif
#endif
