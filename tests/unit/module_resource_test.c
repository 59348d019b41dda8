/* Resources as the program sees them: the tables of the module's functions and objects, row by row. */
#include "module_support.h"

#include <linnet/option.h>

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

static linnet_module_resource *add(const char *uri, int32_t media_type, int64_t max_age, const char *value, bool etag)
{
    linnet_module_resource *resource;
    assert_int_equal(
        linnet_module_add_resource(world.module, uri, media_type, max_age, linnet_text(value), etag, &resource), 0);
    return resource;
}

static linnet_module_details details_of(linnet_module_resource *resource)
{
    linnet_module_details details;
    assert_int_equal(linnet_module_resource_details(resource, &details), 0);
    return details;
}

static void a_new_resource_has_no_method(void **state)
{
    static const linnet_code methods[] = {LINNET_GET,   LINNET_POST,  LINNET_PUT,   LINNET_DELETE,
                                          LINNET_FETCH, LINNET_PATCH, LINNET_IPATCH};
    linnet_module_resource *resource = add("r", LINNET_MODULE_UNSET, LINNET_MODULE_UNSET, "x", false);
    (void)state;
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(ASK(&world, .method = methods[i], .path = "r"), LINNET_METHOD_NOT_ALLOWED);
    linnet_module_resource_release(resource);
}

static void each_method_is_enabled_and_disabled_by_its_bit(void **state)
{
    static const struct {
        linnet_code code;
        unsigned bit;
    } methods[] = {{LINNET_GET, 1},    {LINNET_PUT, 2},     {LINNET_POST, 4},  {LINNET_FETCH, 16},
                   {LINNET_PATCH, 32}, {LINNET_IPATCH, 64}, {LINNET_DELETE, 8}};
    linnet_module_resource *resource = add("r", LINNET_MODULE_UNSET, LINNET_MODULE_UNSET, "x", false);
    (void)state;
    for (size_t i = 0; i < 7; i++) {
        assert_int_equal(linnet_module_resource_allow(resource, 127, true), 0);
        assert_int_equal(linnet_module_resource_allow(resource, methods[i].bit, false), 0);
        assert_int_equal(ASK(&world, .method = methods[i].code, .path = "r"), LINNET_METHOD_NOT_ALLOWED);
        assert_int_equal(linnet_module_resource_allow(resource, 127, false), 0);
        assert_int_equal(linnet_module_resource_allow(resource, methods[i].bit, true), 0);
        assert_int_equal(LINNET_CODE_CLASS(ASK(&world, .method = methods[i].code, .path = "r")), 2);
    }
    assert_int_equal(linnet_module_resource_allow(resource, 1, true), LINNET_ECLOSED); /* the DELETE was the last */
    linnet_module_resource_release(resource);
}

static void a_mask_with_other_bits_is_refused(void **state)
{
    linnet_module_resource *resource = add("r", LINNET_MODULE_UNSET, LINNET_MODULE_UNSET, "x", false);
    (void)state;
    assert_int_equal(linnet_module_resource_allow(resource, 128, true), LINNET_EINVAL);
    linnet_module_resource_release(resource);
}

static void a_path_may_have_many_segments_and_a_leading_slash(void **state)
{
    linnet_module_resource *deep = module_add(&world, "a/b/c/d", "deep", false);
    linnet_module_resource *led = module_add(&world, "/led", "led", false);
    (void)state;
    assert_string_equal(linnet_module_resource_uri(deep), "a/b/c/d");
    assert_string_equal(linnet_module_resource_uri(led), "led");
    assert_int_equal(GET(&world, "a/b/c/d"), LINNET_CONTENT);
    assert_string_equal(world.answer.payload, "deep");
    assert_int_equal(GET(&world, "led"), LINNET_CONTENT);
    assert_int_equal(GET(&world, "a/b"), LINNET_NOT_FOUND);
    linnet_module_resource_release(deep);
    linnet_module_resource_release(led);
}

