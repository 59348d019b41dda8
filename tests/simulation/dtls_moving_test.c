/* Peers whose address changes in mid-session (RFC 9146 6), and those who only say so. Nonces are watched as in
 * dtls_loss_test.c, over all ports of a session. */
#include "moving_scene.h"
#include "security/sessions.h"

#include <linnet/error.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void a_client_that_moves_keeps_its_session(void **state)
{
    pair *self = moving_connected(0, 0);
    uint32_t session = self->server_path.peer.session;
    linnet_path path = self->server_path;
    (void)state;
    for (uint16_t port = MOVING_ELSEWHERE; port < MOVING_ELSEWHERE + 10; port++) {
        pair_move(self, port);
        scene_expect_talk(self);
        assert_int_equal(self->server_path.peer.session, session);
        assert_memory_equal(&self->server_path, &path, sizeof path); /* to the engine nothing has changed */
    }
    pair_move(self, 40000); /* and back */
    scene_expect_talk(self);
    assert_int_equal(linnet_dtls_sessions(self->ends[PAIR_TO_SERVER]), 1);
    assert_int_equal(linnet_dtls_handshakes(self->ends[PAIR_TO_SERVER]), 0);
    scene_close(self);
}

static void a_replay_from_elsewhere_moves_nobody(void **state)
{
    pair *self = moving_connected(0, 0);
    linnet_path way = moving_elsewhere(self);
    pair_datagram copy;
    (void)state;
    self->fate = scene_keep_copy;
    self->fate_context = &copy;
    assert_true(pair_say(self, PAIR_TO_SERVER, "once"));
    pair_run(self, 1);
    self->fate = NULL;
    size_t heard = self->delivered[PAIR_TO_SERVER];
    pair_inject(self, PAIR_TO_SERVER, &way, pair_octets(&copy));
    pair_run(self, 1);
    assert_int_equal(self->delivered[PAIR_TO_SERVER], heard);
    moving_expect_unmoved(self);
    scene_close(self);
}

/* "Reordered datagrams that are sent prior to a change in a peer address might otherwise cause a valid address change
 * to be reverted"; what is in them is heard. */
static void a_late_record_moves_nobody_back(void **state)
{
    pair *self = moving_connected(0, 0);
    linnet_path before = self->client_way, way;
    uint8_t late[64];
    (void)state;
    size_t size =
        linnet_dtls_seal(self->ends[PAIR_TO_CLIENT], self->client_path.peer.session, linnet_text("late"), late, &way);
    pair_move(self, MOVING_ELSEWHERE);
    scene_expect_talk(self);
    size_t heard = self->delivered[PAIR_TO_SERVER];
    pair_inject(self, PAIR_TO_SERVER, &before, linnet_view(late, size));
    pair_run(self, 1);
    assert_int_equal(self->delivered[PAIR_TO_SERVER], heard + 1);
    moving_expect_unmoved(self);
    scene_close(self);
}

static void a_changed_or_cut_record_from_elsewhere_moves_nobody(void **state)
{
    pair *self = moving_connected(0, 0);
    linnet_path strange = moving_elsewhere(self), way;
    uint8_t good[64], bad[64];
    (void)state;
    size_t heard = self->delivered[PAIR_TO_SERVER];
    size_t size =
        linnet_dtls_seal(self->ends[PAIR_TO_CLIENT], self->client_path.peer.session, linnet_text("true"), good, &way);
    for (size_t bit = 0; bit < size * 8; bit++) {
        memcpy(bad, good, size);
        bad[bit / 8] ^= (uint8_t)(1u << bit % 8);
        linnet_dtls_receive(self->ends[PAIR_TO_SERVER], self->now, &strange, linnet_view(bad, size));
    }
    for (size_t length = 0; length < size; length++)
        linnet_dtls_receive(self->ends[PAIR_TO_SERVER], self->now, &strange, linnet_view(good, length));
    assert_int_equal(self->delivered[PAIR_TO_SERVER], heard);
    moving_expect_unmoved(self);
    linnet_dtls_receive(self->ends[PAIR_TO_SERVER], self->now, &self->client_way, linnet_view(good, size));
    assert_int_equal(self->delivered[PAIR_TO_SERVER], heard + 1);
    scene_close(self);
}

