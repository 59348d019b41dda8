/* What a module's server answers: the table "On the wire", row by row, asked by a client over the loopback. */
#include "module_support.h"

#include <stdio.h>

static module_world world;

static int open_world(void **state)
{
    (void)state;
    module_world_open(&world, NULL);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    module_world_close(&world);
    return 0;
}

static linnet_module_resource *add(int32_t media_type, int64_t max_age, const char *value, bool etag)
{
    linnet_module_resource *resource;
    assert_int_equal(
        linnet_module_add_resource(world.module, "r", media_type, max_age, linnet_text(value), etag, &resource), 0);
    assert_int_equal(linnet_module_resource_allow(resource, 127, true), 0);
    return resource;
}

static linnet_code ask_with(linnet_code method, const char *payload, uint16_t number, const char *value, size_t size)
{
    linnet_option option = {.number = number, .value = linnet_view(value, size)};
    return ASK(&world, .method = method, .path = "r", .payload = payload, .options = &option, .option_count = 1);
}

static uint16_t etag_of(linnet_module_resource *resource)
{
    linnet_module_details details;
    assert_int_equal(linnet_module_resource_details(resource, &details), 0);
    return details.etag_value;
}

static void get_gives_the_value_with_what_is_set(void **state)
{
    linnet_module_resource *resource = add(LINNET_TEXT, 100, "default_value", true);
    (void)state;
    assert_int_equal(GET(&world, "r"), LINNET_CONTENT);
    assert_string_equal(world.answer.payload, "default_value");
    assert_int_equal(module_option(&world, LINNET_OPTION_ETAG), 1);
    assert_int_equal(module_option(&world, LINNET_OPTION_CONTENT_FORMAT), 0);
    assert_int_equal(module_option(&world, LINNET_OPTION_MAX_AGE), 100);
    assert_int_equal(world.answer.type, LINNET_ACK);
    linnet_module_resource_release(resource);
}

static void get_gives_the_value_alone_where_nothing_is_set(void **state)
{
    linnet_module_resource *resource = add(LINNET_MODULE_UNSET, LINNET_MODULE_UNSET, "x", false);
    (void)state;
    assert_int_equal(GET(&world, "r"), LINNET_CONTENT);
    assert_int_equal(world.options_size, 0);
    linnet_module_resource_release(resource);
}

static void a_max_age_of_zero_is_told(void **state)
{
    linnet_module_resource *resource = add(LINNET_JSON, 0, "{}", true);
    (void)state;
    assert_int_equal(GET(&world, "r"), LINNET_CONTENT);
    assert_int_equal(module_option(&world, LINNET_OPTION_MAX_AGE), 0);
    assert_int_equal(module_option(&world, LINNET_OPTION_ETAG), 1);
    assert_int_equal(module_option(&world, LINNET_OPTION_CONTENT_FORMAT), LINNET_JSON);
    assert_int_equal(ask_with(LINNET_PUT, "y", LINNET_OPTION_IF_MATCH, "\x01", 1), LINNET_CHANGED);
    assert_int_equal(ASK(&world, .method = LINNET_FETCH, .path = "r"), LINNET_CONTENT);
    assert_int_equal(module_option(&world, LINNET_OPTION_MAX_AGE), 0);
    linnet_module_resource_release(resource);
}

/* The firmware read the first ETag only. */
static void get_with_an_equal_etag_is_2_03_whichever_of_several_it_is(void **state)
{
    linnet_module_resource *resource = add(LINNET_TEXT, 100, "x", true);
    linnet_option etags[] = {{LINNET_OPTION_ETAG, linnet_text("\x07")},
                             {LINNET_OPTION_ETAG, linnet_text("\x09\x01")},
                             {LINNET_OPTION_ETAG, linnet_text("\x01")}};
    (void)state;
    assert_int_equal(ASK(&world, .method = LINNET_GET, .path = "r", .options = etags, .option_count = 3), LINNET_VALID);
    assert_int_equal(world.answer.size, 0);
    assert_int_equal(module_option(&world, LINNET_OPTION_ETAG), 1);
    assert_int_equal(module_option(&world, LINNET_OPTION_MAX_AGE), 100);
    assert_int_equal(module_option(&world, LINNET_OPTION_CONTENT_FORMAT), -1);
    assert_int_equal(ASK(&world, .method = LINNET_GET, .path = "r", .options = etags, .option_count = 2),
                     LINNET_CONTENT);
    linnet_module_resource_release(resource);
}