static void the_same_path_twice_is_refused(void **state)
{
    linnet_module_resource *resource = module_add(&world, "r", "x", false), *second = resource;
    (void)state;
    assert_int_equal(linnet_module_add_resource(world.module, "/r", -1, -1, linnet_text("y"), false, &second),
                     LINNET_EEXIST);
    assert_null(second);
    assert_int_equal(
        linnet_module_add_resource(world.module, ".well-known/core", -1, -1, linnet_text("y"), false, NULL),
        LINNET_EEXIST);
    linnet_module_resource_release(resource);
}

static void details_outside_their_range_are_refused(void **state)
{
    linnet_module_resource *resource = module_add(&world, "r", "x", false);
    linnet_module_details odd = {.media_type = 65536, .max_age = INT64_C(4294967296)};
    char longest[300];
    (void)state;
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(linnet_module_add_resource(world.module, "a", 65536, -1, linnet_text("y"), false, NULL),
                     LINNET_EINVAL);
    assert_int_equal(linnet_module_add_resource(world.module, "a", -2, -1, linnet_text("y"), false, NULL),
                     LINNET_EINVAL);
    assert_int_equal(linnet_module_add_resource(world.module, "a", -1, -2, linnet_text("y"), false, NULL),
                     LINNET_EINVAL);
    assert_int_equal(linnet_module_add_resource(world.module, longest, -1, -1, linnet_text("y"), false, NULL),
                     LINNET_EINVAL);
    assert_int_equal(linnet_module_add_resource(world.module, NULL, -1, -1, linnet_text("y"), false, NULL),
                     LINNET_EINVAL);
    for (unsigned which = 1; which <= 2; which++)
        assert_int_equal(linnet_module_resource_set_details(resource, which, &odd), LINNET_EINVAL);
    assert_int_equal(linnet_module_resource_set_details(resource, 8, &odd), LINNET_EINVAL);
    assert_int_equal(details_of(resource).media_type, LINNET_MODULE_UNSET);
    linnet_module_resource_release(resource);
}

static void a_resource_is_found_with_the_same_handle_each_time(void **state)
{
    linnet_module_resource *resource = module_add(&world, "a/b", "x", false);
    linnet_module_resource *found = linnet_module_find_resource(world.module, "/a/b");
    int mine;
    (void)state;
    assert_ptr_equal(found, resource);
    assert_null(linnet_module_find_resource(world.module, "a"));
    assert_null(linnet_module_find_resource(world.module, ".well-known/core"));
    assert_null(linnet_module_find_resource(world.module, NULL));
    assert_null(linnet_module_resource_context(resource));
    linnet_module_resource_set_context(resource, &mine);
    assert_ptr_equal(linnet_module_resource_context(found), &mine);
    linnet_module_resource_release(found);
    linnet_module_resource_release(resource);
}

static void a_removed_resource_is_not_found(void **state)
{
    linnet_module_resource *resource = module_add(&world, "r", "x", false);
    (void)state;
    assert_int_equal(linnet_module_remove_resource(world.module, "/r"), 0);
    assert_int_equal(linnet_module_remove_resource(world.module, "r"), LINNET_ENOENT);
    assert_int_equal(linnet_module_remove_resource(world.module, ".well-known/core"), LINNET_ENOENT);
    assert_int_equal(GET(&world, "r"), LINNET_NOT_FOUND);
    assert_int_equal(GET(&world, ".well-known/core"), LINNET_CONTENT);
    linnet_module_resource_release(resource);
}

static void assert_gone(linnet_module_resource *resource)
{
    linnet_module_details details = {0};
    size_t size;
    assert_true(linnet_module_resource_is_gone(resource));
    assert_int_equal(linnet_module_resource_value(resource, NULL, 0, &size), LINNET_ECLOSED);
    assert_int_equal(linnet_module_resource_set_value(resource, linnet_text("y")), LINNET_ECLOSED);
    assert_int_equal(linnet_module_resource_details(resource, &details), LINNET_ECLOSED);
    assert_int_equal(linnet_module_resource_set_details(resource, 7, &details), LINNET_ECLOSED);
    assert_int_equal(linnet_module_resource_attribute(resource, "a", "b"), LINNET_ECLOSED);
    assert_int_equal(linnet_module_resource_allow(resource, 1, true), LINNET_ECLOSED);
    assert_string_equal(linnet_module_resource_uri(resource), "r");
}

