/* GnuTLS combines every key exchange with every cipher that it is allowed; what that adds to a list of suites is told
 * apart when the suite is agreed on (linnet_suite_is_allowed()). All that there is has authenticated encryption. */
#include "security/suites.h"

#include <stdio.h>

#define ROW(NUMBER, AEAD, EXCHANGE, EXCHANGE_NAME, CIPHER, CIPHER_NAME)                                                \
    {                                                                                                                  \
        NUMBER, LINNET_##AEAD, GNUTLS_KX_##EXCHANGE, GNUTLS_CIPHER_##CIPHER, EXCHANGE_NAME, CIPHER_NAME                \
    }

static const linnet_suite_row rows[] = {
    ROW(LINNET_ECDHE_ECDSA_AES_128_CCM_8, AES_128_CCM_8, ECDHE_ECDSA, "ECDHE-ECDSA", AES_128_CCM_8, "AES-128-CCM-8"),
    ROW(LINNET_ECDHE_ECDSA_AES_128_CCM, AES_128_CCM, ECDHE_ECDSA, "ECDHE-ECDSA", AES_128_CCM, "AES-128-CCM"),
    ROW(LINNET_ECDHE_ECDSA_AES_128_GCM, AES_128_GCM, ECDHE_ECDSA, "ECDHE-ECDSA", AES_128_GCM, "AES-128-GCM"),
    ROW(LINNET_ECDHE_ECDSA_CHACHA20_POLY1305, CHACHA20_POLY1305, ECDHE_ECDSA, "ECDHE-ECDSA", CHACHA20_POLY1305,
        "CHACHA20-POLY1305"),
    ROW(LINNET_ECDHE_RSA_AES_128_GCM, AES_128_GCM, ECDHE_RSA, "ECDHE-RSA", AES_128_GCM, "AES-128-GCM"),
    ROW(LINNET_ECDHE_RSA_CHACHA20_POLY1305, CHACHA20_POLY1305, ECDHE_RSA, "ECDHE-RSA", CHACHA20_POLY1305,
        "CHACHA20-POLY1305"),
    ROW(LINNET_PSK_AES_128_CCM_8, AES_128_CCM_8, PSK, "PSK", AES_128_CCM_8, "AES-128-CCM-8"),
    ROW(LINNET_PSK_AES_128_CCM, AES_128_CCM, PSK, "PSK", AES_128_CCM, "AES-128-CCM"),
    ROW(LINNET_PSK_AES_128_GCM, AES_128_GCM, PSK, "PSK", AES_128_GCM, "AES-128-GCM"),
    ROW(LINNET_PSK_CHACHA20_POLY1305, CHACHA20_POLY1305, PSK, "PSK", CHACHA20_POLY1305, "CHACHA20-POLY1305"),
    ROW(LINNET_ECDHE_PSK_CHACHA20_POLY1305, CHACHA20_POLY1305, ECDHE_PSK, "ECDHE-PSK", CHACHA20_POLY1305,
        "CHACHA20-POLY1305"),
};

enum { ROWS = sizeof rows / sizeof *rows };

const linnet_suite_row *linnet_suite_of(gnutls_session_t session)
{
    gnutls_kx_algorithm_t exchange = gnutls_kx_get(session);
    gnutls_cipher_algorithm_t cipher = gnutls_cipher_get(session);
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].exchange == exchange && rows[i].cipher == cipher)
            return &rows[i];
    return NULL;
}

const linnet_suite_row *linnet_suite_numbered(uint16_t number)
{
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].number == number)
            return &rows[i];
    return NULL;
}

bool linnet_suite_is_allowed(const linnet_suite_row *suite, const uint16_t *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (numbers[i] == suite->number)
            return true;
    return count == 0;
}

static bool is_psk(const linnet_suite_row *row)
{
    return row->exchange == GNUTLS_KX_PSK || row->exchange == GNUTLS_KX_ECDHE_PSK;
}

static void add(char text[LINNET_PRIORITY_SIZE], const char *name)
{
    size_t at = strlen(text), size = strlen(name);
    const char *found = strstr(text, name);
    /* A name that is there already stays where it is: "AES-128-CCM" is not what "AES-128-CCM-8" begins with. */
    while (found && found[size] != ':' && found[size])
        found = strstr(found + 1, name);
    if (!found)
        snprintf(text + at, LINNET_PRIORITY_SIZE - at, ":+%s", name);
}

static void add_row(char text[LINNET_PRIORITY_SIZE], const linnet_suite_row *row)
{
    add(text, row->exchange_name);
    add(text, row->cipher_name);
}

bool linnet_suite_priority(char text[LINNET_PRIORITY_SIZE], linnet_suite_kinds kinds, const uint16_t *numbers,
                           size_t count, bool raw_keys)
{
    bool any = false;
    snprintf(text, LINNET_PRIORITY_SIZE,
             "NONE:+VERS-DTLS1.2:+AEAD:+COMP-NULL:+GROUP-SECP256R1:+GROUP-X25519:+GROUP-SECP384R1"
             ":+SIGN-ECDSA-SHA256:+SIGN-ECDSA-SHA384:+SIGN-EDDSA-ED25519:+SIGN-RSA-SHA256:+SIGN-RSA-PSS-RSAE-SHA256"
             ":%%SERVER_PRECEDENCE:%%NO_ETM:%%PROFILE_MEDIUM%s",
             raw_keys ? ":+CTYPE-CLI-RAWPK:+CTYPE-SRV-RAWPK:+CTYPE-CLI-X509:+CTYPE-SRV-X509" : ":+CTYPE-X509");
    for (size_t i = 0; i < (count ? count : ROWS); i++) {
        const linnet_suite_row *row = count ? linnet_suite_numbered(numbers[i]) : &rows[i];
        if (!row || !(is_psk(row) ? kinds.psk : kinds.certificates))
            continue;
        add_row(text, row);
        any = true;
    }
    return any;
}
