/* The options about coaps://, the same in every command, and what they become: linnet_credentials. */
#ifndef CLI_SECURE_H
#define CLI_SECURE_H

#include "cli/options.h"

#include <linnet.h>

enum secure_key {
    KEY_PSK_HINT = 600,
    KEY_CERT,
    KEY_KEY,
    KEY_CA,
    KEY_INSECURE,
    KEY_RPK,
    KEY_PEER_KEY,
    KEY_CREDENTIALS,
    KEY_CONNECTION_ID,
    KEY_NO_CONNECTION_ID,
    SECURE_KEYS_END
};

#define SECURE_ROWS_PSK                                                                                                \
    {'u', "psk-identity", "NAME", "the identity of a pre-shared key; 0x1f for octets"},                                \
        {'k', "psk-key", "KEY", "a pre-shared key; 0x1f for octets"},                                                  \
    {                                                                                                                  \
        KEY_CREDENTIALS, "credentials", "FILE", "JSON: pre-shared keys by URI pattern, as aiocoap has\nthem"           \
    }

#define SECURE_ROWS_CERTIFICATES                                                                                       \
    {KEY_CERT, "cert", "FILE", "show this certificate (PEM; the chain)"},                                              \
        {KEY_KEY, "key", "FILE", "the private key that goes with it"},                                                 \
        {KEY_RPK, "rpk", NULL, "show the public part of --key alone, as a raw public\nkey (RFC 7250)"},                \
        {KEY_CA, "ca", "FILE", "believe certificates that these have signed"},                                         \
    {                                                                                                                  \
        KEY_PEER_KEY, "peer-key", "FILE", "believe this raw public key (PEM; repeatable)"                              \
    }

#define SECURE_ROWS_CLIENT                                                                                             \
    {0, NULL, NULL, "how to secure it (coaps://; without these, by the system's authorities)"}, SECURE_ROWS_PSK,       \
        SECURE_ROWS_CERTIFICATES, {KEY_INSECURE, "insecure", NULL, "take any certificate: for tests"},                 \
        {KEY_CONNECTION_ID, "connection-id", "OCTETS",                                                                 \
         "have the server write a Connection ID of 4 to 8 octets\n(none; RFC 9146)"},                                  \
    {                                                                                                                  \
        KEY_NO_CONNECTION_ID, "no-connection-id", NULL, "do not offer Connection IDs"                                  \
    }

#define SECURE_ROWS_SERVER                                                                                             \
    {0, NULL, NULL, "how to secure it (coaps://, port 5684)"}, SECURE_ROWS_PSK,                                        \
        {KEY_PSK_HINT, "psk-hint", "TEXT", "tell clients this, so that they can choose an identity"},                  \
        SECURE_ROWS_CERTIFICATES,                                                                                      \
        {KEY_CONNECTION_ID, "connection-id", "OCTETS",                                                                 \
         "know clients that offer it by Connection IDs of 4 to 8\noctets, wherever they move to (6; RFC 9146)"},       \
    {                                                                                                                  \
        KEY_NO_CONNECTION_ID, "no-connection-id", NULL, "know clients by their addresses alone"                        \
    }

enum { SECURE_PEER_KEYS_MOST = 16 };

/* An entry of a credentials file. */
typedef struct secure_entry {
    char *pattern; /* "coaps://host/..." with '*' for anything; or ":name" */
    linnet_bytes psk;
    linnet_bytes identity;
} secure_entry;

typedef struct secure_settings {
    linnet_credentials credentials; /* of the options */
    linnet_credentials chosen;      /* for one URI */
    linnet_bytes peer_keys[SECURE_PEER_KEYS_MOST];
    secure_entry *entries;
    size_t entry_count;
    uint32_t connection_id; /* for linnet_limits */
    bool any;               /* an option about keys was given */
    bool verbose;           /* say what sessions are like; for clients */
} secure_settings;

bool secure_takes(int key);
/* Takes one option; false after a complaint. */
bool secure_take(secure_settings *settings, int key, const char *value);
/* What a request to `uri` goes with; NULL: it is not coaps. Lives until the next call. */
const linnet_credentials *secure_for(secure_settings *settings, const char *uri);
/* What a server goes with; NULL: no option was given. `failed` is told of handshakes that fail. */
const linnet_credentials *secure_server(secure_settings *settings,
                                        void (*failed)(void *context, const linnet_handshake_failure *failure));
void secure_clear(secure_settings *settings);

/* Why the last handshake of a client failed: "" where none did. */
const char *secure_failure(void);

/* secure_file.c: adds the entries of a credentials file; false after a complaint. */
bool secure_file_read(secure_settings *settings, const char *name);

#endif
