/* Secured sessions over a wire that loses, doubles, delays and forges. After each step tests/support/secured_pair.c
 * checks that no sequence number of one key was used for two different records. */
#include "security/sessions.h"
#include "support/secured_pair.h"
#include "support/test_certificates.h"

#include <linnet/error.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const linnet_credentials psk = {.identity = {(const uint8_t *)"password", 8},
                                       .psk = {(const uint8_t *)"sesame", 6}};

static struct {
    test_identity authority, server, client;
    linnet_credentials of_server, of_client;
} x509;

static int make_all(void **state)
{
    (void)state;
    test_identity_make(&x509.authority, NULL, NULL, -1000, 100000);
    test_identity_make(&x509.server, "server.example", &x509.authority, -1000, 100000);
    test_identity_make(&x509.client, "client.example", &x509.authority, -1000, 100000);
    x509.of_server = (linnet_credentials){.certificate = x509.server.certificate,
                                          .private_key = x509.server.private_key,
                                          .trusted = x509.authority.certificate};
    x509.of_client = (linnet_credentials){.certificate = x509.client.certificate,
                                          .private_key = x509.client.private_key,
                                          .trusted = x509.authority.certificate};
    return 0;
}

static int free_all(void **state)
{
    (void)state;
    test_identity_free(&x509.authority);
    test_identity_free(&x509.server);
    test_identity_free(&x509.client);
    return 0;
}

static pair *open_pair(const linnet_credentials *server, const linnet_credentials *client)
{
    pair *self = calloc(1, sizeof *self);
    assert_non_null(self);
    pair_open(self, server, client);
    return self;
}

static void close_pair(pair *self)
{
    pair_close(self);
    free(self);
}

static void expect_talk(pair *self)
{
    size_t heard[2] = {self->delivered[0], self->delivered[1]};
    pair_fate *fate = self->fate;
    self->fate = NULL;
    assert_int_equal(self->connected, 0);
    assert_true(pair_say(self, PAIR_TO_SERVER, "question"));
    pair_run(self, 1);
    assert_int_equal(self->delivered[PAIR_TO_SERVER], heard[PAIR_TO_SERVER] + 1);
    assert_true(pair_say(self, PAIR_TO_CLIENT, "answer"));
    pair_run(self, 1);
    assert_int_equal(self->delivered[PAIR_TO_CLIENT], heard[PAIR_TO_CLIENT] + 1);
    self->fate = fate;
}

/* Does something to the n-th datagram towards one end. */
typedef struct nth {
    int to;
    size_t number;
    unsigned copies;
    uint64_t delay;
} nth;

static unsigned treat_nth(pair *self, pair_datagram *datagram, void *context)
{
    const nth *which = context;
    if (datagram->to != which->to || self->sent[datagram->to] != which->number)
        return 1;
    datagram->due += which->delay;
    return which->copies;
}

/* Each datagram of the handshake in turn; returns how many there were. */
static size_t treat_each(const linnet_credentials *server, const linnet_credentials *client, nth which)
{
    size_t tried = 0;
    for (which.to = 0; which.to < 2; which.to++) {
        for (which.number = 1;; which.number++, tried++) {
            pair *self = open_pair(server, client);
            self->fate = treat_nth;
            self->fate_context = &which;
            pair_connect(self, client == &psk ? NULL : "server.example");
            pair_run(self, 44);
            bool happened = self->sent[which.to] >= which.number;
            expect_talk(self);
            assert_int_equal(linnet_dtls_sessions(self->ends[PAIR_TO_SERVER]), 1);
            close_pair(self);
            if (!happened)
                break;
        }
    }
    return tried;
}

static void each_datagram_of_the_handshake_may_be_lost_once(void **state)
{
    (void)state;
    assert_int_equal(treat_each(&psk, &psk, (nth){.copies = 0}), 6);
    assert_true(treat_each(&x509.of_server, &x509.of_client, (nth){.copies = 0}) >= 6);
}

static void each_datagram_of_the_handshake_may_come_twice(void **state)
{
    (void)state;
    assert_int_equal(treat_each(&psk, &psk, (nth){.copies = 2}), 6);
    assert_true(treat_each(&x509.of_server, &x509.of_client, (nth){.copies = 2}) >= 6);
}

