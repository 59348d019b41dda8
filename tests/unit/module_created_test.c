/* Resources that clients create: the rows of the table for unknown paths, what the callback may do, and the limits. */
#include "module_support.h"

#include <stdio.h>

static module_world world;

typedef struct made {
    unsigned count;
    char uri[64];
    char value[64];
    linnet_module_details details;
    linnet_module_resource *kept; /* retained */
    void (*act)(linnet_module_resource *resource);
} made;

static made seen;

static void on_resource(linnet_module_resource *resource, void *context)
{
    size_t size;
    assert_ptr_equal(context, &seen);
    seen.count++;
    snprintf(seen.uri, sizeof seen.uri, "%s", linnet_module_resource_uri(resource));
    memset(seen.value, 0, sizeof seen.value);
    assert_int_equal(linnet_module_resource_value(resource, seen.value, sizeof seen.value - 1, &size), 0);
    assert_int_equal(linnet_module_resource_details(resource, &seen.details), 0);
    if (seen.act)
        seen.act(resource);
}

static void open_world(const linnet_module_config *config)
{
    seen = (made){0};
    module_world_open(&world, config);
    linnet_module_on_new_resource(world.module, on_resource, &seen);
}

static const linnet_module_config dynamic = {.dynamic_resources = true};

static void set_all(linnet_module_resource *resource)
{
    linnet_module_details details = {.media_type = LINNET_TEXT, .max_age = 100, .etag = true};
    assert_int_equal(linnet_module_resource_set_details(resource, 7, &details), 0);
}

/* The example of the documents: "GET gives Content-Format 0, Max-Age 100, ETag 01". */
static void put_creates_with_the_defaults_and_what_the_callback_sets_is_in_the_response(void **state)
{
    (void)state;
    open_world(&dynamic);
    seen.act = set_all;
    assert_int_equal(PUT(&world, "foo", "hello"), LINNET_CREATED);
    assert_int_equal(module_option(&world, LINNET_OPTION_ETAG), 1);
    assert_int_equal(module_option(&world, LINNET_OPTION_MAX_AGE), 100);
    assert_int_equal(seen.count, 1);
    assert_string_equal(seen.uri, "foo");
    assert_string_equal(seen.value, "hello");
    assert_int_equal(seen.details.media_type, LINNET_MODULE_UNSET);
    assert_int_equal(seen.details.max_age, LINNET_MODULE_UNSET);
    assert_false(seen.details.etag);
    assert_int_equal(seen.details.etag_value, 0);
    assert_int_equal(GET(&world, "foo"), LINNET_CONTENT);
    assert_string_equal(world.answer.payload, "hello");
    assert_int_equal(module_option(&world, LINNET_OPTION_CONTENT_FORMAT), 0);
    assert_int_equal(module_option(&world, LINNET_OPTION_MAX_AGE), 100);
    assert_int_equal(module_option(&world, LINNET_OPTION_ETAG), 1);
    assert_int_equal(PUT(&world, "foo", "again"), LINNET_CHANGED);
    assert_int_equal(seen.count, 1);
    module_world_close(&world);
}

/* The firmware kept the first path segment only. */
static void the_full_path_is_kept(void **state)
{
    (void)state;
    open_world(&dynamic);
    assert_int_equal(PUT(&world, "a/b%20c/d", "x"), LINNET_CREATED);
    assert_string_equal(seen.uri, "a/b c/d");
    assert_int_equal(GET(&world, "a/b%20c/d"), LINNET_CONTENT);
    assert_int_equal(GET(&world, "a"), LINNET_NOT_FOUND);
    assert_int_equal(PUT(&world, "a//b/", "y"), LINNET_CREATED);
    assert_string_equal(seen.uri, "a//b/");
    assert_int_equal(GET(&world, "a//b/"), LINNET_CONTENT);
    assert_int_equal(GET(&world, "a//b"), LINNET_NOT_FOUND);
    assert_int_equal(PUT(&world, "", "root"), LINNET_CREATED);
    assert_int_equal(GET(&world, ""), LINNET_CONTENT);
    module_world_close(&world);
}

