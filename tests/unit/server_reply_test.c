/* What handlers put into replies, what they read of requests, and what the library makes of both. */
#include "server_support.h"

#include <stdlib.h>

static linnet_handler *run;
static int result;

static void run_it(linnet_request *request, linnet_reply *reply, void *context) { run(request, reply, context); }

static const linnet_resource_config config = {.get = run_it, .post = run_it, .fetch = run_it};
static const linnet_resource_config with_etag = {.get = run_it, .etag = true};

/* Answers a GET by a handler. */
static const test_answer *answer_of(linnet_handler *handler)
{
    if (!site.first)
        add("a", &config);
    run = handler;
    return GET("a");
}

static void set_nothing(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)reply, (void)context;
}

static void an_untouched_reply_is_an_empty_2_05(void **state)
{
    (void)state;
    assert_code(answer_of(set_nothing), 2, 05);
    assert_int_equal(answer_of(set_nothing)->size, 0);
}

static void set_all_backwards(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    linnet_reply_payload(reply, LINNET_JSON, linnet_text("{}"));
    linnet_reply_option(reply, 65000, linnet_text("mine"));
    linnet_reply_option_uint(reply, LINNET_OPTION_SIZE2, 2);
    linnet_reply_max_age(reply, 300);
    linnet_reply_location(reply, "/x%20y/z?q=%26&r");
    linnet_reply_etag(reply, linnet_text("etag"));
}

static void options_may_come_in_any_order_and_after_the_payload(void **state)
{
    const test_answer *answer = answer_of(set_all_backwards);

    (void)state;
    assert_code(answer, 2, 05);
    assert_text(answer->payload, "{}");
    assert_text(option_of(answer, LINNET_OPTION_ETAG, 0), "etag");
    assert_text(option_of(answer, LINNET_OPTION_LOCATION_PATH, 0), "x y");
    assert_text(option_of(answer, LINNET_OPTION_LOCATION_PATH, 1), "z");
    assert_text(option_of(answer, LINNET_OPTION_LOCATION_QUERY, 0), "q=&");
    assert_text(option_of(answer, LINNET_OPTION_LOCATION_QUERY, 1), "r");
    assert_int_equal(number_of(answer, LINNET_OPTION_CONTENT_FORMAT), LINNET_JSON);
    assert_int_equal(number_of(answer, LINNET_OPTION_MAX_AGE), 300);
    assert_int_equal(number_of(answer, LINNET_OPTION_SIZE2), 2);
    assert_text(option_of(answer, 65000, 0), "mine");
}

static void set_all_twice(linnet_request *request, linnet_reply *reply, void *context)
{
    linnet_reply_payload(reply, LINNET_CBOR, linnet_text("a longer payload"));
    linnet_reply_etag(reply, linnet_text("first"));
    linnet_reply_max_age(reply, 5);
    linnet_reply_location(reply, "first");
    set_all_backwards(request, reply, context);
}

static void the_last_call_counts(void **state)
{
    const test_answer *answer = answer_of(set_all_twice);

    (void)state;
    assert_text(answer->payload, "{}");
    assert_int_equal(count_of(answer, LINNET_OPTION_ETAG), 1);
    assert_int_equal(count_of(answer, LINNET_OPTION_CONTENT_FORMAT), 1);
    assert_int_equal(count_of(answer, LINNET_OPTION_MAX_AGE), 1);
    assert_int_equal(count_of(answer, LINNET_OPTION_LOCATION_PATH), 2);
    assert_text(option_of(answer, LINNET_OPTION_ETAG, 0), "etag");
    assert_int_equal(number_of(answer, LINNET_OPTION_CONTENT_FORMAT), LINNET_JSON);
    assert_int_equal(number_of(answer, LINNET_OPTION_MAX_AGE), 300);
}

static void set_location_text(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request;
    linnet_reply_code(reply, LINNET_CREATED);
    result = linnet_reply_location(reply, context);
}

