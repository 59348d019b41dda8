/* Sessions and requests, octet by octet, against a plain socket: what is sent, what a response or its absence means,
 * and that requests which nothing tells apart follow each other. */
#include "module_support.h"

#include <stdio.h>
#include <unistd.h>

static module_world world;

static int open_world(void **state)
{
    (void)state;
    module_world_open(&world, NULL);
    module_world_open_session(&world);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    module_world_close(&world);
    return 0;
}

static int try_to_send(linnet_module_request request, uint16_t *id)
{
    return linnet_module_send(world.session, &request, id);
}

/* The options of the last request, as "3=127.0.0.1 11=time". Numbers are shown in hexadecimal octets. */
static const char *options_text(void)
{
    static char text[600];
    linnet_message message = module_peer_message(&world);
    linnet_option_cursor cursor = {.rest = message.options};
    linnet_option option;
    size_t at = 0;
    text[0] = '\0';
    while (linnet_option_next(&cursor, &option)) {
        bool is_text = option.number == LINNET_OPTION_URI_HOST || option.number == LINNET_OPTION_URI_PATH ||
                       option.number == LINNET_OPTION_URI_QUERY;
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%u=", at ? " " : "", (unsigned)option.number);
        for (size_t i = 0; i < option.value.size; i++)
            at += (size_t)snprintf(text + at, sizeof text - at, is_text ? "%c" : "%02x", option.value.data[i]);
    }
    return text;
}

/* What stands before the path of each request: Uri-Host as text - the firmware sent four raw octets - and Uri-Port in
 * as few octets as it needs. */
static const char *expected(const char *rest)
{
    static char text[300];
    snprintf(text, sizeof text, "3=127.0.0.1 7=%0*x%s%s", world.peer_port > 255 ? 4 : 2, (unsigned)world.peer_port,
             *rest ? " " : "", rest);
    return text;
}

static void a_request_is_confirmable_with_its_id_token_options_and_payload(void **state)
{
    uint16_t id =
        module_send(&world, RAW(.method = LINNET_MODULE_PUT, .uri_path = "/a/b%20c?x=1&y", .content_format = 0,
                                .payload = linnet_text("ABCD"), .token = linnet_text("token3")));
    (void)state;
    module_peer_receive(&world);
    linnet_message message = module_peer_message(&world);
    assert_int_equal(message.type, LINNET_CON);
    assert_int_equal(message.code, LINNET_PUT);
    assert_int_equal(message.id, id);
    assert_true(linnet_bytes_equal(message.token, linnet_text("token3")));
    assert_true(linnet_bytes_equal(message.payload, linnet_text("ABCD")));
    assert_string_equal(options_text(), expected("11=a 11=b%20c 12= 15=x=1 15=y"));
}

static void each_method_has_its_code(void **state)
{
    static const linnet_code codes[] = {LINNET_GET,   LINNET_PUT,   LINNET_POST,  LINNET_DELETE,
                                        LINNET_FETCH, LINNET_PATCH, LINNET_IPATCH};
    (void)state;
    for (unsigned i = 0; i < 7; i++) {
        module_send(&world, METHOD(1u << i, .uri_path = NULL));
        module_peer_receive(&world);
        assert_int_equal(module_peer_message(&world).code, codes[i]);
        assert_string_equal(options_text(), expected(""));
        module_peer_answer(&world, LINNET_CONTENT, "");
        module_await(&world, i + 1);
    }
}

static void what_cannot_be_a_request_is_refused(void **state)
{
    char segment[300];
    static uint8_t large[1025];
    (void)state;
    memset(segment, 'x', sizeof segment - 1);
    segment[sizeof segment - 1] = '\0';
    assert_int_equal(try_to_send(METHOD(0, .uri_path = "a"), NULL), LINNET_EINVAL);
    assert_int_equal(try_to_send(METHOD(3, .uri_path = "a"), NULL), LINNET_EINVAL);
    assert_int_equal(try_to_send(REQUEST(.token = linnet_text("123456789")), NULL), LINNET_EINVAL);
    assert_int_equal(try_to_send(REQUEST(.uri_path = segment), NULL), LINNET_EINVAL);
    assert_int_equal(try_to_send(METHOD(LINNET_MODULE_PUT, .observe = true), NULL), LINNET_EINVAL);
    linnet_module_request odd = {.method = LINNET_MODULE_GET, .content_format = 65536};
    assert_int_equal(try_to_send(odd, NULL), LINNET_EINVAL);
    assert_int_equal(try_to_send(REQUEST(.no_options = true, .payload = linnet_view(large, sizeof large)), NULL),
                     LINNET_ETOOBIG);
    assert_false(module_peer_hears(&world, 20));
}

