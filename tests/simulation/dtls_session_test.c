/* What becomes of a secured session: replays, forgeries, lost last flights, others at the same address.
 * Nonces are watched as in dtls_loss_test.c. */
#include "dtls_scene.h"
#include "security/sessions.h"

#include <linnet/error.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void a_replayed_record_is_heard_once(void **state)
{
    pair_datagram copy;
    pair *self = scene_open_connected();
    (void)state;
    self->fate = scene_keep_copy;
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
    scene_close(self);
}

static void records_within_the_window_may_come_in_any_order(void **state)
{
    pair *self = scene_open_connected();
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
    scene_close(self);
}

static void a_forged_or_truncated_record_is_nothing(void **state)
{
    pair *self = scene_open_connected();
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
    scene_close(self);
}

/* In the clear anybody could have said that. */
static void an_alert_in_the_clear_does_not_end_a_session(void **state)
{
    static const uint8_t fatal[] = {21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40};
    pair *self = scene_open_connected();
    (void)state;
    pair_inject(self, PAIR_TO_SERVER, &self->client_way, linnet_view(fatal, sizeof fatal));
    pair_inject(self, PAIR_TO_CLIENT, &self->server_way, linnet_view(fatal, sizeof fatal));
    pair_run(self, 1);
    scene_expect_talk(self);
    scene_close(self);
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
    pair *self = scene_open(&scene_psk, &scene_psk);
    (void)state;
    self->fate = lose_to_client;
    self->fate_context = &first_lost;
    pair_connect(self, NULL);
    pair_run(self, 16);
    assert_int_equal(self->connected, 1);
    assert_int_equal(linnet_dtls_sessions(self->ends[PAIR_TO_SERVER]), 1);
    self->fate = NULL;
    pair_run(self, 20);
    scene_expect_talk(self);
    assert_int_equal(linnet_dtls_sessions(self->ends[PAIR_TO_SERVER]), 1);
    scene_close(self);
}

/* A captured Finished asks for the last flight: no more than eight times, and not once the client has been heard. */
static void a_last_flight_cannot_be_drawn_out(void **state)
{
    pair_datagram finished;
    pair *self = scene_open(&scene_psk, &scene_psk);
    (void)state;
    self->fate = scene_keep_copy;
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
    scene_expect_talk(self);
    before = self->sent[PAIR_TO_CLIENT];
    pair_inject(self, PAIR_TO_SERVER, &self->client_way, pair_octets(&finished));
    pair_run(self, 1);
    assert_int_equal(self->sent[PAIR_TO_CLIENT], before);
    scene_close(self);
}

/* RFC 6347 4.2.8: somebody at the same address begins a handshake and cannot end it. */
static void an_old_session_stays_until_the_new_handshake_is_done(void **state)
{
    linnet_credentials wrong = {.identity = linnet_text("password"), .psk = linnet_text("wrong")};
    pair *self = scene_open_connected(), *stranger = scene_open(&scene_psk, &wrong);
    (void)state;
    uint32_t session = self->client_path.peer.session;
    scene_expect_talk(self);
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
    scene_expect_talk(self);
    assert_int_equal(self->server_path.peer.session, at_server);
    scene_close(self);
    scene_close(stranger);
}

/* The client has forgotten all and begins anew from the same port: another session, with another number. */
static void a_new_handshake_takes_the_place_of_the_old_session(void **state)
{
    pair *self = scene_open_connected();
    (void)state;
    scene_expect_talk(self);
    uint32_t before = self->server_path.peer.session;
    linnet_dtls_end(self->ends[PAIR_TO_CLIENT], self->client_path.peer.session);
    self->on_wire = 0; /* nor does its farewell arrive */
    pair_connect(self, NULL);
    pair_run(self, 40);
    scene_expect_talk(self);
    assert_int_not_equal(self->server_path.peer.session, before);
    assert_int_equal(self->ended[PAIR_TO_SERVER], 1);
    assert_int_equal(linnet_dtls_sessions(self->ends[PAIR_TO_SERVER]), 1);
    scene_close(self);
}

static void a_farewell_ends_the_session_on_both_sides(void **state)
{
    pair *self = scene_open_connected();
    (void)state;
    linnet_dtls_end(self->ends[PAIR_TO_CLIENT], self->client_path.peer.session);
    pair_run(self, 1);
    assert_int_equal(self->ended[PAIR_TO_SERVER], 1);
    assert_int_equal(linnet_dtls_sessions(self->ends[PAIR_TO_SERVER]), 0);
    assert_false(pair_say(self, PAIR_TO_SERVER, "too late"));
    scene_close(self);
}

