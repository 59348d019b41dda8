/* Names: which of its certificates a server shows, whose tickets it takes, and what a client accepts as a server's. */
#include "security/keyring.h"
#include "support/secured_pair.h"
#include "support/test_certificates.h"

#include <linnet/error.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

enum { DAY = 24 * 3600 };

static struct {
    test_identity authority, first, second, third, wild, uri, other_port;
} made;

static int make_all(void **state)
{
    (void)state;
    test_identity_make(&made.authority, NULL, NULL, -DAY, DAY);
    test_identity_make(&made.first, "first.example", &made.authority, -DAY, DAY);
    test_identity_make(&made.second, "second.example", &made.authority, -DAY, DAY);
    test_identity_make(&made.third, "third.example", &made.authority, -DAY, DAY);
    test_identity_make(&made.wild, "*.wild.example", &made.authority, -DAY, DAY);
    test_identity_make(&made.uri, "coaps://lamp.example", &made.authority, -DAY, DAY);
    test_identity_make(&made.other_port, "coaps://lamp.example:5700", &made.authority, -DAY, DAY);
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

static linnet_certificate own(const test_identity *identity)
{
    return (linnet_certificate){.certificate = identity->certificate, .private_key = identity->private_key};
}

static pair *open_pair(const linnet_credentials *server)
{
    linnet_credentials client = {.trusted = made.authority.certificate};
    pair *self = calloc(1, sizeof *self);
    assert_non_null(self);
    pair_open(self, server, &client);
    return self;
}

/* A server with three certificates. */
static pair *open_three(void)
{
    const linnet_certificate more[] = {own(&made.second), own(&made.third)};
    linnet_credentials server = {.certificate = made.first.certificate,
                                 .private_key = made.first.private_key,
                                 .more_certificates = more,
                                 .more_certificate_count = 2};
    return open_pair(&server);
}

static void close_pair(pair *self)
{
    pair_close(self);
    free(self);
}

static int connect_as(pair *self, const char *name)
{
    pair_connect(self, name);
    pair_run(self, 60);
    int error = self->connected;
    if (error == 0) {
        assert_true(pair_say(self, PAIR_TO_SERVER, "hello"));
        pair_run(self, 1);
        linnet_dtls_end(self->ends[PAIR_TO_CLIENT], self->client_path.peer.session);
        pair_run(self, 1);
    }
    return error;
}

static void each_name_is_answered_by_its_own_certificate(void **state)
{
    pair *self = open_three();
    (void)state;
    assert_int_equal(connect_as(self, "first.example"), 0);
    assert_int_equal(connect_as(self, "second.example"), 0);
    assert_int_equal(connect_as(self, "third.example"), 0);
    assert_int_equal(connect_as(self, "Second.EXAMPLE"), 0);
    close_pair(self);
}

/* RFC 6066 3: the server goes on, and the client sees whose certificate it is shown. */
static void a_name_that_is_not_known_is_answered_by_the_first_certificate(void **state)
{
    pair *self = open_three();
    (void)state;
    assert_int_equal(connect_as(self, "fourth.example"), LINNET_ECERTIFICATE);
    assert_string_equal(self->failure_text[PAIR_TO_CLIENT], "the peer's certificate is for another name");
    assert_int_equal(self->failure[PAIR_TO_SERVER].alert, 42);
    assert_int_equal(connect_as(self, NULL), 0);
    close_pair(self);
}

static void further_certificates_are_refused_where_they_make_no_sense(void **state)
{
    linnet_certificate keyless = {.certificate = made.second.certificate}, good = own(&made.second);
    linnet_credentials server = {.certificate = made.first.certificate,
                                 .private_key = made.first.private_key,
                                 .more_certificates = &keyless,
                                 .more_certificate_count = 1};
    linnet_credentials client = {.trusted = made.authority.certificate, .more_certificates = &good};
    linnet_keyring *keyring;
    (void)state;
    linnet_credentials only = {.psk = linnet_text("key"),
                               .identity = linnet_text("me"),
                               .more_certificates = &good,
                               .more_certificate_count = 1};
    client.more_certificate_count = 1;
    assert_int_equal(linnet_keyring_open(&keyring, &only, true), LINNET_ECREDENTIALS);
    assert_int_equal(linnet_keyring_open(&keyring, &only, false), LINNET_ECREDENTIALS);
    assert_int_equal(linnet_keyring_open(&keyring, &server, true), LINNET_ECREDENTIALS);
    assert_int_equal(linnet_keyring_open(&keyring, &client, false), LINNET_ECREDENTIALS);
}

/* The size of what the server says tells whether it sent its certificate. */
static size_t octets_of(pair *self, const char *name)
{
    size_t before = self->octets[PAIR_TO_CLIENT];
    assert_int_equal(connect_as(self, name), 0);
    return self->octets[PAIR_TO_CLIENT] - before;
}

static void a_ticket_is_taken_for_the_name_that_it_was_given_for_alone(void **state)
{
    pair *self = open_three();
    linnet_ticket *tickets = self->keyrings[PAIR_TO_CLIENT]->tickets;
    (void)state;
    size_t whole = octets_of(self, "second.example"), resumed = octets_of(self, "second.example");
    assert_true(resumed + 300 < whole);
    assert_string_equal(tickets[0].name, "second.example");
    free(tickets[0].name);
    tickets[0].name = strdup("third.example");
    assert_true(octets_of(self, "third.example") + 100 > whole);
    close_pair(self);
}

static time_t in_two_hours(time_t *now)
{
    time_t later = time(NULL) + 2 * 3600;
    if (now)
        *now = later;
    return later;
}

/* As one does that was given by a clock that was set back since. */
static void a_ticket_that_has_expired_is_followed_by_a_whole_handshake(void **state)
{
    pair *self = open_three();
    (void)state;
    size_t whole = octets_of(self, "second.example");
    gnutls_global_set_time_function(in_two_hours);
    assert_true(octets_of(self, "second.example") + 100 > whole);
    gnutls_global_set_time_function(time);
    assert_true(octets_of(self, "second.example") + 100 > whole);
    assert_true(octets_of(self, "second.example") + 300 < whole);
    close_pair(self);
}

/* What cannot be a server name is not sent, and no certificate has it. */
static void a_host_that_is_no_server_name_is_looked_for_in_vain_and_not_out_of_memory(void **state)
{
    static const char *const names[] = {"fe80::1%eth0", "\xff.example", "a b", ".", "-"};
    char long_name[256];
    pair *self = open_three();
    (void)state;
    memset(long_name, 'a', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(connect_as(self, names[i]), LINNET_ECERTIFICATE);
    assert_int_equal(connect_as(self, long_name), LINNET_ECERTIFICATE);
    close_pair(self);
}

/* "without a trailing dot" (RFC 6066 3) */
static void a_trailing_dot_is_not_part_of_the_name(void **state)
{
    pair *self = open_three();
    (void)state;
    assert_int_equal(connect_as(self, "second.example."), 0);
    close_pair(self);
}

/* RFC 7252 9.1.3.3: "certificates with wildcards are not allowed" */
static void a_certificate_with_a_wildcard_is_refused(void **state)
{
    linnet_credentials server = {.certificate = made.wild.certificate, .private_key = made.wild.private_key};
    pair *self = open_pair(&server);
    (void)state;
    assert_int_equal(connect_as(self, "one.wild.example"), LINNET_ECERTIFICATE);
    close_pair(self);
}

static int connect_to(const test_identity *identity, const char *name, const char *peer_name)
{
    linnet_credentials server = {.certificate = identity->certificate, .private_key = identity->private_key};
    linnet_credentials client = {.trusted = made.authority.certificate, .peer_name = peer_name};
    pair *self = calloc(1, sizeof *self);
    assert_non_null(self);
    pair_open(self, &server, &client);
    int error = connect_as(self, name);
    close_pair(self);
    return error;
}

static void a_certificate_may_name_the_authority_of_a_uri(void **state)
{
    (void)state;
    assert_int_equal(connect_to(&made.uri, "lamp.example", NULL), 0);
    assert_int_equal(connect_to(&made.uri, "Lamp.Example", NULL), 0);
    assert_int_equal(connect_to(&made.uri, "other.example", NULL), LINNET_ECERTIFICATE);
    assert_int_equal(connect_to(&made.uri, "lamp.exampl", NULL), LINNET_ECERTIFICATE);
    assert_int_equal(connect_to(&made.other_port, "lamp.example", NULL), LINNET_ECERTIFICATE);
    assert_int_equal(connect_to(&made.other_port, "192.0.2.2", "lamp.example"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_name_is_answered_by_its_own_certificate),
        cmocka_unit_test(a_name_that_is_not_known_is_answered_by_the_first_certificate),
        cmocka_unit_test(further_certificates_are_refused_where_they_make_no_sense),
        cmocka_unit_test(a_ticket_is_taken_for_the_name_that_it_was_given_for_alone),
        cmocka_unit_test(a_ticket_that_has_expired_is_followed_by_a_whole_handshake),
        cmocka_unit_test(a_host_that_is_no_server_name_is_looked_for_in_vain_and_not_out_of_memory),
        cmocka_unit_test(a_trailing_dot_is_not_part_of_the_name),
        cmocka_unit_test(a_certificate_with_a_wildcard_is_refused),
        cmocka_unit_test(a_certificate_may_name_the_authority_of_a_uri),
    };
    return cmocka_run_group_tests(tests, make_all, free_all);
}