static void each_datagram_of_the_handshake_may_be_late(void **state)
{
    (void)state;
    assert_true(treat_each(&psk, &psk, (nth){.copies = 1, .delay = 1500000}) >= 6);
    assert_true(treat_each(&x509.of_server, &x509.of_client, (nth){.copies = 1, .delay = 1500000}) >= 6);
}

/* Loss, doubles and delays of everything, by dice. */
typedef struct dice {
    uint64_t state;
    unsigned loss, doubles, late; /* percent */
} dice;

static unsigned throw(dice * self)
{
    self->state = self->state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (unsigned)(self->state >> 33) % 100;
}

static unsigned treat_by_dice(pair *self, pair_datagram *datagram, void *context)
{
    dice *luck = context;
    (void)self;
    if (throw(luck) < luck->loss)
        return 0;
    if (throw(luck) < luck->late)
        datagram->due += 1000u * (throw(luck) * 20u);
    return throw(luck) < luck->doubles ? 2 : 1;
}

static void handshakes_get_through_a_bad_network(void **state)
{
    unsigned good = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= 150; seed++) {
        bool certificates = seed % 3 == 0;
        dice luck = {.state = seed * 7919, .loss = 20, .doubles = 15, .late = 20};
        pair *self = certificates ? open_pair(&x509.of_server, &x509.of_client) : open_pair(&psk, &psk);
        self->fate = treat_by_dice;
        self->fate_context = &luck;
        pair_connect(self, certificates ? "server.example" : NULL);
        pair_run(self, 50);
        if (self->connected == 0) {
            self->on_wire = 0;
            expect_talk(self);
            good++;
        } else if (self->connected != LINNET_ETIMEOUT) {
            print_error("seed %u: error %d: %s\n", (unsigned)seed, self->connected, self->failure_text[1]);
            fail();
        }
        close_pair(self);
    }
    assert_true(good >= 140);
}

static unsigned keep_copy(pair *self, pair_datagram *datagram, void *context)
{
    pair_datagram *copies = context;
    (void)self;
    if (datagram->to == PAIR_TO_SERVER)
        copies[0] = *datagram;
    return 1;
}

static pair *open_connected(void)
{
    pair *self = open_pair(&psk, &psk);
    pair_connect(self, NULL);
    pair_run(self, 40);
    assert_int_equal(self->connected, 0);
    return self;
}

static void a_replayed_record_is_heard_once(void **state)
{
    pair_datagram copy;
    pair *self = open_connected();
    (void)state;
    self->fate = keep_copy;
    self->fate_context = &copy;
    assert_true(pair_say(self, PAIR_TO_SERVER, "once"));
    for (int i = 0; i < 5; i++)
        pair_inject(self, PAIR_TO_SERVER, &self->client_way, pair_octets(&copy));
    pair_run(self, 1);
    assert_int_equal(self->delivered[PAIR_TO_SERVER], 1);
    for (int i = 0; i < 40; i++) /* 64 numbers on, at the end of the window */
        assert_true(pair_say(self, PAIR_TO_SERVER, "on"));
    pair_inject(self, PAIR_TO_SERVER, &self->client_way, pair_octets(&copy));
    pair_run(self, 1);
    assert_int_equal(self->delivered[PAIR_TO_SERVER], 41);
    close_pair(self);
}

static void records_within_the_window_may_come_in_any_order(void **state)
{
    pair *self = open_connected();
    uint8_t datagrams[60][64];
    size_t sizes[60];
    linnet_path way;
    (void)state;
    for (size_t i = 0; i < 60; i++)
        sizes[i] = linnet_dtls_seal(self->ends[PAIR_TO_CLIENT], self->client_path.peer.session, linnet_text("x"),
                                    datagrams[i], &way);
    for (size_t i = 60; i-- > 0;)
        linnet_dtls_receive(self->ends[PAIR_TO_SERVER], self->now, &self->client_way,
                            linnet_view(datagrams[i], sizes[i]));
    assert_int_equal(self->delivered[PAIR_TO_SERVER], 60);
    close_pair(self);
}

