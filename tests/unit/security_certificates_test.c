/* Secured sessions by certificates and raw public keys: who is believed, and what those that are not are told. */
#include "support/secured_pair.h"
#include "support/test_certificates.h"

#include <linnet/error.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { DAY = 24 * 3600 };

static struct {
    test_identity authority, other, server, client, expired, future;
} made;

static int make_all(void **state)
{
    (void)state;
    test_identity_make(&made.authority, NULL, NULL, -DAY, DAY);
    test_identity_make(&made.other, NULL, NULL, -DAY, DAY);
    test_identity_make(&made.server, "server.example", &made.authority, -DAY, DAY);
    test_identity_make(&made.client, "client.example", &made.authority, -DAY, DAY);
    test_identity_make(&made.expired, "server.example", &made.authority, -DAY, -1);
    test_identity_make(&made.future, "server.example", &made.authority, DAY, 2 * DAY);
    return 0;
}

static int free_all(void **state)
{
    (void)state;
    test_identity *all = &made.authority;
    for (size_t i = 0; i < sizeof made / sizeof *all; i++)
        test_identity_free(&all[i]);
    return 0;
}

static linnet_credentials own(const test_identity *identity)
{
    return (linnet_credentials){.certificate = identity->certificate, .private_key = identity->private_key};
}

static linnet_credentials believing(const test_identity *authority)
{
    return (linnet_credentials){.trusted = authority->certificate};
}

typedef struct outcome {
    int error;         /* of the client */
    int server_alert;  /* that the server sent or received; -1 */
    bool server_heard; /* it was received */
    char client_text[256];
    linnet_security security; /* of the client, as the server sees it */
    char name[128];
} outcome;

static outcome try_it(linnet_credentials server, linnet_credentials client, const char *name)
{
    pair *self = calloc(1, sizeof *self);
    outcome came = {.server_alert = -1};
    assert_non_null(self);
    pair_open(self, &server, &client);
    pair_connect(self, name);
    pair_run(self, 60);
    came.error = self->connected;
    if (self->failures[PAIR_TO_SERVER]) {
        came.server_alert = self->failure[PAIR_TO_SERVER].alert;
        came.server_heard = self->failure[PAIR_TO_SERVER].alert_received;
    }
    memcpy(came.client_text, self->failure_text[PAIR_TO_CLIENT], sizeof came.client_text);
    if (came.error == 0) {
        assert_true(pair_say(self, PAIR_TO_SERVER, "hello"));
        pair_run(self, 1);
        assert_int_equal(self->delivered[PAIR_TO_SERVER], 1);
        linnet_identity who = linnet_dtls_identity(self->ends[PAIR_TO_SERVER], self->server_path.peer.session);
        came.security = who.security;
        if (who.name.size < sizeof came.name)
            memcpy(came.name, who.name.data, who.name.size);
    }
    assert_int_equal(linnet_dtls_handshakes(self->ends[PAIR_TO_SERVER]), 0);
    pair_close(self);
    free(self);
    return came;
}

static void a_server_with_a_certificate_is_believed(void **state)
{
    (void)state;
    outcome came = try_it(own(&made.server), believing(&made.authority), "server.example");
    assert_int_equal(came.error, 0);
    assert_int_equal(came.security, LINNET_SECURED_ANONYMOUS);
}

static void a_client_with_a_certificate_is_named_by_it(void **state)
{
    linnet_credentials server = own(&made.server), client = own(&made.client);
    (void)state;
    server.trusted = client.trusted = made.authority.certificate;
    outcome came = try_it(server, client, "server.example");
    assert_int_equal(came.error, 0);
    assert_int_equal(came.security, LINNET_SECURED_CERTIFICATE);
    assert_string_equal(came.name, "CN=client.example");
}

static void a_client_without_the_certificate_that_is_required_is_refused(void **state)
{
    linnet_credentials server = own(&made.server);
    (void)state;
    server.trusted = made.authority.certificate;
    outcome came = try_it(server, believing(&made.authority), "server.example");
    assert_int_equal(came.server_alert, 40);
    assert_int_equal(came.error, LINNET_ECERTIFICATE);
    assert_string_equal(came.client_text, "the server wants a certificate or raw public key, and none was given");
    server.peer_certificate = LINNET_PEER_OPTIONAL;
    came = try_it(server, believing(&made.authority), "server.example");
    assert_int_equal(came.error, 0);
    assert_int_equal(came.security, LINNET_SECURED_ANONYMOUS);
}

static void an_expired_certificate_is_told_by_its_alert(void **state)
{
    (void)state;
    outcome came = try_it(own(&made.expired), believing(&made.authority), "server.example");
    assert_int_equal(came.error, LINNET_ECERTIFICATE);
    assert_string_equal(came.client_text, "the peer's certificate has expired");
    assert_int_equal(came.server_alert, 45);
    assert_true(came.server_heard);
    came = try_it(own(&made.future), believing(&made.authority), "server.example");
    assert_int_equal(came.error, LINNET_ECERTIFICATE);
    assert_string_equal(came.client_text, "the peer's certificate is not valid yet");
}

static void a_certificate_of_another_authority_is_refused(void **state)
{
    (void)state;
    outcome came = try_it(own(&made.server), believing(&made.other), "server.example");
    assert_int_equal(came.error, LINNET_ECERTIFICATE);
    assert_int_equal(came.server_alert, 48);
}