/* The client goes elsewhere when its n-th datagram leaves. */
typedef struct leaver {
    size_t number;
    bool gone;
} leaver;

static unsigned leave(pair *self, pair_datagram *datagram, void *context)
{
    leaver *who = context;
    if (datagram->to == PAIR_TO_SERVER && self->sent[PAIR_TO_SERVER] == who->number && !who->gone) {
        who->gone = true;
        pair_move(self, MOVING_ELSEWHERE);
        datagram->way = self->client_way;
    }
    return 1;
}

/* Either it goes through, or the client is told in time, and the server has forgotten it. */
static void a_client_that_moves_in_a_handshake_fails_cleanly_or_not_at_all(void **state)
{
    unsigned through = 0;
    (void)state;
    for (size_t number = 1; number <= 6; number++) {
        leaver who = {.number = number};
        pair *self = moving_pair(0, 0, &scene_x509.of_server, &scene_x509.of_client);
        self->fate = leave;
        self->fate_context = &who;
        pair_connect(self, "server.example");
        pair_run(self, 60);
        self->fate = NULL;
        if (self->connected == 0) {
            scene_expect_talk(self);
            through++;
        } else {
            assert_int_equal(self->connected, LINNET_ETIMEOUT);
        }
        pair_wait(self, 60);
        assert_int_equal(linnet_dtls_handshakes(self->ends[PAIR_TO_SERVER]), 0);
        scene_close(self);
    }
    assert_true(through >= 2); /* before the first word, and behind the last */
}

/* The server's last flight is lost, and the client asks for it from elsewhere. */
static void a_last_flight_goes_to_where_the_client_is(void **state)
{
    nth last = {.to = PAIR_TO_CLIENT, .number = 3, .copies = 0};
    pair *self = moving_pair(0, 0, &scene_psk, &scene_psk);
    (void)state;
    self->fate = scene_treat_nth;
    self->fate_context = &last;
    pair_connect(self, NULL);
    while (linnet_dtls_sessions(self->ends[PAIR_TO_SERVER]) == 0)
        pair_wait(self, 1);
    assert_int_equal(self->connected, 1);
    pair_move(self, MOVING_ELSEWHERE);
    pair_run(self, 40);
    scene_expect_talk(self);
    scene_close(self);
}

/* A second session of the same client end, from another port of its. */
static linnet_path connect_another(pair *self, uint16_t port, bool offers)
{
    linnet_path first = self->client_path;
    self->ends[PAIR_TO_CLIENT]->has_cids = offers;
    self->server_way.socket++;
    self->client_way.peer.port = port;
    pair_connect(self, NULL);
    pair_run(self, 40);
    scene_expect_talk(self);
    return first;
}

/* Its address was given to another peer, without ID, and now is the first one's. */
static void two_peers_at_one_address_are_told_apart(void **state)
{
    pair *self = moving_connected(0, 8);
    linnet_path server_first = self->server_path;
    (void)state;
    linnet_path client_first = connect_another(self, MOVING_ELSEWHERE, false);
    linnet_path server_second = self->server_path, client_second = self->client_path;
    assert_int_equal(linnet_dtls_sessions(self->ends[PAIR_TO_SERVER]), 2);
    for (unsigned i = 0; i < 3; i++) {
        self->client_path = client_first;
        self->server_way.socket = 0;
        scene_expect_talk(self); /* from MOVING_ELSEWHERE, by its ID */
        assert_int_equal(self->server_path.peer.session, server_first.peer.session);
        moving_prove(self); /* it takes nobody's place */
        self->client_path = client_second;
        self->server_way.socket = 1;
        scene_expect_talk(self);
        assert_int_equal(self->server_path.peer.session, server_second.peer.session);
    }
    assert_int_equal(self->ended[PAIR_TO_SERVER], 0);
    scene_close(self);
}