static void a_forged_or_truncated_record_is_nothing(void **state)
{
    pair *self = open_connected();
    uint8_t good[64], bad[64];
    linnet_path way;
    (void)state;
    size_t size =
        linnet_dtls_seal(self->ends[PAIR_TO_CLIENT], self->client_path.peer.session, linnet_text("true"), good, &way);
    for (size_t bit = 0; bit < size * 8; bit++) {
        memcpy(bad, good, size);
        bad[bit / 8] ^= (uint8_t)(1u << bit % 8);
        linnet_dtls_receive(self->ends[PAIR_TO_SERVER], self->now, &self->client_way, linnet_view(bad, size));
    }
    for (size_t length = 0; length < size; length++)
        linnet_dtls_receive(self->ends[PAIR_TO_SERVER], self->now, &self->client_way, linnet_view(good, length));
    assert_int_equal(self->delivered[PAIR_TO_SERVER], 0);
    assert_int_equal(linnet_dtls_sessions(self->ends[PAIR_TO_SERVER]), 1);
    linnet_dtls_receive(self->ends[PAIR_TO_SERVER], self->now, &self->client_way, linnet_view(good, size));
    assert_int_equal(self->delivered[PAIR_TO_SERVER], 1);
    assert_string_equal(self->texts[PAIR_TO_SERVER][0], "true");
    close_pair(self);
}

/* In the clear anybody could have said that. */
static void an_alert_in_the_clear_does_not_end_a_session(void **state)
{
    static const uint8_t fatal[] = {21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40};
    pair *self = open_connected();
    (void)state;
    pair_inject(self, PAIR_TO_SERVER, &self->client_way, linnet_view(fatal, sizeof fatal));
    pair_inject(self, PAIR_TO_CLIENT, &self->server_way, linnet_view(fatal, sizeof fatal));
    pair_run(self, 1);
    expect_talk(self);
    close_pair(self);
}

static unsigned lose_to_client(pair *self, pair_datagram *datagram, void *context)
{
    (void)self;
    return datagram->to == PAIR_TO_CLIENT && self->sent[PAIR_TO_CLIENT] >= *(size_t *)context ? 0 : 1;
}

/* The server is done when it has sent its last flight; the client asks for it until it arrives. */
static void a_last_flight_that_is_lost_is_sent_again(void **state)
{
    size_t first_lost = 3;
    pair *self = open_pair(&psk, &psk);
    (void)state;
    self->fate = lose_to_client;
    self->fate_context = &first_lost;
    pair_connect(self, NULL);
    pair_run(self, 16);
    assert_int_equal(self->connected, 1);
    assert_int_equal(linnet_dtls_sessions(self->ends[PAIR_TO_SERVER]), 1);
    self->fate = NULL;
    pair_run(self, 20);
    expect_talk(self);
    assert_int_equal(linnet_dtls_sessions(self->ends[PAIR_TO_SERVER]), 1);
    close_pair(self);
}

/* A captured Finished asks for the last flight: no more than eight times, and not once the client has been heard. */
static void a_last_flight_cannot_be_drawn_out(void **state)
{
    pair_datagram finished;
    pair *self = open_pair(&psk, &psk);
    (void)state;
    self->fate = keep_copy;
    self->fate_context = &finished;
    pair_connect(self, NULL);
    pair_run(self, 40);
    size_t before = self->sent[PAIR_TO_CLIENT];
    for (int i = 0; i < 100; i++) {
        pair_inject(self, PAIR_TO_SERVER, &self->client_way, pair_octets(&finished));
        pair_wait(self, 1);
        if (i == 20)
            assert_int_equal(self->sent[PAIR_TO_CLIENT], before + 8);
    }
    expect_talk(self);
    before = self->sent[PAIR_TO_CLIENT];
    pair_inject(self, PAIR_TO_SERVER, &self->client_way, pair_octets(&finished));
    pair_run(self, 1);
    assert_int_equal(self->sent[PAIR_TO_CLIENT], before);
    close_pair(self);
}