/* The firmware's handle was freed memory; AddressSanitizer watches ours. */
static void the_handle_of_a_deleted_resource_is_an_error_and_no_accident(void **state)
{
    linnet_module_resource *resource = module_add(&world, "r", "x", false);
    (void)state;
    assert_false(linnet_module_resource_is_gone(resource));
    assert_int_equal(ASK(&world, .method = LINNET_DELETE, .path = "r"), LINNET_DELETED);
    assert_gone(resource);
    linnet_module_resource *second = module_add(&world, "r", "again", false);
    assert_gone(resource);
    assert_int_equal(GET(&world, "r"), LINNET_CONTENT);
    linnet_module_resource_release(resource);
    assert_int_equal(linnet_module_remove_resource(world.module, "r"), 0);
    assert_gone(second);
    linnet_module_resource_release(second);
}

static void a_handle_outlives_its_module(void **state)
{
    module_world other;
    (void)state;
    module_world_open(&other, NULL);
    linnet_module_resource *resource = module_add(&other, "r", "x", false);
    assert_int_equal(linnet_module_resource_attribute(resource, "title", "a"), 0);
    module_world_close(&other);
    assert_gone(resource);
    linnet_module_resource_release(resource);
}

static void a_value_is_copied_and_read_as_far_as_there_is_room(void **state)
{
    char text[] = "hello", part[4] = "...";
    linnet_module_resource *resource = module_add(&world, "r", text, false);
    size_t size;
    (void)state;
    memset(text, 'x', 5);
    assert_true(module_has_value(resource, "hello"));
    assert_int_equal(linnet_module_resource_value(resource, part, 2, &size), 0);
    assert_int_equal(size, 5);
    assert_string_equal(part, "he.");
    assert_int_equal(linnet_module_resource_set_value(resource, linnet_text("")), 0);
    assert_int_equal(linnet_module_resource_value(resource, NULL, 0, &size), 0);
    assert_int_equal(size, 0);
    linnet_module_resource_release(resource);
}

/* The firmware stored 65536 as zero: here values are octets of any number. */
static void a_value_may_be_large(void **state)
{
    static uint8_t large[200000], copy[sizeof large];
    linnet_module_resource *resource = module_add(&world, "r", "x", false);
    size_t size;
    (void)state;
    memset(large, 0x5a, sizeof large);
    assert_int_equal(linnet_module_resource_set_value(resource, linnet_view(large, sizeof large)), 0);
    assert_int_equal(linnet_module_resource_value(resource, copy, sizeof copy, &size), 0);
    assert_int_equal(size, sizeof large);
    assert_memory_equal(copy, large, sizeof large);
    linnet_module_resource_release(resource);
}

static void details_are_what_was_set_and_the_rest_stays(void **state)
{
    linnet_module_resource *resource = add("r", LINNET_TEXT, 30, "x", false);
    linnet_module_details details = details_of(resource);
    (void)state;
    assert_int_equal(details.media_type, 0);
    assert_int_equal(details.max_age, 30);
    assert_false(details.etag);
    assert_int_equal(details.etag_value, 0);
    details = (linnet_module_details){.media_type = LINNET_JSON, .max_age = 5, .etag = true};
    assert_int_equal(linnet_module_resource_set_details(resource, LINNET_MODULE_SET_MAX_AGE, &details), 0);
    assert_int_equal(details_of(resource).max_age, 5);
    assert_int_equal(details_of(resource).media_type, 0);
    assert_false(details_of(resource).etag);
    assert_int_equal(linnet_module_resource_set_details(resource, LINNET_MODULE_SET_MEDIA_TYPE, &details), 0);
    assert_int_equal(details_of(resource).media_type, LINNET_JSON);
    assert_int_equal(linnet_module_resource_set_details(resource, LINNET_MODULE_SET_ETAG, &details), 0);
    assert_int_equal(details_of(resource).etag_value, 1);
    details = (linnet_module_details){.media_type = LINNET_MODULE_UNSET, .max_age = LINNET_MODULE_UNSET};
    assert_int_equal(linnet_module_resource_set_details(resource, 7, &details), 0);
    assert_int_equal(details_of(resource).media_type, LINNET_MODULE_UNSET);
    assert_int_equal(details_of(resource).max_age, LINNET_MODULE_UNSET);
    assert_int_equal(details_of(resource).etag_value, 0);
    linnet_module_resource_release(resource);
}

