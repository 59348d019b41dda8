/* /.well-known/core (RFC 6690): what it lists, in which words, and each filter of section 4.1. */
#include "server_support.h"

#include <linnet/block.h>
#include <linnet/link.h>

#include <stdio.h>

static void nothing(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)reply, (void)context;
}

static int setup(void **state)
{
    (void)open_site(state);
    add(LINNET_DISCOVERY_PATH, &linnet_discovery_config);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, close_site)
#define CORE LINNET_DISCOVERY_PATH
#define SELF "</.well-known/core>;ct=40"

static void it_lists_itself_and_all_that_is_not_hidden_in_order_of_creation(void **state)
{
    static const linnet_resource_config plain = {.get = nothing}, hidden = {.get = nothing, .hidden = true};
    const test_answer *answer;

    (void)state;
    add("z", &plain);
    add("hidden", &hidden);
    linnet_resource *gone = add("gone", &plain);
    add("a/b", &plain);
    drop(gone);
    add("", &plain);
    answer = GET(CORE);
    assert_code(answer, 2, 05);
    assert_int_equal(number_of(answer, LINNET_OPTION_CONTENT_FORMAT), LINNET_LINK_FORMAT);
    assert_text(answer->payload, SELF ",</z>,</a/b>,</>");
}

static void it_describes_each_resource_by_its_attributes(void **state)
{
    static const linnet_attribute attributes[] = {{"foo", "b\"ar"}, {"flag", NULL}, {"n", "12"}};
    static const linnet_resource_config full = {.get = nothing,
                                                .title = "A title",
                                                .resource_type = "t1 t2",
                                                .interface_type = "i",
                                                .observable = true,
                                                .list_format = true,
                                                .content_format = LINNET_JSON,
                                                .attributes = attributes,
                                                .attribute_count = 3};

    (void)state;
    add("full", &full);
    assert_text(GET(CORE)->payload, SELF ",</full>;title=\"A title\";rt=\"t1 t2\";if=\"i\";ct=50;obs"
                                         ";foo=\"b\\\"ar\";flag;n=12");
}

static void stored_values_show_their_format_and_a_size_worth_knowing(void **state)
{
    static uint8_t large[1025];
    static const linnet_resource_config small = {.stored = true, .value = {large, 1024}};
    static const linnet_resource_config big = {
        .stored = true, .writable = true, .value = {large, 1025}, .content_format = LINNET_CBOR};
    static const linnet_resource_config bare = {.stored = true, .no_content_format = true};
    static const linnet_resource_config absent = {.stored = true, .writable = true, .absent = true};

    (void)state;
    add("small", &small);
    add("big", &big);
    add("bare", &bare);
    add("absent", &absent);
    assert_text(GET(CORE)->payload, SELF ",</small>;ct=0,</big>;ct=60;sz=1025,</bare>");
    assert_code(ASK(.method = LINNET_PUT, .path = "big", WITH(OPTION(LINNET_OPTION_CONTENT_FORMAT, "\x32"))), 2, 04);
    assert_code(ASK(.method = LINNET_PUT, .path = "absent"), 2, 01);
    assert_text(GET(CORE)->payload, SELF ",</small>;ct=0,</big>;ct=50,</bare>,</absent>;ct=0");
}

static void an_attribute_of_the_owner_replaces_the_automatic_one(void **state)
{
    static const linnet_attribute attributes[] = {{"ct", "40 50"}, {"obs", NULL}, {"title", "mine"}};
    static const linnet_resource_config config = {
        .stored = true, .observable = true, .title = "not", .attributes = attributes, .attribute_count = 3};

    (void)state;
    add("a", &config);
    assert_text(GET(CORE)->payload, SELF ",</a>;ct=\"40 50\";obs;title=\"mine\"");
}

static void targets_are_percent_encoded(void **state)
{
    static const linnet_resource_config plain = {.get = nothing};
    static linnet_link link;

    (void)state;
    add("a b/>\"%/\xc3\xbc/ok:@!$&'()*+,;=-._~", &plain);
    assert_text(GET(CORE)->payload, SELF ",</a%20b/%3E%22%25/%C3%BC/ok:@!$&'()*+,;=-._~>");
    linnet_bytes rest = GET(CORE)->payload;
    assert_int_equal(linnet_link_next(&rest, &link), 1);
    assert_int_equal(linnet_link_next(&rest, &link), 1);
    assert_int_equal(linnet_link_next(&rest, &link), 0);
}