/* Seed 001's last snippet: header, token, FF, payload and nothing else. */
static void a_request_without_options_has_none(void **state)
{
    static const char uri[] = "abcd://server:1234/mypath.data";
    uint16_t id = module_send(&world, RAW(.method = LINNET_MODULE_GET, .no_options = true, .uri_path = "ignored",
                                          .content_format = 0, .payload = linnet_text(uri),
                                          .token = linnet_view("\x00\xbc\x61\x4e", 4)));
    uint8_t wanted[64] = {0x44, LINNET_GET, (uint8_t)(id >> 8), (uint8_t)id, 0x00, 0xbc, 0x61, 0x4e, 0xff};
    (void)state;
    memcpy(wanted + 9, uri, sizeof uri - 1);
    module_peer_receive(&world);
    assert_int_equal(world.last.size, 9 + sizeof uri - 1);
    assert_memory_equal(world.last.octets, wanted, world.last.size);
}

static void a_response_has_code_id_type_token_and_payload(void **state)
{
    uint16_t id = module_send(&world, REQUEST(.uri_path = "time", .token = linnet_text("token1")));
    (void)state;
    module_peer_receive(&world);
    module_peer_answer(&world, LINNET_CONTENT, "now");
    module_await(&world, 1);
    const module_event *event = &world.events[0];
    assert_false(event->failed);
    assert_int_equal(event->code, 69);
    assert_int_equal(event->id, id); /* the firmware swapped its octets */
    assert_int_equal(event->type, 2);
    assert_int_equal(event->token_size, 6);
    assert_memory_equal(event->token, "token1", 6);
    assert_string_equal(event->payload, "now");
    assert_false(event->notification);
}

/* "No callback for responses without payload" in the firmware. */
static void a_response_without_payload_is_told_too(void **state)
{
    (void)state;
    module_send(&world, METHOD(LINNET_MODULE_DELETE, .uri_path = "a"));
    module_peer_receive(&world);
    module_peer_answer(&world, LINNET_DELETED, "");
    module_await(&world, 1);
    assert_int_equal(world.events[0].code, LINNET_DELETED);
    assert_int_equal(world.events[0].size, 0);
    module_send(&world, REQUEST(.uri_path = "b"));
    module_peer_receive(&world);
    module_peer_answer(&world, LINNET_NOT_FOUND, "");
    module_await(&world, 2);
    assert_int_equal(world.events[1].code, LINNET_NOT_FOUND);
}

static void duplicates_and_what_nobody_asked_for_reach_no_handler(void **state)
{
    uint8_t stranger[] = {0x51, LINNET_CONTENT, 0x12, 0x34, 'z', 0xff, '!'};
    (void)state;
    module_send(&world, REQUEST(.uri_path = "a", .token = linnet_text("t")));
    module_peer_receive(&world);
    module_peer_send(&world, stranger, sizeof stranger);
    module_peer_answer(&world, LINNET_CONTENT, "one");
    module_peer_answer(&world, LINNET_CONTENT, "two");
    module_await(&world, 1);
    assert_false(module_peer_hears(&world, 30) && module_peer_message(&world).type == LINNET_CON);
    assert_int_equal(world.event_count, 1);
    assert_string_equal(world.events[0].payload, "one");
}

static void a_separate_response_is_told_with_its_type_and_the_id_of_the_request(void **state)
{
    (void)state;
    uint16_t id = module_send(&world, REQUEST(.uri_path = "a", .token = linnet_text("t")));
    module_peer_receive(&world);
    uint8_t acknowledgement[] = {0x60, 0, (uint8_t)(id >> 8), (uint8_t)id};
    uint8_t response[] = {0x41, LINNET_CONTENT, 0x77, 0x88, 't', 0xff, 'x'};
    module_peer_send(&world, acknowledgement, sizeof acknowledgement);
    module_peer_send(&world, response, sizeof response);
    module_await(&world, 1);
    assert_int_equal(world.events[0].id, id);
    assert_int_equal(world.events[0].type, LINNET_CON);
    module_peer_receive(&world);
    assert_int_equal(module_peer_message(&world).type, LINNET_ACK);
    assert_int_equal(module_peer_message(&world).id, 0x7788);
}

