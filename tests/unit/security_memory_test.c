/* Every allocation of a handshake fails once, ours and the library's, at either end: the handshake fails or goes on,
 * nothing is leaked, the session of another peer is not harmed, and the next handshake succeeds. */
#include "security/sessions.h"
#include "support/secured_pair.h"
#include "support/test_certificates.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <linnet/error.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* The allocation that fails is so many ahead; 0: none does. */
static unsigned countdown;
static bool failed;

static bool is_failing(void)
{
    if (countdown == 0 || --countdown > 0)
        return false;
    errno = ENOMEM;
    failed = true;
    return true;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size) { return is_failing() ? NULL : __real_malloc(size); }

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size) { return is_failing() ? NULL : __real_calloc(count, size); }

void *__real_realloc(void *data, size_t size);
void *__wrap_realloc(void *data, size_t size);
void *__wrap_realloc(void *data, size_t size) { return is_failing() ? NULL : __real_realloc(data, size); }

char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
char *__wrap_strdup(const char *text) { return is_failing() ? NULL : __real_strdup(text); }

/* Whether the library's fail, too. Where certificates and raw public keys of a peer are read GnuTLS 3.7 itself does not
 * look what malloc() gave (gnutls_x509_dn_init()), or frees twice (gnutls_pcert_deinit()); so there ours alone do. */
static bool with_library;
static bool library_failed;
static size_t library_octets; /* that it holds */
static size_t library_most;   /* that it ever held */

static void *counted(void *data)
{
    library_octets += data ? malloc_usable_size(data) : 0;
    library_most = library_octets > library_most ? library_octets : library_most;
    return data;
}

static bool is_failing_there(void)
{
    bool is = with_library && is_failing();
    library_failed = library_failed || is;
    return is;
}

static void *library_malloc(size_t size) { return is_failing_there() ? NULL : counted(__real_malloc(size)); }

static void *library_calloc(size_t count, size_t size)
{
    return is_failing_there() ? NULL : counted(__real_calloc(count, size));
}

static void *library_realloc(void *data, size_t size)
{
    if (is_failing_there())
        return NULL;
    library_octets -= data ? malloc_usable_size(data) : 0;
    return counted(__real_realloc(data, size));
}

static char *library_strdup(const char *text) { return is_failing_there() ? NULL : counted(__real_strdup(text)); }

static void library_free(void *data)
{
    library_octets -= data ? malloc_usable_size(data) : 0;
    free(data);
}

/* What GnuTLS 3.7 itself loses where its allocations fail: a buffer, a certificate. That is no more than this, and less
 * than what it has for a handshake. If ours fail nothing may be lost. */
enum { LOST_BY_LIBRARY = 6000 };

/* A leak sanitizer need not tell of that. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) { return "leak:library_\nleak:libtasn1\nleak:libgnutls\n"; }

static void assert_nothing_is_lost(size_t before)
{
    if (library_failed)
        assert_in_range(library_octets, before, before + LOST_BY_LIBRARY);
    else
        assert_int_equal(library_octets, before);
}

enum { DAY = 24 * 3600 };

static struct {
    test_identity authority, server, client;
} made;

static int set_up(void **state)
{
    (void)state;
    test_identity_make(&made.authority, NULL, NULL, -DAY, DAY);
    test_identity_make(&made.server, "server.example", &made.authority, -DAY, DAY);
    test_identity_make(&made.client, "client.example", &made.authority, -DAY, DAY);
    gnutls_malloc = library_malloc;
    gnutls_calloc = library_calloc;
    gnutls_realloc = library_realloc;
    gnutls_strdup = library_strdup;
    gnutls_free = library_free;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_identity_free(&made.authority);
    test_identity_free(&made.server);
    test_identity_free(&made.client);
    return 0;
}

/* Another peer for each attempt. */
static void move_on(pair *self)
{
    self->client_way.peer.port++;
    self->server_way.peer.port++;
    memset(self->delivered, 0, sizeof self->delivered);
    memset(self->ended, 0, sizeof self->ended);
}

static bool is_heard(pair *self, int to)
{
    size_t before = self->delivered[to];
    bool said = pair_say(self, to, "hello");
    pair_run(self, 1);
    return said && self->delivered[to] == before + 1;
}

/* A whole handshake with that peer, for a ticket. */
static void get_ticket(pair *self, const char *name)
{
    pair_connect(self, name);
    pair_run(self, 60);
    assert_int_equal(self->connected, 0);
    linnet_dtls_end(self->ends[PAIR_TO_CLIENT], self->client_path.peer.session);
    pair_run(self, 1);
    assert_non_null(linnet_keyring_ticket(self->keyrings[PAIR_TO_CLIENT], &self->server_way.peer, name));
}

