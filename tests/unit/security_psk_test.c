/* Secured sessions by pre-shared keys: set up, talked over, refused. */
#include "support/secured_pair.h"

#include <linnet/error.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static linnet_credentials psk(const char *identity, const char *key)
{
    return (linnet_credentials){.identity = linnet_text(identity), .psk = linnet_text(key)};
}

static pair *open_with(linnet_credentials server, linnet_credentials client)
{
    pair *self = calloc(1, sizeof *self);
    pair_open(self, &server, &client);
    return self;
}

static void close_pair(pair *self)
{
    pair_close(self);
    free(self);
}

static void equal_keys_make_a_session(void **state)
{
    pair *self = open_with(psk("password", "sesame"), psk("password", "sesame"));
    (void)state;
    pair_connect(self, NULL);
    pair_run(self, 60);
    assert_int_equal(self->connected, 0);
    assert_int_equal(linnet_dtls_sessions(self->ends[PAIR_TO_SERVER]), 1);
    assert_int_equal(linnet_dtls_handshakes(self->ends[PAIR_TO_SERVER]), 0);
    assert_true(pair_say(self, PAIR_TO_SERVER, "hello"));
    pair_run(self, 1);
    assert_int_equal(self->delivered[PAIR_TO_SERVER], 1);
    assert_string_equal(self->texts[PAIR_TO_SERVER][0], "hello");
    assert_true(self->server_path.peer.session != 0);
    assert_true(pair_say(self, PAIR_TO_CLIENT, "good day"));
    pair_run(self, 1);
    assert_string_equal(self->texts[PAIR_TO_CLIENT][0], "good day");
    linnet_identity who = linnet_dtls_identity(self->ends[PAIR_TO_SERVER], self->server_path.peer.session);
    assert_int_equal(who.security, LINNET_SECURED_PSK);
    assert_true(linnet_bytes_equal(who.name, linnet_text("password")));
    close_pair(self);
}

/* Hello, hello with cookie, key exchange to Finished; verify request, hello to done, Finished. */
static void flights_are_few_datagrams(void **state)
{
    pair *self = open_with(psk("password", "sesame"), psk("password", "sesame"));
    (void)state;
    pair_connect(self, NULL);
    pair_run(self, 60);
    assert_int_equal(self->connected, 0);
    assert_int_equal(self->sent[PAIR_TO_SERVER], 3);
    assert_int_equal(self->sent[PAIR_TO_CLIENT], 3);
    close_pair(self);
}

static void another_key_is_told_by_decrypt_error(void **state)
{
    pair *self = open_with(psk("password", "sesame"), psk("password", "wrong"));
    (void)state;
    pair_connect(self, NULL);
    pair_run(self, 60);
    assert_int_equal(self->connected, LINNET_EKEY);
    assert_int_equal(self->failures[PAIR_TO_SERVER], 1);
    assert_int_equal(self->failure[PAIR_TO_SERVER].error, LINNET_EKEY);
    assert_int_equal(self->failure[PAIR_TO_SERVER].alert, 51);
    assert_false(self->failure[PAIR_TO_SERVER].alert_received);
    assert_string_equal(self->failure_identity[PAIR_TO_SERVER], "password");
    assert_int_equal(self->failures[PAIR_TO_CLIENT], 1);
    assert_int_equal(self->failure[PAIR_TO_CLIENT].alert, 51);
    assert_true(self->failure[PAIR_TO_CLIENT].alert_received);
    assert_int_equal(linnet_dtls_sessions(self->ends[PAIR_TO_SERVER]), 0);
    assert_int_equal(linnet_dtls_handshakes(self->ends[PAIR_TO_SERVER]), 0);
    close_pair(self);
}

static void an_unknown_identity_is_told_by_its_alert(void **state)
{
    pair *self = open_with(psk("password", "sesame"), psk("stranger", "sesame"));
    (void)state;
    pair_connect(self, NULL);
    pair_run(self, 60);
    assert_int_equal(self->connected, LINNET_EIDENTITY);
    assert_int_equal(self->failure[PAIR_TO_SERVER].error, LINNET_EIDENTITY);
    assert_int_equal(self->failure[PAIR_TO_SERVER].alert, 115);
    assert_string_equal(self->failure_identity[PAIR_TO_SERVER], "stranger");
    assert_int_equal(self->failure[PAIR_TO_CLIENT].alert, 115);
    close_pair(self);
}

static void without_an_identity_of_its_own_a_server_takes_every_one(void **state)
{
    pair *self = open_with(psk(NULL, "sesame"), psk("anybody", "sesame"));
    (void)state;
    pair_connect(self, NULL);
    pair_run(self, 60);
    assert_int_equal(self->connected, 0);
    close_pair(self);
}

static int look_up(void *context, linnet_bytes identity, uint8_t key[LINNET_PSK_MAX])
{
    (*(unsigned *)context)++;
    if (!linnet_bytes_equal(identity, linnet_text("sensor\x01")))
        return LINNET_ENOENT;
    memcpy(key, "one of many", 11);
    return 11;
}

