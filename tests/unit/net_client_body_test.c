/* Bodies and observations of a linnet_client against a linnet_server, over the loopback. */
#include "net_support.h"

enum { LARGE = 300000 };

static uint8_t large[LARGE];

static void give_large(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    linnet_reply_payload(reply, LINNET_NO_FORMAT, linnet_view(large, sizeof large));
}

static void open_pair(net_pair *pair)
{
    linnet_resource_config config = {.get = give_large};
    for (size_t i = 0; i < LARGE; i++)
        large[i] = (uint8_t)(i * 7 + (i >> 8));
    net_pair_open(pair, NULL);
    assert_int_equal(linnet_server_add(pair->server, "large", &config), 0);
}

typedef struct taken {
    uint64_t octets;
    unsigned blocks, ends;
    int error;
    bool wrong;
} taken;

static int take(const linnet_response *response, uint64_t offset, linnet_bytes octets, void *context)
{
    taken *to = context;
    (void)response;
    to->wrong |= offset != to->octets || memcmp(large + offset, octets.data, octets.size) != 0;
    to->octets += octets.size;
    to->blocks++;
    return 0;
}

static void end(const linnet_response *response, void *context)
{
    taken *to = context;
    to->ends++;
    to->error = response->error;
    to->wrong |= response->message.payload.size != (to->blocks > 0 ? 0 : LARGE);
    if (to->blocks == 0 && response->error == 0)
        to->wrong |= memcmp(response->message.payload.data, large, LARGE) != 0;
}

static void a_large_body_is_put_together(void **state)
{
    (void)state;
    net_pair pair;
    taken to = {0};
    open_pair(&pair);
    linnet_client_request request = {
        .method = LINNET_GET, .uri = net_uri(&pair, "large"), .on_response = end, .context = &to};
    assert_int_equal(linnet_client_send(pair.client, &request, NULL), 0);
    net_run(&pair);
    assert_int_equal(to.error, 0);
    assert_int_equal(to.ends, 1);
    assert_false(to.wrong);
    net_pair_close(&pair);
}

static void a_large_body_is_handed_on_part_by_part(void **state)
{
    (void)state;
    net_pair pair;
    taken to = {0};
    open_pair(&pair);
    linnet_client_request request = {.method = LINNET_GET,
                                     .uri = net_uri(&pair, "large"),
                                     .block_size = 256,
                                     .on_block = take,
                                     .on_response = end,
                                     .context = &to};
    assert_int_equal(linnet_client_send(pair.client, &request, NULL), 0);
    net_run(&pair);
    assert_int_equal(to.error, 0);
    assert_int_equal(to.octets, LARGE);
    assert_int_equal(to.blocks, (LARGE + 255) / 256);
    assert_false(to.wrong);
    net_pair_close(&pair);
}

static void closing_in_mid_transfer_ends_it_once(void **state)
{
    (void)state;
    net_pair pair;
    taken to = {0};
    open_pair(&pair);
    linnet_client_request request = {
        .method = LINNET_GET, .uri = net_uri(&pair, "large"), .on_block = take, .on_response = end, .context = &to};
    assert_int_equal(linnet_client_send(pair.client, &request, NULL), 0);
    while (to.blocks < 3)
        net_turn(&pair, 1000);
    net_pair_close(&pair);
    assert_int_equal(to.ends, 1);
    assert_int_equal(to.error, LINNET_ECLOSED);
}

typedef struct watched {
    unsigned times, finals;
    int error;
    char text[32];
} watched;

static void on_notification(const linnet_response *response, void *context)
{
    watched *to = context;
    size_t size = response->message.payload.size;
    to->times++;
    to->finals += !response->more;
    to->error = response->error;
    assert_true(size < sizeof to->text);
    if (response->error == 0 && size > 0) {
        memcpy(to->text, response->message.payload.data, size);
        to->text[size] = '\0';
    }
}

static linnet_resource *add_value(net_pair *pair)
{
    linnet_resource_config config = {.stored = true, .observable = true, .value = linnet_text("one")};
    assert_int_equal(linnet_server_add(pair->server, "value", &config), 0);
    return linnet_server_find(pair->server, "value");
}

static void changes_arrive_until_cancelled_and_the_server_forgets(void **state)
{
    (void)state;
    net_pair pair;
    watched to = {0};
    linnet_exchange exchange;
    net_pair_open(&pair, NULL);
    linnet_resource *value = add_value(&pair);
    linnet_client_request request = {.method = LINNET_GET,
                                     .uri = net_uri(&pair, "value"),
                                     .observe = true,
                                     .on_response = on_notification,
                                     .context = &to};
    assert_int_equal(linnet_client_send(pair.client, &request, &exchange), 0);
    while (to.times == 0)
        net_turn(&pair, 100);
    assert_string_equal(to.text, "one");
    assert_int_equal(linnet_resource_observers(value), 1);
    assert_int_equal(linnet_resource_set(value, linnet_text("two")), 0);
    while (strcmp(to.text, "two") != 0)
        net_turn(&pair, 100);
    assert_int_equal(linnet_client_cancel(pair.client, exchange), 0);
    assert_int_equal(to.error, LINNET_ECANCELLED);
    assert_int_equal(to.finals, 1);
    for (int i = 0; i < 100 && linnet_resource_observers(value) > 0; i++)
        net_turn(&pair, 10);
    assert_int_equal(linnet_resource_observers(value), 0);
    net_pair_close(&pair);
}

static void closing_the_client_takes_its_observations_back(void **state)
{
    (void)state;
    net_pair pair;
    watched to = {0};
    net_pair_open(&pair, NULL);
    linnet_resource *value = add_value(&pair);
    linnet_client_request request = {.method = LINNET_GET,
                                     .uri = net_uri(&pair, "value"),
                                     .observe = true,
                                     .on_response = on_notification,
                                     .context = &to};
    assert_int_equal(linnet_client_send(pair.client, &request, NULL), 0);
    while (to.times == 0)
        net_turn(&pair, 100);
    linnet_client_close(pair.client);
    pair.client = NULL;
    assert_int_equal(to.error, LINNET_ECLOSED);
    for (int i = 0; i < 100 && linnet_resource_observers(value) > 0; i++)
        assert_int_equal(linnet_server_process(pair.server), 0);
    assert_int_equal(linnet_resource_observers(value), 0);
    net_pair_close(&pair);
}

static void large_representations_are_observed_whole(void **state)
{
    (void)state;
    net_pair pair;
    taken to = {0};
    linnet_exchange exchange;
    open_pair(&pair);
    linnet_resource_config config = {.get = give_large, .observable = true};
    assert_int_equal(linnet_server_add(pair.server, "changing", &config), 0);
    linnet_client_request request = {
        .method = LINNET_GET, .uri = net_uri(&pair, "changing"), .observe = true, .on_response = end, .context = &to};
    assert_int_equal(linnet_client_send(pair.client, &request, &exchange), 0);
    while (to.ends == 0)
        net_turn(&pair, 100);
    large[17] ^= 1;
    linnet_resource_changed(linnet_server_find(pair.server, "changing"));
    while (to.ends == 1)
        net_turn(&pair, 100);
    assert_false(to.wrong);
    net_pair_close(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_large_body_is_put_together),
        cmocka_unit_test(a_large_body_is_handed_on_part_by_part),
        cmocka_unit_test(closing_in_mid_transfer_ends_it_once),
        cmocka_unit_test(changes_arrive_until_cancelled_and_the_server_forgets),
        cmocka_unit_test(closing_the_client_takes_its_observations_back),
        cmocka_unit_test(large_representations_are_observed_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
