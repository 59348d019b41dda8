/* Values that the library keeps, as "On the wire" of the module API and RFC 7252 5.8 want them. */
#include "server_support.h"

#include <stdlib.h>

#define PLAIN                                                                                                          \
    {                                                                                                                  \
        .stored = true, .writable = true, .value = {(const uint8_t *)"first", 5 }                                      \
    }
#define CONTENT_FORMAT(octets) OPTION(LINNET_OPTION_CONTENT_FORMAT, octets)
#define ETAG(octets) OPTION(LINNET_OPTION_ETAG, octets)
#define ACCEPT(octets) OPTION(LINNET_OPTION_ACCEPT, octets)
#define PUT(...) ASK(.method = LINNET_PUT, .path = __VA_ARGS__)
#define DELETE(...) ASK(.method = LINNET_DELETE, .path = __VA_ARGS__)

static const linnet_resource_config plain = PLAIN;

static void get_has_the_value_its_etag_and_its_format(void **state)
{
    static const linnet_resource_config aged = {
        .stored = true, .value = {(const uint8_t *)"{}", 2}, .content_format = LINNET_JSON, .max_age = 100};
    static const linnet_resource_config bare = {
        .stored = true, .value = {(const uint8_t *)"x", 1}, .no_content_format = true, .no_etag = true};

    (void)state;
    add("aged", &aged);
    add("bare", &bare);
    const test_answer *answer = GET("aged");
    assert_code(answer, 2, 05);
    assert_text(answer->payload, "{}");
    assert_text(option_of(answer, LINNET_OPTION_ETAG, 0), "\x01");
    assert_int_equal(number_of(answer, LINNET_OPTION_CONTENT_FORMAT), LINNET_JSON);
    assert_int_equal(number_of(answer, LINNET_OPTION_MAX_AGE), 100);
    answer = GET("bare");
    assert_text(answer->payload, "x");
    assert_int_equal(answer->options.size, 0);
}

static void get_with_an_equal_etag_is_2_03_whichever_of_several_it_is(void **state)
{
    static const linnet_resource_config aged = {.stored = true, .value = {(const uint8_t *)"x", 1}, .max_age = 100};

    (void)state;
    add("a", &aged);
    const test_answer *answer = GET("a", WITH(ETAG("\x07"), ETAG("\x01\x00"), ETAG("\x01")));
    assert_code(answer, 2, 03);
    assert_int_equal(answer->payload.size, 0);
    assert_text(option_of(answer, LINNET_OPTION_ETAG, 0), "\x01");
    assert_int_equal(number_of(answer, LINNET_OPTION_MAX_AGE), 100);
    assert_int_equal(count_of(answer, LINNET_OPTION_CONTENT_FORMAT), 0);
    assert_code(GET("a", WITH(ETAG("\x02"))), 2, 05);
}

static void get_that_accepts_another_format_is_4_06(void **state)
{
    static const linnet_resource_config bare = {
        .stored = true, .value = {(const uint8_t *)"x", 1}, .no_content_format = true};

    (void)state;
    add("a", &plain);
    add("bare", &bare);
    assert_code(GET("a", WITH(ACCEPT(""))), 2, 05);
    assert_code(GET("a", WITH(ACCEPT("\x32"))), 4, 06);
    assert_code(GET("a", WITH(ETAG("\x01"), ACCEPT("\x32"))), 4, 06);
    assert_code(GET("bare", WITH(ACCEPT("\x32"))), 4, 06);
}

static void put_replaces_the_value_and_counts_its_etag_up(void **state)
{
    linnet_resource *resource;

    (void)state;
    resource = add("a", &plain);
    const test_answer *answer = PUT("a", .payload = linnet_text("a second value"));
    assert_code(answer, 2, 04);
    assert_text(option_of(answer, LINNET_OPTION_ETAG, 0), "\x02");
    assert_int_equal(answer->payload.size, 0);
    assert_text(GET("a")->payload, "a second value");
    assert_text(option_of(GET("a"), LINNET_OPTION_ETAG, 0), "\x02");
    assert_text(linnet_resource_value(resource), "a second value");
    assert_code(PUT("a", .payload = linnet_text("x")), 2, 04);
    assert_text(GET("a")->payload, "x");
}

static void put_without_payload_leaves_an_empty_value(void **state)
{
    (void)state;
    add("a", &plain);
    assert_code(PUT("a"), 2, 04);
    const test_answer *answer = GET("a");
    assert_code(answer, 2, 05);
    assert_int_equal(answer->payload.size, 0);
    assert_int_equal(number_of(answer, LINNET_OPTION_CONTENT_FORMAT), 0);
    assert_text(option_of(answer, LINNET_OPTION_ETAG, 0), "\x02");
}