/* A network gave the port of a sleeping client to another one: the first has an ID, and is somewhere else when it
 * wakes. Where it is the same one that begins anew, the old session is at its end. */
static void a_handshake_from_an_old_address_ends_only_sessions_of_its_own(void **state)
{
    linnet_credentials any = {.psk = linnet_text("sesame")}, names[2];
    linnet_keyring *other;
    (void)state;
    for (int same = 0; same < 2; same++) {
        names[0] = names[1] = (linnet_credentials){.psk = any.psk, .identity = linnet_text("first")};
        if (!same)
            names[1].identity = linnet_text("second");
        pair *self = moving_pair(0, 8, &any, &names[0]);
        pair_connect(self, NULL);
        pair_run(self, 40);
        scene_expect_talk(self);
        linnet_path server_first = self->server_path;
        assert_int_equal(linnet_keyring_open(&other, &names[1], false), 0);
        linnet_keyring *first = self->keyrings[PAIR_TO_CLIENT];
        self->keyrings[PAIR_TO_CLIENT] = other;
        self->client_path = connect_another(self, 40000, true);
        assert_int_equal(self->ended[PAIR_TO_SERVER], same);
        assert_int_equal(linnet_dtls_sessions(self->ends[PAIR_TO_SERVER]), same ? 1 : 2);
        self->server_way.socket = 0;
        if (!same) {
            pair_move(self, MOVING_ELSEWHERE);
            scene_expect_talk(self);
            assert_int_equal(self->server_path.peer.session, server_first.peer.session);
        }
        self->keyrings[PAIR_TO_CLIENT] = first;
        linnet_keyring_release(other);
        scene_close(self);
    }
}

/* A new handshake of the same name ends what is where it comes from, and not what was there. */
static void a_session_is_replaced_where_it_is(void **state)
{
    (void)state;
    for (int moved = 0; moved < 2; moved++) {
        pair *self = moving_connected(0, 8);
        pair_move(self, MOVING_ELSEWHERE);
        scene_expect_talk(self);
        moving_prove(self);
        connect_another(self, moved ? MOVING_ELSEWHERE : 40000, true);
        assert_int_equal(self->ended[PAIR_TO_SERVER], moved);
        assert_int_equal(linnet_dtls_sessions(self->ends[PAIR_TO_SERVER]), moved ? 1 : 2);
        scene_close(self);
    }
}

/* A client that gave an ID hears its server from anywhere, and goes on to send where it was told to. */
static void a_client_does_not_follow_its_server(void **state)
{
    pair *self = moving_connected(0, 8);
    linnet_path strange = self->server_way, way;
    uint8_t datagram[64];
    (void)state;
    size_t heard = self->delivered[PAIR_TO_CLIENT];
    strange.peer.port++;
    size_t size = linnet_dtls_seal(self->ends[PAIR_TO_SERVER], self->server_path.peer.session,
                                   linnet_text("from elsewhere"), datagram, &way);
    pair_inject(self, PAIR_TO_CLIENT, &strange, linnet_view(datagram, size));
    pair_run(self, 1);
    assert_int_equal(self->delivered[PAIR_TO_CLIENT], heard + 1);
    assert_true(linnet_dtls_seal(self->ends[PAIR_TO_CLIENT], self->client_path.peer.session, linnet_text("x"), datagram,
                                 &way) > 0);
    assert_memory_equal(&way.peer, &self->server_way.peer, sizeof way.peer);
    scene_expect_talk(self);
    scene_close(self);
}

