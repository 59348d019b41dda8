#include "security/keyring.h"

#include "engine/siphash.h"
#include "security/certificates.h"
#include "security/suites.h"

#include <gnutls/crypto.h>
#include <linnet/error.h>
#include <stdlib.h>

static void release_bytes(linnet_bytes *bytes)
{
    if (bytes->data)
        gnutls_memset((void *)bytes->data, 0, bytes->size);
    free((void *)bytes->data);
    *bytes = (linnet_bytes){0};
}

static bool copy(linnet_bytes *to, linnet_bytes from)
{
    uint8_t *data = from.size ? malloc(from.size) : NULL;
    if (from.size && !data)
        return false;
    if (from.size)
        memcpy(data, from.data, from.size);
    *to = linnet_view(data, from.size);
    return true;
}

int linnet_credentials_error(int error)
{
    if (error == GNUTLS_E_MEMORY_ERROR)
        return LINNET_ENOMEM;
    return error < 0 ? LINNET_ECREDENTIALS : 0;
}

uint16_t linnet_keyring_brief(linnet_bytes octets)
{
    static const linnet_sip_key key = {{0}};
    return (uint16_t)(1u + linnet_siphash(&key, octets) % UINT16_MAX);
}

bool linnet_keyring_trusts_key(const linnet_keyring *keyring, linnet_bytes key)
{
    for (size_t i = 0; i < keyring->trusted_key_count; i++)
        if (linnet_bytes_equal(keyring->trusted_keys[i], key))
            return true;
    return false;
}

/* The name of a server's PSK file is not used: keys come from a callback (handshake.c). */
static int load_psk(linnet_keyring *keyring, const linnet_credentials *given)
{
    gnutls_datum_t identity = {(unsigned char *)(uintptr_t)given->identity.data, (unsigned)given->identity.size};
    gnutls_datum_t key = {(unsigned char *)(uintptr_t)given->psk.data, (unsigned)given->psk.size};
    char hint[LINNET_PSK_IDENTITY_MAX + 1] = {0};
    int error;
    if (given->psk.size > LINNET_PSK_MAX || given->identity.size > LINNET_PSK_IDENTITY_MAX ||
        given->hint.size > LINNET_PSK_IDENTITY_MAX ||
        (given->hint.size && memchr(given->hint.data, 0, given->hint.size)))
        return LINNET_ECREDENTIALS;
    if (!copy(&keyring->psk, given->psk) || !copy(&keyring->identity, given->identity))
        return LINNET_ENOMEM;
    if (!keyring->server && given->identity.size == 0)
        return LINNET_ECREDENTIALS; /* GnuTLS has no empty ones */
    if (!keyring->server) {
        error = gnutls_psk_allocate_client_credentials(&keyring->psk_client);
        if (error == 0)
            error = gnutls_psk_set_client_credentials2(keyring->psk_client, &identity, &key, GNUTLS_PSK_KEY_RAW);
        return linnet_credentials_error(error);
    }
    error = gnutls_psk_allocate_server_credentials(&keyring->psk_server);
    if (error == 0 && given->hint.size > 0) {
        memcpy(hint, given->hint.data, given->hint.size);
        error = gnutls_psk_set_server_credentials_hint(keyring->psk_server, hint);
    }
    return linnet_credentials_error(error);
}

static bool copy_rest(linnet_keyring *keyring, const linnet_credentials *given)
{
    keyring->look_up = given->look_up;
    keyring->failed = given->failed;
    keyring->succeeded = given->succeeded;
    keyring->context = given->context;
    keyring->peer_certificate = given->peer_certificate;
    if (given->peer_name && !(keyring->peer_name = strdup(given->peer_name)))
        return false;
    if (given->suite_count == 0)
        return true;
    keyring->suites = malloc(given->suite_count * sizeof *keyring->suites);
    if (!keyring->suites)
        return false;
    memcpy(keyring->suites, given->suites, given->suite_count * sizeof *keyring->suites);
    keyring->suite_count = given->suite_count;
    return true;
}

static bool has_own_key(const linnet_credentials *given)
{
    return given->private_key.size > 0 || given->private_key_file;
}

/* A server needs a key of its own; a client someone to believe. */
static bool has_certificates(const linnet_credentials *given, bool server)
{
    if (server)
        return has_own_key(given);
    return given->trusted.size > 0 || given->trusted_file || given->trust_system || given->trusted_key_count > 0 ||
           given->peer_certificate == LINNET_PEER_UNVERIFIED;
}

