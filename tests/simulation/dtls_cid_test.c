/* Connection IDs (RFC 9146): what is agreed on, the form of records from the Finished on, and what a restart keeps.
 * Nonces are watched as in dtls_loss_test.c. */
#include "moving_scene.h"
#include "security/sessions.h"

#include <linnet/error.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

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

static void expect_told(const pair *self, const bool *expected)
{
    for (int end = 0; end < 2; end++) {
        const linnet_handshake_success *told = &self->success[end];
        assert_int_equal(self->successes[end], 1);
        assert_int_equal(told->suite, LINNET_PSK_AES_128_CCM_8);
        assert_int_equal(told->connection_id, expected[PAIR_TO_SERVER]); /* servers here always want one, if any */
        assert_int_equal(told->own.size, expected[end] ? self->cid_sizes[end] : 0);
        assert_int_equal(told->others.size, expected[!end] ? self->cid_sizes[!end] : 0);
    }
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
        pair *self = moving_pair(rows[i].server, rows[i].client, &scene_psk, &scene_psk);
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
        expect_told(self, expected);
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
        pair *self = moving_pair(0, 0, &scene_psk, &scene_psk);
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
        pair *self = moving_pair(0, 8, &scene_psk, &client);
        pair_connect(self, NULL);
        pair_run(self, 40);
        scene_expect_talk(self);
        pair_move(self, MOVING_ELSEWHERE);
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
            pair *self = moving_pair(0, 7, &scene_x509.of_server, &scene_x509.of_client);
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
            pair_move(self, MOVING_ELSEWHERE);
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

static void without_an_id_a_session_stays_where_it_is(void **state)
{
    pair *self = moving_connected(LINNET_NO_CONNECTION_ID, 0);
    size_t heard = self->delivered[PAIR_TO_SERVER];
    (void)state;
    pair_move(self, MOVING_ELSEWHERE);
    assert_true(pair_say(self, PAIR_TO_SERVER, "from elsewhere"));
    pair_run(self, 1);
    assert_int_equal(self->delivered[PAIR_TO_SERVER], heard);
    pair_move(self, 40000);
    scene_expect_talk(self);
    scene_close(self);
}

/* RFC 9146 3: where an ID is expected, a record without is none of it; nor is one with an ID that nobody has. */
static void the_other_form_is_dropped(void **state)
{
    pair *self = moving_connected(0, 0);
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
    pair *self = moving_connected(0, 8);
    moving_thief thief = {.to = moving_elsewhere(self), .diverts = true};
    (void)state;
    pair_move(self, MOVING_ELSEWHERE);
    scene_expect_talk(self);
    restart(self);
    pair_move(self, MOVING_ELSEWHERE + 1);
    scene_expect_talk(self);
    self->answers_pings = true;
    for (unsigned i = 0; i < 20; i++) /* proved there */
        pair_say(self, PAIR_TO_CLIENT, "a long story that goes on and on and will not end before you are tired of it");
    pair_wait(self, 2);
    restart(self);
    scene_expect_talk(self);
    self->fate = moving_divert;
    self->fate_context = &thief;
    assert_true(pair_say(self, PAIR_TO_SERVER, "a false move"));
    pair_run(self, 1);
    self->fate = NULL;
    restart(self); /* only what was proved is kept */
    moving_expect_unmoved(self);
    scene_expect_talk(self);
    scene_close(self);
}

static void a_server_with_ids_of_another_size_does_not_restore_those(void **state)
{
    pair *self = moving_connected(0, 0);
    (void)state;
    self->connection_ids[PAIR_TO_SERVER] = 8;
    restart(self);
    assert_int_equal(linnet_dtls_sessions(self->ends[PAIR_TO_SERVER]), 0);
    scene_close(self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_have_the_form_that_was_agreed_on),
        cmocka_unit_test(every_suite_has_them),
        cmocka_unit_test(each_datagram_of_a_handshake_with_ids_may_be_lost_doubled_or_late),
        cmocka_unit_test(without_an_id_a_session_stays_where_it_is),
        cmocka_unit_test(the_other_form_is_dropped),
        cmocka_unit_test(a_malformed_extension_ends_the_handshake),
        cmocka_unit_test(ids_and_addresses_outlive_a_restart),
        cmocka_unit_test(a_server_with_ids_of_another_size_does_not_restore_those),
    };
    return cmocka_run_group_tests(tests, scene_make_keys, scene_free_keys);
}
