/* linnet_site_serve_small(): what it does, and that it says so where it does less. */
#include "server_support.h"

#define SMALL .serve = linnet_site_serve_small

static uint8_t large[2000];

static void get_text(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    linnet_reply_text(reply, "text");
}

static void get_options(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    linnet_reply_payload(reply, LINNET_CBOR, linnet_text("x"));
    linnet_reply_max_age(reply, 5);
    linnet_reply_etag(reply, linnet_text("e"));
}

static void get_large(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    linnet_reply_payload(reply, LINNET_CBOR, linnet_view(large, sizeof large));
}

static const linnet_resource_config text = {.get = get_text}, options = {.get = get_options},
                                    too_large = {.get = get_large};

static void it_routes_and_runs_handlers(void **state)
{
    (void)state;
    add("a/b", &text);
    add("o", &options);
    const test_answer *answer = GET("a/b", SMALL);
    assert_code(answer, 2, 05);
    assert_text(answer->payload, "text");
    assert_code(GET("a", SMALL), 4, 04);
    assert_code(ASK(.method = LINNET_PUT, .path = "a/b", SMALL), 4, 05);
    answer = GET("o", SMALL);
    assert_text(answer->payload, "x");
    assert_int_equal(number_of(answer, LINNET_OPTION_CONTENT_FORMAT), LINNET_CBOR);
    assert_int_equal(number_of(answer, LINNET_OPTION_MAX_AGE), 5);
    assert_text(option_of(answer, LINNET_OPTION_ETAG, 0), "e");
    assert_code(GET("a/b", WITH(OPTION(LINNET_OPTION_ACCEPT, "\x32")), SMALL), 4, 06);
}

static void what_it_does_not_do_is_a_bad_option(void **state)
{
    (void)state;
    add("a", &text);
    assert_code(GET("a", WITH(OPTION(LINNET_OPTION_IF_MATCH, "")), SMALL), 4, 02);
    assert_code(GET("a", WITH(OPTION(LINNET_OPTION_IF_NONE_MATCH, "")), SMALL), 4, 02);
    assert_code(GET("a", WITH(OPTION(LINNET_OPTION_BLOCK1, "")), SMALL), 4, 02);
    assert_code(GET("a", WITH(OPTION(LINNET_OPTION_BLOCK2, "")), SMALL), 4, 02);
}

static void what_does_not_fit_is_5_00(void **state)
{
    (void)state;
    add("a", &too_large);
    assert_code(GET("a", SMALL), 5, 00);
}

static void stored_values_and_discovery_are_named_in_the_config(void **state)
{
    static const linnet_resource_config stored = {
        .stored = true, .get = linnet_stored_get, .put = linnet_stored_put, .value = {(const uint8_t *)"v", 1}};
    static const linnet_resource_config unnamed = {.stored = true};

    (void)state;
    add("v", &stored);
    add("u", &unnamed);
    add(LINNET_DISCOVERY_PATH, &linnet_discovery_config);
    assert_text(GET("v", SMALL)->payload, "v");
    assert_code(ASK(.method = LINNET_PUT, .path = "v", .payload = linnet_text("w"), SMALL), 2, 04);
    assert_text(GET("v", SMALL)->payload, "w");
    assert_code(GET("u", SMALL), 4, 05);
    assert_text(GET(LINNET_DISCOVERY_PATH, SMALL)->payload, "</v>;ct=0,</u>;ct=0,</.well-known/core>;ct=40");
    assert_code(GET(LINNET_DISCOVERY_PATH, SMALL, .capacity = 40), 5, 00);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SITE_TEST(it_routes_and_runs_handlers),
        SITE_TEST(what_it_does_not_do_is_a_bad_option),
        SITE_TEST(what_does_not_fit_is_5_00),
        SITE_TEST(stored_values_and_discovery_are_named_in_the_config),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