/* RFC 6347 4.2.8: somebody at the same address begins a handshake and cannot end it. */
static void an_old_session_stays_until_the_new_handshake_is_done(void **state)
{
    linnet_credentials wrong = {.identity = linnet_text("password"), .psk = linnet_text("wrong")};
    pair *self = open_connected(), *stranger = open_pair(&psk, &wrong);
    (void)state;
    uint32_t session = self->client_path.peer.session;
    expect_talk(self);
    uint32_t at_server = self->server_path.peer.session;
    /* The stranger's datagrams go to this server, from the client's address. */
    linnet_dtls *own = stranger->ends[PAIR_TO_SERVER];
    stranger->ends[PAIR_TO_SERVER] = self->ends[PAIR_TO_SERVER];
    pair_connect(stranger, NULL);
    for (int i = 0; i < 20; i++) { /* answers come out at the first pair's wire */
        pair_run(stranger, 1);
        for (size_t n = 0; n < self->on_wire; n++)
            if (self->wire[n].to == PAIR_TO_CLIENT)
                linnet_dtls_receive(stranger->ends[PAIR_TO_CLIENT], stranger->now, &self->server_way,
                                    pair_octets(&self->wire[n]));
        self->on_wire = 0;
    }
    stranger->ends[PAIR_TO_SERVER] = own;
    assert_int_equal(stranger->connected, LINNET_EKEY);
    assert_int_equal(self->client_path.peer.session, session);
    self->now = stranger->now > self->now ? stranger->now : self->now;
    expect_talk(self);
    assert_int_equal(self->server_path.peer.session, at_server);
    close_pair(self);
    close_pair(stranger);
}

/* The client has forgotten all and begins anew from the same port: another session, with another number. */
static void a_new_handshake_takes_the_place_of_the_old_session(void **state)
{
    pair *self = open_connected();
    (void)state;
    expect_talk(self);
    uint32_t before = self->server_path.peer.session;
    linnet_dtls_end(self->ends[PAIR_TO_CLIENT], self->client_path.peer.session);
    self->on_wire = 0; /* nor does its farewell arrive */
    pair_connect(self, NULL);
    pair_run(self, 40);
    expect_talk(self);
    assert_int_not_equal(self->server_path.peer.session, before);
    assert_int_equal(self->ended[PAIR_TO_SERVER], 1);
    assert_int_equal(linnet_dtls_sessions(self->ends[PAIR_TO_SERVER]), 1);
    close_pair(self);
}

static void a_farewell_ends_the_session_on_both_sides(void **state)
{
    pair *self = open_connected();
    (void)state;
    linnet_dtls_end(self->ends[PAIR_TO_CLIENT], self->client_path.peer.session);
    pair_run(self, 1);
    assert_int_equal(self->ended[PAIR_TO_SERVER], 1);
    assert_int_equal(linnet_dtls_sessions(self->ends[PAIR_TO_SERVER]), 0);
    assert_false(pair_say(self, PAIR_TO_SERVER, "too late"));
    close_pair(self);
}

static unsigned keep_hello(pair *self, pair_datagram *datagram, void *context)
{
    if (self->sent[PAIR_TO_SERVER] == 1 && datagram->to == PAIR_TO_SERVER)
        *(pair_datagram *)context = *datagram;
    return 0;
}

/* Each is answered by fewer octets than it has, and by nothing that stays. */
static void a_flood_of_hellos_costs_no_memory(void **state)
{
    enum { FLOOD = 20000 };
    pair_datagram hello = {0};
    pair *self = open_pair(&psk, &psk);
    (void)state;
    self->fate = keep_hello;
    self->fate_context = &hello;
    pair_connect(self, NULL);
    for (unsigned i = 0; i < FLOOD; i++) {
        linnet_path way = self->client_way;
        way.peer.ip[13] = (uint8_t)(i >> 16);
        self->client_way.peer.port = way.peer.port = (uint16_t)(1024 + i % 60000);
        memcpy(self->client_way.peer.ip, way.peer.ip, 16);
        linnet_dtls_receive(self->ends[PAIR_TO_SERVER], self->now, &way, pair_octets(&hello));
    }
    assert_int_equal(self->sent[PAIR_TO_CLIENT], FLOOD);
    assert_true(self->octets[PAIR_TO_CLIENT] < FLOOD * hello.size / 2);
    assert_int_equal(linnet_dtls_handshakes(self->ends[PAIR_TO_SERVER]), 0);
    assert_int_equal(linnet_dtls_sessions(self->ends[PAIR_TO_SERVER]), 0);
    assert_true(linnet_dtls_deadline(self->ends[PAIR_TO_SERVER]) == UINT64_MAX);
    close_pair(self);
}