/* One 4.06 hung the firmware's server for good. */
static void another_accept_is_4_06_and_the_server_goes_on(void **state)
{
    linnet_module_resource *resource = add(LINNET_TEXT, LINNET_MODULE_UNSET, "x", false);
    (void)state;
    assert_int_equal(ask_with(LINNET_GET, NULL, LINNET_OPTION_ACCEPT, "\x32", 1), LINNET_NOT_ACCEPTABLE);
    assert_int_equal(ask_with(LINNET_GET, NULL, LINNET_OPTION_ACCEPT, "", 0), LINNET_CONTENT);
    assert_int_equal(ask_with(LINNET_GET, NULL, LINNET_OPTION_ACCEPT, "\x32", 1), LINNET_NOT_ACCEPTABLE);
    assert_int_equal(GET(&world, "r"), LINNET_CONTENT);
    linnet_module_resource_release(resource);
}

static void put_replaces_the_value_and_tells_its_etag(void **state)
{
    linnet_module_resource *resource = add(LINNET_TEXT, LINNET_MODULE_UNSET, "x", true);
    (void)state;
    assert_int_equal(PUT(&world, "r", "new"), LINNET_CHANGED);
    assert_int_equal(module_option(&world, LINNET_OPTION_ETAG), 2);
    assert_true(module_has_value(resource, "new"));
    assert_int_equal(etag_of(resource), 2);
    assert_int_equal(GET(&world, "r"), LINNET_CONTENT);
    assert_int_equal(module_option(&world, LINNET_OPTION_CONTENT_FORMAT), LINNET_TEXT);
    linnet_module_resource_release(resource);
}

static void put_brings_its_media_type_where_it_has_one(void **state)
{
    linnet_module_resource *resource = add(LINNET_TEXT, LINNET_MODULE_UNSET, "x", false);
    linnet_module_details details;
    (void)state;
    assert_int_equal(
        ASK(&world, .method = LINNET_PUT, .path = "r", .payload = "{}", .typed = true, .format = LINNET_JSON),
        LINNET_CHANGED);
    assert_int_equal(linnet_module_resource_details(resource, &details), 0);
    assert_int_equal(details.media_type, LINNET_JSON);
    assert_int_equal(PUT(&world, "r", "[]"), LINNET_CHANGED);
    assert_int_equal(linnet_module_resource_details(resource, &details), 0);
    assert_int_equal(details.media_type, LINNET_JSON);
    linnet_module_resource_release(resource);
}

static void put_without_payload_leaves_an_empty_value(void **state)
{
    linnet_module_resource *resource = add(LINNET_MODULE_UNSET, LINNET_MODULE_UNSET, "x", false);
    (void)state;
    assert_int_equal(PUT(&world, "r", NULL), LINNET_CHANGED);
    assert_true(module_has_value(resource, ""));
    linnet_module_resource_release(resource);
}

static void post_replaces_the_value_as_put_does(void **state)
{
    linnet_module_resource *resource = add(LINNET_TEXT, LINNET_MODULE_UNSET, "x", true);
    (void)state;
    assert_int_equal(ASK(&world, .method = LINNET_POST, .path = "r", .payload = "new_value"), LINNET_CHANGED);
    assert_int_equal(module_option(&world, LINNET_OPTION_ETAG), 2);
    assert_true(module_has_value(resource, "new_value"));
    linnet_module_resource_release(resource);
}

/* "The firmware: absent If-Match gave 4.12". */
static void without_preconditions_nothing_is_4_12(void **state)
{
    (void)state;
    for (int etag = 0; etag < 2; etag++) {
        linnet_module_resource *resource = add(LINNET_MODULE_UNSET, LINNET_MODULE_UNSET, "x", etag);
        assert_int_equal(PUT(&world, "r", "y"), LINNET_CHANGED);
        assert_int_equal(linnet_module_remove_resource(world.module, "r"), 0);
        linnet_module_resource_release(resource);
    }
}

static void if_match_is_compared_in_all_its_occurrences(void **state)
{
    linnet_module_resource *resource = add(LINNET_MODULE_UNSET, LINNET_MODULE_UNSET, "x", true);
    linnet_option matches[] = {{LINNET_OPTION_IF_MATCH, linnet_text("\x09")},
                               {LINNET_OPTION_IF_MATCH, linnet_text("\x01")}};
    (void)state;
    assert_int_equal(ask_with(LINNET_PUT, "y", LINNET_OPTION_IF_MATCH, "\x09", 1), LINNET_PRECONDITION_FAILED);
    assert_true(module_has_value(resource, "x"));
    assert_int_equal(
        ASK(&world, .method = LINNET_PUT, .path = "r", .payload = "y", .options = matches, .option_count = 2),
        LINNET_CHANGED);
    assert_int_equal(ask_with(LINNET_PUT, "z", LINNET_OPTION_IF_MATCH, "", 0), LINNET_CHANGED);
    assert_int_equal(ask_with(LINNET_DELETE, NULL, LINNET_OPTION_IF_MATCH, "\x01", 1), LINNET_PRECONDITION_FAILED);
    linnet_module_resource_release(resource);
}