static void locations_are_taken_apart_as_uris_are(void **state)
{
    static linnet_resource_config located = {.post = set_location_text};
    const test_answer *answer;

    (void)state;
    add("l", &located);
    located.context = (void *)(uintptr_t) "?first=1&second=2";
    answer = ASK(.method = LINNET_POST, .path = "l");
    assert_code(answer, 2, 01);
    assert_int_equal(count_of(answer, LINNET_OPTION_LOCATION_PATH), 0);
    assert_text(option_of(answer, LINNET_OPTION_LOCATION_QUERY, 1), "second=2");
    located.context = (void *)(uintptr_t) "/a//b/?q?";
    answer = ASK(.method = LINNET_POST, .path = "l");
    assert_int_equal(count_of(answer, LINNET_OPTION_LOCATION_PATH), 4);
    assert_text(option_of(answer, LINNET_OPTION_LOCATION_QUERY, 0), "q?");
    located.context = (void *)(uintptr_t) "bad%4";
    assert_code(ASK(.method = LINNET_POST, .path = "l"), 5, 00);
    assert_int_equal(result, LINNET_EURI);
}

static void set_bad_code(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    result = linnet_reply_code(reply, LINNET_GET);
    linnet_reply_text(reply, "never seen");
}

static void set_long_etag(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    linnet_reply_text(reply, "never seen");
    result = linnet_reply_etag(reply, linnet_text("123456789"));
}

static void set_block(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    result = linnet_reply_option_uint(reply, LINNET_OPTION_BLOCK2, 0);
}

static void set_format(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    result = linnet_reply_payload(reply, 65536, linnet_text("x"));
    linnet_reply_text(reply, "never seen");
}

static void set_success_as_error(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    result = linnet_reply_error(reply, LINNET_CONTENT, "?");
}

static void an_improper_reply_is_5_00_with_a_diagnostic(void **state)
{
    static linnet_handler *const handlers[] = {set_bad_code, set_long_etag, set_block, set_format,
                                               set_success_as_error};
    static const int errors[] = {LINNET_EINVAL, LINNET_EOPTION, LINNET_EINVAL, LINNET_EINVAL, LINNET_EINVAL};

    (void)state;
    for (size_t i = 0; i < sizeof handlers / sizeof handlers[0]; i++) {
        const test_answer *answer = answer_of(handlers[i]);
        assert_int_equal(result, errors[i]);
        assert_code(answer, 5, 00);
        assert_text(answer->payload, "The resource made an improper response");
        assert_int_equal(answer->options.size, 0);
    }
}

static void set_error(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    linnet_reply_text(reply, "a payload before");
    linnet_reply_max_age(reply, 5);
    linnet_reply_error(reply, LINNET_SERVICE_UNAVAILABLE, "caf\xc3\xa9 closed");
}

static void an_error_has_a_diagnostic_without_format_and_keeps_options(void **state)
{
    const test_answer *answer = answer_of(set_error);

    (void)state;
    assert_code(answer, 5, 03);
    assert_text(answer->payload, "caf\xc3\xa9 closed");
    assert_int_equal(count_of(answer, LINNET_OPTION_CONTENT_FORMAT), 0);
    assert_int_equal(number_of(answer, LINNET_OPTION_MAX_AGE), 5);
}

static void set_error_alone(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    linnet_reply_max_age(reply, 5);
    linnet_reply_error(reply, LINNET_SERVICE_UNAVAILABLE, "caf\xc3\xa9 closed");
}

static void a_diagnostic_is_cut_between_characters(void **state)
{
    (void)state;
    (void)answer_of(set_error_alone);
    /* Max-Age takes three octets, the marker one. */
    assert_text(GET("a", .capacity = 3 + 1 + 5)->payload, "caf\xc3\xa9");
    assert_text(GET("a", .capacity = 3 + 1 + 4)->payload, "caf");
    assert_int_equal(GET("a", .capacity = 4)->payload.size, 0);
    assert_code(GET("a", .capacity = 3), 5, 03);
}

static uint8_t large[5000];

static void set_large(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    result = linnet_reply_payload(reply, LINNET_OCTET_STREAM, linnet_view(large, sizeof large));
}

