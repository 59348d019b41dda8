/* A client with a cache over a network that loses 20 % and doubles and reorders the rest, of a resource that changes at
 * any time: what a call is given is whole, and was true at most Max-Age - and the time of an exchange - ago. */
#include "simulation/client_model.h"

#include <stdio.h>

enum { RUNS = 30, CALLS = 60, LOSS = 20, DOUBLED = 10, VERSIONS = 4000, EXCHANGE = 50 };

static uint64_t seed_of_run;
static uint64_t replaced[VERSIONS]; /* when; 0: it is what the server has */

static int print_seed(void **state)
{
    (void)state;
    fprintf(stderr, "the last seed was %u\n", (unsigned)seed_of_run);
    return 0;
}

static void assert_was_true_lately(const model *server, const told *into, uint64_t asked)
{
    uint8_t body[MODEL_BODY_MAX];
    uint32_t version;
    size_t size;

    assert_true(into->size >= 4);
    version = (uint32_t)(into->payload[0] << 8 | into->payload[1]);
    size = model_representation(version, body);
    assert_int_equal(into->size, size);
    assert_memory_equal(into->payload, body, size);
    assert_true(version < VERSIONS);
    assert_true(replaced[version] == 0 || replaced[version] + (server->max_age + EXCHANGE) * SECOND >= asked);
}

static size_t run(uint64_t seed)
{
    test_client *client = client_open_with_cache(NULL, 3000 + seed * 997 % 9000);
    model *server = model_open(client, seed, LOSS, DOUBLED);
    size_t hits = 0;

    memset(replaced, 0, sizeof replaced);
    for (unsigned i = 0; i < CALLS; i++) {
        told into = {0};
        linnet_call_request request = {.code = LINNET_GET,
                                       .transmission = {.max_retransmit = 8, .ack_timeout_ms = 100}};
        uint64_t asked = client->now;
        assert_int_equal(client_ask(client, request, false, &into), 0);
        while (into.finals == 0)
            assert_true(model_step(server, client->now + 4000 * SECOND));
        if (into.error == 0)
            assert_was_true_lately(server, &into, asked);
        hits += into.cached;
        told_free(&into);
        while (model_step(server, client->now + model_random(server, 10) * SECOND))
            ;
        if (model_random(server, 3) == 0) {
            replaced[server->version] = client->now;
            model_change(server);
        }
    }
    model_close(server);
    return hits;
}

static void nothing_older_than_its_max_age_is_given(void **state)
{
    size_t hits = 0;

    (void)state;
    for (seed_of_run = 1; seed_of_run <= RUNS; seed_of_run++)
        hits += run(seed_of_run);
    printf("%zu of %u calls were answered from the cache\n", hits, RUNS * CALLS);
    assert_true(hits > RUNS);
    assert_true(hits < RUNS * CALLS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(nothing_older_than_its_max_age_is_given, print_seed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