/* With and without ETag, and where nobody may read. */
static void preconditions_count_on_every_resource(void **state)
{
    linnet_module_resource *resource = add(LINNET_MODULE_UNSET, LINNET_MODULE_UNSET, "x", false);
    linnet_module_details on = {.etag = true};
    (void)state;
    assert_int_equal(ask_with(LINNET_PUT, "y", LINNET_OPTION_IF_MATCH, "\x01", 1), LINNET_PRECONDITION_FAILED);
    assert_int_equal(ask_with(LINNET_PUT, "y", LINNET_OPTION_IF_MATCH, "", 0), LINNET_CHANGED);
    assert_int_equal(ask_with(LINNET_PUT, "z", LINNET_OPTION_IF_NONE_MATCH, "", 0), LINNET_PRECONDITION_FAILED);
    assert_true(module_has_value(resource, "y"));
    assert_int_equal(linnet_module_resource_allow(resource, LINNET_MODULE_GET, false), 0);
    assert_int_equal(linnet_module_resource_set_details(resource, LINNET_MODULE_SET_ETAG, &on), 0);
    assert_int_equal(ask_with(LINNET_PUT, "z", LINNET_OPTION_IF_MATCH, "\x05", 1), LINNET_PRECONDITION_FAILED);
    assert_int_equal(ask_with(LINNET_PUT, "z", LINNET_OPTION_IF_MATCH, "\x01", 1), LINNET_CHANGED);
    linnet_module_resource_release(resource);
}

static void an_unknown_path_is_4_04_for_every_method(void **state)
{
    static const linnet_code methods[] = {LINNET_GET, LINNET_POST, LINNET_PUT, LINNET_DELETE, LINNET_FETCH};
    (void)state;
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        assert_int_equal(ASK(&world, .method = methods[i], .path = "none"), LINNET_NOT_FOUND);
}

/* "DELETE of an unknown path 2.02" was the firmware's. */
static void delete_removes_the_resource_once(void **state)
{
    linnet_module_resource *resource = add(LINNET_MODULE_UNSET, LINNET_MODULE_UNSET, "x", false);
    (void)state;
    assert_int_equal(ASK(&world, .method = LINNET_DELETE, .path = "r"), LINNET_DELETED);
    assert_int_equal(ASK(&world, .method = LINNET_DELETE, .path = "r"), LINNET_NOT_FOUND);
    assert_int_equal(GET(&world, "r"), LINNET_NOT_FOUND);
    linnet_module_resource_release(resource);
}

static void an_unknown_critical_option_is_4_02(void **state)
{
    linnet_module_resource *resource = add(LINNET_MODULE_UNSET, LINNET_MODULE_UNSET, "x", false);
    (void)state;
    assert_int_equal(ask_with(LINNET_GET, NULL, 65001, "", 0), LINNET_BAD_OPTION);
    assert_int_equal(ask_with(LINNET_GET, NULL, 65000, "", 0), LINNET_CONTENT);
    linnet_module_resource_release(resource);
}

/* Each fragment replaced the value in the firmware. */
static void a_body_in_blocks_is_one_value_and_one_change(void **state)
{
    static char large[4000];
    linnet_module_resource *resource = add(LINNET_MODULE_UNSET, LINNET_MODULE_UNSET, "x", true);
    (void)state;
    memset(large, 'a', sizeof large - 1);
    large[0] = '<';
    large[sizeof large - 2] = '>';
    assert_int_equal(PUT(&world, "r", large), LINNET_CHANGED);
    assert_true(module_has_value(resource, large));
    assert_int_equal(etag_of(resource), 2);
    assert_int_equal(GET(&world, "r"), LINNET_CONTENT);
    assert_string_equal(world.answer.payload, large);
    linnet_module_resource_release(resource);
}

static void fetch_without_a_body_is_as_get(void **state)
{
    linnet_module_resource *resource = add(LINNET_TEXT, LINNET_MODULE_UNSET, "x", true);
    (void)state;
    assert_int_equal(ASK(&world, .method = LINNET_FETCH, .path = "r"), LINNET_CONTENT);
    assert_string_equal(world.answer.payload, "x");
    assert_int_equal(module_option(&world, LINNET_OPTION_ETAG), 1);
    assert_int_equal(
        ASK(&world, .method = LINNET_FETCH, .path = "r", .payload = "query", .typed = true, .format = LINNET_TEXT),
        LINNET_UNSUPPORTED_CONTENT_FORMAT);
    linnet_module_resource_release(resource);
}

