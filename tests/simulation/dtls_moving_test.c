/* Connection IDs (RFC 9146): what is agreed on, peers whose address changes, and those who only say that theirs has.
 * Nonces are watched as in dtls_loss_test.c, over all ports of a session. */
#include "dtls_scene.h"
#include "security/sessions.h"

#include <linnet/error.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ELSEWHERE = 41000 };

static pair *open_pair(uint32_t server, uint32_t client, const linnet_credentials *of_server,
                       const linnet_credentials *of_client)
{
    pair *self = calloc(1, sizeof *self);
    assert_non_null(self);
    self->connection_ids[PAIR_TO_SERVER] = server;
    self->connection_ids[PAIR_TO_CLIENT] = client;
    self->answers_pings = true;
    pair_open(self, of_server, of_client);
    return self;
}

static pair *open_connected(uint32_t server, uint32_t client)
{
    pair *self = open_pair(server, client, &scene_psk, &scene_psk);
    pair_connect(self, NULL);
    pair_run(self, 40);
    scene_expect_talk(self);
    return self;
}

/* What is on the wire in epoch 1. */
typedef struct formats {
    unsigned plain[2], with_cid[2];
} formats;

static unsigned count_formats(pair *self, pair_datagram *datagram, void *context)
{
    formats *seen = context;
    linnet_bytes rest = pair_octets(datagram);
    linnet_record record;
    while (linnet_record_next(&rest, self->cid_sizes[datagram->to], &record)) {
        if (record.epoch == 0) {
            assert_int_not_equal(record.type, LINNET_TLS12_CID);
            continue;
        }
        seen->with_cid[datagram->to] += record.type == LINNET_TLS12_CID;
        seen->plain[datagram->to] += record.type != LINNET_TLS12_CID;
    }
    assert_int_equal(rest.size, 0);
    return 1;
}

/* RFC 9146 3: by each direction for itself, from the Finished on; the other form is not there any more. */
static void records_have_the_form_that_was_agreed_on(void **state)
{
    static const uint32_t off = LINNET_NO_CONNECTION_ID;
    static const struct {
        uint32_t server, client;
        bool to_server, to_client;
    } rows[] = {{0, 0, true, false},  {off, 0, false, false}, {0, off, false, false}, {off, off, false, false},
                {4, 0, true, false},  {8, 0, true, false},    {0, 4, true, true},     {5, 8, true, true},
                {100, 1, true, true}, {off, 6, false, false}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        formats seen = {{0}, {0}};
        bool expected[2] = {[PAIR_TO_SERVER] = rows[i].to_server, [PAIR_TO_CLIENT] = rows[i].to_client};
        pair *self = open_pair(rows[i].server, rows[i].client, &scene_psk, &scene_psk);
        self->fate = count_formats;
        self->fate_context = &seen;
        pair_connect(self, NULL);
        pair_run(self, 40);
        assert_true(pair_say(self, PAIR_TO_SERVER, "question"));
        pair_run(self, 1);
        assert_true(pair_say(self, PAIR_TO_CLIENT, "answer"));
        pair_run(self, 1);
        scene_expect_talk(self);
        linnet_dtls_end(self->ends[PAIR_TO_CLIENT], self->client_path.peer.session);
        for (int to = 0; to < 2; to++) {
            unsigned all = to == PAIR_TO_SERVER ? 3 : 2; /* Finished, text, and a farewell */
            assert_int_equal(seen.with_cid[to], expected[to] ? all : 0);
            assert_int_equal(seen.plain[to], expected[to] ? 0 : all);
        }
        scene_close(self);
    }
}

/* Says in a hello that an empty ID has so many octets. */
static unsigned lengthen_id(pair *self, pair_datagram *datagram, void *context)
{
    static const uint8_t empty[] = {0, 54, 0, 1, 0};
    (void)self;
    for (size_t i = 0; i + sizeof empty <= datagram->size; i++)
        if (datagram->to == PAIR_TO_SERVER && memcmp(datagram->octets + i, empty, sizeof empty) == 0)
            datagram->octets[i + 4] = *(uint8_t *)context;
    return 1;
}

