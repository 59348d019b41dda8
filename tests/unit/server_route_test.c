/* From the path of a request to its resource, and from its method to a handler. */
#include "server_support.h"

#include <stdlib.h>

static void say(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request;
    linnet_reply_text(reply, context);
}

#define SAYS(text)                                                                                                     \
    {                                                                                                                  \
        .get = say, .context = (void *)(uintptr_t)(text)                                                               \
    }

/* Says whose it is and which segments linnet_request_segment() gives. */
static void say_rest(linnet_request *request, linnet_reply *reply, void *context)
{
    static char text[65536];
    size_t size = strlen(context);
    linnet_bytes segment;

    memcpy(text, context, size);
    for (size_t i = 0; linnet_request_segment(request, i, &segment); i++) {
        text[size++] = '|';
        memcpy(text + size, segment.data, segment.size);
        size += segment.size;
    }
    linnet_reply_payload(reply, LINNET_TEXT, linnet_view(text, size));
}

#define TREE(text)                                                                                                     \
    {                                                                                                                  \
        .get = say_rest, .context = (void *)(uintptr_t)(text), .subtree = true                                         \
    }

static void a_resource_is_found_by_all_its_segments_and_no_others(void **state)
{
    static const linnet_resource_config one = SAYS("one"), two = SAYS("two");

    (void)state;
    add("a/b", &one);
    add("/a/b/c", &two);
    assert_text(GET("a/b")->payload, "one");
    assert_text(GET("a/b/c")->payload, "two");
    assert_code(GET("a"), 4, 04);
    assert_code(GET("a/b/c/d"), 4, 04);
    assert_code(GET("a/b/"), 4, 04);
    assert_code(GET("a/bc"), 4, 04);
    assert_code(GET("ab"), 4, 04);
    assert_code(GET(""), 4, 04);
}

static void the_root_is_a_resource_without_segments(void **state)
{
    static const linnet_resource_config root = SAYS("root");

    (void)state;
    add("/", &root);
    assert_text(GET("")->payload, "root");
    assert_code(GET("a"), 4, 04);
}

static void a_segment_that_holds_a_slash_is_not_two_segments(void **state)
{
    static const linnet_resource_config one = SAYS("one");

    (void)state;
    add("a/b", &one);
    assert_code(ASK(.method = LINNET_GET, WITH(PATH("a/b"))), 4, 04);
    assert_code(ASK(.method = LINNET_GET, WITH(PATH("a/"), PATH("b"))), 4, 04);
    assert_code(ASK(.method = LINNET_GET, WITH(PATH("a"), PATH("b"))), 2, 05);
}

static void empty_segments_count(void **state)
{
    static const linnet_resource_config plain = SAYS("a"), slash = SAYS("a/"), two = SAYS("a//");

    (void)state;
    add("a", &plain);
    add("a/", &slash);
    add("a//", &two);
    assert_text(GET("a")->payload, "a");
    assert_text(GET("a/")->payload, "a/");
    assert_text(GET("a//")->payload, "a//");
    assert_code(GET("a///"), 4, 04);
}

static void the_longest_subtree_wins_and_an_exact_path_before_all(void **state)
{
    static const linnet_resource_config all = TREE("all"), a = TREE("a"), abc = TREE("abc"), exact = SAYS("exact");

    (void)state;
    add("", &all);
    add("a", &a);
    add("a/b/c", &abc);
    add("a/b", &exact);
    assert_text(GET("")->payload, "all");
    assert_text(GET("x")->payload, "all|x");
    assert_text(GET("a")->payload, "a");
    assert_text(GET("a/x/y")->payload, "a|x|y");
    assert_text(GET("a/b")->payload, "exact");
    assert_text(GET("a/b/x")->payload, "a|b|x");
    assert_text(GET("a/b/c")->payload, "abc");
    assert_text(GET("a/b/c/d")->payload, "abc|d");
    assert_text(GET("ab/c")->payload, "all|ab|c");
}

static void outside_a_subtree_segments_are_those_of_the_whole_path(void **state)
{
    static const linnet_resource_config config = {.get = say_rest, .context = (void *)"a/b"};

    (void)state;
    add("a/b", &config);
    assert_text(GET("a/b")->payload, "a/b|a|b");
}