static const linnet_resource_config sensor = {
    .get = nothing, .resource_type = "temperature-c sensor", .interface_type = "core#s", .title = "Oven"};
static const linnet_resource_config lamp = {
    .get = nothing, .resource_type = "light-lux", .observable = true, .list_format = true, .content_format = 50};

#define OVEN "</sensors/temp>;title=\"Oven\";rt=\"temperature-c sensor\";if=\"core#s\""
#define LAMP "</sensors/light>;rt=\"light-lux\";ct=50;obs"

static void each_filter_of_rfc_6690_is_applied(void **state)
{
    static const struct {
        test_option query;
        const char *list;
    } cases[] = {
        {QUERY("rt=light-lux"), LAMP},
        {QUERY("rt=temperature-c"), OVEN},
        {QUERY("rt=sensor"), OVEN},
        {QUERY("rt=sens"), ""},
        {QUERY("rt=sens*"), OVEN},
        {QUERY("rt=*"), OVEN "," LAMP},
        {QUERY("if=core#s"), OVEN},
        {QUERY("if=core*"), OVEN},
        {QUERY("href=/sensors/light"), LAMP},
        {QUERY("href=/sensors*"), OVEN "," LAMP},
        {QUERY("href=/sensors"), ""},
        {QUERY("href=/.well-known/core"), SELF},
        {QUERY("ct=50"), LAMP},
        {QUERY("ct=40"), SELF},
        {QUERY("ct=5"), ""},
        {QUERY("title=Oven"), OVEN},
        {QUERY("title=O*"), OVEN},
        {QUERY("obs"), LAMP},
        {QUERY("unknown=1"), ""},
        {QUERY("unknown"), ""},
        {QUERY(""), SELF "," OVEN "," LAMP},
    };

    (void)state;
    add("sensors/temp", &sensor);
    add("sensors/light", &lamp);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const test_answer *answer = GET(CORE, WITH(cases[i].query));
        assert_code(answer, 2, 05);
        assert_int_equal(number_of(answer, LINNET_OPTION_CONTENT_FORMAT), LINNET_LINK_FORMAT);
        assert_text(answer->payload, cases[i].list);
    }
}

static void all_arguments_of_a_query_must_match(void **state)
{
    (void)state;
    add("sensors/temp", &sensor);
    add("sensors/light", &lamp);
    assert_text(GET(CORE, WITH(QUERY("href=/sensors*"), QUERY("obs")))->payload, LAMP);
    assert_text(GET(CORE, WITH(QUERY("href=/sensors*"), QUERY("rt=sensor"), QUERY("obs")))->payload, "");
    assert_text(GET(CORE, WITH(QUERY("rt=*"), QUERY("rt=*"), QUERY("rt=*"), QUERY("rt=*"), QUERY("rt=*"), QUERY("rt=*"),
                               QUERY("rt=*"), QUERY("rt=*"), QUERY("rt=*"), QUERY("rt=*"), QUERY("rt=*"), QUERY("rt=*"),
                               QUERY("rt=*"), QUERY("rt=*"), QUERY("rt=*"), QUERY("rt=*"), QUERY("rt=*"), QUERY("rt=*"),
                               QUERY("title=Oven")))
                    ->payload,
                OVEN);
}

static void only_link_format_is_acceptable(void **state)
{
    (void)state;
    assert_code(GET(CORE, WITH(OPTION(LINNET_OPTION_ACCEPT, "\x28"))), 2, 05);
    assert_code(GET(CORE, WITH(OPTION(LINNET_OPTION_ACCEPT, ""))), 4, 06);
    assert_code(GET(CORE, WITH(QUERY("rt=none"), OPTION(LINNET_OPTION_ACCEPT, "\x32"))), 4, 06);
    assert_code(ASK(.method = LINNET_PUT, .path = CORE), 4, 05);
}

static void to_a_group_only_a_list_with_links_is_sent(void **state)
{
    (void)state;
    add("sensors/temp", &sensor);
    assert_code(GET(CORE, .multicast = true), 2, 05);
    assert_code(GET(CORE, WITH(QUERY("rt=sensor")), .multicast = true), 2, 05);
    assert_int_equal(GET(CORE, WITH(QUERY("rt=none")), .multicast = true)->code, LINNET_EMPTY);
    assert_int_equal(GET(CORE, WITH(OPTION(LINNET_OPTION_ACCEPT, "")), .multicast = true)->code, LINNET_EMPTY);
}

