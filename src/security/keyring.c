#include "security/keyring.h"

#include "security/suites.h"

#include <gnutls/abstract.h>
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

/* Reads a file that a credential names. */
static int read_file(gnutls_datum_t *datum, const char *path)
{
    int error = gnutls_load_file(path, datum);
    if (error == GNUTLS_E_MEMORY_ERROR)
        return LINNET_ENOMEM;
    return error < 0 ? LINNET_ECREDENTIALS : 0;
}

typedef struct source {
    gnutls_datum_t datum;
    bool owned; /* it came from a file */
} source;

static int open_source(source *opened, linnet_bytes memory, const char *path)
{
    *opened = (source){.datum = {(unsigned char *)(uintptr_t)memory.data, (unsigned)memory.size}};
    if (memory.size > UINT32_MAX)
        return LINNET_ECREDENTIALS;
    if (memory.size > 0 || !path)
        return 0;
    opened->owned = true;
    return read_file(&opened->datum, path);
}

static void close_source(source *opened)
{
    if (!opened->owned || !opened->datum.data)
        return;
    gnutls_memset(opened->datum.data, 0, opened->datum.size);
    gnutls_free(opened->datum.data);
}

static gnutls_x509_crt_fmt_t format_of(const gnutls_datum_t *datum)
{
    static const char mark[] = "-----BEGIN";
    bool is_pem = datum->size > 0 && memmem(datum->data, datum->size, mark, sizeof mark - 1) != NULL;
    return is_pem ? GNUTLS_X509_FMT_PEM : GNUTLS_X509_FMT_DER;
}

static int outcome(int error)
{
    if (error == GNUTLS_E_MEMORY_ERROR)
        return LINNET_ENOMEM;
    return error < 0 ? LINNET_ECREDENTIALS : 0;
}

/* The public half of our key, as a raw public key in the same format. */
static int export_public(const gnutls_datum_t *key, gnutls_datum_t *spki)
{
    gnutls_privkey_t private_key = NULL;
    gnutls_pubkey_t public_key = NULL;
    int error = gnutls_privkey_init(&private_key);
    if (error == 0)
        error = gnutls_pubkey_init(&public_key);
    if (error == 0)
        error = gnutls_privkey_import_x509_raw(private_key, key, format_of(key), NULL, 0);
    if (error == 0)
        error = gnutls_pubkey_import_privkey(public_key, private_key, 0, 0);
    if (error == 0)
        error = gnutls_pubkey_export2(public_key, format_of(key), spki);
    gnutls_pubkey_deinit(public_key);
    gnutls_privkey_deinit(private_key);
    return error;
}

static int set_raw_key(linnet_keyring *keyring, const gnutls_datum_t *key)
{
    gnutls_datum_t spki = {0};
    int error = export_public(key, &spki);
    if (error >= 0)
        error = gnutls_certificate_set_rawpk_key_mem(keyring->certificates, &spki, key, format_of(key), NULL, 0, NULL,
                                                     0, 0);
    gnutls_free(spki.data);
    return error;
}

static int set_own(linnet_keyring *keyring, const linnet_credentials *given, const gnutls_datum_t *chain,
                   const gnutls_datum_t *key)
{
    if (key->size == 0)
        return chain->size == 0 ? 0 : LINNET_ECREDENTIALS;
    if (given->raw_public_key)
        return outcome(set_raw_key(keyring, key));
    if (chain->size == 0 || format_of(chain) != format_of(key))
        return LINNET_ECREDENTIALS;
    return outcome(gnutls_certificate_set_x509_key_mem2(keyring->certificates, chain, key, format_of(chain), NULL, 0));
}

static int load_own(linnet_keyring *keyring, const linnet_credentials *given)
{
    source chain, key = {0};
    int error = open_source(&chain, given->certificate, given->certificate_file);
    if (error == 0)
        error = open_source(&key, given->private_key, given->private_key_file);
    if (error == 0)
        error = set_own(keyring, given, &chain.datum, &key.datum);
    close_source(&chain);
    close_source(&key);
    return error;
}

static int load_trust(linnet_keyring *keyring, const linnet_credentials *given)
{
    source trusted;
    int error = open_source(&trusted, given->trusted, given->trusted_file), count = 0;
    if (error == 0 && trusted.datum.size > 0) {
        count = gnutls_certificate_set_x509_trust_mem(keyring->certificates, &trusted.datum, format_of(&trusted.datum));
        error = count == 0 ? LINNET_ECREDENTIALS : outcome(count);
    }
    close_source(&trusted);
    if (error == 0 && given->trust_system)
        error = outcome(gnutls_certificate_set_x509_system_trust(keyring->certificates));
    keyring->has_trust = count > 0 || given->trust_system;
    return error;
}

static int import_public(linnet_bytes given, linnet_bytes *spki)
{
    gnutls_datum_t datum = {(unsigned char *)(uintptr_t)given.data, (unsigned)given.size}, out = {0};
    gnutls_pubkey_t key = NULL;
    int error = gnutls_pubkey_init(&key);
    if (error == 0)
        error = gnutls_pubkey_import(key, &datum, format_of(&datum));
    if (error == 0)
        error = gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, &out);
    gnutls_pubkey_deinit(key);
    error = outcome(error);
    if (error == 0 && !copy(spki, linnet_view(out.data, out.size)))
        error = LINNET_ENOMEM;
    gnutls_free(out.data);
    return error;
}