/* "No word of a reset or time-out" in the firmware. */
static void a_reset_is_a_failure(void **state)
{
    (void)state;
    uint16_t id = module_send(&world, REQUEST(.uri_path = "a", .token = linnet_text("t")));
    module_peer_receive(&world);
    uint8_t reset[] = {0x70, 0, (uint8_t)(id >> 8), (uint8_t)id};
    module_peer_send(&world, reset, sizeof reset);
    module_await(&world, 1);
    assert_true(world.events[0].failed);
    assert_int_equal(world.events[0].reason, LINNET_ERESET);
    assert_int_equal(world.events[0].id, id);
    assert_int_equal(world.events[0].token_size, 1);
}

static void silence_is_a_failure_after_all_retransmissions(void **state)
{
    linnet_module_config config = {.transmission = {.ack_timeout_ms = 5, .max_retransmit = 2}};
    (void)state;
    module_world_close(&world);
    module_world_open(&world, &config);
    module_world_open_session(&world);
    uint16_t id = module_send(&world, REQUEST(.uri_path = "a", .token = linnet_text("t")));
    for (int i = 0; i < 3; i++) {
        module_peer_receive(&world);
        assert_int_equal(module_peer_id(&world), id);
    }
    module_await(&world, 1);
    assert_true(world.events[0].failed);
    assert_int_equal(world.events[0].reason, LINNET_ETIMEOUT);
    assert_int_equal(world.events[0].id, id);
}

static void a_port_that_nobody_has_is_a_failure(void **state)
{
    linnet_module_session *session;
    uint16_t id;
    linnet_module_request request = REQUEST(.uri_path = "a");
    (void)state;
    assert_int_equal(
        linnet_module_open_session(world.module, "127.0.0.1", net_refused_port(), linnet_text(NULL), NULL, &session),
        0);
    assert_int_equal(linnet_module_send(session, &request, &id), 0);
    module_await(&world, 1);
    assert_true(world.events[0].failed);
    assert_int_equal(world.events[0].reason, LINNET_EREFUSED);
    assert_int_equal(world.events[0].id, id);
    linnet_module_session_release(session);
}

/* NSTART is 1 (RFC 7252 4.7): the second waits, and its ID is known all the same. */
static void the_id_of_a_request_that_waits_is_the_one_it_is_sent_with(void **state)
{
    uint16_t first = module_send(&world, REQUEST(.uri_path = "a", .token = linnet_text("1")));
    uint16_t second = module_send(&world, REQUEST(.uri_path = "b", .token = linnet_text("2")));
    (void)state;
    assert_int_not_equal(first, second);
    module_peer_receive(&world);
    assert_int_equal(module_peer_id(&world), first);
    assert_false(module_peer_hears(&world, 20));
    module_peer_answer(&world, LINNET_CONTENT, "a");
    module_peer_receive(&world);
    assert_int_equal(module_peer_id(&world), second);
}

/* Acknowledged, the first is not counted by NSTART any more; but its response would be taken for the second's. */
static void requests_with_the_same_token_or_none_follow_each_other(void **state)
{
    static const char *const tokens[] = {"session1", ""};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        uint16_t first = module_send(&world, REQUEST(.uri_path = "a", .token = linnet_text(tokens[i])));
        uint16_t second = module_send(&world, REQUEST(.uri_path = "b", .token = linnet_text(tokens[i])));
        uint16_t third = module_send(&world, REQUEST(.uri_path = "c", .token = linnet_text(tokens[i])));
        module_peer_receive(&world);
        uint8_t acknowledgement[] = {0x60, 0, (uint8_t)(first >> 8), (uint8_t)first};
        module_peer_send(&world, acknowledgement, sizeof acknowledgement);
        assert_false(module_peer_hears(&world, 20));
        uint16_t other = module_send(&world, REQUEST(.uri_path = "d", .token = linnet_text("other")));
        module_peer_receive(&world); /* one with another token passes by */
        assert_int_equal(module_peer_id(&world), other);
        module_peer_answer(&world, LINNET_CONTENT, "d");
        uint8_t response[32] = {0x50 | (uint8_t)strlen(tokens[i]), LINNET_CONTENT, 0x55, (uint8_t)i};
        memcpy(response + 4, tokens[i], strlen(tokens[i]));
        module_peer_send(&world, response, 4 + strlen(tokens[i]));
        module_peer_receive(&world);
        assert_int_equal(module_peer_id(&world), second);
        module_peer_answer(&world, LINNET_CONTENT, "b");
        module_peer_receive(&world);
        assert_int_equal(module_peer_id(&world), third);
        module_peer_answer(&world, LINNET_CONTENT, "c");
        module_await(&world, 4 * (i + 1));
        assert_int_equal(world.events[4 * i].id, other);
        assert_int_equal(world.events[4 * i + 1].id, first);
        assert_int_equal(world.events[4 * i + 2].id, second);
        assert_int_equal(world.events[4 * i + 3].id, third);
    }
}