/* The end that had no memory says so, and the other that there is no session, or it ends. The library has a few errors
 * of its own for it. */
static void assert_is_told(const pair *self, int error, unsigned index)
{
    static const int possible[] = {LINNET_ENOMEM, LINNET_EHANDSHAKE, LINNET_ETIMEOUT, LINNET_ECERTIFICATE, LINNET_EKEY};
    bool is_possible = self->ended[PAIR_TO_CLIENT] > 0;
    for (size_t i = 0; i < sizeof possible / sizeof *possible; i++)
        is_possible = is_possible || error == possible[i];
    if (!is_possible)
        printf("%u: %d %s\n", index, error, self->failure_text[PAIR_TO_CLIENT]);
    assert_true(is_possible);
}

/* One handshake, whose allocation `index` fails. Whether there was one. */
static bool try_with_a_failure_at(pair *self, unsigned index, const char *name, bool resumed)
{
    size_t before = library_octets;
    move_on(self);
    if (resumed)
        get_ticket(self, name);
    failed = library_failed = false;
    countdown = index;
    int error = pair_try_to_connect(self, name);
    if (error == 0) {
        pair_run(self, 100);
        error = self->connected;
    }
    bool good = error == 0 && is_heard(self, PAIR_TO_SERVER) && is_heard(self, PAIR_TO_CLIENT);
    countdown = 0;
    if (error == 0 && good)
        linnet_dtls_end(self->ends[PAIR_TO_CLIENT], self->client_path.peer.session);
    pair_wait(self, 50); /* the last flight, and what the server still has of it */
    assert_true(good || failed);
    if (!good)
        assert_is_told(self, error, index);
    assert_int_equal(linnet_dtls_handshakes(self->ends[PAIR_TO_SERVER]), 0);
    assert_int_equal(linnet_dtls_handshakes(self->ends[PAIR_TO_CLIENT]), 0);
    linnet_keyring_forget_tickets(self->keyrings[PAIR_TO_CLIENT]);
    assert_nothing_is_lost(before);
    return failed;
}

static void sweep(linnet_credentials server, linnet_credentials client, const char *name, unsigned least, bool resumed)
{
    pair *self = calloc(1, sizeof *self);
    assert_non_null(self);
    pair_open(self, &server, &client);
    pair_connect(self, name);
    pair_run(self, 60);
    assert_int_equal(self->connected, 0);
    assert_true(is_heard(self, PAIR_TO_SERVER));
    const linnet_path first = self->client_path, first_way = self->client_way, server_way = self->server_way;
    unsigned index = 1;
    linnet_keyring_forget_tickets(self->keyrings[PAIR_TO_CLIENT]);
    while (try_with_a_failure_at(self, index, name, resumed)) {
        linnet_path way = self->client_way;
        self->client_path = first;
        self->client_way = first_way;
        assert_true(is_heard(self, PAIR_TO_SERVER)); /* the session of another peer */
        self->client_way = way;
        index++;
    }
    assert_true(index > least);
    self->server_way = server_way;
    pair_close(self);
    free(self);
}

static const linnet_credentials psk = {.psk = {(const uint8_t *)"sesame", 6}, .identity = {(const uint8_t *)"me", 2}};

static void a_handshake_with_a_key(void **state)
{
    (void)state;
    with_library = true;
    sweep(psk, psk, NULL, 50, false);
}

/* Its keys stand in a block of their own. */
static void a_handshake_with_a_key_and_a_suite_of_long_keys(void **state)
{
    static const uint16_t suite = LINNET_ECDHE_PSK_CHACHA20_POLY1305;
    linnet_credentials client = psk;
    (void)state;
    client.suites = &suite;
    client.suite_count = 1;
    with_library = true;
    sweep(psk, client, NULL, 50, false);
}

static void a_handshake_with_certificates_of_both_whole_and_by_ticket(void **state)
{
    linnet_credentials server = {.certificate = made.server.certificate,
                                 .private_key = made.server.private_key,
                                 .trusted = made.authority.certificate};
    linnet_credentials client = {.certificate = made.client.certificate,
                                 .private_key = made.client.private_key,
                                 .trusted = made.authority.certificate};
    (void)state;
    with_library = false;
    sweep(server, client, "server.example", 10, false);
    sweep(server, client, "server.example", 10, true);
}

static void a_handshake_with_raw_public_keys_of_both(void **state)
{
    linnet_credentials server = {.private_key = made.server.private_key,
                                 .raw_public_key = true,
                                 .trusted_keys = &made.client.public_key,
                                 .trusted_key_count = 1};
    linnet_credentials client = {.private_key = made.client.private_key,
                                 .raw_public_key = true,
                                 .trusted_keys = &made.server.public_key,
                                 .trusted_key_count = 1};
    (void)state;
    with_library = false;
    sweep(server, client, NULL, 10, false);
}