static int load_trusted_keys(linnet_keyring *keyring, const linnet_credentials *given)
{
    int error = 0;
    if (given->trusted_key_count == 0)
        return 0;
    keyring->trusted_keys = calloc(given->trusted_key_count, sizeof *keyring->trusted_keys);
    if (!keyring->trusted_keys)
        return LINNET_ENOMEM;
    while (error == 0 && keyring->trusted_key_count < given->trusted_key_count) {
        size_t at = keyring->trusted_key_count;
        error = import_public(given->trusted_keys[at], &keyring->trusted_keys[at]);
        keyring->trusted_key_count += error == 0;
    }
    return error;
}

static int load_certificates(linnet_keyring *keyring, const linnet_credentials *given)
{
    int error = outcome(gnutls_certificate_allocate_credentials(&keyring->certificates));
    if (error == 0)
        error = load_own(keyring, given);
    if (error == 0)
        error = load_trust(keyring, given);
    return error ? error : load_trusted_keys(keyring, given);
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
        return outcome(error);
    }
    error = gnutls_psk_allocate_server_credentials(&keyring->psk_server);
    if (error == 0 && given->hint.size > 0) {
        memcpy(hint, given->hint.data, given->hint.size);
        error = gnutls_psk_set_server_credentials_hint(keyring->psk_server, hint);
    }
    return outcome(error);
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
    linnet_suite_kinds kinds = {.psk = given->psk.size > 0 || (keyring->server && given->look_up),
                                .certificates = has_certificates(given, keyring->server)};
    bool raw_keys = given->raw_public_key || given->trusted_key_count > 0 ||
                    (!keyring->server && given->peer_certificate == LINNET_PEER_UNVERIFIED);
    char priority[LINNET_PRIORITY_SIZE];
    int error = copy_rest(keyring, given) ? 0 : LINNET_ENOMEM;
    if (error == 0 && !linnet_suite_priority(priority, kinds, given->suites, given->suite_count, raw_keys))
        error = LINNET_ECREDENTIALS;
    if (error == 0)
        error = outcome(gnutls_priority_init2(&keyring->priority, priority, NULL, 0));
    if (error == 0 && kinds.psk)
        error = load_psk(keyring, given);
    if (error == 0 && kinds.certificates)
        error = load_certificates(keyring, given);
    /* With pre-shared keys there is little to save, and a key that was withdrawn must not live on in a ticket. */
    if (error == 0 && keyring->server && !kinds.psk)
        error = outcome(gnutls_session_ticket_key_generate(&keyring->ticket_key));
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
    if (keyring->certificates)
        gnutls_certificate_free_credentials(keyring->certificates);
    for (size_t i = 0; i < keyring->trusted_key_count; i++)
        release_bytes(&keyring->trusted_keys[i]);
    linnet_keyring_forget_tickets(keyring);
    if (keyring->ticket_key.data)
        gnutls_memset(keyring->ticket_key.data, 0, keyring->ticket_key.size);
    gnutls_free(keyring->ticket_key.data);
    release_bytes(&keyring->psk);
    release_bytes(&keyring->identity);
    free(keyring->trusted_keys);
    free(keyring->suites);
    free(keyring->peer_name);
    free(keyring);
}

static void take_in(gnutls_hash_hd_t hash, const void *data, size_t size)
{
    uint64_t length = size;
    gnutls_hash(hash, &length, sizeof length);
    if (size > 0)
        gnutls_hash(hash, data, size);
}

static void take_in_text(gnutls_hash_hd_t hash, const char *text)
{
    take_in(hash, text ? text : "", text ? strlen(text) + 1 : 0);
}

uint64_t linnet_keyring_print(const linnet_credentials *given)
{
    const linnet_bytes all[] = {given->psk,         given->identity,    given->hint,
                                given->certificate, given->private_key, given->trusted};
    const char *texts[] = {given->certificate_file, given->private_key_file, given->trusted_file, given->peer_name};
    const uintptr_t values[] = {(uintptr_t)given->look_up,  (uintptr_t)given->failed, (uintptr_t)given->context,
                                given->raw_public_key,      given->trust_system,      given->peer_certificate,
                                (uintptr_t)given->succeeded};
    uint8_t digest[32] = {0};
    uint64_t print;
    gnutls_hash_hd_t hash;
    if (gnutls_hash_init(&hash, GNUTLS_DIG_SHA256) < 0)
        return 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        take_in(hash, all[i].data, all[i].size);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        take_in_text(hash, texts[i]);
    take_in(hash, values, sizeof values);
    for (size_t i = 0; i < given->trusted_key_count; i++)
        take_in(hash, given->trusted_keys[i].data, given->trusted_keys[i].size);
    take_in(hash, given->suites, given->suite_count * sizeof *given->suites);
    gnutls_hash_deinit(hash, digest);
    memcpy(&print, digest, sizeof print);
    return print;
}