static void a_path_that_no_resource_can_have_is_4_00(void **state)
{
    linnet_option slash = {LINNET_OPTION_URI_PATH, linnet_text("a/b")};
    linnet_option nul = {LINNET_OPTION_URI_PATH, linnet_view("a\0b", 3)};
    linnet_option empty = {LINNET_OPTION_URI_PATH, linnet_view("", 0)};
    linnet_option dots = {LINNET_OPTION_URI_PATH, linnet_text("..")};
    const linnet_option *odd[] = {&slash, &nul, &empty, &dots};
    (void)state;
    open_world(&dynamic);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(
            ASK(&world, .method = LINNET_PUT, .path = "", .payload = "x", .options = odd[i], .option_count = 1),
            LINNET_BAD_REQUEST);
    assert_int_equal(seen.count, 0);
    module_world_close(&world);
}

static void the_new_resource_has_all_methods_and_the_format_of_the_request(void **state)
{
    static const linnet_code methods[] = {LINNET_GET, LINNET_PUT, LINNET_POST, LINNET_FETCH, LINNET_DELETE};
    (void)state;
    open_world(&dynamic);
    assert_int_equal(
        ASK(&world, .method = LINNET_PUT, .path = "foo", .payload = "{}", .typed = true, .format = LINNET_JSON),
        LINNET_CREATED);
    assert_int_equal(seen.details.media_type, LINNET_JSON);
    assert_int_equal(world.options_size, 0);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(LINNET_CODE_CLASS(ASK(&world, .method = methods[i], .path = "foo")), 2);
    assert_int_equal(GET(&world, "foo"), LINNET_NOT_FOUND);
    module_world_close(&world);
}

static void post_creates_only_where_it_may(void **state)
{
    linnet_module_config config = dynamic;
    (void)state;
    open_world(&dynamic);
    assert_int_equal(ASK(&world, .method = LINNET_POST, .path = "foo", .payload = "x"), LINNET_NOT_FOUND);
    assert_int_equal(ASK(&world, .method = LINNET_DELETE, .path = "foo"), LINNET_NOT_FOUND);
    assert_int_equal(GET(&world, "foo"), LINNET_NOT_FOUND);
    module_world_close(&world);
    config.create_by_post = true;
    open_world(&config);
    assert_int_equal(ASK(&world, .method = LINNET_POST, .path = "foo", .payload = "x"), LINNET_CREATED);
    assert_int_equal(seen.count, 1);
    module_world_close(&world);
    linnet_module *module;
    config = (linnet_module_config){.create_by_post = true};
    assert_int_equal(linnet_module_open(&module, &config), LINNET_EINVAL);
}

static void if_none_match_creates_once_and_if_match_never(void **state)
{
    linnet_option none = {LINNET_OPTION_IF_NONE_MATCH, linnet_text("")}, match = {LINNET_OPTION_IF_MATCH, {0}};
    (void)state;
    open_world(&dynamic);
    assert_int_equal(
        ASK(&world, .method = LINNET_PUT, .path = "foo", .payload = "x", .options = &match, .option_count = 1),
        LINNET_PRECONDITION_FAILED);
    assert_int_equal(
        ASK(&world, .method = LINNET_PUT, .path = "foo", .payload = "x", .options = &none, .option_count = 1),
        LINNET_CREATED);
    assert_int_equal(
        ASK(&world, .method = LINNET_PUT, .path = "foo", .payload = "x", .options = &none, .option_count = 1),
        LINNET_PRECONDITION_FAILED);
    module_world_close(&world);
}

static void a_body_in_blocks_creates_one_resource(void **state)
{
    static char large[3000];
    (void)state;
    open_world(&dynamic);
    memset(large, 'b', sizeof large - 1);
    assert_int_equal(PUT(&world, "foo", large), LINNET_CREATED);
    assert_int_equal(seen.count, 1);
    assert_int_equal(GET(&world, "foo"), LINNET_CONTENT);
    assert_string_equal(world.answer.payload, large);
    module_world_close(&world);
}