/* A cookie is for the address that it was sent to. */
static void a_cookie_is_no_good_from_elsewhere(void **state)
{
    pair_datagram second = {0};
    pair *self = open_pair(&psk, &psk);
    (void)state;
    self->fate = keep_copy;
    self->fate_context = &second;
    pair_connect(self, NULL);
    pair_wait(self, 0);
    while (self->sent[PAIR_TO_SERVER] < 2) {
        pair_datagram next = self->wire[0];
        self->on_wire = 0;
        linnet_dtls_receive(self->ends[next.to], self->now, &next.way, pair_octets(&next));
    }
    self->on_wire = 0;
    linnet_path elsewhere = self->client_way;
    elsewhere.peer.port++;
    size_t before = self->sent[PAIR_TO_CLIENT];
    linnet_dtls_receive(self->ends[PAIR_TO_SERVER], self->now, &elsewhere, pair_octets(&second));
    assert_int_equal(linnet_dtls_handshakes(self->ends[PAIR_TO_SERVER]), 0);
    assert_int_equal(self->sent[PAIR_TO_CLIENT], before + 1);
    linnet_dtls_receive(self->ends[PAIR_TO_SERVER], self->now, &self->client_way, pair_octets(&second));
    assert_int_equal(linnet_dtls_handshakes(self->ends[PAIR_TO_SERVER]), 1);
    close_pair(self);
}

/* Peers that prove their address and then fall silent: the oldest of them make way. */
static void half_open_handshakes_have_a_bound(void **state)
{
    pair *self = calloc(1, sizeof *self);
    (void)state;
    self->limits.handshakes = 4;
    pair_open(self, &psk, &psk);
    for (unsigned i = 0; i < 12; i++) {
        self->client_way.peer.port++;
        pair_connect(self, NULL);
        for (int step = 0; step < 3; step++) { /* hello, verify request, hello */
            pair_datagram next = self->wire[0];
            self->on_wire = 0;
            linnet_dtls_receive(self->ends[next.to], self->now, &next.way, pair_octets(&next));
        }
        self->on_wire = 0;
        assert_int_equal(linnet_dtls_handshakes(self->ends[PAIR_TO_SERVER]), i < 4 ? i + 1 : 4);
        linnet_dtls_unreachable(self->ends[PAIR_TO_CLIENT], self->now, &self->server_way, LINNET_EREFUSED);
        assert_int_equal(self->connected, LINNET_EREFUSED);
    }
    pair_wait(self, 60);
    assert_int_equal(linnet_dtls_handshakes(self->ends[PAIR_TO_SERVER]), 0);
    close_pair(self);
}

/* With as many sessions as there may be, one that was silent makes way for the next. */
static void sessions_have_a_bound(void **state)
{
    pair *self = calloc(1, sizeof *self);
    (void)state;
    self->limits.sessions = 4;
    pair_open(self, &psk, &psk);
    for (unsigned i = 0; i < 10; i++) {
        self->client_way.peer.port++;
        pair_connect(self, NULL);
        pair_run(self, 40);
        expect_talk(self);
        assert_int_equal(linnet_dtls_sessions(self->ends[PAIR_TO_SERVER]), i < 4 ? i + 1 : 4);
        uint32_t session = self->client_path.peer.session;
        pair_fate *fate = self->fate;
        (void)fate;
        linnet_dtls_end(self->ends[PAIR_TO_CLIENT], session);
        self->on_wire = 0; /* the server does not hear of it */
    }
    close_pair(self);
}

/* Says something of the handshake within a session. */
static void say_in_handshake(pair *self, int to, const uint8_t *message, size_t size)
{
    linnet_session *session = linnet_session_find(
        self->ends[!to], to == PAIR_TO_SERVER ? self->client_path.peer.session : self->server_path.peer.session);
    uint8_t datagram[128];
    assert_non_null(session);
    size = linnet_record_seal(&session->record, LINNET_HANDSHAKE, linnet_view(message, size), datagram);
    pair_inject(self, to, to == PAIR_TO_SERVER ? &self->client_way : &self->server_way, linnet_view(datagram, size));
}