static bool open_with_a_failure_at(const linnet_credentials *credentials, bool server, unsigned index)
{
    linnet_keyring *keyring;
    size_t before = library_octets;
    failed = library_failed = false;
    countdown = index;
    int error = linnet_keyring_open(&keyring, credentials, server);
    countdown = 0;
    assert_true(error == 0 ? keyring != NULL : failed && !keyring);
    linnet_keyring_release(keyring);
    assert_nothing_is_lost(before);
    return failed;
}

static void credentials_are_read_whole_or_not_at_all(void **state)
{
    const linnet_certificate more = {.certificate = made.client.certificate, .private_key = made.client.private_key};
    linnet_credentials all = {.psk = psk.psk,
                              .identity = psk.identity,
                              .hint = linnet_text("hint"),
                              .certificate = made.server.certificate,
                              .private_key = made.server.private_key,
                              .trusted = made.authority.certificate,
                              .trusted_keys = &made.client.public_key,
                              .trusted_key_count = 1,
                              .peer_name = "server.example"};
    (void)state;
    with_library = true;
    for (int server = 0; server < 2; server++) {
        unsigned index = 1;
        all.more_certificates = server ? &more : NULL;
        all.more_certificate_count = server ? 1 : 0;
        while (open_with_a_failure_at(&all, server, index))
            index++;
        assert_true(index > 50);
    }
}

/* A hash that could not be made must not be that of other credentials. */
static void a_print_of_credentials_is_made_or_an_error(void **state)
{
    uint64_t print = 0, other = 0;
    unsigned index = 1;
    (void)state;
    with_library = true;
    for (failed = true; failed; index++) {
        failed = false;
        countdown = index;
        int error = linnet_keyring_print(&psk, &print);
        countdown = 0;
        assert_int_equal(error, failed ? LINNET_ENOMEM : 0);
    }
    assert_true(index > 2);
    assert_int_equal(linnet_keyring_print(&(linnet_credentials){.psk = psk.psk}, &other), 0);
    assert_true(print != other && print != 0);
}

static unsigned lose_what_follows_the_hellos(pair *self, pair_datagram *datagram, void *context)
{
    (void)datagram, (void)context;
    return self->sent[PAIR_TO_SERVER] > 2 ? 0 : 1;
}

/* A fragment of one octet, of a message that says how long it is. */
static void inject_fragment(pair *self, uint8_t type, uint16_t number, uint32_t size)
{
    static uint8_t sequence = 10;
    const uint8_t octets[] = {22,
                              254,
                              253,
                              0,
                              0,
                              0,
                              0,
                              0,
                              0,
                              0,
                              ++sequence,
                              0,
                              13, /* the record */
                              type,
                              (uint8_t)(size >> 16),
                              (uint8_t)(size >> 8),
                              (uint8_t)size,
                              0,
                              (uint8_t)number,
                              0,
                              0,
                              0,
                              0,
                              0,
                              1,
                              'x'};
    pair_inject(self, PAIR_TO_SERVER, &self->client_way, linnet_view(octets, sizeof octets));
    pair_run(self, 1);
}

/* The most that the library held for messages of `size`, one of each number that a client may use. */
static size_t octets_taken_by_messages_of(pair *self, uint32_t size)
{
    enum { CERTIFICATE = 11, FIRST = 2, LAST = 40 };
    linnet_credentials server = {.certificate = made.server.certificate,
                                 .private_key = made.server.private_key,
                                 .trusted = made.authority.certificate};
    linnet_credentials client = {.certificate = made.client.certificate,
                                 .private_key = made.client.private_key,
                                 .trusted = made.authority.certificate};
    pair_open(self, &server, &client);
    self->fate = lose_what_follows_the_hellos;
    pair_connect(self, "server.example");
    pair_run(self, 1);
    assert_int_equal(linnet_dtls_handshakes(self->ends[PAIR_TO_SERVER]), 1);
    size_t before = library_most = library_octets;
    for (uint16_t number = FIRST; number < LAST; number++)
        inject_fragment(self, CERTIFICATE, number, size);
    size_t most = library_most - before;
    assert_int_equal(linnet_dtls_handshakes(self->ends[PAIR_TO_SERVER]), 0);
    assert_int_equal(self->failure[PAIR_TO_SERVER].error, LINNET_EHANDSHAKE);
    assert_non_null(strstr(self->failure_text[PAIR_TO_SERVER], "handshake_size"));
    pair_close(self);
    return most;
}