/* With as many sessions as there may be, one that was silent makes way for the next. */
static void sessions_have_a_bound(void **state)
{
    pair *self = calloc(1, sizeof *self);
    (void)state;
    self->limits.sessions = 4;
    pair_open(self, &scene_psk, &scene_psk);
    for (unsigned i = 0; i < 10; i++) {
        self->client_way.peer.port++;
        pair_connect(self, NULL);
        pair_run(self, 40);
        scene_expect_talk(self);
        assert_int_equal(linnet_dtls_sessions(self->ends[PAIR_TO_SERVER]), i < 4 ? i + 1 : 4);
        uint32_t session = self->client_path.peer.session;
        pair_fate *fate = self->fate;
        (void)fate;
        linnet_dtls_end(self->ends[PAIR_TO_CLIENT], session);
        self->on_wire = 0; /* the server does not hear of it */
    }
    scene_close(self);
}

/* Says something of the handshake within a session. */
static void say_in_handshake(pair *self, int to, const uint8_t *message, size_t size)
{
    linnet_session *session = linnet_session_find(
        self->ends[!to], to == PAIR_TO_SERVER ? self->client_path.peer.session : self->server_path.peer.session);
    uint8_t datagram[128];
    assert_non_null(session);
    size = linnet_record_seal(&session->record, linnet_session_cid(session), LINNET_HANDSHAKE,
                              linnet_view(message, size), datagram);
    pair_inject(self, to, to == PAIR_TO_SERVER ? &self->client_way : &self->server_way, linnet_view(datagram, size));
}

/* RFC 5246 7.2.2: "no_renegotiation [...] This message is always a warning." */
static void renegotiation_is_refused_and_the_session_goes_on(void **state)
{
    static const uint8_t client_hello[32] = {1, 0, 0, 20}, hello_request[12] = {0};
    pair *self = scene_open_connected();
    (void)state;
    scene_expect_talk(self);
    size_t to_client = self->sent[PAIR_TO_CLIENT], to_server = self->sent[PAIR_TO_SERVER];
    say_in_handshake(self, PAIR_TO_SERVER, client_hello, sizeof client_hello);
    say_in_handshake(self, PAIR_TO_CLIENT, hello_request, sizeof hello_request);
    pair_run(self, 1);
    assert_int_equal(self->sent[PAIR_TO_CLIENT], to_client + 1);
    assert_int_equal(self->sent[PAIR_TO_SERVER], to_server + 1);
    assert_int_equal(linnet_dtls_handshakes(self->ends[PAIR_TO_SERVER]), 0);
    assert_int_equal(self->ended[PAIR_TO_SERVER] + self->ended[PAIR_TO_CLIENT], 0);
    scene_expect_talk(self);
    scene_close(self);
}

/* "The record sequence number [...] MUST NOT be allowed to wrap": at the last one the session is silent. */
static void sequence_numbers_do_not_wrap(void **state)
{
    pair *self = scene_open_connected();
    (void)state;
    linnet_session *session = linnet_session_find(self->ends[PAIR_TO_CLIENT], self->client_path.peer.session);
    session->record.write_sequence = LINNET_RECORD_SEQUENCES - 1;
    assert_true(pair_say(self, PAIR_TO_SERVER, "the last"));
    assert_false(pair_say(self, PAIR_TO_SERVER, "one too many"));
    pair_run(self, 1);
    assert_int_equal(self->delivered[PAIR_TO_SERVER], 1);
    scene_close(self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_replayed_record_is_heard_once),
        cmocka_unit_test(records_within_the_window_may_come_in_any_order),
        cmocka_unit_test(a_forged_or_truncated_record_is_nothing),
        cmocka_unit_test(an_alert_in_the_clear_does_not_end_a_session),
        cmocka_unit_test(a_last_flight_that_is_lost_is_sent_again),
        cmocka_unit_test(a_last_flight_cannot_be_drawn_out),
        cmocka_unit_test(an_old_session_stays_until_the_new_handshake_is_done),
        cmocka_unit_test(a_new_handshake_takes_the_place_of_the_old_session),
        cmocka_unit_test(a_farewell_ends_the_session_on_both_sides),
        cmocka_unit_test(sessions_have_a_bound),
        cmocka_unit_test(renegotiation_is_refused_and_the_session_goes_on),
        cmocka_unit_test(sequence_numbers_do_not_wrap),
    };
    return cmocka_run_group_tests(tests, scene_make_keys, scene_free_keys);
}