static int load(linnet_keyring *keyring, const linnet_credentials *given)
{
    /* They are for other names than that of the first. */
    bool is_odd = given->more_certificate_count > 0 && (!keyring->server || !has_own_key(given));
    linnet_suite_kinds kinds = {.psk = given->psk.size > 0 || (keyring->server && given->look_up),
                                .certificates = has_certificates(given, keyring->server)};
    bool raw_keys = given->raw_public_key || given->trusted_key_count > 0 ||
                    (!keyring->server && given->peer_certificate == LINNET_PEER_UNVERIFIED);
    char priority[LINNET_PRIORITY_SIZE];
    keyring->has_own = has_own_key(given);
    int error = is_odd ? LINNET_ECREDENTIALS : copy_rest(keyring, given) ? 0 : LINNET_ENOMEM;
    if (error == 0 && !linnet_suite_priority(priority, kinds, given->suites, given->suite_count, raw_keys))
        error = LINNET_ECREDENTIALS;
    if (error == 0)
        error = linnet_credentials_error(gnutls_priority_init2(&keyring->priority, priority, NULL, 0));
    if (error == 0 && kinds.psk)
        error = load_psk(keyring, given);
    if (error == 0 && kinds.certificates)
        error = linnet_certificates_load(keyring, given);
    /* With pre-shared keys there is little to save, and a key that was withdrawn must not live on in a ticket. */
    if (error == 0 && keyring->server && !kinds.psk)
        error = linnet_credentials_error(gnutls_session_ticket_key_generate(&keyring->ticket_key));
    return error;
}

int linnet_keyring_open(linnet_keyring **opened, const linnet_credentials *credentials, bool server)
{
    linnet_keyring *keyring = calloc(1, sizeof *keyring);
    *opened = NULL;
    if (!keyring)
        return LINNET_ENOMEM;
    keyring->holders = 1;
    keyring->server = server;
    int error = load(keyring, credentials);
    if (error == 0)
        *opened = keyring;
    else
        linnet_keyring_release(keyring);
    return error;
}

void linnet_keyring_hold(linnet_keyring *keyring) { keyring->holders++; }

void linnet_keyring_release(linnet_keyring *keyring)
{
    if (!keyring || --keyring->holders > 0)
        return;
    if (keyring->priority)
        gnutls_priority_deinit(keyring->priority);
    if (keyring->psk_server)
        gnutls_psk_free_server_credentials(keyring->psk_server);
    if (keyring->psk_client)
        gnutls_psk_free_client_credentials(keyring->psk_client);
    linnet_certificates_release(keyring);
    linnet_keyring_forget_tickets(keyring);
    if (keyring->ticket_key.data)
        gnutls_memset(keyring->ticket_key.data, 0, keyring->ticket_key.size);
    gnutls_free(keyring->ticket_key.data);
    release_bytes(&keyring->psk);
    release_bytes(&keyring->identity);
    free(keyring->suites);
    free(keyring->peer_name);
    free(keyring);
}

/* Whether it could be hashed. */
static bool take_in(gnutls_hash_hd_t hash, const void *data, size_t size)
{
    uint64_t length = size;
    return gnutls_hash(hash, &length, sizeof length) == 0 && (size == 0 || gnutls_hash(hash, data, size) == 0);
}

static bool take_in_text(gnutls_hash_hd_t hash, const char *text)
{
    return take_in(hash, text ? text : "", text ? strlen(text) + 1 : 0);
}

static bool take_in_all(gnutls_hash_hd_t hash, const linnet_credentials *given)
{
    const linnet_bytes all[] = {given->psk,         given->identity,    given->hint,
                                given->certificate, given->private_key, given->trusted};
    const char *texts[] = {given->certificate_file, given->private_key_file, given->trusted_file, given->peer_name};
    const uintptr_t values[] = {(uintptr_t)given->look_up, (uintptr_t)given->failed,   (uintptr_t)given->context,
                                given->raw_public_key,     given->trust_system,        given->peer_certificate,
                                given->trusted_key_count,  (uintptr_t)given->succeeded};
    bool good = take_in(hash, values, sizeof values);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        good = good && take_in(hash, all[i].data, all[i].size);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        good = good && take_in_text(hash, texts[i]);
    for (size_t i = 0; i < given->trusted_key_count; i++)
        good = good && take_in(hash, given->trusted_keys[i].data, given->trusted_keys[i].size);
    return good && take_in(hash, given->suites, given->suite_count * sizeof *given->suites);
}

int linnet_keyring_print(const linnet_credentials *given, uint64_t *print)
{
    uint8_t digest[32] = {0};
    gnutls_hash_hd_t hash;
    *print = 0;
    if (gnutls_hash_init(&hash, GNUTLS_DIG_SHA256) < 0)
        return LINNET_ENOMEM;
    bool good = take_in_all(hash, given);
    gnutls_hash_deinit(hash, digest);
    memcpy(print, digest, sizeof *print);
    return good ? 0 : LINNET_ENOMEM;
}