static void a_payload_that_does_not_fit_where_blocks_cannot_help_is_5_00(void **state)
{
    const test_answer *answer;

    (void)state;
    (void)answer_of(set_large);
    answer = ASK(.method = LINNET_POST, .path = "a");
    assert_code(answer, 5, 00);
    assert_text(answer->payload, "The response does not fit into one message");
    assert_int_equal(result, LINNET_ETOOBIG);
}

static void set_exact(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    linnet_reply_payload(reply, LINNET_OCTET_STREAM, linnet_view(large, 100));
    result = linnet_reply_etag(reply, linnet_text("abcd"));
}

static void every_octet_of_the_datagram_can_be_used(void **state)
{
    (void)state;
    (void)answer_of(set_exact);
    /* ETag five, Content-Format two, the marker one. */
    assert_int_equal(ASK(.method = LINNET_POST, .path = "a", .capacity = 108)->size, 108);
    assert_code(ASK(.method = LINNET_POST, .path = "a", .capacity = 108), 2, 04);
    assert_code(ASK(.method = LINNET_POST, .path = "a", .capacity = 107), 5, 00);
    for (size_t capacity = 1; capacity < 120; capacity++) {
        assert_true(ASK(.method = LINNET_POST, .path = "a", .capacity = capacity)->size <= capacity);
        assert_true(GET("a", .capacity = capacity)->size <= capacity);
    }
}

static void set_json_or_nothing(linnet_request *request, linnet_reply *reply, void *context)
{
    linnet_bytes value;

    (void)context;
    if (linnet_request_query(request, "json", &value))
        linnet_reply_payload(reply, LINNET_JSON, linnet_text("{}"));
    else if (linnet_request_query(request, "bare", &value))
        linnet_reply_payload(reply, LINNET_NO_FORMAT, linnet_text("?"));
}

#define ACCEPT_JSON OPTION(LINNET_OPTION_ACCEPT, "\x32")
#define ACCEPT_CBOR OPTION(LINNET_OPTION_ACCEPT, "\x3c")

static void another_format_than_accepted_is_4_06(void **state)
{
    (void)state;
    (void)answer_of(set_json_or_nothing);
    assert_code(GET("a", WITH(QUERY("json"), ACCEPT_JSON)), 2, 05);
    assert_code(GET("a", WITH(QUERY("json"), ACCEPT_CBOR)), 4, 06);
    assert_int_equal(GET("a", WITH(QUERY("json"), ACCEPT_CBOR))->size, 0);
    assert_code(GET("a", WITH(QUERY("json"), OPTION(LINNET_OPTION_ACCEPT, ""))), 4, 06);
    assert_code(ASK(.method = LINNET_FETCH, .path = "a", WITH(QUERY("json"), ACCEPT_CBOR)), 4, 06);
    assert_code(GET("a", WITH(QUERY("bare"), ACCEPT_JSON)), 4, 06);
    assert_code(GET("a", WITH(ACCEPT_JSON)), 2, 05);
    assert_code(ASK(.method = LINNET_POST, .path = "a", WITH(QUERY("json"), ACCEPT_CBOR)), 2, 04);
    assert_code(GET("nowhere", WITH(ACCEPT_CBOR)), 4, 04);
}

static void set_valid(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    linnet_reply_etag(reply, linnet_text("v1"));
    linnet_reply_text(reply, "value");
    linnet_reply_max_age(reply, 7);
}

static void an_etag_that_the_client_has_makes_2_03(void **state)
{
    const test_answer *answer = answer_of(set_valid);

    (void)state;
    assert_code(answer, 2, 05);
    answer = GET("a", WITH(OPTION(LINNET_OPTION_ETAG, "v0"), OPTION(LINNET_OPTION_ETAG, "v1")));
    assert_code(answer, 2, 03);
    assert_int_equal(answer->payload.size, 0);
    assert_text(option_of(answer, LINNET_OPTION_ETAG, 0), "v1");
    assert_int_equal(number_of(answer, LINNET_OPTION_MAX_AGE), 7);
    assert_int_equal(count_of(answer, LINNET_OPTION_CONTENT_FORMAT), 0);
    assert_code(GET("a", WITH(OPTION(LINNET_OPTION_ETAG, "v10"), OPTION(LINNET_OPTION_ETAG, "v"))), 2, 05);
    /* ETag is elective: one of a wrong length is not there. */
    assert_code(GET("a", WITH(OPTION(LINNET_OPTION_ETAG, ""), OPTION(LINNET_OPTION_ETAG, "123456789"))), 2, 05);
    assert_code(ASK(.method = LINNET_FETCH, .path = "a", WITH(OPTION(LINNET_OPTION_ETAG, "v1"))), 2, 03);
    assert_code(ASK(.method = LINNET_POST, .path = "a", WITH(OPTION(LINNET_OPTION_ETAG, "v1"))), 2, 04);
}