static void the_number_of_created_resources_is_bounded_and_comes_back(void **state)
{
    linnet_module_config config = {.dynamic_resources = true, .max_resources = 2};
    (void)state;
    open_world(&config);
    linnet_module_resource_release(module_add(&world, "own", "x", false)); /* does not count */
    assert_int_equal(PUT(&world, "a", "x"), LINNET_CREATED);
    assert_int_equal(PUT(&world, "b", "x"), LINNET_CREATED);
    assert_int_equal(PUT(&world, "c", "x"), LINNET_SERVICE_UNAVAILABLE);
    assert_int_equal(ASK(&world, .method = LINNET_DELETE, .path = "own"), LINNET_DELETED);
    assert_int_equal(PUT(&world, "c", "x"), LINNET_SERVICE_UNAVAILABLE);
    assert_int_equal(ASK(&world, .method = LINNET_DELETE, .path = "a"), LINNET_DELETED);
    assert_int_equal(PUT(&world, "c", "x"), LINNET_CREATED);
    assert_int_equal(linnet_module_remove_resource(world.module, "b"), 0);
    assert_int_equal(PUT(&world, "d", "x"), LINNET_CREATED);
    module_world_close(&world);
}

static void values_from_clients_are_bounded(void **state)
{
    linnet_module_config config = {.dynamic_resources = true, .max_value_size = 10};
    static char large[3000];
    (void)state;
    open_world(&config);
    memset(large, 'c', sizeof large - 1);
    assert_int_equal(PUT(&world, "a", "0123456789"), LINNET_CREATED);
    assert_int_equal(PUT(&world, "b", "01234567890"), LINNET_REQUEST_ENTITY_TOO_LARGE);
    assert_int_equal(module_option(&world, LINNET_OPTION_SIZE1), 10);
    assert_int_equal(PUT(&world, "b", large), LINNET_REQUEST_ENTITY_TOO_LARGE);
    static const linnet_code methods[] = {LINNET_PUT, LINNET_POST, LINNET_PATCH, LINNET_IPATCH};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(ASK(&world, .method = methods[i], .path = "a", .payload = "01234567890"),
                         LINNET_REQUEST_ENTITY_TOO_LARGE);
        assert_int_equal(ASK(&world, .method = methods[i], .path = "a", .payload = large),
                         LINNET_REQUEST_ENTITY_TOO_LARGE);
    }
    assert_int_equal(GET(&world, "a"), LINNET_CONTENT);
    assert_string_equal(world.answer.payload, "0123456789");
    module_world_close(&world);
}

static void remove_it(linnet_module_resource *resource)
{
    assert_int_equal(linnet_module_remove_resource(world.module, linnet_module_resource_uri(resource)), 0);
    assert_true(linnet_module_resource_is_gone(resource));
}

static void a_callback_that_removes_the_resource_refuses_it(void **state)
{
    (void)state;
    open_world(&dynamic);
    seen.act = remove_it;
    assert_int_equal(PUT(&world, "foo", "x"), LINNET_FORBIDDEN);
    assert_int_equal(GET(&world, "foo"), LINNET_NOT_FOUND);
    module_world_close(&world);
}

/* A callback that called the module deadlocked in the firmware. */
static void use_everything(linnet_module_resource *resource)
{
    linnet_module_resource *other = linnet_module_find_resource(world.module, "other");
    uint16_t id;
    linnet_module_request request = {.method = LINNET_MODULE_GET, .content_format = -1, .uri_path = "time"};
    assert_non_null(other);
    assert_int_equal(linnet_module_resource_set_value(other, linnet_text("changed")), 0);
    assert_int_equal(linnet_module_resource_set_value(resource, linnet_text("mine")), 0);
    assert_int_equal(linnet_module_remove_resource(world.module, "other"), 0);
    linnet_module_resource_release(other);
    assert_int_equal(linnet_module_add_resource(world.module, "third", -1, -1, linnet_text("x"), false, NULL), 0);
    assert_int_equal(linnet_module_send(world.session, &request, &id), 0);
    assert_int_equal(linnet_module_read(world.module, 1000), LINNET_EBUSY);
    assert_int_equal(linnet_module_process(world.module), LINNET_EBUSY);
    linnet_module_wake(world.module);
}