static void a_certificate_of_another_name_is_refused(void **state)
{
    (void)state;
    outcome came = try_it(own(&made.server), believing(&made.authority), "other.example");
    assert_int_equal(came.error, LINNET_ECERTIFICATE);
    assert_string_equal(came.client_text, "the peer's certificate is for another name");
    assert_int_equal(came.server_alert, 42);
    linnet_credentials client = believing(&made.authority);
    client.peer_name = "server.example";
    assert_int_equal(try_it(own(&made.server), client, "other.example").error, 0);
}

static void who_does_not_look_takes_any(void **state)
{
    linnet_credentials client = {.peer_certificate = LINNET_PEER_UNVERIFIED};
    (void)state;
    assert_int_equal(try_it(own(&made.expired), client, "other.example").error, 0);
}

static linnet_credentials raw(const test_identity *identity, const linnet_bytes *trusted)
{
    return (linnet_credentials){.private_key = identity->private_key,
                                .raw_public_key = true,
                                .trusted_keys = trusted,
                                .trusted_key_count = trusted ? 1 : 0};
}

static void raw_public_keys_are_believed_when_they_are_known(void **state)
{
    (void)state;
    outcome came = try_it(raw(&made.server, &made.client.public_key), raw(&made.client, &made.server.public_key), NULL);
    assert_int_equal(came.error, 0);
    assert_int_equal(came.security, LINNET_SECURED_RAW_KEY);
}

/* TD_COAP_DTLS_05 */
static void a_client_refuses_an_unknown_raw_public_key_by_certificate_unknown(void **state)
{
    (void)state;
    outcome came = try_it(raw(&made.server, &made.client.public_key), raw(&made.client, &made.other.public_key), NULL);
    assert_int_equal(came.error, LINNET_ECERTIFICATE);
    assert_int_equal(came.server_alert, 46);
    assert_true(came.server_heard);
}

/* TD_COAP_DTLS_06 */
static void a_server_refuses_an_unknown_raw_public_key_by_certificate_unknown(void **state)
{
    (void)state;
    outcome came = try_it(raw(&made.server, &made.other.public_key), raw(&made.client, &made.server.public_key), NULL);
    assert_int_equal(came.error, LINNET_ECERTIFICATE);
    assert_int_equal(came.server_alert, 46);
    assert_false(came.server_heard);
}

static void a_server_may_have_keys_and_certificates(void **state)
{
    linnet_credentials server = own(&made.server);
    linnet_credentials psk = {.psk = linnet_text("sesame"), .identity = linnet_text("password")};
    (void)state;
    server.psk = psk.psk;
    assert_int_equal(try_it(server, psk, NULL).security, LINNET_SECURED_PSK);
    assert_int_equal(try_it(server, believing(&made.authority), "server.example").error, 0);
}

static void each_suite_with_certificates_can_be_the_only_one(void **state)
{
    static const uint16_t suites[] = {LINNET_ECDHE_ECDSA_AES_128_CCM_8, LINNET_ECDHE_ECDSA_AES_128_CCM,
                                      LINNET_ECDHE_ECDSA_AES_128_GCM, LINNET_ECDHE_ECDSA_CHACHA20_POLY1305};
    (void)state;
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++) {
        linnet_credentials client = believing(&made.authority);
        client.suites = &suites[i];
        client.suite_count = 1;
        assert_int_equal(try_it(own(&made.server), client, "server.example").error, 0);
    }
}

static void pairs_that_do_not_fit_are_refused_when_they_are_read(void **state)
{
    linnet_keyring *keyring;
    linnet_credentials mixed = {.certificate = made.server.certificate, .private_key = made.client.private_key};
    linnet_credentials keyless = {.certificate = made.server.certificate};
    linnet_credentials broken = own(&made.server);
    (void)state;
    broken.trusted = linnet_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    assert_int_equal(linnet_keyring_open(&keyring, &mixed, true), LINNET_ECREDENTIALS);
    assert_int_equal(linnet_keyring_open(&keyring, &keyless, true), LINNET_ECREDENTIALS);
    assert_int_equal(linnet_keyring_open(&keyring, &broken, true), LINNET_ECREDENTIALS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_with_a_certificate_is_believed),
        cmocka_unit_test(a_client_with_a_certificate_is_named_by_it),
        cmocka_unit_test(a_client_without_the_certificate_that_is_required_is_refused),
        cmocka_unit_test(an_expired_certificate_is_told_by_its_alert),
        cmocka_unit_test(a_certificate_of_another_authority_is_refused),
        cmocka_unit_test(a_certificate_of_another_name_is_refused),
        cmocka_unit_test(who_does_not_look_takes_any),
        cmocka_unit_test(raw_public_keys_are_believed_when_they_are_known),
        cmocka_unit_test(a_client_refuses_an_unknown_raw_public_key_by_certificate_unknown),
        cmocka_unit_test(a_server_refuses_an_unknown_raw_public_key_by_certificate_unknown),
        cmocka_unit_test(a_server_may_have_keys_and_certificates),
        cmocka_unit_test(each_suite_with_certificates_can_be_the_only_one),
        cmocka_unit_test(pairs_that_do_not_fit_are_refused_when_they_are_read),
    };
    return cmocka_run_group_tests(tests, make_all, free_all);
}