static const char *content = "one";

static void set_content(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    linnet_reply_text(reply, content);
}

static void an_automatic_etag_follows_the_content(void **state)
{
    static test_option known = {.present = true, .number = LINNET_OPTION_ETAG};
    static uint8_t etag[8];

    (void)state;
    add("e", &with_etag);
    run = set_content;
    content = "one";
    const test_answer *answer = GET("e");
    assert_int_equal(count_of(answer, LINNET_OPTION_ETAG), 1);
    known.value = option_of(answer, LINNET_OPTION_ETAG, 0);
    memcpy(etag, known.value.data, known.value.size);
    known.value.data = etag;
    assert_code(GET("e", WITH(known)), 2, 03);
    content = "two";
    assert_code(GET("e", WITH(known)), 2, 05);
    assert_text(GET("e", WITH(known))->payload, "two");
    run = set_valid;
    assert_int_equal(count_of(GET("e"), LINNET_OPTION_ETAG), 1);
    assert_text(option_of(GET("e"), LINNET_OPTION_ETAG, 0), "v1");
}

static void to_a_group_errors_and_empty_answers_are_not_sent(void **state)
{
    (void)state;
    (void)answer_of(set_error);
    assert_int_equal(GET("a", .multicast = true)->code, LINNET_EMPTY);
    assert_int_equal(GET("nowhere", .multicast = true)->code, LINNET_EMPTY);
    run = set_nothing;
    assert_int_equal(GET("a", .multicast = true)->code, LINNET_EMPTY);
    assert_int_equal(ASK(.method = LINNET_PUT, .path = "a", .multicast = true)->code, LINNET_EMPTY);
    run = set_content;
    assert_code(GET("a", .multicast = true), 2, 05);
}

static void read_all(linnet_request *request, linnet_reply *reply, void *context)
{
    linnet_bytes value;

    (void)reply, (void)context;
    assert_int_equal(linnet_request_method(request), LINNET_POST);
    assert_text(linnet_request_payload(request), "payload");
    assert_int_equal(linnet_request_content_format(request), LINNET_CBOR);
    assert_int_equal(linnet_request_accept(request), LINNET_NO_FORMAT);
    assert_true(linnet_request_query(request, "a", &value));
    assert_text(value, "1=2");
    assert_true(linnet_request_query(request, "ab", &value));
    assert_int_equal(value.size, 0);
    assert_true(linnet_request_query(request, "empty", &value));
    assert_int_equal(value.size, 0);
    assert_false(linnet_request_query(request, "b", &value));
    /* Only the first Size1 counts: the second is an elective option repeated, and as if not there. */
    assert_true(linnet_request_option(request, LINNET_OPTION_SIZE1, 0, &value));
    assert_int_equal(value.data[0], 7);
    assert_false(linnet_request_option(request, LINNET_OPTION_SIZE1, 1, &value));
    assert_false(linnet_request_option(request, LINNET_OPTION_SIZE2, 0, &value)); /* five octets */
    assert_true(linnet_request_option(request, 65000, 1, &value));
    assert_text(value, "two");
    assert_true(linnet_request_segment(request, 0, &value));
    assert_text(value, "a");
    assert_false(linnet_request_segment(request, 1, &value));
    assert_int_equal(linnet_request_message(request)->id, 0x1234);
    assert_int_equal(linnet_request_path(request)->flags, 0);
    result = 42;
}

