/* /.well-known/core as a module serves it, and the groups that a module hears. */
#include "module_support.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>

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

static linnet_module_resource *add(const char *uri, int32_t media_type)
{
    linnet_module_resource *resource;
    assert_int_equal(linnet_module_add_resource(world.module, uri, media_type, -1, linnet_text("0"), false, &resource),
                     0);
    return resource;
}

static const char *list(const char *query)
{
    char path[300];
    snprintf(path, sizeof path, ".well-known/core%s", query);
    assert_int_equal(GET(&world, path), LINNET_CONTENT);
    return world.answer.payload;
}

static void resources_are_listed_in_the_order_of_their_creation(void **state)
{
    (void)state;
    assert_string_equal(list(""), "");
    assert_int_equal(module_option(&world, LINNET_OPTION_CONTENT_FORMAT), LINNET_LINK_FORMAT);
    linnet_module_resource_release(add("resource1", LINNET_TEXT));
    linnet_module_resource_release(add("a/b c", LINNET_MODULE_UNSET));
    linnet_module_resource_release(add("resource2", LINNET_XML));
    assert_string_equal(list(""), "</resource1>;ct=0;obs,</a/b%20c>;obs,</resource2>;ct=41;obs");
    assert_int_equal(linnet_module_remove_resource(world.module, "resource1"), 0);
    assert_string_equal(list(""), "</a/b%20c>;obs,</resource2>;ct=41;obs");
}

/* The firmware kept pointers to strings that were freed. */
static void attributes_are_copied_and_quoted_where_they_have_to_be(void **state)
{
    linnet_module_resource *resource = add("r", LINNET_JSON);
    char *name = strdup("title"), *value = strdup("a \"quoted\" \\ title");
    (void)state;
    assert_int_equal(linnet_module_resource_attribute(resource, name, value), 0);
    memset(name, 'x', 5);
    memset(value, 'x', 5);
    free(name);
    free(value);
    assert_int_equal(linnet_module_resource_attribute(resource, "sz", "12"), 0);
    assert_int_equal(linnet_module_resource_attribute(resource, "flag", NULL), 0);
    assert_int_equal(linnet_module_resource_attribute(resource, "rt", "one two"), 0);
    assert_string_equal(list(""), "</r>;ct=50;obs;title=\"a \\\"quoted\\\" \\\\ title\";sz=12;flag;rt=\"one two\"");
    assert_int_equal(linnet_module_resource_attribute(resource, "title", "other"), 0);
    assert_int_equal(linnet_module_resource_attribute(resource, "flag", "on"), 0);
    assert_string_equal(list(""), "</r>;ct=50;obs;title=\"other\";sz=12;flag=\"on\";rt=\"one two\"");
    linnet_module_resource_release(resource);
}

static void a_ct_of_ones_own_takes_the_place_of_the_automatic_one(void **state)
{
    linnet_module_resource *resource = add("resource1", LINNET_TEXT);
    (void)state;
    assert_int_equal(linnet_module_resource_attribute(resource, "title", "resource1"), 0);
    assert_int_equal(linnet_module_resource_attribute(resource, "ct", "0"), 0);
    assert_string_equal(list(""), "</resource1>;obs;title=\"resource1\";ct=0");
    linnet_module_resource_release(resource);
}

static void what_is_no_attribute_is_refused(void **state)
{
    static const char *const odd[] = {"", "a b", "a=b", "a;b", "a,b", "*", "a*b", "\xc3\xa4", "a\"", NULL};
    linnet_module_resource *resource = add("r", LINNET_MODULE_UNSET);
    (void)state;
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
        assert_int_equal(linnet_module_resource_attribute(resource, odd[i], "x"), LINNET_EINVAL);
    assert_int_equal(linnet_module_resource_attribute(resource, "title", "a\nb"), LINNET_EINVAL);
    assert_int_equal(linnet_module_resource_attribute(resource, "title*", "UTF-8''x"), 0);
    assert_string_equal(list(""), "</r>;obs;title*=\"UTF-8''x\"");
    linnet_module_resource_release(resource);
}

static void the_list_is_filtered_by_query(void **state)
{
    linnet_module_resource *first = add("first", LINNET_TEXT), *second = add("second", LINNET_JSON);
    (void)state;
    assert_int_equal(linnet_module_resource_attribute(second, "rt", "alpha beta"), 0);
    assert_string_equal(list("?rt=beta"), "</second>;ct=50;obs;rt=\"alpha beta\"");
    assert_string_equal(list("?rt=al*"), "</second>;ct=50;obs;rt=\"alpha beta\"");
    assert_string_equal(list("?ct=0"), "</first>;ct=0;obs");
    assert_string_equal(list("?href=/fir*"), "</first>;ct=0;obs");
    assert_string_equal(list("?rt=gamma"), "");
    linnet_module_resource_release(first);
    linnet_module_resource_release(second);
}

static void a_long_list_comes_in_blocks(void **state)
{
    char path[32];
    size_t links = 0;
    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        snprintf(path, sizeof path, "a/long/path/%u", i);
        linnet_module_resource_release(add(path, LINNET_MODULE_UNSET));
    }
    for (const char *at = list(""); *at; at++)
        links += *at == '<';
    assert_true(world.answer.size > 1024);
    assert_int_equal(links, 100);
}

