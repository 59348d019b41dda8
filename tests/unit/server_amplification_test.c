/* The bound on what goes to an address that has not proved itself (RFC 9175 2.4): at most three times the octets that
 * came from there, whatever is asked, however often, and however long one waits. */
#include "echo_support.h"

#include <stdlib.h>

#define FACTOR 3u

static int open_bounded(void **state)
{
    (void)state;
    open_echo_server((linnet_limits){.amplification = FACTOR});
    return 0;
}

static int open_unbounded(void **state)
{
    (void)state;
    open_echo_server((linnet_limits){0});
    return 0;
}

static int close_it(void **state)
{
    (void)state;
    close_echo_server();
    return 0;
}

static void prove(unsigned peer)
{
    ASK(peer, .path = "large");
    linnet_bytes value = keep_echo(challenged());
    ASK(peer, .path = "large", .echo = value);
    assert_int_equal(server.last.message.code, LINNET_CONTENT);
}

static const char *const paths[] = {"fresh", "small", "large", "later", "count", ".well-known/core", "nothing", ""};

/* One request of a peer that never answers, three times, and all that comes of it in an hour. */
static void fresh_source(unsigned peer, linnet_code method, const char *path, unsigned kind)
{
    echo_request asked = {.method = method, .path = path, .id = (uint16_t)(1 + peer)};

    asked.type = kind & 1 ? LINNET_NON : LINNET_CON;
    asked.observe = kind & 2 ? 1 : 0;
    asked.token = linnet_view("12345678", kind >> 2 & 7);
    asked.block2 = kind & 32 ? 1 + 6 : 0;
    asked.bad_option = kind & 64;
    asked.echo = kind & 128 ? linnet_text("0123456789") : linnet_text("");
    traffic.in = traffic.out = 0;
    for (int i = 0; i < 3; i++) {
        ask_raw(peer, &asked);
        if (server.sent > 0 && traffic.answers > 0)
            assert_in_range(traffic.out, 0, FACTOR * traffic.in);
    }
    run_for(1000 * SECOND);
    if (traffic.out > FACTOR * traffic.in)
        fail_msg("%s, method %d, kind %x: %zu octets for %zu", path, method, kind, traffic.out, traffic.in);
}

static void no_source_gets_more_than_three_times_what_it_sent(void **state)
{
    unsigned peer = 0;

    (void)state;
    for (linnet_code method = LINNET_GET; method <= LINNET_IPATCH + 1; method++)
        for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
            for (unsigned kind = 0; kind < 256; kind++)
                fresh_source(++peer, method, paths[i], kind);
    assert_int_equal(linnet_observers_count(server.observers), 0);
}

/* A change notifies nobody, since nobody is registered; a stored answer is not given to a shorter duplicate. */
static void a_short_duplicate_does_not_get_a_long_answer(void **state)
{
    static const char padding[100];

    (void)state;
    ASK(1, .method = LINNET_FETCH, .path = ".well-known/core", .payload = linnet_view(padding, sizeof padding));
    ASK(1, .method = LINNET_FETCH, .path = "small", .id = 5, .payload = linnet_view(padding, sizeof padding));
    assert_int_equal(server.last.message.code, LINNET_CONTENT);
    ASK(1, .id = 5); /* four octets are enough for that one */
    assert_int_equal(traffic.answers, 1);
    ASK(2, .path = "missing", .id = 6, .token = linnet_text("12345678"), .payload = linnet_view(padding, 100));
    assert_int_equal(server.last.message.code, LINNET_NOT_FOUND);
    ASK(2, .id = 6);
    assert_int_equal(traffic.answers, 1);
}

static void a_large_answer_is_given_to_who_returns_the_echo(void **state)
{
    (void)state;
    prove(1);
    assert_int_equal(server.last.message.payload.size, 1000);
    ASK(1, .path = "large"); /* and from then on without */
    assert_int_equal(server.last.message.payload.size, 1000);
    ASK(2, .path = "large"); /* not another */
    (void)challenged();
}

static void a_small_answer_needs_no_proof(void **state)
{
    (void)state;
    ASK(1, .path = "small", .token = linnet_text("12345678"));
    assert_int_equal(server.last.message.code, LINNET_CONTENT);
    ASK(1, .path = "nothing");
    assert_int_equal(server.last.message.code, LINNET_NOT_FOUND);
}

/* However much was sent: 136. */
static void the_first_answer_has_a_bound_of_its_own(void **state)
{
    static const char padding[400];

    (void)state;
    ASK(1, .method = LINNET_FETCH, .path = "large", .payload = linnet_view(padding, sizeof padding));
    (void)challenged();
}

/* What is done cannot be refused any more. */
static void nothing_is_changed_for_who_has_not_proved_himself(void **state)
{
    (void)state;
    for (linnet_code method = LINNET_POST; method <= LINNET_IPATCH; method++) {
        if (method == LINNET_FETCH)
            continue;
        ASK(1, .method = method, .path = "small");
        linnet_bytes value = keep_echo(challenged());
        assert_int_equal(traffic.runs, 0);
        ASK(method * 10u, .method = method, .path = "small", .echo = value); /* of another peer */
        value = keep_echo(challenged());
        ASK(method * 10u, .method = method, .path = "small", .echo = value);
        assert_int_equal(traffic.runs, 1);
        traffic.runs = 0;
    }
}