static void a_handler_reads_its_request(void **state)
{
    (void)state;
    add("a", &config);
    run = read_all;
    result = 0;
    assert_code(ASK(.method = LINNET_POST, .path = "a",
                    WITH(OPTION(LINNET_OPTION_CONTENT_FORMAT, "\x3c"), QUERY("ab"), QUERY("a=1=2"), QUERY("empty="),
                         QUERY(""), OPTION(LINNET_OPTION_SIZE2, "12345"), OPTION(LINNET_OPTION_SIZE1, "\x07"),
                         OPTION(LINNET_OPTION_SIZE1, "\x08"), OPTION(65000, "one"), OPTION(65000, "two")),
                    .payload = linnet_text("payload")),
                2, 04);
    assert_int_equal(result, 42);
}

static void remove_itself(linnet_request *request, linnet_reply *reply, void *context)
{
    linnet_bytes value;

    drop(linnet_site_find(&site, "sub/self"));
    linnet_reply_text(reply, "gone");
    assert_true(linnet_request_segment(request, 0, &value));
    assert_text(value, "x");
    (void)context;
}

/* The config dies with the resource, too. */
static void a_resource_may_be_removed_in_its_own_handler(void **state)
{
    linnet_resource_config *own = calloc(1, sizeof *own);
    char *path = malloc(sizeof "sub/self");

    (void)state;
    *own = (linnet_resource_config){.get = remove_itself, .subtree = true, .etag = true};
    memcpy(path, "sub/self", sizeof "sub/self");
    add(path, own);
    const test_answer *answer = GET("sub/self/x");
    assert_text(answer->payload, "gone");
    assert_int_equal(count_of(answer, LINNET_OPTION_ETAG), 1);
    free(path);
    free(own);
    assert_int_equal(site.count, 0);
    assert_code(GET("sub/self/x"), 4, 04);
}

static void ask_again(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    linnet_reply_text(reply, "outer");
    /* Served while this request is, as by a handler that answers a deferred one. */
    linnet_bytes value = linnet_view(NULL, 0);
    if (!linnet_request_query(request, "inner", &value)) {
        linnet_incoming incoming = *(const linnet_incoming *)context;
        uint8_t body[64];
        incoming.body = body;
        incoming.capacity = sizeof body;
        linnet_site_serve(&site, &incoming);
        assert_int_equal(incoming.code, LINNET_CONTENT);
    }
}

static void requests_may_be_served_within_each_other(void **state)
{
    static linnet_path path;
    static linnet_message message = {.code = LINNET_GET};
    static linnet_request_options options;
    static linnet_incoming incoming = {.path = &path, .message = &message, .options = &options};
    static const linnet_resource_config outer = {.get = ask_again, .context = &incoming};

    (void)state;
    options = (linnet_request_options){.content_format = -1, .accept = -1, .hop_limit = -1};
    add("outer", &outer);
    add("", &config);
    run = set_content;
    assert_text(GET("outer")->payload, "outer");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SITE_TEST(an_untouched_reply_is_an_empty_2_05),
        SITE_TEST(options_may_come_in_any_order_and_after_the_payload),
        SITE_TEST(the_last_call_counts),
        SITE_TEST(locations_are_taken_apart_as_uris_are),
        SITE_TEST(an_improper_reply_is_5_00_with_a_diagnostic),
        SITE_TEST(an_error_has_a_diagnostic_without_format_and_keeps_options),
        SITE_TEST(a_diagnostic_is_cut_between_characters),
        SITE_TEST(a_payload_that_does_not_fit_where_blocks_cannot_help_is_5_00),
        SITE_TEST(every_octet_of_the_datagram_can_be_used),
        SITE_TEST(another_format_than_accepted_is_4_06),
        SITE_TEST(an_etag_that_the_client_has_makes_2_03),
        SITE_TEST(an_automatic_etag_follows_the_content),
        SITE_TEST(to_a_group_errors_and_empty_answers_are_not_sent),
        SITE_TEST(a_handler_reads_its_request),
        SITE_TEST(a_resource_may_be_removed_in_its_own_handler),
        SITE_TEST(requests_may_be_served_within_each_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
