#include "support/test_certificates.h"

#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static linnet_bytes keep(gnutls_datum_t *datum)
{
    uint8_t *copy = malloc(datum->size);
    assert_non_null(copy);
    memcpy(copy, datum->data, datum->size);
    linnet_bytes kept = linnet_view(copy, datum->size);
    gnutls_free(datum->data);
    return kept;
}

static void export_keys(test_identity *self, gnutls_x509_privkey_t key)
{
    gnutls_privkey_t abstract;
    gnutls_pubkey_t public_key;
    gnutls_datum_t out;
    assert_int_equal(gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &out), 0);
    self->private_key = keep(&out);
    assert_int_equal(gnutls_privkey_init(&abstract), 0);
    assert_int_equal(gnutls_privkey_import_x509(abstract, key, 0), 0);
    assert_int_equal(gnutls_pubkey_init(&public_key), 0);
    assert_int_equal(gnutls_pubkey_import_privkey(public_key, abstract, 0, 0), 0);
    assert_int_equal(gnutls_pubkey_export2(public_key, GNUTLS_X509_FMT_PEM, &out), 0);
    self->public_key = keep(&out);
    gnutls_pubkey_deinit(public_key);
    gnutls_privkey_deinit(abstract);
}

static void describe(gnutls_x509_crt_t certificate, const char *name)
{
    static unsigned authorities;
    char own[32];
    const char *subject = name ? name : own;
    snprintf(own, sizeof own, "authority %u", name ? 0 : ++authorities);
    uint8_t serial[] = {1, 2, 3};
    unsigned usage = name ? GNUTLS_KEY_DIGITAL_SIGNATURE : GNUTLS_KEY_KEY_CERT_SIGN;
    assert_int_equal(gnutls_x509_crt_set_version(certificate, 3), 0);
    assert_int_equal(gnutls_x509_crt_set_serial(certificate, serial, sizeof serial), 0);
    assert_int_equal(
        gnutls_x509_crt_set_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, subject, (unsigned)strlen(subject)),
        0);
    assert_int_equal(gnutls_x509_crt_set_basic_constraints(certificate, name == NULL, -1), 0);
    assert_int_equal(gnutls_x509_crt_set_key_usage(certificate, usage), 0);
    if (name)
        assert_int_equal(gnutls_x509_crt_set_subject_alt_name(certificate,
                                                              strstr(name, "://") ? GNUTLS_SAN_URI : GNUTLS_SAN_DNSNAME,
                                                              name, (unsigned)strlen(name), GNUTLS_FSAN_SET),
                         0);
}

void test_identity_make(test_identity *self, const char *name, const test_identity *authority, long from, long to)
{
    gnutls_x509_crt_t certificate, issuer;
    gnutls_x509_privkey_t key;
    gnutls_datum_t out;
    time_t now = time(NULL);
    assert_int_equal(gnutls_x509_privkey_init(&key), 0);
    assert_int_equal(
        gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0), 0);
    assert_int_equal(gnutls_x509_crt_init(&certificate), 0);
    assert_int_equal(gnutls_x509_crt_init(&issuer), 0);
    describe(certificate, name);
    gnutls_x509_crt_set_activation_time(certificate, now + from);
    gnutls_x509_crt_set_expiration_time(certificate, now + to);
    assert_int_equal(gnutls_x509_crt_set_key(certificate, key), 0);
    if (authority) {
        gnutls_datum_t datum = {(unsigned char *)(uintptr_t)authority->certificate.data,
                                (unsigned)authority->certificate.size};
        assert_int_equal(gnutls_x509_crt_import(issuer, &datum, GNUTLS_X509_FMT_PEM), 0);
    }
    assert_int_equal(gnutls_x509_crt_sign2(certificate, authority ? issuer : certificate,
                                           authority ? (gnutls_x509_privkey_t)authority->key : key, GNUTLS_DIG_SHA256,
                                           0),
                     0);
    assert_int_equal(gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &out), 0);
    self->certificate = keep(&out);
    export_keys(self, key);
    self->key = key;
    gnutls_x509_crt_deinit(certificate);
    gnutls_x509_crt_deinit(issuer);
}

void test_identity_free(test_identity *self)
{
    free((void *)self->certificate.data);
    free((void *)self->private_key.data);
    free((void *)self->public_key.data);
    gnutls_x509_privkey_deinit(self->key);
}
