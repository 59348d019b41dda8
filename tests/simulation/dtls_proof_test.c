/* What goes to an address until it has shown that it hears (RFC 9146 6), and how it does. */
#include "moving_scene.h"
#include "security/sessions.h"

#include <linnet/error.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void a_new_address_gets_three_times_what_it_sent_and_the_old_one_the_rest(void **state)
{
    pair *self = moving_connected(0, 0);
    moving_thief thief = {.to = moving_elsewhere(self), .diverts = true};
    uint8_t large[400] = {1};
    (void)state;
    self->fate = moving_divert;
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
    moving_expect_unmoved(self);
    assert_int_equal(thief.went, 0);
    scene_close(self);
}

/* By a ping, once: then there is no bound any more. */
static void a_new_address_that_answers_is_proved(void **state)
{
    pair *self = moving_connected(0, 0);
    uint8_t large[1000] = {1};
    (void)state;
    pair_move(self, MOVING_ELSEWHERE);
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
    pair *self = moving_connected(0, 0);
    uint8_t large[400] = {1};
    (void)state;
    self->fate = slow_down;
    pair_move(self, MOVING_ELSEWHERE);
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

/* A ping that nobody answers is another one after some time: the peer may have taken that message ID for an old one. */
static void a_ping_is_not_the_same_for_ever(void **state)
{
    pair *self = moving_connected(0, 0);
    uint8_t large[400] = {1}, first[2];
    unsigned changed = 0;
    (void)state;
    self->answers_pings = false;
    pair_move(self, MOVING_ELSEWHERE);
    assert_true(pair_say(self, PAIR_TO_SERVER, "question"));
    pair_run(self, 1);
    linnet_session *session = linnet_session_find(self->ends[PAIR_TO_SERVER], self->server_path.peer.session);
    for (unsigned i = 0; i < 24; i++) {
        memcpy(first, session->more->move->question, 2);
        assert_true(pair_say(self, PAIR_TO_SERVER, "some more, so that there may be pings: they are paid for"));
        assert_true(pair_say_octets(self, PAIR_TO_CLIENT, linnet_view(large, sizeof large)));
        pair_wait(self, 1);
        session->more->move->credit = 200;
        changed += memcmp(first, session->more->move->question, 2) != 0;
    }
    assert_in_range(self->pings, 10, 25);
    assert_in_range(changed, 2, 6);
    scene_close(self);
}

/* What is small costs no ping. */
static void a_small_answer_needs_no_proof(void **state)
{
    pair *self = moving_connected(0, 0);
    (void)state;
    for (uint16_t port = MOVING_ELSEWHERE; port < MOVING_ELSEWHERE + 10; port++) {
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
    pair *self = moving_connected(0, 0);
    moving_thief thief = {.to = moving_elsewhere(self), .diverts = true};
    uint8_t large[400] = {1}, guess[4] = {0x70, 0};
    (void)state;
    self->fate = moving_divert;
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
    pair *self = moving_connected(0, 0);
    moving_thief thief = {.to = moving_elsewhere(self), .diverts = true};
    uint8_t large[400] = {1}, answer[4] = {0x70, 0};
    (void)state;
    self->fate = moving_divert;
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
    pair *self = moving_connected(0, 0);
    moving_thief thief = {.to = moving_elsewhere(self), .diverts = true};
    uint8_t large[400] = {1}, answer[4] = {0x70, 0}, datagram[64];
    linnet_path way;
    (void)state;
    self->fate = moving_divert;
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_address_gets_three_times_what_it_sent_and_the_old_one_the_rest),
        cmocka_unit_test(a_new_address_that_answers_is_proved),
        cmocka_unit_test(a_slow_network_can_be_proved_too),
        cmocka_unit_test(a_ping_is_not_the_same_for_ever),
        cmocka_unit_test(a_small_answer_needs_no_proof),
        cmocka_unit_test(a_ping_cannot_be_answered_by_guessing),
        cmocka_unit_test(an_answer_from_another_address_proves_nothing),
        cmocka_unit_test(a_late_answer_from_the_old_address_proves_nothing),
    };
    return cmocka_run_group_tests(tests, scene_make_keys, scene_free_keys);
}