/* Puts the list together block by block, and checks that each is of the same version. */
static linnet_bytes list_of(const test_option *query, uint8_t szx)
{
    static uint8_t list[65536];
    static uint8_t octets[4];
    uint8_t etag[4];
    size_t size = 0;
    linnet_block block = {.more = true, .szx = szx};

    while (block.more) {
        block.more = false;
        size_t octet_count = linnet_option_from_uint(linnet_block_value(block), octets);
        test_option asked = {.present = true, .number = LINNET_OPTION_BLOCK2, .value = {octets, octet_count}};
        const test_answer *answer = query ? GET(CORE, WITH(*query, asked)) : GET(CORE, WITH(asked));
        assert_code(answer, 2, 05);
        assert_int_equal(linnet_block_parse(&block, option_of(answer, LINNET_OPTION_BLOCK2, 0)), 0);
        if (size == 0 && block.more)
            memcpy(etag, option_of(answer, LINNET_OPTION_ETAG, 0).data, 4);
        if (size > 0)
            assert_memory_equal(etag, option_of(answer, LINNET_OPTION_ETAG, 0).data, 4);
        assert_int_equal(linnet_block_offset(block), size);
        memcpy(list + size, answer->payload.data, answer->payload.size);
        size += answer->payload.size;
        block.number++;
    }
    return linnet_view(list, size);
}

static void a_long_list_is_sent_in_blocks(void **state)
{
    static char paths[300][24];
    static char expected[300 * 48];
    size_t size = 0;

    (void)state;
    for (size_t i = 0; i < 300; i++) {
        size_t length = (size_t)snprintf(paths[i], sizeof paths[i], "resource/number/%zu", i);
        add(paths[i], i % 2 ? &sensor : &lamp);
        if (i % 2 == 0)
            size += (size_t)snprintf(expected + size, sizeof expected - size, "%s</%.*s>;rt=\"light-lux\";ct=50;obs",
                                     size ? "," : "", (int)length, paths[i]);
    }
    for (uint8_t szx = 0; szx <= 6; szx++)
        assert_bytes(list_of(&(test_option)QUERY("obs"), szx), linnet_view(expected, size));

    const test_answer *answer = GET(CORE);
    assert_int_equal(answer->payload.size, 1024);
    assert_true(number_of(answer, LINNET_OPTION_SIZE2) > 10000);
    uint8_t etag[4];
    memcpy(etag, option_of(answer, LINNET_OPTION_ETAG, 0).data, 4);
    drop(linnet_site_find(&site, "resource/number/299"));
    assert_memory_not_equal(etag, option_of(GET(CORE), LINNET_OPTION_ETAG, 0).data, 4);
    /* Block 1023 of 1024 octets. */
    assert_code(GET(CORE, WITH(OPTION(LINNET_OPTION_BLOCK2, "\x3f\xf6"))), 4, 00);
}

static void one_resource_may_be_longer_than_a_datagram(void **state)
{
    static char path[8 * 256];
    static char title[3000];
    static linnet_resource_config config = {.get = nothing, .title = title};

    (void)state;
    memset(path, ' ', sizeof path);
    for (size_t i = 255; i < sizeof path; i += 256)
        path[i] = '/';
    path[sizeof path - 1] = '\0';
    memset(title, 't', sizeof title - 1);
    add(path, &config);
    linnet_bytes list = list_of(NULL, 6);
    assert_int_equal(list.size, sizeof SELF ",</>;title=\"\"" - 1 + 8 * 255 * 3 + 7 + 2999);
    assert_text(GET(CORE, WITH(QUERY("title=t*")))->payload, ""); /* longer than a filter looks */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_lists_itself_and_all_that_is_not_hidden_in_order_of_creation),
        TEST(it_describes_each_resource_by_its_attributes),
        TEST(stored_values_show_their_format_and_a_size_worth_knowing),
        TEST(an_attribute_of_the_owner_replaces_the_automatic_one),
        TEST(targets_are_percent_encoded),
        TEST(each_filter_of_rfc_6690_is_applied),
        TEST(all_arguments_of_a_query_must_match),
        TEST(only_link_format_is_acceptable),
        TEST(to_a_group_only_a_list_with_links_is_sent),
        TEST(a_long_list_is_sent_in_blocks),
        TEST(one_resource_may_be_longer_than_a_datagram),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
