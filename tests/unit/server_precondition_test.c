/* If-Match and If-None-Match on every kind of resource (RFC 7252 5.10.8), and Block1 as far as it goes. */
#include "server_support.h"

#include <stdlib.h>

#define IF_MATCH(octets) OPTION(LINNET_OPTION_IF_MATCH, octets)
#define IF_NONE_MATCH OPTION(LINNET_OPTION_IF_NONE_MATCH, "")
#define PUT(...) ASK(.method = LINNET_PUT, .path = __VA_ARGS__)

static int puts_run;

static void count_put(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)reply, (void)context;
    puts_run++;
}

static int reset(void **state)
{
    puts_run = 0;
    return open_site(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, reset, close_site)

static const linnet_resource_config stored = {.stored = true, .writable = true, .value = {(const uint8_t *)"v", 1}};

static void if_match_on_a_value_compares_all_of_its_occurrences(void **state)
{
    (void)state;
    add("a", &stored);
    assert_code(PUT("a", WITH(IF_MATCH("\x02"))), 4, 12);
    assert_code(PUT("a", WITH(IF_MATCH("\x02"), IF_MATCH("\x03"))), 4, 12);
    assert_text(GET("a")->payload, "v");
    assert_code(PUT("a", WITH(IF_MATCH("\x02"), IF_MATCH("\x01"))), 2, 04);
    assert_code(PUT("a", WITH(IF_MATCH("\x01"))), 4, 12);
    assert_code(PUT("a", WITH(IF_MATCH("\x02"))), 2, 04);
    assert_code(ASK(.method = LINNET_DELETE, .path = "a", WITH(IF_MATCH("\x02"))), 4, 12);
    assert_code(GET("a", WITH(IF_MATCH("\x02"))), 4, 12);
    assert_code(GET("a", WITH(IF_MATCH("\x03"))), 2, 05);
}

static void an_empty_if_match_wants_that_there_is_a_value(void **state)
{
    static const linnet_resource_config absent = {.stored = true, .writable = true, .absent = true};

    (void)state;
    add("a", &stored);
    add("absent", &absent);
    assert_code(PUT("a", WITH(IF_MATCH(""))), 2, 04);
    assert_code(PUT("absent", WITH(IF_MATCH(""))), 4, 12);
    assert_code(PUT("absent", WITH(IF_MATCH("\x01"))), 4, 12);
    assert_code(PUT("absent"), 2, 01);
    assert_code(PUT("absent", WITH(IF_MATCH(""))), 2, 04);
}

static void if_none_match_wants_that_there_is_none(void **state)
{
    static const linnet_resource_config absent = {.stored = true, .writable = true, .absent = true};

    (void)state;
    add("a", &stored);
    add("absent", &absent);
    assert_code(PUT("a", WITH(IF_NONE_MATCH)), 4, 12);
    assert_code(PUT("absent", WITH(IF_NONE_MATCH)), 2, 01);
    assert_code(PUT("absent", WITH(IF_NONE_MATCH)), 4, 12);
    assert_code(PUT("a", WITH(IF_MATCH(""), IF_NONE_MATCH)), 4, 12);
}

static void without_etags_only_the_empty_if_match_holds(void **state)
{
    static const linnet_resource_config bare = {
        .stored = true, .writable = true, .no_etag = true, .value = {(const uint8_t *)"v", 1}};
    static const linnet_resource_config handled = {.put = count_put};

    (void)state;
    add("bare", &bare);
    add("handled", &handled);
    assert_code(PUT("bare", WITH(IF_MATCH("\x01"))), 4, 12);
    assert_code(PUT("bare", WITH(IF_MATCH(""))), 2, 04);
    assert_code(PUT("bare", WITH(IF_NONE_MATCH)), 4, 12);
    assert_code(PUT("handled", WITH(IF_MATCH("\x01"))), 4, 12);
    assert_code(PUT("handled", WITH(IF_NONE_MATCH)), 4, 12);
    assert_int_equal(puts_run, 0);
    assert_code(PUT("handled", WITH(IF_MATCH(""))), 2, 04);
    assert_int_equal(puts_run, 1);
}

static const char *tag = "v1";
static linnet_code get_code;

static void get_tagged(linnet_request *request, linnet_reply *reply, void *context)
{
    linnet_bytes value;

    (void)context;
    assert_int_equal(linnet_request_method(request), LINNET_GET);
    assert_int_equal(linnet_request_payload(request).size, 0);
    assert_true(linnet_request_segment(request, 0, &value));
    if (get_code) {
        linnet_reply_error(reply, get_code, "no");
        return;
    }
    if (*tag)
        linnet_reply_etag(reply, linnet_text(tag));
    linnet_reply_text(reply, "a value");
}

static void a_get_handler_is_asked_for_the_current_etag(void **state)
{
    static const linnet_resource_config config = {.get = get_tagged, .put = count_put};

    (void)state;
    add("a", &config);
    tag = "v1";
    get_code = LINNET_EMPTY;
    assert_code(PUT("a", WITH(IF_MATCH("v2")), .payload = linnet_text("x")), 4, 12);
    assert_int_equal(puts_run, 0);
    const test_answer *answer = PUT("a", WITH(IF_MATCH("v0"), IF_MATCH("v1")), .payload = linnet_text("x"));
    assert_code(answer, 2, 04);
    assert_int_equal(answer->size, 0); /* nothing of what the get handler said is left */
    assert_code(PUT("a", WITH(IF_NONE_MATCH)), 4, 12);
    assert_int_equal(puts_run, 1);
}

static void a_get_handler_that_finds_nothing_means_there_is_nothing(void **state)
{
    static const linnet_resource_config config = {.get = get_tagged, .put = count_put, .subtree = true};

    (void)state;
    add("t", &config);
    get_code = LINNET_NOT_FOUND;
    assert_code(PUT("t/x", WITH(IF_MATCH(""))), 4, 12);
    assert_code(PUT("t/x", WITH(IF_NONE_MATCH)), 2, 04);
    get_code = LINNET_INTERNAL_SERVER_ERROR; /* who knows: neither kind of condition is taken to hold without an ETag */
    assert_code(PUT("t/x", WITH(IF_MATCH("v1"))), 4, 12);
    assert_code(PUT("t/x", WITH(IF_NONE_MATCH)), 4, 12);
    assert_int_equal(puts_run, 1);
}

static void an_etag_that_the_library_made_counts_too(void **state)
{
    static const linnet_resource_config config = {.get = get_tagged, .put = count_put, .subtree = true, .etag = true};
    static test_option match = {.present = true, .number = LINNET_OPTION_IF_MATCH};
    static uint8_t etag[8];

    (void)state;
    add("t", &config);
    tag = "";
    get_code = LINNET_EMPTY;
    match.value = option_of(GET("t/x"), LINNET_OPTION_ETAG, 0);
    memcpy(etag, match.value.data, match.value.size);
    match.value.data = etag;
    assert_code(PUT("t/x", WITH(match)), 2, 04);
    etag[0] ^= 1;
    assert_code(PUT("t/x", WITH(match)), 4, 12);
}

static void get_and_go(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    drop(linnet_site_find(&site, "t"));
    linnet_reply_text(reply, "gone");
}

static void get_later(linnet_request *request, linnet_reply *reply, void *context)
{
    linnet_deferred deferred;

    (void)request, (void)context;
    assert_int_equal(linnet_reply_defer(reply, &deferred), LINNET_EBUSY);
}

static void a_get_handler_may_remove_its_resource_or_try_to_defer(void **state)
{
    static const linnet_resource_config gone = {.get = get_and_go, .put = count_put};
    static const linnet_resource_config later = {.get = get_later, .put = count_put};

    (void)state;
    add("t", &gone);
    assert_code(PUT("t", WITH(IF_MATCH(""))), 4, 04);
    add("l", &later);
    assert_code(PUT("l", WITH(IF_MATCH("\x01"))), 4, 12);
    assert_int_equal(puts_run, 0);
    assert_code(PUT("l", WITH(IF_MATCH(""))), 2, 04);
}

static void preconditions_come_after_path_and_method(void **state)
{
    static const linnet_resource_config config = {.get = get_tagged};

    (void)state;
    add("a", &config);
    assert_code(PUT("a", WITH(IF_MATCH("\x01"))), 4, 05);
    assert_code(PUT("b", WITH(IF_MATCH("\x01"))), 4, 04);
    site.unknown = count_put;
    assert_code(PUT("b", WITH(IF_MATCH(""))), 4, 12);
    assert_code(PUT("b", WITH(IF_NONE_MATCH)), 2, 04);
    assert_int_equal(puts_run, 1);
}

#define BLOCK1(octets) OPTION(LINNET_OPTION_BLOCK1, octets)

static void without_a_place_for_bodies_uploads_are_taken_in_one_block_only(void **state)
{
    const test_answer *answer;

    (void)state;
    add("a", &stored);
    assert_code(PUT("a", WITH(BLOCK1("\x10")), .payload = linnet_text("0123456789abcdef")), 4, 8);
    assert_code(PUT("a", WITH(BLOCK1("\x18")), .payload = linnet_text("0123456789abcdef")), 4, 8);
    answer = PUT("a", WITH(BLOCK1("\x08")), .payload = linnet_text("0123456789abcdef"));
    assert_code(answer, 4, 13);
    assert_text(answer->payload, "Block-wise upload is not supported here");
    assert_text(GET("a")->payload, "v");
    answer = PUT("a", WITH(BLOCK1("\x06")), .payload = linnet_text("whole"));
    assert_code(answer, 2, 04);
    assert_int_equal(number_of(answer, LINNET_OPTION_BLOCK1), 6);
    assert_text(GET("a")->payload, "whole");
    answer = PUT("a", WITH(BLOCK1("")), .payload = linnet_text("0123456789abcdef"));
    assert_int_equal(number_of(answer, LINNET_OPTION_BLOCK1), 0);
    assert_code(PUT("nowhere", WITH(BLOCK1("\x10"))), 4, 04);
}

static void a_resource_with_preconditions_of_its_own_is_run_whatever_they_say(void **state)
{
    static const linnet_resource_config own = {.put = count_put, .own_preconditions = true};

    (void)state;
    add("own", &own);
    assert_code(PUT("own", WITH(IF_MATCH("\x02"))), 2, 04);
    assert_code(PUT("own", WITH(IF_NONE_MATCH)), 2, 04);
    assert_int_equal(puts_run, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(if_match_on_a_value_compares_all_of_its_occurrences),
        TEST(an_empty_if_match_wants_that_there_is_a_value),
        TEST(if_none_match_wants_that_there_is_none),
        TEST(without_etags_only_the_empty_if_match_holds),
        TEST(a_get_handler_is_asked_for_the_current_etag),
        TEST(a_get_handler_that_finds_nothing_means_there_is_nothing),
        TEST(an_etag_that_the_library_made_counts_too),
        TEST(a_get_handler_may_remove_its_resource_or_try_to_defer),
        TEST(preconditions_come_after_path_and_method),
        TEST(a_resource_with_preconditions_of_its_own_is_run_whatever_they_say),
        TEST(without_a_place_for_bodies_uploads_are_taken_in_one_block_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