/* RFC 5246 7.2.2: "no_renegotiation [...] This message is always a warning." */
static void renegotiation_is_refused_and_the_session_goes_on(void **state)
{
    static const uint8_t client_hello[32] = {1, 0, 0, 20}, hello_request[12] = {0};
    pair *self = open_connected();
    (void)state;
    expect_talk(self);
    size_t to_client = self->sent[PAIR_TO_CLIENT], to_server = self->sent[PAIR_TO_SERVER];
    say_in_handshake(self, PAIR_TO_SERVER, client_hello, sizeof client_hello);
    say_in_handshake(self, PAIR_TO_CLIENT, hello_request, sizeof hello_request);
    pair_run(self, 1);
    assert_int_equal(self->sent[PAIR_TO_CLIENT], to_client + 1);
    assert_int_equal(self->sent[PAIR_TO_SERVER], to_server + 1);
    assert_int_equal(linnet_dtls_handshakes(self->ends[PAIR_TO_SERVER]), 0);
    assert_int_equal(self->ended[PAIR_TO_SERVER] + self->ended[PAIR_TO_CLIENT], 0);
    expect_talk(self);
    close_pair(self);
}

/* "The record sequence number [...] MUST NOT be allowed to wrap": at the last one the session is silent. */
static void sequence_numbers_do_not_wrap(void **state)
{
    pair *self = open_connected();
    (void)state;
    linnet_session *session = linnet_session_find(self->ends[PAIR_TO_CLIENT], self->client_path.peer.session);
    session->record.write_sequence = LINNET_RECORD_SEQUENCES - 1;
    assert_true(pair_say(self, PAIR_TO_SERVER, "the last"));
    assert_false(pair_say(self, PAIR_TO_SERVER, "one too many"));
    pair_run(self, 1);
    assert_int_equal(self->delivered[PAIR_TO_SERVER], 1);
    close_pair(self);
}

/* Connects again from another port, through what `fate` does. */
static void reconnect(pair *self, pair_fate *fate, void *context)
{
    linnet_dtls_end(self->ends[PAIR_TO_CLIENT], self->client_path.peer.session);
    pair_run(self, 1);
    self->on_wire = 0;
    self->client_way.peer.port++;
    self->sent[0] = self->sent[1] = 0;
    self->fate = fate;
    self->fate_context = context;
    pair_connect(self, "server.example");
    pair_run(self, 44);
    pair_wait(self, 3); /* the client is done before the server is */
    self->fate = NULL;
}

static unsigned count_certificates(pair *self, pair_datagram *datagram, void *context)
{
    linnet_bytes rest = pair_octets(datagram);
    linnet_record record;
    (void)self;
    while (linnet_record_next(&rest, &record))
        *(unsigned *)context += record.epoch == 0 && record.type == LINNET_HANDSHAKE && record.fragment.data[0] == 11;
    return 1;
}

/* RFC 5077: without certificates and signatures, behind a cookie as ever; the client has the last word then. */
static void a_session_is_resumed_without_certificates(void **state)
{
    pair *self = open_pair(&x509.of_server, &x509.of_client);
    unsigned certificates = 0;
    (void)state;
    self->fate = count_certificates;
    self->fate_context = &certificates;
    pair_connect(self, "server.example");
    pair_run(self, 44);
    assert_int_equal(certificates, 2);
    for (int i = 0; i < 3; i++) {
        certificates = 0;
        reconnect(self, count_certificates, &certificates);
        assert_int_equal(certificates, 0);
        expect_talk(self);
        linnet_identity who = linnet_dtls_identity(self->ends[PAIR_TO_SERVER], self->server_path.peer.session);
        assert_int_equal(who.security, LINNET_SECURED_CERTIFICATE);
        assert_true(linnet_bytes_equal(who.name, linnet_text("CN=client.example")));
    }
    close_pair(self);
}

static void a_session_is_resumed_through_loss_of_each_datagram(void **state)
{
    (void)state;
    for (int to = 0; to < 2; to++) {
        bool happened = true;
        for (size_t number = 1; happened; number++) {
            pair *self = open_pair(&x509.of_server, &x509.of_client);
            nth which = {.to = to, .number = number, .copies = 0};
            pair_connect(self, "server.example");
            pair_run(self, 44);
            reconnect(self, treat_nth, &which);
            happened = self->sent[to] >= number;
            expect_talk(self);
            assert_int_equal(linnet_dtls_handshakes(self->ends[PAIR_TO_SERVER]), 0);
            close_pair(self);
        }
    }
}

/* The server is another one, with the memory of the first; the client notices nothing. */
static void restart(pair *self, const linnet_credentials *server)
{
    size_t size;
    uint8_t *saved = linnet_dtls_save(self->ends[PAIR_TO_SERVER], &size);
    assert_non_null(saved);
    assert_int_equal(linnet_dtls_sessions(self->ends[PAIR_TO_SERVER]), 0);
    pair_open_server(self, server);
    assert_int_equal(linnet_dtls_restore(self->ends[PAIR_TO_SERVER], self->now, linnet_view(saved, size)), 0);
    free(saved);
}

