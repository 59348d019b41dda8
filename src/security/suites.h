/* The cipher suites, and how GnuTLS is told of them. */
#ifndef LINNET_SECURITY_SUITES_H
#define LINNET_SECURITY_SUITES_H

#include "security/aead.h"

#include <gnutls/gnutls.h>
#include <linnet/credentials.h>

typedef struct linnet_suite_row {
    uint16_t number; /* IANA */
    linnet_aead aead;
    gnutls_kx_algorithm_t exchange;
    gnutls_cipher_algorithm_t cipher;
    const char *exchange_name; /* in a priority string */
    const char *cipher_name;
} linnet_suite_row;

/* What credentials can be used for. */
typedef struct linnet_suite_kinds {
    bool psk;
    bool certificates; /* or raw public keys */
} linnet_suite_kinds;

/* The suite that a session has agreed on; NULL: none of ours. */
const linnet_suite_row *linnet_suite_of(gnutls_session_t session);

/* By its IANA number; NULL: none of ours. */
const linnet_suite_row *linnet_suite_numbered(uint16_t number);

/* Whether these credentials allow it. */
bool linnet_suite_is_allowed(const linnet_suite_row *suite, const uint16_t *numbers, size_t count);

/* Room for any priority string. */
#define LINNET_PRIORITY_SIZE 640u

/* Writes the priority string for the suites in `numbers` (NULL: all) of these kinds. False: none is left. */
bool linnet_suite_priority(char text[LINNET_PRIORITY_SIZE], linnet_suite_kinds kinds, const uint16_t *numbers,
                           size_t count, bool raw_keys);

#endif