static void segments_of_255_octets_and_a_hundred_of_them_are_found(void **state)
{
    static const linnet_resource_config config = SAYS("far");
    static char path[100 * 256];
    linnet_resource resource = {0};

    (void)state;
    memset(path, 'x', sizeof path);
    for (size_t i = 255; i < sizeof path - 1; i += 256)
        path[i] = '/';
    path[sizeof path - 1] = '\0';
    add(path, &config);
    assert_text(GET(path)->payload, "far");
    assert_ptr_equal(linnet_site_find(&site, path), site.first);

    path[sizeof path - 2] = 'y'; /* under another name it is not found, though the text it was added with changed too */
    path[255] = 'x';
    assert_int_equal(linnet_site_add(&site, &resource, path, &config), LINNET_EINVAL);
    path[255] = '/';
    path[sizeof path - 2] = 'x';
}

static void a_path_of_300_short_segments_is_found(void **state)
{
    static const linnet_resource_config config = SAYS("far"), tree = TREE("");
    static char path[600];

    (void)state;
    for (size_t i = 0; i < sizeof path; i++)
        path[i] = i % 2 ? '/' : 'a';
    path[sizeof path - 1] = '\0';
    add(path, &config);
    add("a", &tree);
    assert_text(GET(path)->payload, "far");
    path[sizeof path - 3] = '\0';
    assert_int_equal(GET(path)->payload.size, 2 * 298);
    path[sizeof path - 3] = '/';
}

static void a_path_that_is_not_utf8_is_a_bad_request(void **state)
{
    static const linnet_resource_config tree = TREE("tree");

    (void)state;
    assert_code(GET("\xff"), 4, 00);
    assert_code(GET("a/\xc0\x80"), 4, 00);
    assert_code(ASK(.method = LINNET_GET, WITH(PATH("a\0b"))), 4, 00);
    assert_code(GET("gr\xc3\xbc\xc3\x9f"), 4, 04);
    add("t", &tree);
    assert_code(GET("t/\xff"), 4, 00);
    assert_text(GET("t/\xc3\xbc")->payload, "tree|\xc3\xbc");
}

static void dot_segments_are_a_bad_request(void **state)
{
    static const linnet_resource_config tree = TREE("tree");

    (void)state;
    add("t", &tree);
    assert_code(GET("t/.."), 4, 00);
    assert_code(GET("t/./a"), 4, 00);
    assert_text(GET("t/.a")->payload, "tree|.a");
    assert_text(GET("t/a.")->payload, "tree|a.");
    assert_text(GET("t/...")->payload, "tree|...");
}

static void a_method_without_handler_is_not_allowed(void **state)
{
    static const linnet_resource_config config = SAYS("a");

    (void)state;
    add("a", &config);
    for (linnet_code method = LINNET_POST; method < 32; method++)
        assert_code(ASK(.method = method, .path = "a"), 4, 05);
    assert_code(ASK(.method = 8, .path = "nowhere"), 4, 05);
    assert_code(ASK(.method = LINNET_PUT, .path = "nowhere"), 4, 04);
}

static void say_method(linnet_request *request, linnet_reply *reply, void *context)
{
    char method = (char)('0' + linnet_request_method(request));

    (void)context;
    linnet_reply_payload(reply, LINNET_NO_FORMAT, linnet_view(&method, 1));
}

static void each_method_has_its_handler_and_its_default_code(void **state)
{
    static const linnet_resource_config config = {.get = say_method,
                                                  .post = say_method,
                                                  .put = say_method,
                                                  .del = say_method,
                                                  .fetch = say_method,
                                                  .patch = say_method,
                                                  .ipatch = say_method};
    static const linnet_code codes[] = {0, 69, 68, 68, 66, 69, 68, 68};

    (void)state;
    add("a", &config);
    for (unsigned method = LINNET_GET; method <= LINNET_IPATCH; method++) {
        const test_answer *answer = ASK(.method = (linnet_code)method, .path = "a");
        assert_int_equal(answer->code, codes[method]);
        assert_int_equal(answer->payload.data[0], '0' + (int)method);
    }
}

static void unknown_paths_go_to_the_sites_own_handler(void **state)
{
    static const linnet_resource_config config = SAYS("a");

    (void)state;
    add("a", &config);
    site.unknown = say_rest;
    site.unknown_context = (void *)"unknown";
    assert_text(GET("b/c")->payload, "unknown|b|c");
    assert_text(GET("a")->payload, "a");
    assert_code(ASK(.method = LINNET_PUT, .path = "b"), 2, 04);
    assert_code(ASK(.method = LINNET_PUT, .path = "a"), 4, 05);
    assert_code(ASK(.method = 9, .path = "b"), 4, 05);
    assert_code(GET("\xff"), 4, 00);
}

