/* Answers that come later, through a real endpoint: the handler leaves, linnet_site_answer() finishes. */
#include "engine_support.h"
#include "server_support.h"

static linnet_deferred handle;
static int deferring;
static int retained;
static test_port *port;

static void retain(void *owner)
{
    assert_ptr_equal(owner, &site);
    retained++;
}

static void defer(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    linnet_reply_text(reply, "forgotten");
    linnet_reply_max_age(reply, 1);
    deferring = linnet_reply_defer(reply, &handle);
}

static const linnet_resource_config config = {.get = defer, .post = defer};

static int setup(void **state)
{
    (void)open_site(state);
    site.retain = retain;
    retained = 0;
    add("a", &config);
    port = test_port_open(
        (linnet_endpoint_config){.limits = {.exchanges = 4}, .serve = linnet_site_serve, .serve_context = &site});
    return 0;
}

static int teardown(void **state)
{
    test_port_close(port);
    return close_site(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define GET_A "\x41\x01\x12\x34T\xb1"
#define LATER (10 * SECOND)

static void give(uint64_t now, const linnet_answer *answer)
{
    assert_int_equal(linnet_site_answer(&site, port->endpoint, now, handle.exchange, answer), 0);
}

static void a_deferred_answer_is_a_separate_response(void **state)
{
    (void)state;
    RECEIVE(port, 0, 0, GET_A "a");
    assert_int_equal(deferring, 0);
    assert_int_equal(retained, 1);
    assert_ptr_equal(handle.owner, &site);
    assert_int_equal(port->count, 0);
    linnet_endpoint_advance(port->endpoint, LATER);
    ASSERT_SENT(port, 0, "\x60\x00\x12\x34");
    give(LATER, &(linnet_answer){.payload = linnet_text("late")});
    assert_int_equal(port->count, 2);
    assert_int_equal(port->sent[1].octets[0], 0x41); /* confirmable, with the token */
    assert_int_equal(port->sent[1].octets[1], LINNET_CONTENT);
    assert_memory_equal(port->sent[1].octets + 4, "T\xc0\xfflate", 7);
    assert_int_equal(port->sent[1].size, 11);
    assert_int_equal(linnet_site_answer(&site, port->endpoint, LATER, handle.exchange, NULL), LINNET_ENOENT);
}

static void one_that_is_quick_rides_in_the_acknowledgement(void **state)
{
    static const linnet_option options[] = {{LINNET_OPTION_LOCATION_PATH, {(const uint8_t *)"x", 1}}};

    (void)state;
    RECEIVE(port, 0, 0,
            "\x41\x02\x12\x34T\xb1"
            "a");
    give(1, &(linnet_answer){.code = LINNET_CREATED,
                             .no_content_format = true,
                             .has_max_age = true,
                             .max_age = 9,
                             .etag = linnet_text("e"),
                             .payload = linnet_text("late"),
                             .options = options,
                             .option_count = 1});
    ASSERT_SENT(port, 0,
                "\x61\x41\x12\x34T\x41"
                "e\x41x\x61\x09\xfflate");
}

static void an_empty_answer_has_the_code_of_its_method(void **state)
{
    (void)state;
    RECEIVE(port, 0, 0,
            "\x41\x02\x12\x34T\xb1"
            "a");
    give(1, &(linnet_answer){0});
    ASSERT_SENT(port, 0, "\x61\x44\x12\x34T");
}

static void without_answer_the_client_is_told_5_03(void **state)
{
    (void)state;
    RECEIVE(port, 0, 0, GET_A "a");
    give(1, NULL);
    ASSERT_SENT(port, 0, "\x61\xa3\x12\x34T");
}

static void etags_and_accept_count_for_deferred_answers(void **state)
{
    (void)state;
    RECEIVE(port, 0, 0,
            "\x40\x01\x00\x01\x41"
            "e\x71"
            "a"); /* ETag "e" */
    give(1, &(linnet_answer){.etag = linnet_text("e"), .payload = linnet_text("late")});
    ASSERT_SENT(port, 0,
                "\x60\x43\x00\x01\x41"
                "e");
    RECEIVE(port, 0, 0,
            "\x40\x01\x00\x02\xb1"
            "a\x61\x32"); /* Accept 50 */
    give(1, &(linnet_answer){.payload = linnet_text("late")});
    ASSERT_SENT(port, 1, "\x60\x86\x00\x02");
}

static void a_large_one_is_sent_in_blocks(void **state)
{
    static uint8_t content[3000];
    linnet_message message;
    linnet_bytes value;

    (void)state;
    for (int block = 0; block < 3; block++) {
        uint8_t request[] = {0x40, 0x01, 0x00, (uint8_t)block, 0xb1, 'a', 0xc1, (uint8_t)(block << 4 | 6)};
        test_receive(port, 0, 0, request, sizeof request);
        give(1, &(linnet_answer){.payload = linnet_view(content, sizeof content)});
        linnet_bytes datagram = linnet_view(port->sent[block].octets, port->sent[block].size);
        assert_int_equal(linnet_message_parse(&message, datagram), 0);
        assert_int_equal(message.code, LINNET_CONTENT);
        assert_int_equal(message.payload.size, block < 2 ? 1024 : 3000 - 2048);
        assert_true(linnet_option_get(message.options, LINNET_OPTION_BLOCK2, 0, &value));
        assert_int_equal(linnet_option_uint(value), (uint32_t)block << 4 | (block < 2 ? 8 : 0) | 6);
        assert_true(linnet_option_get(message.options, LINNET_OPTION_ETAG, 0, &value));
    }
}

static void when_no_exchange_is_free_the_client_is_told_5_03(void **state)
{
    (void)state;
    for (uint8_t id = 0; id < 4; id++) {
        uint8_t request[] = {0x40, 0x01, 0x00, id, 0xb1, 'a'};
        test_receive(port, 0, 0, request, sizeof request);
        assert_int_equal(deferring, 0);
    }
    assert_int_equal(port->count, 0);
    RECEIVE(port, 0, 0, GET_A "a");
    assert_int_equal(deferring, LINNET_EBUSY);
    assert_int_equal(handle.exchange, 0);
    assert_int_equal(retained, 4);
    assert_int_equal(port->count, 1);
    assert_int_equal(port->sent[0].octets[1], LINNET_SERVICE_UNAVAILABLE);
}

static void defer_and_go(linnet_request *request, linnet_reply *reply, void *context)
{
    defer(request, reply, context);
    drop(linnet_site_find(&site, "a"));
}

static void the_resource_may_be_gone_when_the_answer_comes(void **state)
{
    static const linnet_resource_config going = {.get = defer_and_go};

    (void)state;
    drop(site.first);
    add("a", &going);
    RECEIVE(port, 0, 0, GET_A "a");
    assert_int_equal(site.count, 0);
    give(1, &(linnet_answer){.payload = linnet_text("late")});
    ASSERT_SENT(port, 0, "\x61\x45\x12\x34T\xc0\xfflate");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_deferred_answer_is_a_separate_response),         TEST(one_that_is_quick_rides_in_the_acknowledgement),
        TEST(an_empty_answer_has_the_code_of_its_method),       TEST(without_answer_the_client_is_told_5_03),
        TEST(etags_and_accept_count_for_deferred_answers),      TEST(a_large_one_is_sent_in_blocks),
        TEST(when_no_exchange_is_free_the_client_is_told_5_03), TEST(the_resource_may_be_gone_when_the_answer_comes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