static void a_proof_is_forgotten_after_its_lifetime(void **state)
{
    (void)state;
    prove(1);
    run_for(3500 * SECOND);
    ASK(1, .path = "large");
    assert_int_equal(server.last.message.code, LINNET_CONTENT);
    run_for(200 * SECOND);
    ASK(1, .path = "large");
    (void)challenged();
}

static void an_old_echo_is_no_proof(void **state)
{
    (void)state;
    ASK(1, .path = "large");
    linnet_bytes value = keep_echo(challenged());
    run_for(301 * SECOND);
    ASK(1, .path = "large", .echo = value);
    (void)challenged();
}

static void an_answer_that_comes_later_is_for_the_proved_only(void **state)
{
    (void)state;
    ASK(1, .path = "later");
    linnet_bytes value = keep_echo(challenged());
    run_for(10 * SECOND);
    assert_int_equal(traffic.answers, 1); /* no acknowledgement either */
    ASK(1, .path = "later", .echo = value);
    run_for(SECOND);
    assert_int_equal(traffic.answers, 1);
    assert_int_equal(server.last.message.code, LINNET_EMPTY);
    linnet_answer answer = {.payload = linnet_text("now")};
    assert_int_equal(linnet_site_answer(&server.site, server.endpoint, server.now, traffic.deferred.exchange, &answer),
                     0);
    assert_int_equal(server.last.message.type, LINNET_CON);
    assert_last_text("now");
}

static void an_observation_is_for_the_proved_only(void **state)
{
    (void)state;
    ASK(1, .path = "count", .observe = 1 + 0, .token = linnet_text("tk"));
    linnet_bytes value = keep_echo(challenged());
    assert_int_equal(linnet_observers_count(server.observers), 0);
    ASK(1, .path = "count", .observe = 1 + 0, .token = linnet_text("tk"), .echo = value);
    assert_true(server.last.observe >= 0);
    assert_int_equal(linnet_observers_count(server.observers), 1);
    linnet_resource_changed(linnet_site_find(&server.site, "count"));
    run_for(1000);
    assert_int_equal(server.last.message.type, LINNET_CON);
}

static void acknowledging_a_notification_is_a_proof_as_well(void **state)
{
    (void)state;
    prove(1);
    ASK(1, .path = "count", .observe = 1 + 0, .token = linnet_text("tk"));
    for (int i = 0; i < 5; i++) {
        run_for(3000 * SECOND);
        linnet_resource_changed(linnet_site_find(&server.site, "count"));
        run_for(1000);
        reply_empty(1, LINNET_ACK, server.last.message.id);
    }
    ASK(1, .path = "large");
    assert_int_equal(server.last.message.code, LINNET_CONTENT);
    run_for(4000 * SECOND);
    reply_empty(1, LINNET_ACK, 12345); /* of nothing that we sent */
    ASK(1, .path = "large");
    (void)challenged();
}

#define LEISURE (6 * SECOND) /* RFC 7252 8.2: answers to a group wait up to 5 s */

static void a_group_is_answered_in_little_or_not_at_all(void **state)
{
    (void)state;
    ASK(1, .type = LINNET_NON, .path = "small", .multicast = true);
    run_for(LEISURE);
    assert_int_equal(server.last.message.code, LINNET_CONTENT);
    ASK(2, .type = LINNET_NON, .path = "large", .multicast = true);
    run_for(LEISURE);
    assert_int_equal(traffic.answers, 0);
    ASK(3, .type = LINNET_NON, .method = LINNET_POST, .path = "small", .multicast = true);
    run_for(LEISURE);
    assert_int_equal(traffic.answers, 0);
}

static void without_the_setting_nobody_is_asked(void **state)
{
    (void)state;
    ASK(1, .path = "large");
    assert_int_equal(server.last.message.payload.size, 1000);
    ASK(2, .path = "count", .observe = 1 + 0, .token = linnet_text("tk"));
    assert_true(server.last.observe >= 0);
    ASK(3, .method = LINNET_POST, .path = "small");
    assert_int_equal(server.last.message.code, LINNET_CHANGED);
}

#define BOUNDED(test) cmocka_unit_test_setup_teardown(test, open_bounded, close_it)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOUNDED(no_source_gets_more_than_three_times_what_it_sent),
        BOUNDED(a_short_duplicate_does_not_get_a_long_answer),
        BOUNDED(a_large_answer_is_given_to_who_returns_the_echo),
        BOUNDED(a_small_answer_needs_no_proof),
        BOUNDED(the_first_answer_has_a_bound_of_its_own),
        BOUNDED(nothing_is_changed_for_who_has_not_proved_himself),
        BOUNDED(a_proof_is_forgotten_after_its_lifetime),
        BOUNDED(an_old_echo_is_no_proof),
        BOUNDED(an_answer_that_comes_later_is_for_the_proved_only),
        BOUNDED(an_observation_is_for_the_proved_only),
        BOUNDED(acknowledging_a_notification_is_a_proof_as_well),
        BOUNDED(a_group_is_answered_in_little_or_not_at_all),
        cmocka_unit_test_setup_teardown(without_the_setting_nobody_is_asked, open_unbounded, close_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