/* As many sessions as there may be, all of them away from home; then they make way, and their moves with them. */
static void all_sessions_may_move(void **state)
{
    enum { SESSIONS = 8 };
    pair *self = calloc(1, sizeof *self);
    linnet_path paths[SESSIONS];
    (void)state;
    self->limits.sessions = SESSIONS;
    self->connection_ids[PAIR_TO_CLIENT] = 8;
    pair_open(self, &scene_psk, &scene_psk);
    for (uint16_t i = 0; i < SESSIONS; i++) {
        self->server_way.socket = i;
        self->client_way.peer.port = (uint16_t)(40000 + i);
        pair_connect(self, NULL);
        pair_run(self, 40);
        paths[i] = self->client_path;
    }
    for (unsigned round = 0; round < 3; round++) {
        for (uint16_t i = 0; i < SESSIONS; i++) {
            self->client_path = paths[i];
            self->server_way.socket = i;
            self->client_way.peer.port = (uint16_t)(MOVING_ELSEWHERE + 100 * round + i);
            scene_expect_talk(self);
        }
        assert_int_equal(self->ends[PAIR_TO_SERVER]->moves.in_use, SESSIONS);
    }
    for (uint16_t i = 0; i < SESSIONS; i++)
        linnet_dtls_end(self->ends[PAIR_TO_CLIENT], paths[i].peer.session);
    pair_run(self, 1);
    assert_int_equal(linnet_dtls_sessions(self->ends[PAIR_TO_SERVER]), 0);
    assert_int_equal(self->ends[PAIR_TO_SERVER]->moves.in_use, 0);
    scene_close(self);
}

/* Loss, doubles and delays by dice, while the client moves again and again. */
typedef struct journey {
    uint64_t state;
} journey;

static unsigned throw(journey * self)
{
    self->state = self->state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (unsigned)(self->state >> 33) % 100;
}

static unsigned travel(pair *self, pair_datagram *datagram, void *context)
{
    journey *dice = context;
    (void)self;
    if (throw(dice) < 20)
        return 0;
    if (throw(dice) < 30)
        datagram->due += 1000u * throw(dice);
    return throw(dice) < 20 ? 2 : 1;
}

static void a_session_survives_a_bad_network_and_many_moves(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        journey dice = {seed * 7919};
        pair *self = moving_connected(0, seed % 2 ? 8 : 0);
        self->fate = travel;
        self->fate_context = &dice;
        for (uint16_t i = 0; i < 12; i++) {
            pair_move(self, (uint16_t)(MOVING_ELSEWHERE + i));
            for (unsigned n = 0; n < 3; n++) {
                self->delivered[0] = self->delivered[1] = 0;
                pair_say(self, PAIR_TO_SERVER, "question");
                pair_wait(self, 1);
                pair_say(self, PAIR_TO_CLIENT, "answer");
                pair_wait(self, 1);
            }
        }
        self->fate = NULL;
        pair_run(self, 5);
        scene_expect_talk(self);
        assert_int_equal(linnet_dtls_sessions(self->ends[PAIR_TO_SERVER]), 1);
        assert_int_equal(self->ended[PAIR_TO_SERVER] + self->ended[PAIR_TO_CLIENT], 0);
        scene_close(self);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_that_moves_keeps_its_session),
        cmocka_unit_test(a_replay_from_elsewhere_moves_nobody),
        cmocka_unit_test(a_late_record_moves_nobody_back),
        cmocka_unit_test(a_changed_or_cut_record_from_elsewhere_moves_nobody),
        cmocka_unit_test(a_client_that_moves_in_a_handshake_fails_cleanly_or_not_at_all),
        cmocka_unit_test(a_last_flight_goes_to_where_the_client_is),
        cmocka_unit_test(two_peers_at_one_address_are_told_apart),
        cmocka_unit_test(a_handshake_from_an_old_address_ends_only_sessions_of_its_own),
        cmocka_unit_test(a_session_is_replaced_where_it_is),
        cmocka_unit_test(a_client_does_not_follow_its_server),
        cmocka_unit_test(all_sessions_may_move),
        cmocka_unit_test(a_session_survives_a_bad_network_and_many_moves),
    };
    return cmocka_run_group_tests(tests, scene_make_keys, scene_free_keys);
}
