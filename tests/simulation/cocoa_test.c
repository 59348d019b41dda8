/* A path with a round-trip time of five seconds that loses one datagram in a hundred: with timeouts that follow the
 * round-trip time the same requests have the same results, and few datagrams are sent that nobody needs. */
#include "simulation/client_model.h"

#include <stdio.h>

enum { RUNS = 20, REQUESTS = 60, LOSS = 1, ONE_WAY = 2500000 };

static uint64_t seed_of_run;

static int print_seed(void **state)
{
    (void)state;
    fprintf(stderr, "the last seed was %u\n", (unsigned)seed_of_run);
    return 0;
}

/* What a run came to. */
typedef struct outcome {
    size_t datagrams; /* that the client sent */
    size_t succeeded;
    size_t exchanges; /* as many as there are answers to different message IDs */
} outcome;

static outcome run(uint64_t seed, bool cocoa)
{
    test_client *client = client_open(NULL);
    model *server = model_open(client, seed, LOSS, 0);
    outcome sum = {0};

    server->delay = ONE_WAY;
    server->szx = 6;
    for (unsigned i = 0; i < REQUESTS; i++) {
        told into = {0};
        linnet_call_request request = {.code = LINNET_GET, .transmission = {.cocoa = cocoa}};
        uint8_t body[MODEL_BODY_MAX];
        assert_int_equal(client_ask(client, request, false, &into), 0);
        while (into.finals == 0)
            assert_true(model_step(server, client->now + 4000 * SECOND));
        assert_int_equal(into.error, 0);
        assert_int_equal(into.size, model_representation(server->version, body));
        assert_memory_equal(into.payload, body, into.size);
        sum.exchanges += (into.size + 1023) / 1024;
        sum.succeeded++;
        told_free(&into);
    }
    sum.datagrams = client->sent_count;
    model_close(server);
    return sum;
}

static void a_slow_path_is_not_flooded(void **state)
{
    size_t with = 0, without = 0, exchanges = 0;

    (void)state;
    for (seed_of_run = 1; seed_of_run <= RUNS; seed_of_run++) {
        outcome fixed = run(seed_of_run, false), learned = run(seed_of_run, true);
        assert_int_equal(fixed.succeeded, REQUESTS);
        assert_int_equal(learned.succeeded, REQUESTS);
        assert_int_equal(fixed.exchanges, learned.exchanges);
        assert_true(learned.datagrams < fixed.datagrams);
        with += learned.datagrams - learned.exchanges;
        without += fixed.datagrams - fixed.exchanges;
        exchanges += fixed.exchanges;
    }
    printf("retransmissions of %zu exchanges: %zu, and %zu with cocoa\n", exchanges, without, with);
    assert_true(without > exchanges);  /* 2 to 3 s are over before any answer can be there: each is sent again */
    assert_true(with * 5 < exchanges); /* what is lost, and the first ones, before anything is known */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_slow_path_is_not_flooded, print_seed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