static void the_messages_of_a_peer_take_no_more_memory_than_handshake_size(void **state)
{
    static const uint32_t sizes[] = {0xffffff, 120000, 16385, 8000};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        pair *self = calloc(1, sizeof *self);
        assert_non_null(self);
        assert_in_range(octets_taken_by_messages_of(self, sizes[i]), 0, 3 * 16384);
        free(self);
    }
}

static unsigned lose_the_finished(pair *self, pair_datagram *datagram, void *context)
{
    linnet_bytes rest = pair_octets(datagram);
    linnet_record record;
    (void)context;
    while (datagram->to == PAIR_TO_SERVER && linnet_record_next(&rest, self->cid_sizes[PAIR_TO_SERVER], &record)) {
        if (record.epoch == 0)
            continue;
        datagram->size = (size_t)(record.octets.data - datagram->octets);
        break;
    }
    return datagram->size > 0;
}

/* A record as the client would write it: with the keys that the server, which has its ChangeCipherSpec, reads with. */
static size_t seal_as_client(pair *self, linnet_bytes message, uint8_t *record)
{
    linnet_record_state keys;
    uint8_t long_keys[LINNET_LONG_KEYS];
    linnet_handshake *handshake = linnet_shaking_on(self->ends[PAIR_TO_SERVER], &self->client_way);
    assert_non_null(handshake);
    assert_true(linnet_agreed_derive(handshake, &keys, long_keys));
    linnet_record_mirror(&keys);
    return linnet_record_seal(&keys, handshake->cids.own, LINNET_HANDSHAKE, message, record);
}

/* A client of a server that asks for no certificate has keys, and nobody knows who it is. */
static void expect_enciphered_messages_to_be_bounded(uint32_t connection_id)
{
    static const uint8_t fragment[] = {20, 0xff, 0xff, 0xff, 0, 4, 0, 0, 0, 0, 0, 1, 'x'};
    linnet_credentials server = {.certificate = made.server.certificate, .private_key = made.server.private_key};
    linnet_credentials client = {.trusted = made.authority.certificate};
    uint8_t record[128];
    pair *self = calloc(1, sizeof *self);
    assert_non_null(self);
    self->connection_ids[PAIR_TO_SERVER] = connection_id;
    pair_open(self, &server, &client);
    self->fate = lose_the_finished;
    pair_connect(self, "server.example");
    pair_run(self, 1);
    size_t before = library_most = library_octets;
    size_t size = seal_as_client(self, linnet_view(fragment, sizeof fragment), record);
    assert_int_equal(record[0], connection_id ? LINNET_HANDSHAKE : LINNET_TLS12_CID);
    pair_inject(self, PAIR_TO_SERVER, &self->client_way, linnet_view(record, size));
    self->fate = NULL;
    pair_run(self, 1);
    assert_true(library_most < before + 4096);
    assert_int_equal(linnet_dtls_handshakes(self->ends[PAIR_TO_SERVER]), 0);
    assert_non_null(strstr(self->failure_text[PAIR_TO_SERVER], "handshake_size"));
    pair_close(self);
    free(self);
}

static void enciphered_messages_take_no_more_memory_either(void **state)
{
    (void)state;
    expect_enciphered_messages_to_be_bounded(LINNET_NO_CONNECTION_ID);
    expect_enciphered_messages_to_be_bounded(0);
}

static void handshake_size_is_what_a_peers_certificates_may_have(void **state)
{
    static const uint32_t sizes[] = {0, 400};
    linnet_credentials server = {.certificate = made.server.certificate, .private_key = made.server.private_key};
    linnet_credentials client = {.trusted = made.authority.certificate};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        pair *self = calloc(1, sizeof *self);
        assert_non_null(self);
        self->limits.handshake_size = sizes[i];
        pair_open(self, &server, &client);
        pair_connect(self, "server.example");
        pair_run(self, 60);
        assert_int_equal(self->connected, sizes[i] ? LINNET_EHANDSHAKE : 0);
        pair_close(self);
        free(self);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handshake_with_a_key),
        cmocka_unit_test(a_handshake_with_a_key_and_a_suite_of_long_keys),
        cmocka_unit_test(a_handshake_with_certificates_of_both_whole_and_by_ticket),
        cmocka_unit_test(a_handshake_with_raw_public_keys_of_both),
        cmocka_unit_test(credentials_are_read_whole_or_not_at_all),
        cmocka_unit_test(a_print_of_credentials_is_made_or_an_error),
        cmocka_unit_test(the_messages_of_a_peer_take_no_more_memory_than_handshake_size),
        cmocka_unit_test(enciphered_messages_take_no_more_memory_either),
        cmocka_unit_test(handshake_size_is_what_a_peers_certificates_may_have),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