static void a_malformed_extension_ends_the_handshake(void **state)
{
    static const uint8_t lengths[] = {1, 6, 255};
    (void)state;
    for (size_t i = 0; i < sizeof lengths; i++) {
        pair *self = open_pair(0, 0, &scene_psk, &scene_psk);
        self->fate = lengthen_id;
        self->fate_context = (void *)(uintptr_t)&lengths[i];
        pair_connect(self, NULL);
        pair_run(self, 60);
        assert_int_equal(self->connected, LINNET_EHANDSHAKE);
        assert_int_equal(self->failures[PAIR_TO_SERVER], 1);
        assert_int_equal(linnet_dtls_handshakes(self->ends[PAIR_TO_SERVER]), 0);
        assert_int_equal(linnet_dtls_sessions(self->ends[PAIR_TO_SERVER]), 0);
        scene_close(self);
    }
}

static void every_suite_has_them(void **state)
{
    static const uint16_t suites[] = {LINNET_PSK_AES_128_CCM_8, LINNET_PSK_AES_128_CCM, LINNET_PSK_AES_128_GCM,
                                      LINNET_PSK_CHACHA20_POLY1305, LINNET_ECDHE_PSK_CHACHA20_POLY1305};
    (void)state;
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++) {
        linnet_credentials client = scene_psk;
        client.suites = &suites[i];
        client.suite_count = 1;
        pair *self = open_pair(0, 8, &scene_psk, &client);
        pair_connect(self, NULL);
        pair_run(self, 40);
        scene_expect_talk(self);
        pair_move(self, ELSEWHERE);
        scene_expect_talk(self);
        scene_close(self);
    }
}

/* Each datagram of a handshake once lost, doubled, or late, with IDs in both directions; also where a session is
 * resumed, and the client has the last word. */
static void treat_each(nth which, bool resumed)
{
    for (which.to = 0; which.to < 2; which.to++) {
        bool happened = true;
        for (which.number = 1; happened; which.number++) {
            pair *self = open_pair(0, 7, &scene_x509.of_server, &scene_x509.of_client);
            self->fate = resumed ? NULL : scene_treat_nth;
            self->fate_context = &which;
            pair_connect(self, "server.example");
            if (resumed) {
                pair_run(self, 44);
                linnet_dtls_end(self->ends[PAIR_TO_CLIENT], self->client_path.peer.session);
                pair_run(self, 1);
                self->client_way.peer.port++;
                self->sent[0] = self->sent[1] = 0;
                self->fate = scene_treat_nth;
                pair_connect(self, "server.example");
            }
            pair_run(self, 44);
            pair_wait(self, 3);
            happened = self->sent[which.to] >= which.number;
            scene_expect_talk(self);
            assert_int_equal(linnet_dtls_sessions(self->ends[PAIR_TO_SERVER]), 1);
            pair_move(self, ELSEWHERE);
            scene_expect_talk(self);
            scene_close(self);
        }
    }
}

static void each_datagram_of_a_handshake_with_ids_may_be_lost_doubled_or_late(void **state)
{
    (void)state;
    for (int resumed = 0; resumed < 2; resumed++) {
        treat_each((nth){.copies = 0}, resumed);
        treat_each((nth){.copies = 2}, resumed);
        /* A hello that comes when its handshake is done begins another one, which nobody goes on with, under keys of
         * its own: those that watch nonces would take them for the same. */
        treat_each((nth){.copies = 1, .delay = resumed ? 600000 : 1500000}, resumed);
    }
}

