/* Tokens of more than eight octets (RFC 8974) in the server role: echoed where limits.token_size allows them, and else
 * as reserved as they were in RFC 7252. */
#include "echo_support.h"

#define LONGEST 300u

static uint8_t octets[600];

static int open_for(linnet_limits limits)
{
    for (size_t i = 0; i < sizeof octets; i++)
        octets[i] = (uint8_t)(i * 11 + 3);
    open_echo_server(limits);
    return 0;
}

static int open_long(void **state)
{
    (void)state;
    return open_for((linnet_limits){.token_size = LONGEST, .observers = 32});
}

static int open_default(void **state)
{
    (void)state;
    return open_for((linnet_limits){0});
}

static int close_it(void **state)
{
    (void)state;
    close_echo_server();
    return 0;
}

static void assert_answer(linnet_type type, linnet_code code, size_t token_size)
{
    assert_int_equal(traffic.answers, 1);
    assert_int_equal(server.last.message.type, type);
    assert_int_equal(server.last.message.code, code);
    assert_int_equal(server.last.message.token.size, token_size);
    if (token_size > 0)
        assert_memory_equal(server.last.message.token.data, octets, token_size);
}

static void a_token_of_each_length_comes_back(void **state)
{
    (void)state;
    for (size_t size = 0; size <= LONGEST; size++) {
        linnet_bytes token = linnet_view(octets, size);
        ASK(1, .path = "small", .token = token, .id = 7);
        assert_answer(LINNET_ACK, LINNET_CONTENT, size);
        assert_last_text("hi");
        ASK(1, .path = "small", .token = token, .id = 7); /* the duplicate */
        assert_answer(LINNET_ACK, LINNET_CONTENT, size);
        assert_int_equal(traffic.runs, 1);
        ASK(1, .path = "small", .token = token, .type = LINNET_NON);
        assert_answer(LINNET_NON, LINNET_CONTENT, size);
        ASK(1, .path = "nothing", .token = token);
        assert_answer(LINNET_ACK, LINNET_NOT_FOUND, size);
        ASK(1, .path = "small", .token = token, .bad_option = true);
        assert_answer(LINNET_ACK, LINNET_BAD_OPTION, size);
        ASK(1, .path = "fresh", .token = token);
        (void)challenged();
        assert_answer(LINNET_ACK, LINNET_UNAUTHORIZED, size);
        traffic.runs = 0;
        run_for(300 * SECOND); /* so that the message ID is free again */
    }
}

/* RFC 8974 2.2.2: no Reset, which would say that long tokens are not known at all. */
static void a_longer_one_is_a_bad_request(void **state)
{
    (void)state;
    ASK(1, .path = "small", .token = linnet_view(octets, LONGEST + 1));
    assert_answer(LINNET_ACK, LINNET_BAD_REQUEST, LONGEST + 1);
    ASK(1, .path = "small", .token = linnet_view(octets, LONGEST + 200), .type = LINNET_NON);
    assert_answer(LINNET_NON, LINNET_BAD_REQUEST, LONGEST + 200);
    assert_int_equal(traffic.runs, 0);
}

static void by_default_nine_octets_are_too_many(void **state)
{
    (void)state;
    for (size_t size = 9; size < 400; size++) {
        ASK(1, .path = "small", .token = linnet_view(octets, size));
        assert_answer(LINNET_RST, LINNET_EMPTY, 0);
    }
    assert_int_equal(traffic.runs, 0);
    ASK(1, .path = "small", .token = linnet_view(octets, 8));
    assert_answer(LINNET_ACK, LINNET_CONTENT, 8);
}

static void a_block_is_cut_to_what_the_token_leaves(void **state)
{
    (void)state;
    ASK(1, .path = "large", .token = linnet_view(octets, LONGEST));
    assert_answer(LINNET_ACK, LINNET_CONTENT, LONGEST);
    assert_int_equal(server.last.message.payload.size, 512);
}

static void an_answer_that_comes_later_has_it_too(void **state)
{
    linnet_answer answer = {.payload = linnet_text("now")};

    (void)state;
    for (size_t size = 7; size <= LONGEST; size += 29) {
        ASK(1, .path = "later", .token = linnet_view(octets, size));
        run_for(SECOND);
        assert_int_equal(server.last.message.code, LINNET_EMPTY);
        traffic.answers = 0;
        assert_int_equal(
            linnet_site_answer(&server.site, server.endpoint, server.now, traffic.deferred.exchange, &answer), 0);
        assert_answer(LINNET_CON, LINNET_CONTENT, size);
        assert_last_text("now");
        traffic.answers = 0;
        run_for(4 * SECOND);
        assert_int_equal(traffic.answers, 1); /* sent again */
        reply_empty(1, LINNET_ACK, server.last.message.id);
    }
}

/* An observer has room for eight octets. */
static void a_registration_with_a_long_token_is_answered_without_observe(void **state)
{
    (void)state;
    for (size_t size = 0; size <= 20; size++) {
        ASK((unsigned)size, .path = "count", .observe = 1 + 0, .token = linnet_view(octets, size));
        assert_answer(LINNET_ACK, LINNET_CONTENT, size);
        assert_int_equal(server.last.observe >= 0, size <= 8);
    }
    assert_int_equal(linnet_observers_count(server.observers), 9);
}

static void a_front_that_was_cut_is_refused_with_it(void **state)
{
    linnet_path path = {.peer = {.port = 1}};
    uint8_t datagram[600];
    linnet_writer writer;

    (void)state;
    for (size_t size = 0; size <= LONGEST; size++) {
        linnet_writer_begin(&writer, datagram, sizeof datagram, LINNET_CON, LINNET_PUT, (uint16_t)(size + 1),
                            linnet_view(octets, size));
        size_t head = (size_t)linnet_writer_end(&writer);
        datagram[head] = 0xff; /* and no octet of the payload */
        traffic.answers = 0;
        linnet_endpoint_receive_truncated(server.endpoint, server.now, &path, linnet_view(datagram, head + 1));
        assert_answer(LINNET_ACK, LINNET_REQUEST_ENTITY_TOO_LARGE, size);
    }
}

#define LONG(test) cmocka_unit_test_setup_teardown(test, open_long, close_it)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LONG(a_token_of_each_length_comes_back),
        LONG(a_longer_one_is_a_bad_request),
        cmocka_unit_test_setup_teardown(by_default_nine_octets_are_too_many, open_default, close_it),
        LONG(a_block_is_cut_to_what_the_token_leaves),
        LONG(an_answer_that_comes_later_has_it_too),
        LONG(a_registration_with_a_long_token_is_answered_without_observe),
        LONG(a_front_that_was_cut_is_refused_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