static void the_requests_of_a_session_are_bounded(void **state)
{
    unsigned count = 0;
    (void)state;
    while (try_to_send(REQUEST(.uri_path = "a"), NULL) == 0)
        count++;
    assert_int_equal(count, LINNET_MODULE_REQUESTS);
    assert_int_equal(try_to_send(REQUEST(.uri_path = "a"), NULL), LINNET_EBUSY);
    module_peer_receive(&world);
    module_peer_answer(&world, LINNET_CONTENT, "");
    module_await(&world, 1);
    assert_int_equal(try_to_send(REQUEST(.uri_path = "a"), NULL), 0);
}

/* 65536 IDs, of which none is given again within EXCHANGE_LIFETIME (RFC 7252 4.4). */
static void when_the_message_ids_are_used_up_a_request_is_refused(void **state)
{
    int error = 0;
    unsigned count = 0;
    uint16_t id;
    (void)state;
    for (; error == 0; count++) {
        error = try_to_send(REQUEST(.uri_path = "a"), &id);
        if (error == 0)
            assert_int_equal(linnet_module_cancel(world.session, id), 0);
    }
    assert_int_equal(error, LINNET_EBUSY);
    assert_in_range(count, 61440, 65537);
}

static void a_body_too_large_for_a_message_goes_in_blocks(void **state)
{
    static char large[3000];
    size_t size;
    linnet_module_resource *resource = module_add(&world, "r", "x", false);
    linnet_module_session *session;
    linnet_module_request request =
        METHOD(LINNET_MODULE_PUT, .uri_path = "r", .payload = linnet_view(large, sizeof large));
    (void)state;
    memset(large, 'q', sizeof large);
    assert_int_equal(
        linnet_module_open_session(world.module, "127.0.0.1", world.port, linnet_text(NULL), NULL, &session), 0);
    assert_int_equal(linnet_module_send(session, &request, NULL), 0);
    module_await(&world, 1);
    assert_int_equal(world.events[0].code, LINNET_CHANGED);
    assert_int_equal(linnet_module_resource_value(resource, NULL, 0, &size), 0);
    assert_int_equal(size, sizeof large);
    request = REQUEST(.uri_path = "r");
    assert_int_equal(linnet_module_send(session, &request, NULL), 0);
    module_await(&world, 2);
    assert_int_equal(world.events[1].size, sizeof large);
    linnet_module_session_release(session);
    linnet_module_resource_release(resource);
}

static void sessions_to_one_destination_are_distinct_and_listed_in_their_order(void **state)
{
    linnet_module_session *second, *third;
    linnet_module_request request = REQUEST(.uri_path = "a");
    int mine;
    (void)state;
    assert_int_equal(
        linnet_module_open_session(world.module, "127.0.0.1", world.peer_port, linnet_text(NULL), NULL, &second), 0);
    assert_int_equal(linnet_module_open_session(world.module, "LocalHost", 0, linnet_text(NULL), NULL, &third), 0);
    linnet_module_session *listed[] = {linnet_module_session_at(world.module, 0),
                                       linnet_module_session_at(world.module, 1),
                                       linnet_module_session_at(world.module, 2)};
    assert_ptr_equal(listed[0], world.session);
    assert_ptr_equal(listed[1], second);
    assert_ptr_equal(listed[2], third);
    assert_null(linnet_module_session_at(world.module, 3));
    assert_string_equal(linnet_module_session_address(third), "LocalHost");
    assert_int_equal(linnet_module_session_port(third), 5683);
    assert_int_equal(linnet_module_session_port(second), world.peer_port);
    assert_int_equal(linnet_module_session_protocol(second), LINNET_MODULE_UDP);
    linnet_module_session_set_context(second, &mine);
    assert_ptr_equal(linnet_module_session_context(listed[1]), &mine);

    module_send(&world, REQUEST(.uri_path = "a"));
    module_peer_receive(&world);
    uint16_t first_port = world.last.from.sin_port;
    assert_int_equal(linnet_module_send(second, &request, NULL), 0);
    module_peer_receive(&world);
    assert_int_not_equal(world.last.from.sin_port, first_port);

    assert_int_equal(linnet_module_remove_session(world.module, "127.0.0.1", world.peer_port, LINNET_MODULE_UDP), 0);
    assert_int_equal(linnet_module_send(world.session, &request, NULL), LINNET_ECLOSED);
    assert_int_equal(linnet_module_cancel(world.session, 0), LINNET_ECLOSED);
    assert_int_equal(linnet_module_send(second, &request, NULL), 0);
    assert_int_equal(linnet_module_remove_session(world.module, "localhost", 0, LINNET_MODULE_DTLS), LINNET_ENOENT);
    assert_int_equal(linnet_module_remove_session(world.module, "localhost", 0, LINNET_MODULE_UDP), 0);
    assert_int_equal(linnet_module_remove_session(world.module, "localhost", 0, LINNET_MODULE_UDP), LINNET_ENOENT);
    for (size_t i = 0; i < 3; i++)
        linnet_module_session_release(listed[i]);
    linnet_module_session_release(second);
    linnet_module_session_release(third);
}