/* An interface that can do multicast, as service discovery looks for one. */
static const char *find_interface(char name[IF_NAMESIZE])
{
    struct ifaddrs *all;
    snprintf(name, IF_NAMESIZE, "lo");
    assert_int_equal(getifaddrs(&all), 0);
    for (const struct ifaddrs *at = all; at; at = at->ifa_next)
        if ((at->ifa_flags & (IFF_UP | IFF_MULTICAST | IFF_LOOPBACK)) == (IFF_UP | IFF_MULTICAST) && at->ifa_addr &&
            at->ifa_addr->sa_family == AF_INET)
            snprintf(name, IF_NAMESIZE, "%s", at->ifa_name);
    freeifaddrs(all);
    return name;
}

typedef struct heard {
    unsigned answers;
    bool over;
    linnet_code code;
    uint16_t port;
    char payload[200];
} heard;

static void on_answer(const linnet_response *response, void *context)
{
    heard *all = context;
    all->over = !response->more;
    if (response->error != 0 || response->path.peer.port != world.port)
        return; /* others may hear the group too */
    all->answers++;
    all->code = response->message.code;
    all->port = response->path.peer.port;
    snprintf(all->payload, sizeof all->payload, "%.*s", LINNET_PRINTF(response->message.payload));
}

static heard ask_group(linnet_client *client, const char *path)
{
    heard all = {0};
    char uri[100];
    snprintf(uri, sizeof uri, "coap://224.0.1.187:%u/%s", (unsigned)world.port, path);
    linnet_client_request request = {.method = LINNET_GET,
                                     .uri = uri,
                                     .type = LINNET_NON,
                                     .timeout_ms = 400,
                                     .on_response = on_answer,
                                     .context = &all};
    assert_int_equal(linnet_client_send(client, &request, NULL), 0);
    while (!all.over) {
        assert_int_equal(linnet_client_run(client, 10), 0);
        module_turn(&world, 0);
    }
    return all;
}

static void service_discovery_answers_the_group_and_keeps_errors_back(void **state)
{
    linnet_module_config config = {.address = "0.0.0.0", .service_discovery = true, .transmission.leisure_ms = 20};
    char interface[IF_NAMESIZE];
    linnet_client_config settings = {.multicast_interface = find_interface(interface)};
    linnet_client *client;
    (void)state;
    module_world_open(&world, &config);
    assert_int_equal(linnet_client_open(&client, &settings), 0);
    linnet_module_resource_release(add("here", LINNET_TEXT));
    heard list_of = ask_group(client, ".well-known/core");
    assert_int_equal(list_of.answers, 1);
    assert_int_equal(list_of.code, LINNET_CONTENT);
    assert_string_equal(list_of.payload, "</here>;ct=0;obs");
    assert_int_equal(ask_group(client, "nowhere").answers, 0);
    assert_int_equal(ask_group(client, "here").answers, 0); /* 4.05 */
    linnet_client_close(client);
    module_world_close(&world);
}

static void without_service_discovery_the_group_is_not_heard(void **state)
{
    linnet_module_config config = {.address = "0.0.0.0", .transmission.leisure_ms = 20};
    char interface[IF_NAMESIZE];
    linnet_client_config settings = {.multicast_interface = find_interface(interface)};
    linnet_client *client;
    (void)state;
    module_world_open(&world, &config);
    assert_int_equal(linnet_client_open(&client, &settings), 0);
    linnet_module_resource_release(add("here", LINNET_TEXT));
    assert_int_equal(ask_group(client, ".well-known/core").answers, 0);
    linnet_client_close(client);
    module_world_close(&world);
}

static void an_address_that_is_none_of_this_host_is_refused(void **state)
{
    static const struct {
        const char *address;
        int error;
    } odd[] = {{"198.51.100.1", LINNET_EADDRESS},
               {"", LINNET_EADDRESS},
               {"127.0.0.1/8", LINNET_EADDRESS},
               {"no-such-host.invalid", LINNET_ERESOLVE}};
    (void)state;
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        linnet_module_config config = {.address = odd[i].address};
        linnet_module *module;
        assert_int_equal(linnet_module_open(&module, &config), odd[i].error);
        assert_null(module);
    }
}

static void a_server_listens_on_ipv6_names_and_all_addresses(void **state)
{
    static const char *const addresses[] = {"::1", "[::1]", "localhost", "0.0.0.0", "::"};
    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        linnet_module_config config = {.address = addresses[i]};
        linnet_address address;
        module_world_open(&world, &config);
        assert_int_equal(linnet_module_address(world.module, &address), 0);
        assert_int_equal(address.port, world.port);
        module_world_close(&world);
    }
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(resources_are_listed_in_the_order_of_their_creation),
        WORLD_TEST(attributes_are_copied_and_quoted_where_they_have_to_be),
        WORLD_TEST(a_ct_of_ones_own_takes_the_place_of_the_automatic_one),
        WORLD_TEST(what_is_no_attribute_is_refused),
        WORLD_TEST(the_list_is_filtered_by_query),
        WORLD_TEST(a_long_list_comes_in_blocks),
        cmocka_unit_test(service_discovery_answers_the_group_and_keeps_errors_back),
        cmocka_unit_test(without_service_discovery_the_group_is_not_heard),
        cmocka_unit_test(an_address_that_is_none_of_this_host_is_refused),
        cmocka_unit_test(a_server_listens_on_ipv6_names_and_all_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