static void a_path_can_be_added_once(void **state)
{
    static const linnet_resource_config config = SAYS("a");
    linnet_resource second = {0};

    (void)state;
    linnet_resource *first = add("/a", &config);
    assert_int_equal(linnet_site_add(&site, &second, "a", &config), LINNET_EEXIST);
    assert_ptr_equal(linnet_site_find(&site, "a"), first);
    assert_ptr_equal(linnet_site_find(&site, "/a"), first);
    assert_null(linnet_site_find(&site, "a/"));
    assert_string_equal(linnet_resource_path(first), "a");
    drop(first);
    assert_int_equal(linnet_site_add(&site, &second, "a", &config), 0);
    linnet_site_remove(&site, &second);
    assert_code(GET("a"), 4, 04);
}

static void many_resources_share_few_buckets_and_more_can_be_given(void **state)
{
    static const linnet_resource_config config = {.get = say_rest, .context = (void *)""};
    static char paths[500][8];
    static struct linnet_resource *more[512];

    (void)state;
    for (size_t i = 0; i < 500; i++) {
        char path[] = {'r', '/', (char)('a' + i / 26), (char)('a' + i % 26), '\0'};
        memcpy(paths[i], path, sizeof path);
        add(paths[i], &config);
    }
    for (size_t i = 0; i < 500; i += 2)
        drop(linnet_site_find(&site, paths[i]));
    assert_int_equal(site.count, 250);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < 500; i++)
            assert_int_equal(GET(paths[i])->code, i % 2 ? LINNET_CONTENT : LINNET_NOT_FOUND);
        if (round == 0)
            linnet_site_rehash(&site, more, 512);
    }
    for (size_t i = 1; i < 500; i += 2)
        drop(linnet_site_find(&site, paths[i]));
    assert_null(site.last);
}

/* Pairs of words that a hash of multiplications and shifts, begun with whatever secret, takes for the same: the highest
 * bit of one, and where the multiplication and the shift leave it in the next. With k pairs 2^k paths fall together. */
static void paths_made_to_collide_stand_in_many_buckets(void **state)
{
    enum { PAIRS = 8, PATHS = 1 << PAIRS };
    static struct linnet_resource resources[PATHS], *buckets[PATHS];
    static char paths[PATHS][8 * PAIRS + 1];
    static const linnet_resource_config config = SAYS("it");
    linnet_path_key key = {{0}};
    linnet_site crowd;
    size_t longest = 0;

    (void)state;
    linnet_site_init(&crowd, buckets, PATHS);
    for (size_t i = 0; i < LINNET_PATH_KEY_WORDS; i++)
        key.word[i] = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
    crowd.path_key = &key;
    for (size_t i = 0; i < PATHS; i++) {
        memset(paths[i], 'a', 8 * PAIRS);
        for (size_t pair = 0; pair < PAIRS; pair++)
            if (i >> pair & 1) {
                paths[i][8 * pair + 3] ^= (char)0x80;
                paths[i][8 * pair + 6] ^= 1;
                paths[i][8 * pair + 7] ^= (char)0x80;
            }
        assert_int_equal(linnet_site_add(&crowd, &resources[i], paths[i], &config), 0);
    }
    for (size_t i = 0; i < PATHS; i++) {
        size_t length = 0;
        for (const linnet_resource *at = buckets[i]; at; at = at->next_in_bucket)
            length++;
        longest = length > longest ? length : longest;
    }
    assert_in_range(longest, 1, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SITE_TEST(a_resource_is_found_by_all_its_segments_and_no_others),
        SITE_TEST(the_root_is_a_resource_without_segments),
        SITE_TEST(a_segment_that_holds_a_slash_is_not_two_segments),
        SITE_TEST(empty_segments_count),
        SITE_TEST(the_longest_subtree_wins_and_an_exact_path_before_all),
        SITE_TEST(outside_a_subtree_segments_are_those_of_the_whole_path),
        SITE_TEST(segments_of_255_octets_and_a_hundred_of_them_are_found),
        SITE_TEST(a_path_of_300_short_segments_is_found),
        SITE_TEST(a_path_that_is_not_utf8_is_a_bad_request),
        SITE_TEST(dot_segments_are_a_bad_request),
        SITE_TEST(a_method_without_handler_is_not_allowed),
        SITE_TEST(each_method_has_its_handler_and_its_default_code),
        SITE_TEST(unknown_paths_go_to_the_sites_own_handler),
        SITE_TEST(a_path_can_be_added_once),
        SITE_TEST(many_resources_share_few_buckets_and_more_can_be_given),
        SITE_TEST(paths_made_to_collide_stand_in_many_buckets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
