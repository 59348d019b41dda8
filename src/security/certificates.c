/* What a keyring has by certificates and raw public keys: its own, those that it believes, and which of its own is
 * shown to a client that names a server. */
#include "security/certificates.h"

#include <gnutls/abstract.h>
#include <linnet/error.h>
#include <stdlib.h>

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

static int set_raw_key(gnutls_certificate_credentials_t to, const gnutls_datum_t *key)
{
    gnutls_datum_t spki = {0};
    int error = export_public(key, &spki);
    if (error >= 0)
        error = gnutls_certificate_set_rawpk_key_mem(to, &spki, key, format_of(key), NULL, 0, NULL, 0, 0);
    gnutls_free(spki.data);
    return error;
}

/* The first of a chain: the one whose names count. */
static int read_leaf(gnutls_x509_crt_t *leaf, const gnutls_datum_t *chain)
{
    int error = gnutls_x509_crt_init(leaf);
    if (error < 0) {
        *leaf = NULL;
        return error;
    }
    return gnutls_x509_crt_import(*leaf, chain, format_of(chain));
}

static int set_own(linnet_own *own, bool raw_public_key, const gnutls_datum_t *chain, const gnutls_datum_t *key)
{
    if (key->size == 0)
        return chain->size == 0 ? 0 : LINNET_ECREDENTIALS;
    if (raw_public_key)
        return linnet_credentials_error(set_raw_key(own->credentials, key));
    if (chain->size == 0 || format_of(chain) != format_of(key))
        return LINNET_ECREDENTIALS;
    int error = read_leaf(&own->leaf, chain);
    if (error >= 0)
        error = gnutls_certificate_set_x509_key_mem2(own->credentials, chain, key, format_of(chain), NULL, 0);
    return linnet_credentials_error(error);
}

static int load_own(linnet_own *own, const linnet_certificate *given, bool raw_public_key)
{
    source chain, key = {0};
    int error = open_source(&chain, given->certificate, given->certificate_file);
    if (error == 0)
        error = open_source(&key, given->private_key, given->private_key_file);
    if (error == 0)
        error = set_own(own, raw_public_key, &chain.datum, &key.datum);
    close_source(&chain);
    close_source(&key);
    return error;
}

static int load_trust(linnet_keyring *keyring, gnutls_certificate_credentials_t to, const linnet_credentials *given)
{
    source trusted;
    int error = open_source(&trusted, given->trusted, given->trusted_file), count = 0;
    if (error == 0 && trusted.datum.size > 0) {
        count = gnutls_certificate_set_x509_trust_mem(to, &trusted.datum, format_of(&trusted.datum));
        error = count == 0 ? LINNET_ECREDENTIALS : linnet_credentials_error(count);
    }
    const uint16_t prints[] = {linnet_keyring_brief(linnet_view(trusted.datum.data, trusted.datum.size)),
                               given->trust_system};
    close_source(&trusted);
    if (error == 0 && given->trust_system)
        error = linnet_credentials_error(gnutls_certificate_set_x509_system_trust(to));
    keyring->has_trust = count > 0 || given->trust_system;
    if (keyring->has_trust)
        keyring->trust_print = linnet_keyring_brief(linnet_view((const uint8_t *)prints, sizeof prints));
    return error;
}

/* One of our own with all that we believe: a handshake has one set of credentials. RFC 7252 9.1.3.3: "certificates with
 * wildcards are not allowed". */
static int add_own(linnet_keyring *keyring, const linnet_credentials *given, const linnet_certificate *certificate,
                   bool raw_public_key)
{
    linnet_own *own = &keyring->own[keyring->own_count];
    int error = linnet_credentials_error(gnutls_certificate_allocate_credentials(&own->credentials));
    if (error != 0)
        return error;
    keyring->own_count++;
    gnutls_certificate_set_verify_flags(own->credentials, GNUTLS_VERIFY_DO_NOT_ALLOW_WILDCARDS);
    error = load_own(own, certificate, raw_public_key);
    return error ? error : load_trust(keyring, own->credentials, given);
}

static int add_all_own(linnet_keyring *keyring, const linnet_credentials *given)
{
    const linnet_certificate first = {given->certificate, given->certificate_file, given->private_key,
                                      given->private_key_file};
    keyring->own = calloc(1 + given->more_certificate_count, sizeof *keyring->own);
    if (!keyring->own)
        return LINNET_ENOMEM;
    int error = add_own(keyring, given, &first, given->raw_public_key);
    keyring->certificates = keyring->own[0].credentials;
    for (size_t i = 0; error == 0 && i < given->more_certificate_count; i++)
        error = add_own(keyring, given, &given->more_certificates[i], false);
    return error;
}

static int import_public(linnet_bytes given, linnet_bytes *spki)
{
    gnutls_datum_t datum = {(unsigned char *)(uintptr_t)given.data, (unsigned)given.size}, out = {0};
    gnutls_pubkey_t key = NULL;
    if (given.size > UINT32_MAX)
        return LINNET_ECREDENTIALS;
    int error = gnutls_pubkey_init(&key);
    if (error == 0)
        error = gnutls_pubkey_import(key, &datum, format_of(&datum));
    if (error == 0)
        error = gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, &out);
    gnutls_pubkey_deinit(key);
    error = linnet_credentials_error(error);
    uint8_t *octets = error == 0 && out.size > 0 ? malloc(out.size) : NULL;
    if (octets)
        memcpy(octets, out.data, out.size);
    else if (error == 0)
        error = LINNET_ENOMEM;
    *spki = linnet_view(octets, octets ? out.size : 0);
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

int linnet_certificates_load(linnet_keyring *keyring, const linnet_credentials *given)
{
    int error = add_all_own(keyring, given);
    return error ? error : load_trusted_keys(keyring, given);
}

void linnet_certificates_release(linnet_keyring *keyring)
{
    for (size_t i = 0; i < keyring->own_count; i++) {
        gnutls_certificate_free_credentials(keyring->own[i].credentials);
        gnutls_x509_crt_deinit(keyring->own[i].leaf);
    }
    for (size_t i = 0; i < keyring->trusted_key_count; i++)
        free((void *)keyring->trusted_keys[i].data);
    free(keyring->trusted_keys);
    free(keyring->own);
}

gnutls_certificate_credentials_t linnet_certificates_for(const linnet_keyring *keyring, const char *name)
{
    for (size_t i = 0; *name && i < keyring->own_count; i++)
        if (keyring->own[i].leaf &&
            gnutls_x509_crt_check_hostname2(keyring->own[i].leaf, name, GNUTLS_VERIFY_DO_NOT_ALLOW_WILDCARDS))
            return keyring->own[i].credentials;
    return keyring->certificates;
}