static void a_name_is_tried_address_by_address_and_told_as_uri_host(void **state)
{
    linnet_module_session *session;
    linnet_module_request request = REQUEST(.uri_path = "a");
    char wanted[64];
    (void)state;
    assert_int_equal(
        linnet_module_open_session(world.module, "LocalHost", world.peer_port, linnet_text(NULL), NULL, &session), 0);
    assert_int_equal(linnet_module_send(session, &request, NULL), 0);
    module_peer_receive(&world);
    snprintf(wanted, sizeof wanted, "3=localhost 7=%0*x 11=a", world.peer_port > 255 ? 4 : 2,
             (unsigned)world.peer_port);
    assert_string_equal(options_text(), wanted);
    module_peer_answer(&world, LINNET_CONTENT, "x");
    module_await(&world, 1);
    assert_int_equal(world.events[0].code, LINNET_CONTENT);
    linnet_module_session_release(session);
}

static void a_session_to_no_host_is_refused(void **state)
{
    static const struct {
        const char *address;
        int error;
    } odd[] = {{"", LINNET_EADDRESS},
               {"a b", LINNET_EADDRESS},
               {"coap://127.0.0.1", LINNET_EADDRESS},
               {"user@host", LINNET_EADDRESS},
               {"[127.0.0.1]", LINNET_EADDRESS},
               {"224.0.1.187", LINNET_EADDRESS},
               {"ff02::fd", LINNET_EADDRESS},
               {"no-such-host.invalid", LINNET_ERESOLVE}};
    linnet_module_session *session = world.session;
    (void)state;
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        assert_int_equal(linnet_module_open_session(world.module, odd[i].address, 0, linnet_text(NULL), NULL, &session),
                         odd[i].error);
        assert_null(session);
    }
    assert_int_equal(linnet_module_open_session(world.module, NULL, 0, linnet_text(NULL), NULL, &session),
                     LINNET_EINVAL);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_request_is_confirmable_with_its_id_token_options_and_payload),
        WORLD_TEST(each_method_has_its_code),
        WORLD_TEST(what_cannot_be_a_request_is_refused),
        WORLD_TEST(a_request_without_options_has_none),
        WORLD_TEST(a_response_has_code_id_type_token_and_payload),
        WORLD_TEST(a_response_without_payload_is_told_too),
        WORLD_TEST(duplicates_and_what_nobody_asked_for_reach_no_handler),
        WORLD_TEST(a_separate_response_is_told_with_its_type_and_the_id_of_the_request),
        WORLD_TEST(a_reset_is_a_failure),
        WORLD_TEST(silence_is_a_failure_after_all_retransmissions),
#ifndef LINNET_POSIX_NET /* it rests on ICMP reports */
        WORLD_TEST(a_port_that_nobody_has_is_a_failure),
#else
        LINUX_TEST(a_port_that_nobody_has_is_a_failure),
#endif
        WORLD_TEST(the_id_of_a_request_that_waits_is_the_one_it_is_sent_with),
        WORLD_TEST(requests_with_the_same_token_or_none_follow_each_other),
        WORLD_TEST(the_requests_of_a_session_are_bounded),
        WORLD_TEST(when_the_message_ids_are_used_up_a_request_is_refused),
        WORLD_TEST(a_body_too_large_for_a_message_goes_in_blocks),
        WORLD_TEST(sessions_to_one_destination_are_distinct_and_listed_in_their_order),
        WORLD_TEST(a_name_is_tried_address_by_address_and_told_as_uri_host),
        WORLD_TEST(a_session_to_no_host_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