static void put_brings_its_format_where_it_has_one(void **state)
{
    (void)state;
    add("a", &plain);
    assert_code(PUT("a", WITH(CONTENT_FORMAT("\x32")), .payload = linnet_text("{}")), 2, 04);
    assert_int_equal(number_of(GET("a"), LINNET_OPTION_CONTENT_FORMAT), LINNET_JSON);
    assert_code(PUT("a", .payload = linnet_text("[]")), 2, 04);
    assert_int_equal(number_of(GET("a"), LINNET_OPTION_CONTENT_FORMAT), LINNET_JSON);
    assert_code(GET("a", WITH(ACCEPT("\x32"))), 2, 05);
}

static void the_etag_wraps_from_65535_to_1_and_is_minimal(void **state)
{
    linnet_resource *resource;

    (void)state;
    resource = add("a", &plain);
    resource->etag = 254;
    assert_int_equal(option_of(PUT("a"), LINNET_OPTION_ETAG, 0).size, 1);
    const test_answer *answer = PUT("a");
    assert_int_equal(option_of(answer, LINNET_OPTION_ETAG, 0).size, 2);
    assert_int_equal(number_of(answer, LINNET_OPTION_ETAG), 256);
    resource->etag = 65534;
    assert_int_equal(number_of(PUT("a"), LINNET_OPTION_ETAG), 65535);
    assert_int_equal(number_of(PUT("a"), LINNET_OPTION_ETAG), 1);
}

static void delete_removes_the_value_and_put_makes_it_again(void **state)
{
    (void)state;
    add("a", &plain);
    assert_code(PUT("a", WITH(CONTENT_FORMAT("\x32")), .payload = linnet_text("{}")), 2, 04);
    const test_answer *answer = DELETE("a");
    assert_code(answer, 2, 02);
    assert_int_equal(answer->size, 0);
    assert_code(GET("a"), 4, 04);
    assert_code(DELETE("a"), 4, 04);
    answer = PUT("a", .payload = linnet_text("new"));
    assert_code(answer, 2, 01);
    assert_int_equal(number_of(answer, LINNET_OPTION_ETAG), 4); /* no version has the ETag of one before */
    answer = GET("a");
    assert_text(answer->payload, "new");
    assert_int_equal(number_of(answer, LINNET_OPTION_CONTENT_FORMAT), 0);
}

static void an_absent_value_is_created_by_put(void **state)
{
    static const linnet_resource_config absent = {.stored = true, .writable = true, .absent = true};

    (void)state;
    linnet_resource *resource = add("a", &absent);
    assert_code(GET("a"), 4, 04);
    assert_int_equal(linnet_resource_value(resource).size, 0);
    assert_code(PUT("a", .payload = linnet_text("x")), 2, 01);
    assert_code(PUT("a", .payload = linnet_text("y")), 2, 04);
    assert_text(GET("a")->payload, "y");
}

static void what_is_not_writable_is_only_read(void **state)
{
    static const linnet_resource_config fixed = {.stored = true, .value = {(const uint8_t *)"x", 1}};

    (void)state;
    add("a", &fixed);
    assert_code(GET("a"), 2, 05);
    assert_code(PUT("a"), 4, 05);
    assert_code(DELETE("a"), 4, 05);
    add("b", &plain);
    assert_code(ASK(.method = LINNET_POST, .path = "b"), 4, 05);
    assert_code(PUT("nowhere"), 4, 04);
    assert_code(DELETE("nowhere"), 4, 04);
}

static void a_value_that_is_not_served_is_written_and_its_etag_compared(void **state)
{
    static const linnet_resource_config unread = {
        .stored = true, .writable = true, .no_get = true, .value = {(const uint8_t *)"x", 1}};

    (void)state;
    add("a", &unread);
    assert_code(GET("a"), 4, 05);
    assert_code(PUT("a", WITH(OPTION(LINNET_OPTION_IF_MATCH, "\x07"))), 4, 12);
    assert_code(PUT("a", WITH(OPTION(LINNET_OPTION_IF_MATCH, "\x01"))), 2, 04);
}

static void a_value_may_be_as_large_as_allowed_and_no_larger(void **state)
{
    static const linnet_resource_config limited = {.stored = true, .writable = true, .max_value_size = 100};
    static const uint8_t value[101];

    (void)state;
    add("a", &limited);
    assert_code(PUT("a", .payload = linnet_view(value, 100)), 2, 04);
    assert_int_equal(GET("a")->payload.size, 100);
    const test_answer *answer = PUT("a", .payload = linnet_view(value, 101));
    assert_code(answer, 4, 13);
    assert_int_equal(number_of(answer, LINNET_OPTION_SIZE1), 100);
    assert_int_equal(GET("a")->payload.size, 100);
    assert_int_equal(number_of(GET("a"), LINNET_OPTION_ETAG), 2);
}