static void a_look_up_finds_the_key_of_each_identity(void **state)
{
    unsigned calls = 0;
    linnet_credentials server = {.look_up = look_up, .context = &calls, .hint = linnet_text("which one?")};
    pair *self = open_with(server, psk("sensor\x01", "one of many"));
    (void)state;
    pair_connect(self, NULL);
    pair_run(self, 60);
    assert_int_equal(self->connected, 0);
    assert_int_equal(calls, 1);
    close_pair(self);
    self = open_with(server, psk("sensor\x02", "one of many"));
    pair_connect(self, NULL);
    pair_run(self, 60);
    assert_int_equal(self->connected, LINNET_EIDENTITY);
    close_pair(self);
}

static void each_suite_can_be_the_only_one(void **state)
{
    static const uint16_t suites[] = {LINNET_PSK_AES_128_CCM_8, LINNET_PSK_AES_128_CCM, LINNET_PSK_AES_128_GCM,
                                      LINNET_PSK_CHACHA20_POLY1305, LINNET_ECDHE_PSK_CHACHA20_POLY1305};
    (void)state;
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++) {
        linnet_credentials client = psk("password", "sesame");
        client.suites = &suites[i];
        client.suite_count = 1;
        pair *self = open_with(psk("password", "sesame"), client);
        pair_connect(self, NULL);
        pair_run(self, 60);
        assert_int_equal(self->connected, 0);
        for (int n = 0; n < 3; n++) {
            assert_true(pair_say(self, PAIR_TO_SERVER, "ping"));
            pair_run(self, 1);
            assert_true(pair_say(self, PAIR_TO_CLIENT, "pong"));
            pair_run(self, 1);
        }
        assert_int_equal(self->delivered[PAIR_TO_SERVER], 3);
        assert_int_equal(self->delivered[PAIR_TO_CLIENT], 3);
        close_pair(self);
    }
}

static void no_common_suite_is_told_by_handshake_failure(void **state)
{
    static const uint16_t one = LINNET_PSK_AES_128_CCM_8, other = LINNET_PSK_AES_128_GCM;
    linnet_credentials server = psk("password", "sesame"), client = server;
    (void)state;
    server.suites = &one;
    client.suites = &other;
    server.suite_count = client.suite_count = 1;
    pair *self = open_with(server, client);
    pair_connect(self, NULL);
    pair_run(self, 60);
    assert_int_equal(self->connected, LINNET_ESUITE);
    assert_int_equal(self->failure[PAIR_TO_SERVER].error, LINNET_ESUITE);
    assert_int_equal(self->failure[PAIR_TO_SERVER].alert, 40);
    assert_true(self->failure[PAIR_TO_CLIENT].alert_received);
    close_pair(self);
}

static unsigned lose_all(pair *self, pair_datagram *datagram, void *context)
{
    (void)self, (void)datagram, (void)context;
    return 0;
}

/* After 1, 2, 4, 8 and 16 seconds it is sent again (RFC 6347 4.2.4.1). */
static void a_server_that_is_silent_is_a_timeout(void **state)
{
    pair *self = open_with(psk("password", "sesame"), psk("password", "sesame"));
    (void)state;
    self->fate = lose_all;
    pair_connect(self, NULL);
    pair_run(self, 44);
    assert_int_equal(self->connected, 1);
    assert_int_equal(self->sent[PAIR_TO_SERVER], 6);
    pair_run(self, 2);
    assert_int_equal(self->connected, LINNET_ETIMEOUT);
    assert_int_equal(linnet_dtls_handshakes(self->ends[PAIR_TO_CLIENT]), 0);
    close_pair(self);
}

static void credentials_that_say_nothing_are_refused(void **state)
{
    linnet_keyring *keyring;
    uint8_t long_key[LINNET_PSK_MAX + 1] = {1};
    linnet_credentials none = {0}, too_long = {.psk = linnet_view(long_key, sizeof long_key)};
    linnet_credentials nameless = {.psk = linnet_text("key")};
    linnet_credentials unread = {.certificate_file = "/nonexistent", .private_key_file = "/nonexistent"};
    (void)state;
    assert_int_equal(linnet_keyring_open(&keyring, &none, true), LINNET_ECREDENTIALS);
    assert_int_equal(linnet_keyring_open(&keyring, &none, false), LINNET_ECREDENTIALS);
    assert_int_equal(linnet_keyring_open(&keyring, &too_long, true), LINNET_ECREDENTIALS);
    assert_int_equal(linnet_keyring_open(&keyring, &unread, true), LINNET_ECREDENTIALS);
    assert_int_equal(linnet_keyring_open(&keyring, &nameless, false), LINNET_ECREDENTIALS);
    assert_null(keyring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_keys_make_a_session),
        cmocka_unit_test(flights_are_few_datagrams),
        cmocka_unit_test(another_key_is_told_by_decrypt_error),
        cmocka_unit_test(an_unknown_identity_is_told_by_its_alert),
        cmocka_unit_test(without_an_identity_of_its_own_a_server_takes_every_one),
        cmocka_unit_test(a_look_up_finds_the_key_of_each_identity),
        cmocka_unit_test(each_suite_can_be_the_only_one),
        cmocka_unit_test(no_common_suite_is_told_by_handshake_failure),
        cmocka_unit_test(a_server_that_is_silent_is_a_timeout),
        cmocka_unit_test(credentials_that_say_nothing_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