static void the_etag_counts_changes_from_1_to_65535_and_to_1_again(void **state)
{
    linnet_module_resource *resource = add("r", LINNET_MODULE_UNSET, LINNET_MODULE_UNSET, "x", true);
    (void)state;
    for (unsigned expected = 1; expected <= 65535; expected++) {
        linnet_module_details details = details_of(resource);
        assert_int_equal(details.etag_value, expected);
        assert_int_equal(linnet_module_resource_set_value(resource, linnet_text("y")), 0);
    }
    assert_int_equal(details_of(resource).etag_value, 1);
    linnet_module_resource_release(resource);
}

/* A client that kept an old version must not hear that it is still valid. */
static void an_etag_that_is_enabled_again_goes_on(void **state)
{
    linnet_module_resource *resource = add("r", LINNET_MODULE_UNSET, LINNET_MODULE_UNSET, "x", true);
    linnet_module_details off = {.etag = false}, on = {.etag = true};
    (void)state;
    assert_int_equal(linnet_module_resource_set_details(resource, LINNET_MODULE_SET_ETAG, &off), 0);
    assert_int_equal(linnet_module_resource_set_value(resource, linnet_text("y")), 0);
    assert_int_equal(details_of(resource).etag_value, 0);
    assert_int_equal(linnet_module_resource_set_details(resource, LINNET_MODULE_SET_ETAG, &on), 0);
    assert_int_equal(details_of(resource).etag_value, 2);
    on.media_type = LINNET_JSON;
    assert_int_equal(linnet_module_resource_set_details(resource, LINNET_MODULE_SET_MEDIA_TYPE, &on), 0);
    assert_int_equal(details_of(resource).etag_value, 3);
    assert_int_equal(linnet_module_resource_set_details(resource, LINNET_MODULE_SET_MEDIA_TYPE, &on), 0);
    assert_int_equal(details_of(resource).etag_value, 3);
    linnet_module_resource_release(resource);
}

static void a_client_only_keeps_resources_too(void **state)
{
    linnet_module *module;
    linnet_module_resource *resource;
    linnet_address address;
    (void)state;
    assert_int_equal(linnet_module_open(&module, NULL), 0);
    assert_int_equal(linnet_module_socket(module), -1);
    assert_int_equal(linnet_module_address(module, &address), LINNET_ENOENT);
    assert_int_equal(linnet_module_add_resource(module, "r", -1, -1, linnet_text("x"), false, &resource), 0);
    assert_true(module_has_value(resource, "x"));
    linnet_module_resource_release(resource);
    linnet_module_close(module);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_new_resource_has_no_method),
        WORLD_TEST(each_method_is_enabled_and_disabled_by_its_bit),
        WORLD_TEST(a_mask_with_other_bits_is_refused),
        WORLD_TEST(a_path_may_have_many_segments_and_a_leading_slash),
        WORLD_TEST(the_same_path_twice_is_refused),
        WORLD_TEST(details_outside_their_range_are_refused),
        WORLD_TEST(a_resource_is_found_with_the_same_handle_each_time),
        WORLD_TEST(a_removed_resource_is_not_found),
        WORLD_TEST(the_handle_of_a_deleted_resource_is_an_error_and_no_accident),
        WORLD_TEST(a_handle_outlives_its_module),
        WORLD_TEST(a_value_is_copied_and_read_as_far_as_there_is_room),
        WORLD_TEST(a_value_may_be_large),
        WORLD_TEST(details_are_what_was_set_and_the_rest_stays),
        WORLD_TEST(the_etag_counts_changes_from_1_to_65535_and_to_1_again),
        WORLD_TEST(an_etag_that_is_enabled_again_goes_on),
        WORLD_TEST(a_client_only_keeps_resources_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