static void a_client_that_moves_keeps_its_session(void **state)
{
    pair *self = open_connected(0, 0);
    uint32_t session = self->server_path.peer.session;
    linnet_path path = self->server_path;
    (void)state;
    for (uint16_t port = ELSEWHERE; port < ELSEWHERE + 10; port++) {
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

static void without_an_id_a_session_stays_where_it_is(void **state)
{
    pair *self = open_connected(LINNET_NO_CONNECTION_ID, 0);
    size_t heard = self->delivered[PAIR_TO_SERVER];
    (void)state;
    pair_move(self, ELSEWHERE);
    assert_true(pair_say(self, PAIR_TO_SERVER, "from elsewhere"));
    pair_run(self, 1);
    assert_int_equal(self->delivered[PAIR_TO_SERVER], heard);
    pair_move(self, 40000);
    scene_expect_talk(self);
    scene_close(self);
}

static linnet_path elsewhere(const pair *self)
{
    linnet_path way = self->client_way;
    way.peer.port = ELSEWHERE;
    way.peer.ip[12] = 198;
    return way;
}

/* The server speaks to the client where it is. */
static void expect_unmoved(pair *self)
{
    size_t heard = self->delivered[PAIR_TO_CLIENT];
    assert_true(pair_say(self, PAIR_TO_CLIENT, "still there?"));
    pair_run(self, 1);
    assert_int_equal(self->delivered[PAIR_TO_CLIENT], heard + 1);
}

static void a_replay_from_elsewhere_moves_nobody(void **state)
{
    pair *self = open_connected(0, 0);
    linnet_path way = elsewhere(self);
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
    expect_unmoved(self);
    scene_close(self);
}

/* "Reordered datagrams that are sent prior to a change in a peer address might otherwise cause a valid address change
 * to be reverted"; what is in them is heard. */
static void a_late_record_moves_nobody_back(void **state)
{
    pair *self = open_connected(0, 0);
    linnet_path before = self->client_way, way;
    uint8_t late[64];
    (void)state;
    size_t size =
        linnet_dtls_seal(self->ends[PAIR_TO_CLIENT], self->client_path.peer.session, linnet_text("late"), late, &way);
    pair_move(self, ELSEWHERE);
    scene_expect_talk(self);
    size_t heard = self->delivered[PAIR_TO_SERVER];
    pair_inject(self, PAIR_TO_SERVER, &before, linnet_view(late, size));
    pair_run(self, 1);
    assert_int_equal(self->delivered[PAIR_TO_SERVER], heard + 1);
    expect_unmoved(self);
    scene_close(self);
}

static void a_changed_or_cut_record_from_elsewhere_moves_nobody(void **state)
{
    pair *self = open_connected(0, 0);
    linnet_path strange = elsewhere(self), way;
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
    expect_unmoved(self);
    linnet_dtls_receive(self->ends[PAIR_TO_SERVER], self->now, &self->client_way, linnet_view(good, size));
    assert_int_equal(self->delivered[PAIR_TO_SERVER], heard + 1);
    scene_close(self);
}

/* RFC 9146 3: where an ID is expected, a record without is none of it; nor is one with an ID that nobody has. */
static void the_other_form_is_dropped(void **state)
{
    pair *self = open_connected(0, 0);
    linnet_session *own = linnet_session_find(self->ends[PAIR_TO_CLIENT], self->client_path.peer.session);
    uint8_t datagram[64], cid[LINNET_CID_STANDARD];
    size_t heard = self->delivered[PAIR_TO_SERVER];
    (void)state;
    assert_non_null(own);
    memcpy(cid, linnet_session_cid(own), sizeof cid);
    own->record.write_cid_size = 0;
    size_t size = linnet_record_seal(&own->record, NULL, LINNET_APPLICATION_DATA, linnet_text("no ID"), datagram);
    pair_inject(self, PAIR_TO_SERVER, &self->client_way, linnet_view(datagram, size));
    own->record.write_cid_size = sizeof cid;
    for (size_t i = 0; i < sizeof cid; i++) { /* of nobody, and with another tail */
        cid[i] ^= 1;
        size = linnet_record_seal(&own->record, cid, LINNET_APPLICATION_DATA, linnet_text("wrong ID"), datagram);
        pair_inject(self, PAIR_TO_SERVER, &self->client_way, linnet_view(datagram, size));
        cid[i] ^= 1;
    }
    size_t sent = self->sent[PAIR_TO_CLIENT];
    pair_run(self, 1);
    assert_int_equal(self->delivered[PAIR_TO_SERVER], heard);
    assert_int_equal(self->sent[PAIR_TO_CLIENT], sent); /* in silence */
    scene_expect_talk(self);
    scene_close(self);
}

/* Somebody on the way, who makes records appear to come from a third address, and counts what goes there. */
typedef struct diverter {
    linnet_path to;
    bool diverts;
    size_t came, went;
} diverter;

static unsigned divert(pair *self, pair_datagram *datagram, void *context)
{
    diverter *who = context;
    (void)self;
    if (datagram->to == PAIR_TO_CLIENT) {
        who->went += linnet_address_equal(&datagram->target.peer, &who->to.peer) ? datagram->size : 0;
    } else if (who->diverts) {
        datagram->way = who->to;
        who->came += datagram->size;
    }
    return 1;
}

static void a_new_address_gets_three_times_what_it_sent_and_the_old_one_the_rest(void **state)
{
    pair *self = open_connected(0, 0);
    diverter thief = {.to = elsewhere(self), .diverts = true};
    uint8_t large[400] = {1};
    (void)state;
    self->fate = divert;
    self->fate_context = &thief;
    for (unsigned round = 0; round < 3; round++) {
        assert_true(pair_say(self, PAIR_TO_SERVER, "a rather long question, that asks for a lot"));
        pair_run(self, 1);
        size_t heard = self->delivered[PAIR_TO_CLIENT];
        for (unsigned i = 0; i < 15; i++) {
            assert_true(pair_say_octets(self, PAIR_TO_CLIENT, linnet_view(large, i % 3 == 0 ? 40 : sizeof large)));
            pair_wait(self, 2);
            assert_true(thief.went <= 3 * thief.came);
        }
        assert_true(thief.went > thief.came); /* the bound was reached */
        assert_true(self->delivered[PAIR_TO_CLIENT] >= heard + 10);
        assert_int_equal(self->pings, 0); /* those went to the other */
    }
    thief.diverts = false;
    scene_expect_talk(self); /* the client is heard, and it is as it was */
    thief.went = 0;
    expect_unmoved(self);
    assert_int_equal(thief.went, 0);
    scene_close(self);
}

/* By a ping, once: then there is no bound any more. */
static void a_new_address_that_answers_is_proved(void **state)
{
    pair *self = open_connected(0, 0);
    uint8_t large[1000] = {1};
    (void)state;
    pair_move(self, ELSEWHERE);
    assert_true(pair_say(self, PAIR_TO_SERVER, "give me much"));
    pair_run(self, 1);
    size_t heard = self->delivered[PAIR_TO_CLIENT], told = self->delivered[PAIR_TO_SERVER];
    assert_true(pair_say_octets(self, PAIR_TO_CLIENT, linnet_view(large, sizeof large)));
    pair_wait(self, 1);
    assert_int_equal(self->delivered[PAIR_TO_CLIENT], heard); /* it went to where nobody is any more */
    assert_int_equal(self->pings, 1);
    assert_int_equal(self->delivered[PAIR_TO_SERVER], told); /* the answer is nothing for those above */
    for (unsigned i = 0; i < 20; i++) {
        assert_true(pair_say_octets(self, PAIR_TO_CLIENT, linnet_view(large, sizeof large)));
        pair_run(self, 1);
    }
    assert_int_equal(self->delivered[PAIR_TO_CLIENT], heard + 20);
    assert_int_equal(self->pings, 1);
    scene_close(self);
}

static unsigned slow_down(pair *self, pair_datagram *datagram, void *context)
{
    (void)self, (void)context;
    datagram->due += 1700000;
    return 1;
}

/* Where an answer takes longer than the time until it is asked again. */
static void a_slow_network_can_be_proved_too(void **state)
{
    pair *self = open_connected(0, 0);
    uint8_t large[400] = {1};
    (void)state;
    self->fate = slow_down;
    pair_move(self, ELSEWHERE);
    assert_true(pair_say(self, PAIR_TO_SERVER,
                         "a question that is long enough for some pings to be paid for by it, even small ones"));
    pair_wait(self, 3);
    for (unsigned i = 0; i < 8; i++) {
        assert_true(pair_say_octets(self, PAIR_TO_CLIENT, linnet_view(large, sizeof large)));
        pair_wait(self, 1);
    }
    assert_true(self->pings >= 2);
    linnet_session *session = linnet_session_find(self->ends[PAIR_TO_SERVER], self->server_path.peer.session);
    assert_true(session->moved && session->more->move->is_proved);
    scene_close(self);
}

/* What is small costs no ping. */
static void a_small_answer_needs_no_proof(void **state)
{
    pair *self = open_connected(0, 0);
    (void)state;
    for (uint16_t port = ELSEWHERE; port < ELSEWHERE + 10; port++) {
        pair_move(self, port);
        scene_expect_talk(self);
    }
    assert_int_equal(self->pings, 0);
    scene_close(self);
}

/* A client that lies about its address does not get around the ping by trying message IDs: one guess each, and a ping a
 * second. */
static void a_ping_cannot_be_answered_by_guessing(void **state)
{
    pair *self = open_connected(0, 0);
    diverter thief = {.to = elsewhere(self), .diverts = true};
    uint8_t large[400] = {1}, guess[4] = {0x70, 0};
    (void)state;
    self->fate = divert;
    self->fate_context = &thief;
    assert_true(pair_say(self, PAIR_TO_SERVER, "question"));
    pair_run(self, 1);
    assert_true(pair_say_octets(self, PAIR_TO_CLIENT, linnet_view(large, sizeof large)));
    pair_wait(self, 1); /* asked */
    linnet_session *session = linnet_session_find(self->ends[PAIR_TO_SERVER], self->server_path.peer.session);
    assert_true(session->moved && session->more->move->has_asked);
    memcpy(guess + 2, session->more->move->question, 2);
    guess[3] ^= 1;
    size_t told = self->delivered[PAIR_TO_SERVER];
    assert_true(pair_say_octets(self, PAIR_TO_SERVER, linnet_view(guess, 4)));
    pair_run(self, 1);
    assert_int_equal(self->delivered[PAIR_TO_SERVER], told + 1); /* a Reset of something else, for those above */
    guess[3] ^= 1;
    assert_true(pair_say_octets(self, PAIR_TO_SERVER, linnet_view(guess, 4)));
    pair_run(self, 1);
    assert_false(session->more->move->is_proved);
    assert_int_equal(self->delivered[PAIR_TO_SERVER], told + 2);
    scene_close(self);
}

/* The client hears a ping that was sent elsewhere only if it is brought to it; the answer counts only from there. */
static void an_answer_from_another_address_proves_nothing(void **state)
{
    pair *self = open_connected(0, 0);
    diverter thief = {.to = elsewhere(self), .diverts = true};
    uint8_t large[400] = {1}, answer[4] = {0x70, 0};
    (void)state;
    self->fate = divert;
    self->fate_context = &thief;
    assert_true(pair_say(self, PAIR_TO_SERVER, "question"));
    pair_run(self, 1);
    assert_true(pair_say_octets(self, PAIR_TO_CLIENT, linnet_view(large, sizeof large)));
    pair_wait(self, 1);
    linnet_session *session = linnet_session_find(self->ends[PAIR_TO_SERVER], self->server_path.peer.session);
    assert_true(session->more->move->has_asked);
    memcpy(answer + 2, session->more->move->question, 2);
    thief.to.peer.port++;
    assert_true(pair_say_octets(self, PAIR_TO_SERVER, linnet_view(answer, 4)));
    pair_run(self, 1);
    assert_true(session->moved && !session->more->move->is_proved); /* it is at a third address now */
    scene_close(self);
}

/* It came late, from where the client was before, so it moves nobody back; nor does it say anything of the new address.
 */
static void a_late_answer_from_the_old_address_proves_nothing(void **state)
{
    pair *self = open_connected(0, 0);
    diverter thief = {.to = elsewhere(self), .diverts = true};
    uint8_t large[400] = {1}, answer[4] = {0x70, 0}, datagram[64];
    linnet_path way;
    (void)state;
    self->fate = divert;
    self->fate_context = &thief;
    assert_true(pair_say(self, PAIR_TO_SERVER, "question"));
    pair_run(self, 1);
    assert_true(pair_say_octets(self, PAIR_TO_CLIENT, linnet_view(large, sizeof large)));
    pair_wait(self, 1);
    linnet_session *session = linnet_session_find(self->ends[PAIR_TO_SERVER], self->server_path.peer.session);
    assert_true(session->more->move->has_asked);
    memcpy(answer + 2, session->more->move->question, 2);
    size_t size = linnet_dtls_seal(self->ends[PAIR_TO_CLIENT], self->client_path.peer.session, linnet_view(answer, 4),
                                   datagram, &way);
    assert_true(pair_say(self, PAIR_TO_SERVER, "newer"));
    pair_run(self, 1);
    pair_inject(self, PAIR_TO_SERVER, &self->client_way, linnet_view(datagram, size));
    pair_run(self, 1);
    assert_false(session->more->move->is_proved);
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
        pair_move(self, ELSEWHERE);
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
        pair *self = open_pair(0, 0, &scene_x509.of_server, &scene_x509.of_client);
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
    pair *self = open_pair(0, 0, &scene_psk, &scene_psk);
    (void)state;
    self->fate = scene_treat_nth;
    self->fate_context = &last;
    pair_connect(self, NULL);
    while (linnet_dtls_sessions(self->ends[PAIR_TO_SERVER]) == 0)
        pair_wait(self, 1);
    assert_int_equal(self->connected, 1);
    pair_move(self, ELSEWHERE);
    pair_run(self, 40);
    scene_expect_talk(self);
    scene_close(self);
}

/* Asks so much of the new address that it has to show that it hears; and it does. */
static void prove(pair *self)
{
    uint8_t large[800] = {1};
    linnet_session *session = linnet_session_find(self->ends[PAIR_TO_SERVER], self->server_path.peer.session);
    assert_true(session && session->moved);
    assert_true(pair_say_octets(self, PAIR_TO_CLIENT, linnet_view(large, sizeof large)));
    pair_wait(self, 1);
    assert_true(session->more->move->is_proved);
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
    pair *self = open_connected(0, 8);
    linnet_path server_first = self->server_path;
    (void)state;
    linnet_path client_first = connect_another(self, ELSEWHERE, false);
    linnet_path server_second = self->server_path, client_second = self->client_path;
    assert_int_equal(linnet_dtls_sessions(self->ends[PAIR_TO_SERVER]), 2);
    for (unsigned i = 0; i < 3; i++) {
        self->client_path = client_first;
        self->server_way.socket = 0;
        scene_expect_talk(self); /* from ELSEWHERE, by its ID */
        assert_int_equal(self->server_path.peer.session, server_first.peer.session);
        prove(self); /* it takes nobody's place */
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
        pair *self = open_pair(0, 8, &any, &names[0]);
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
            pair_move(self, ELSEWHERE);
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
        pair *self = open_connected(0, 8);
        pair_move(self, ELSEWHERE);
        scene_expect_talk(self);
        prove(self);
        connect_another(self, moved ? ELSEWHERE : 40000, true);
        assert_int_equal(self->ended[PAIR_TO_SERVER], moved);
        assert_int_equal(linnet_dtls_sessions(self->ends[PAIR_TO_SERVER]), moved ? 1 : 2);
        scene_close(self);
    }
}

static void restart(pair *self)
{
    size_t size;
    uint8_t *saved = linnet_dtls_save(self->ends[PAIR_TO_SERVER], &size);
    assert_non_null(saved);
    pair_open_server(self, &scene_psk);
    assert_int_equal(linnet_dtls_restore(self->ends[PAIR_TO_SERVER], self->now, linnet_view(saved, size)), 0);
    free(saved);
}

static void ids_and_addresses_outlive_a_restart(void **state)
{
    pair *self = open_connected(0, 8);
    diverter thief = {.to = elsewhere(self), .diverts = true};
    (void)state;
    pair_move(self, ELSEWHERE);
    scene_expect_talk(self);
    restart(self);
    pair_move(self, ELSEWHERE + 1);
    scene_expect_talk(self);
    self->answers_pings = true;
    for (unsigned i = 0; i < 20; i++) /* proved there */
        pair_say(self, PAIR_TO_CLIENT, "a long story that goes on and on and will not end before you are tired of it");
    pair_wait(self, 2);
    restart(self);
    scene_expect_talk(self);
    self->fate = divert;
    self->fate_context = &thief;
    assert_true(pair_say(self, PAIR_TO_SERVER, "a false move"));
    pair_run(self, 1);
    self->fate = NULL;
    restart(self); /* only what was proved is kept */
    expect_unmoved(self);
    scene_expect_talk(self);
    scene_close(self);
}

static void a_server_with_ids_of_another_size_does_not_restore_those(void **state)
{
    pair *self = open_connected(0, 0);
    (void)state;
    self->connection_ids[PAIR_TO_SERVER] = 8;
    restart(self);
    assert_int_equal(linnet_dtls_sessions(self->ends[PAIR_TO_SERVER]), 0);
    scene_close(self);
}

/* A client that gave an ID hears its server from anywhere, and goes on to send where it was told to. */
static void a_client_does_not_follow_its_server(void **state)
{
    pair *self = open_connected(0, 8);
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
            self->client_way.peer.port = (uint16_t)(ELSEWHERE + 100 * round + i);
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
        pair *self = open_connected(0, seed % 2 ? 8 : 0);
        self->fate = travel;
        self->fate_context = &dice;
        for (uint16_t i = 0; i < 12; i++) {
            pair_move(self, (uint16_t)(ELSEWHERE + i));
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
        cmocka_unit_test(records_have_the_form_that_was_agreed_on),
        cmocka_unit_test(every_suite_has_them),
        cmocka_unit_test(each_datagram_of_a_handshake_with_ids_may_be_lost_doubled_or_late),
        cmocka_unit_test(a_client_that_moves_keeps_its_session),
        cmocka_unit_test(without_an_id_a_session_stays_where_it_is),
        cmocka_unit_test(a_replay_from_elsewhere_moves_nobody),
        cmocka_unit_test(a_late_record_moves_nobody_back),
        cmocka_unit_test(a_changed_or_cut_record_from_elsewhere_moves_nobody),
        cmocka_unit_test(the_other_form_is_dropped),
        cmocka_unit_test(a_new_address_gets_three_times_what_it_sent_and_the_old_one_the_rest),
        cmocka_unit_test(a_new_address_that_answers_is_proved),
        cmocka_unit_test(a_slow_network_can_be_proved_too),
        cmocka_unit_test(a_small_answer_needs_no_proof),
        cmocka_unit_test(a_malformed_extension_ends_the_handshake),
        cmocka_unit_test(a_ping_cannot_be_answered_by_guessing),
        cmocka_unit_test(an_answer_from_another_address_proves_nothing),
        cmocka_unit_test(a_late_answer_from_the_old_address_proves_nothing),
        cmocka_unit_test(a_client_that_moves_in_a_handshake_fails_cleanly_or_not_at_all),
        cmocka_unit_test(a_last_flight_goes_to_where_the_client_is),
        cmocka_unit_test(two_peers_at_one_address_are_told_apart),
        cmocka_unit_test(a_handshake_from_an_old_address_ends_only_sessions_of_its_own),
        cmocka_unit_test(a_session_is_replaced_where_it_is),
        cmocka_unit_test(ids_and_addresses_outlive_a_restart),
        cmocka_unit_test(a_server_with_ids_of_another_size_does_not_restore_those),
        cmocka_unit_test(a_client_does_not_follow_its_server),
        cmocka_unit_test(all_sessions_may_move),
        cmocka_unit_test(a_session_survives_a_bad_network_and_many_moves),
    };
    return cmocka_run_group_tests(tests, scene_make_keys, scene_free_keys);
}