static void sessions_go_on_after_a_restart_and_count_on(void **state)
{
    static const uint16_t suites[] = {LINNET_PSK_AES_128_CCM_8, LINNET_ECDHE_PSK_CHACHA20_POLY1305};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        linnet_credentials client = psk;
        pair_datagram copy;
        client.suites = &suites[i];
        client.suite_count = 1;
        pair *self = open_pair(&psk, &client);
        pair_connect(self, NULL);
        pair_run(self, 40);
        for (int n = 0; n < 5; n++) { /* the wire watches that no number comes twice */
            expect_talk(self);
            self->fate = keep_copy;
            self->fate_context = &copy;
            assert_true(pair_say(self, PAIR_TO_SERVER, "before"));
            self->fate = NULL;
            pair_run(self, 1);
            restart(self, &psk);
            size_t heard = self->delivered[PAIR_TO_SERVER];
            pair_inject(self, PAIR_TO_SERVER, &self->client_way, pair_octets(&copy));
            pair_run(self, 1);
            assert_int_equal(self->delivered[PAIR_TO_SERVER], heard); /* nor is an old record heard again */
        }
        expect_talk(self);
        linnet_identity who = linnet_dtls_identity(self->ends[PAIR_TO_SERVER], self->server_path.peer.session);
        assert_true(linnet_bytes_equal(who.name, linnet_text("password")));
        close_pair(self);
    }
}

static void what_was_not_saved_is_not_restored(void **state)
{
    pair *self = open_connected();
    size_t size;
    (void)state;
    uint8_t *saved = linnet_dtls_save(self->ends[PAIR_TO_SERVER], &size);
    for (size_t length = 0; length < size; length++) {
        int error = linnet_dtls_restore(self->ends[PAIR_TO_SERVER], self->now, linnet_view(saved, length));
        assert_int_equal(error, length == 8 ? 0 : LINNET_EFORMAT); /* 8 octets are none at all, saved */
    }
    assert_int_equal(linnet_dtls_sessions(self->ends[PAIR_TO_SERVER]), 0);
    saved[0] ^= 1;
    assert_int_equal(linnet_dtls_restore(self->ends[PAIR_TO_SERVER], self->now, linnet_view(saved, size)),
                     LINNET_EFORMAT);
    free(saved);
    close_pair(self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_datagram_of_the_handshake_may_be_lost_once),
        cmocka_unit_test(each_datagram_of_the_handshake_may_come_twice),
        cmocka_unit_test(each_datagram_of_the_handshake_may_be_late),
        cmocka_unit_test(handshakes_get_through_a_bad_network),
        cmocka_unit_test(a_replayed_record_is_heard_once),
        cmocka_unit_test(records_within_the_window_may_come_in_any_order),
        cmocka_unit_test(a_forged_or_truncated_record_is_nothing),
        cmocka_unit_test(an_alert_in_the_clear_does_not_end_a_session),
        cmocka_unit_test(a_last_flight_that_is_lost_is_sent_again),
        cmocka_unit_test(a_last_flight_cannot_be_drawn_out),
        cmocka_unit_test(an_old_session_stays_until_the_new_handshake_is_done),
        cmocka_unit_test(a_new_handshake_takes_the_place_of_the_old_session),
        cmocka_unit_test(a_farewell_ends_the_session_on_both_sides),
        cmocka_unit_test(a_flood_of_hellos_costs_no_memory),
        cmocka_unit_test(a_cookie_is_no_good_from_elsewhere),
        cmocka_unit_test(half_open_handshakes_have_a_bound),
        cmocka_unit_test(sessions_have_a_bound),
        cmocka_unit_test(renegotiation_is_refused_and_the_session_goes_on),
        cmocka_unit_test(sequence_numbers_do_not_wrap),
        cmocka_unit_test(a_session_is_resumed_without_certificates),
        cmocka_unit_test(a_session_is_resumed_through_loss_of_each_datagram),
        cmocka_unit_test(sessions_go_on_after_a_restart_and_count_on),
        cmocka_unit_test(what_was_not_saved_is_not_restored),
    };
    return cmocka_run_group_tests(tests, make_all, free_all);
}