static void patch_replaces_by_a_body_of_the_same_media_type_only(void **state)
{
    static const linnet_code methods[] = {LINNET_PATCH, LINNET_IPATCH};
    linnet_module_resource *resource = add(LINNET_TEXT, LINNET_MODULE_UNSET, "x", false);
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(
            ASK(&world, .method = methods[i], .path = "r", .payload = "y", .typed = true, .format = LINNET_TEXT),
            LINNET_CHANGED);
        assert_true(module_has_value(resource, "y"));
        assert_int_equal(
            ASK(&world, .method = methods[i], .path = "r", .payload = "z", .typed = true, .format = LINNET_JSON),
            LINNET_UNSUPPORTED_CONTENT_FORMAT);
        assert_int_equal(ASK(&world, .method = methods[i], .path = "r", .payload = "z"),
                         LINNET_UNSUPPORTED_CONTENT_FORMAT);
        assert_true(module_has_value(resource, "y"));
        assert_int_equal(linnet_module_resource_set_value(resource, linnet_text("x")), 0);
    }
    linnet_module_resource_release(resource);
}

typedef struct watch {
    unsigned count;
    linnet_code code;
    char payload[64];
    bool over;
} watch;

static void on_notification(const linnet_response *response, void *context)
{
    watch *seen = context;
    seen->count++;
    seen->code = response->message.code;
    seen->over = !response->more;
    snprintf(seen->payload, sizeof seen->payload, "%.*s", LINNET_PRINTF(response->message.payload));
}

static void await(const watch *seen, unsigned count)
{
    uint64_t until = linnet_clock() + 5000000;
    while (seen->count < count) {
        assert_true(linnet_clock() < until);
        module_turn(&world, 100);
    }
}

static void every_resource_can_be_observed(void **state)
{
    linnet_module_resource *resource = add(LINNET_TEXT, LINNET_MODULE_UNSET, "first", true);
    char uri[64];
    watch seen = {0};
    linnet_client_request request = {
        .method = LINNET_GET, .uri = uri, .observe = true, .on_response = on_notification, .context = &seen};
    (void)state;
    snprintf(uri, sizeof uri, "coap://127.0.0.1:%u/r", (unsigned)world.port);
    assert_int_equal(linnet_client_send(world.client, &request, NULL), 0);
    await(&seen, 1);
    assert_string_equal(seen.payload, "first");
    assert_int_equal(linnet_module_resource_set_value(resource, linnet_text("second")), 0);
    await(&seen, 2);
    assert_string_equal(seen.payload, "second");
    assert_int_equal(PUT(&world, "r", "third"), LINNET_CHANGED);
    await(&seen, 3);
    assert_string_equal(seen.payload, "third");
    assert_false(seen.over);
    assert_int_equal(linnet_module_remove_resource(world.module, "r"), 0);
    await(&seen, 4);
    assert_int_equal(seen.code, LINNET_NOT_FOUND);
    assert_true(seen.over);
    linnet_module_resource_release(resource);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(get_gives_the_value_with_what_is_set),
        WORLD_TEST(get_gives_the_value_alone_where_nothing_is_set),
        WORLD_TEST(a_max_age_of_zero_is_told),
        WORLD_TEST(get_with_an_equal_etag_is_2_03_whichever_of_several_it_is),
        WORLD_TEST(another_accept_is_4_06_and_the_server_goes_on),
        WORLD_TEST(put_replaces_the_value_and_tells_its_etag),
        WORLD_TEST(put_brings_its_media_type_where_it_has_one),
        WORLD_TEST(put_without_payload_leaves_an_empty_value),
        WORLD_TEST(post_replaces_the_value_as_put_does),
        WORLD_TEST(without_preconditions_nothing_is_4_12),
        WORLD_TEST(if_match_is_compared_in_all_its_occurrences),
        WORLD_TEST(preconditions_count_on_every_resource),
        WORLD_TEST(an_unknown_path_is_4_04_for_every_method),
        WORLD_TEST(delete_removes_the_resource_once),
        WORLD_TEST(an_unknown_critical_option_is_4_02),
        WORLD_TEST(a_body_in_blocks_is_one_value_and_one_change),
        WORLD_TEST(fetch_without_a_body_is_as_get),
        WORLD_TEST(patch_replaces_by_a_body_of_the_same_media_type_only),
        WORLD_TEST(every_resource_can_be_observed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
