/* Handshakes over a wire that loses, doubles and delays, and from strangers. After each step support/secured_pair.c
 * checks that no sequence number of one key was used for two different records. */
#include "dtls_scene.h"
#include "security/record.h"

#include <linnet/error.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Each datagram of the handshake in turn; returns how many there were. */
static size_t treat_each(const linnet_credentials *server, const linnet_credentials *client, nth which)
{
    size_t tried = 0;
    for (which.to = 0; which.to < 2; which.to++) {
        for (which.number = 1;; which.number++, tried++) {
            pair *self = scene_open(server, client);
            self->fate = scene_treat_nth;
            self->fate_context = &which;
            pair_connect(self, client == &scene_psk ? NULL : "server.example");
            pair_run(self, 44);
            bool happened = self->sent[which.to] >= which.number;
            scene_expect_talk(self);
            assert_int_equal(linnet_dtls_sessions(self->ends[PAIR_TO_SERVER]), 1);
            scene_close(self);
            if (!happened)
                break;
        }
    }
    return tried;
}

static void each_datagram_of_the_handshake_may_be_lost_once(void **state)
{
    (void)state;
    assert_int_equal(treat_each(&scene_psk, &scene_psk, (nth){.copies = 0}), 6);
    assert_true(treat_each(&scene_x509.of_server, &scene_x509.of_client, (nth){.copies = 0}) >= 6);
}

static void each_datagram_of_the_handshake_may_come_twice(void **state)
{
    (void)state;
    assert_int_equal(treat_each(&scene_psk, &scene_psk, (nth){.copies = 2}), 6);
    assert_true(treat_each(&scene_x509.of_server, &scene_x509.of_client, (nth){.copies = 2}) >= 6);
}

static void each_datagram_of_the_handshake_may_be_late(void **state)
{
    (void)state;
    assert_true(treat_each(&scene_psk, &scene_psk, (nth){.copies = 1, .delay = 1500000}) >= 6);
    assert_true(treat_each(&scene_x509.of_server, &scene_x509.of_client, (nth){.copies = 1, .delay = 1500000}) >= 6);
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
        pair *self = certificates ? scene_open(&scene_x509.of_server, &scene_x509.of_client)
                                  : scene_open(&scene_psk, &scene_psk);
        self->fate = treat_by_dice;
        self->fate_context = &luck;
        pair_connect(self, certificates ? "server.example" : NULL);
        pair_run(self, 50);
        if (self->connected == 0) {
            self->on_wire = 0;
            scene_expect_talk(self);
            good++;
        } else if (self->connected != LINNET_ETIMEOUT) {
            print_error("seed %u: error %d: %s\n", (unsigned)seed, self->connected, self->failure_text[1]);
            fail();
        }
        scene_close(self);
    }
    assert_true(good >= 140);
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
    pair *self = scene_open(&scene_psk, &scene_psk);
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
    scene_close(self);
}

/* A cookie is for the address that it was sent to. */
static void a_cookie_is_no_good_from_elsewhere(void **state)
{
    pair_datagram second = {0};
    pair *self = scene_open(&scene_psk, &scene_psk);
    (void)state;
    self->fate = scene_keep_copy;
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
    scene_close(self);
}

/* Peers that prove their address and then fall silent: the oldest of them make way. */
static void half_open_handshakes_have_a_bound(void **state)
{
    pair *self = calloc(1, sizeof *self);
    (void)state;
    self->limits.handshakes = 4;
    pair_open(self, &scene_psk, &scene_psk);
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
    scene_close(self);
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
    while (linnet_record_next(&rest, 6, &record))
        *(unsigned *)context += record.epoch == 0 && record.type == LINNET_HANDSHAKE && record.fragment.data[0] == 11;
    return 1;
}

/* RFC 5077: without certificates and signatures, behind a cookie as ever; the client has the last word then. */
static void a_session_is_resumed_without_certificates(void **state)
{
    pair *self = scene_open(&scene_x509.of_server, &scene_x509.of_client);
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
        scene_expect_talk(self);
        linnet_identity who = linnet_dtls_identity(self->ends[PAIR_TO_SERVER], self->server_path.peer.session);
        assert_int_equal(who.security, LINNET_SECURED_CERTIFICATE);
        assert_true(linnet_bytes_equal(who.name, linnet_text("CN=client.example")));
    }
    scene_close(self);
}

static void a_session_is_resumed_through_loss_of_each_datagram(void **state)
{
    (void)state;
    for (int to = 0; to < 2; to++) {
        bool happened = true;
        for (size_t number = 1; happened; number++) {
            pair *self = scene_open(&scene_x509.of_server, &scene_x509.of_client);
            nth which = {.to = to, .number = number, .copies = 0};
            pair_connect(self, "server.example");
            pair_run(self, 44);
            reconnect(self, scene_treat_nth, &which);
            happened = self->sent[to] >= number;
            scene_expect_talk(self);
            assert_int_equal(linnet_dtls_handshakes(self->ends[PAIR_TO_SERVER]), 0);
            scene_close(self);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_datagram_of_the_handshake_may_be_lost_once),
        cmocka_unit_test(each_datagram_of_the_handshake_may_come_twice),
        cmocka_unit_test(each_datagram_of_the_handshake_may_be_late),
        cmocka_unit_test(handshakes_get_through_a_bad_network),
        cmocka_unit_test(a_flood_of_hellos_costs_no_memory),
        cmocka_unit_test(a_cookie_is_no_good_from_elsewhere),
        cmocka_unit_test(half_open_handshakes_have_a_bound),
        cmocka_unit_test(a_session_is_resumed_without_certificates),
        cmocka_unit_test(a_session_is_resumed_through_loss_of_each_datagram),
    };
    return cmocka_run_group_tests(tests, scene_make_keys, scene_free_keys);
}