static void a_callback_may_call_the_module(void **state)
{
    (void)state;
    open_world(&dynamic);
    module_world_open_session(&world);
    linnet_module_resource_release(module_add(&world, "other", "x", false));
    seen.act = use_everything;
    assert_int_equal(PUT(&world, "foo", "x"), LINNET_CREATED);
    assert_int_equal(GET(&world, "foo"), LINNET_CONTENT);
    assert_string_equal(world.answer.payload, "mine");
    assert_int_equal(GET(&world, "other"), LINNET_NOT_FOUND);
    assert_int_equal(GET(&world, "third"), LINNET_METHOD_NOT_ALLOWED);
    module_peer_receive(&world);
    assert_int_equal(module_peer_message(&world).code, LINNET_GET);
    module_world_close(&world);
}

static void keep_it(linnet_module_resource *resource)
{
    linnet_module_resource_retain(resource);
    seen.kept = resource;
}

static void a_handle_kept_by_the_callback_is_good_until_it_is_released(void **state)
{
    (void)state;
    open_world(&dynamic);
    seen.act = keep_it;
    assert_int_equal(PUT(&world, "foo", "x"), LINNET_CREATED);
    assert_true(module_has_value(seen.kept, "x"));
    assert_int_equal(ASK(&world, .method = LINNET_DELETE, .path = "foo"), LINNET_DELETED);
    assert_true(linnet_module_resource_is_gone(seen.kept));
    linnet_module_resource_release(seen.kept);
    module_world_close(&world);
}

static void close_it(linnet_module_resource *resource)
{
    linnet_module_close(world.module);
    assert_true(linnet_module_resource_is_gone(resource));
}

static void a_callback_may_close_the_module(void **state)
{
    (void)state;
    open_world(&dynamic);
    seen.act = close_it;
    linnet_module_retain(world.module);
    char uri[64];
    snprintf(uri, sizeof uri, "coap://127.0.0.1:%u/foo", (unsigned)world.port);
    net_result result = {0};
    linnet_client_request request = net_get(uri, &result);
    request.method = LINNET_PUT;
    request.payload = linnet_text("x");
    assert_int_equal(linnet_client_send(world.client, &request, NULL), 0);
    assert_int_equal(linnet_client_process(world.client), 0);
    assert_int_equal(linnet_module_read(world.module, 5000), 0); /* it has handled a packet */
    assert_int_equal(linnet_module_read(world.module, 5000), LINNET_ECLOSED);
    assert_int_equal(seen.count, 1);
    linnet_module_release(world.module);
    world.module = NULL;
    module_world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(put_creates_with_the_defaults_and_what_the_callback_sets_is_in_the_response),
        cmocka_unit_test(the_full_path_is_kept),
        cmocka_unit_test(a_path_that_no_resource_can_have_is_4_00),
        cmocka_unit_test(the_new_resource_has_all_methods_and_the_format_of_the_request),
        cmocka_unit_test(post_creates_only_where_it_may),
        cmocka_unit_test(if_none_match_creates_once_and_if_match_never),
        cmocka_unit_test(a_body_in_blocks_creates_one_resource),
        cmocka_unit_test(the_number_of_created_resources_is_bounded_and_comes_back),
        cmocka_unit_test(values_from_clients_are_bounded),
        cmocka_unit_test(a_callback_that_removes_the_resource_refuses_it),
        cmocka_unit_test(a_callback_may_call_the_module),
        cmocka_unit_test(a_handle_kept_by_the_callback_is_good_until_it_is_released),
        cmocka_unit_test(a_callback_may_close_the_module),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