static int refuse(void *context, linnet_value *value, size_t capacity)
{
    (void)context, (void)value;
    return capacity == 0 ? 0 : LINNET_ENOMEM;
}

static void without_memory_the_value_stays(void **state)
{
    (void)state;
    add("a", &plain);
    site.resize = refuse;
    assert_code(PUT("a", .payload = linnet_text("second")), 5, 03);
    assert_text(GET("a")->payload, "first");
    assert_int_equal(number_of(GET("a"), LINNET_OPTION_ETAG), 1);
    assert_int_equal(linnet_resource_set(site.first, linnet_text("second")), LINNET_ENOMEM);
}

static void a_buffer_of_the_owner_bounds_the_value(void **state)
{
    static uint8_t buffer[4];
    linnet_resource resource = {.value = {.data = buffer, .capacity = sizeof buffer}};

    (void)state;
    site.resize = NULL;
    assert_int_equal(linnet_site_add(&site, &resource, "a", &plain), 0);
    assert_text(GET("a")->payload, "first");
    assert_code(PUT("a", .payload = linnet_text("four")), 2, 04);
    assert_text(GET("a")->payload, "four");
    const test_answer *answer = PUT("a", .payload = linnet_text("fives"));
    assert_code(answer, 4, 13);
    assert_int_equal(number_of(answer, LINNET_OPTION_SIZE1), 4);
    assert_code(DELETE("a"), 2, 02);
    assert_code(PUT("a", .payload = linnet_text("more")), 2, 01);
    assert_text(GET("a")->payload, "more");
    linnet_site_remove(&site, &resource);
}

static void the_owner_sets_values_too(void **state)
{
    static const linnet_resource_config handled = {0};
    static const linnet_resource_config limited = {.stored = true, .absent = true, .max_value_size = 3};
    linnet_resource *resource;

    (void)state;
    assert_int_equal(linnet_resource_set(add("h", &handled), linnet_text("x")), LINNET_EINVAL);
    resource = add("a", &limited);
    assert_int_equal(linnet_resource_set(resource, linnet_text("0123456789")), 0);
    assert_text(GET("a")->payload, "0123456789");
    linnet_bytes value = linnet_resource_value(resource);
    assert_int_equal(linnet_resource_set(resource, linnet_view(value.data + 2, 5)), 0);
    assert_text(GET("a")->payload, "23456");
    assert_int_equal(linnet_resource_set(resource, linnet_view(NULL, 0)), 0);
    assert_code(GET("a"), 2, 05);
    assert_int_equal(number_of(GET("a"), LINNET_OPTION_ETAG), 4);
}

static void put_first(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)context;
    if (linnet_request_payload(request).size == 0)
        linnet_reply_error(reply, LINNET_BAD_REQUEST, "Say something");
    else
        linnet_stored_put(request, reply, context);
}

static void a_handler_of_the_owner_comes_before_the_librarys(void **state)
{
    static const linnet_resource_config config = {.stored = true, .put = put_first};

    (void)state;
    add("a", &config);
    assert_code(PUT("a"), 4, 00);
    assert_code(PUT("a", .payload = linnet_text("x")), 2, 04);
    assert_text(GET("a")->payload, "x");
    assert_code(DELETE("a"), 4, 05);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SITE_TEST(get_has_the_value_its_etag_and_its_format),
        SITE_TEST(get_with_an_equal_etag_is_2_03_whichever_of_several_it_is),
        SITE_TEST(get_that_accepts_another_format_is_4_06),
        SITE_TEST(put_replaces_the_value_and_counts_its_etag_up),
        SITE_TEST(put_without_payload_leaves_an_empty_value),
        SITE_TEST(put_brings_its_format_where_it_has_one),
        SITE_TEST(the_etag_wraps_from_65535_to_1_and_is_minimal),
        SITE_TEST(delete_removes_the_value_and_put_makes_it_again),
        SITE_TEST(an_absent_value_is_created_by_put),
        SITE_TEST(what_is_not_writable_is_only_read),
        SITE_TEST(a_value_that_is_not_served_is_written_and_its_etag_compared),
        SITE_TEST(a_value_may_be_as_large_as_allowed_and_no_larger),
        SITE_TEST(without_memory_the_value_stays),
        SITE_TEST(a_buffer_of_the_owner_bounds_the_value),
        SITE_TEST(the_owner_sets_values_too),
        SITE_TEST(a_handler_of_the_owner_comes_before_the_librarys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
