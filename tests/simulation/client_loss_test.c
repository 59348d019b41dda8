/* Calls over a network that loses 30 % and doubles and reorders the rest: bodies come whole or not at all, two uploads
 * never mix, an observation reaches the final value, and every call ends once. A failure names its seed,
 * and LINNET_SEED replays it alone; with LINNET_SEEDS it is the first one. */
#include "simulation/client_model.h"

#include <stdio.h>
#include <stdlib.h>

enum { RUNS = 100, LOSS = 30, DOUBLED = 10 };

static uint64_t first_seed = 1, seeds = RUNS, seed_of_run;

static int print_seed(void **state)
{
    (void)state;
    fprintf(stderr, "the last seed was %llu\n", (unsigned long long)seed_of_run);
    return 0;
}

static void assert_is_a_representation(const told *into)
{
    uint8_t body[MODEL_BODY_MAX];
    size_t size;

    assert_true(into->size >= 4);
    size = model_representation((uint32_t)(into->payload[0] << 8 | into->payload[1]), body);
    assert_int_equal(into->size, size);
    assert_memory_equal(into->payload, body, size);
}

static linnet_transmission patient(void)
{
    return (linnet_transmission){.max_retransmit = 8, .ack_timeout_ms = 1000, .nstart = 2};
}

static void run_download(uint64_t seed)
{
    test_client *client = client_open(NULL);
    model *server = model_open(client, seed, LOSS, DOUBLED);
    told into = {0};
    linnet_call_request request = {.code = LINNET_GET, .transmission = patient()};

    server->version = 1 + model_random(server, 1000);
    request.block_size = (uint16_t)(model_random(server, 2) ? 0 : 16u << model_random(server, 7));
    assert_int_equal(client_ask(client, request, false, &into), 0);
    while (into.finals == 0) {
        assert_true(model_step(server, client->now + 4000 * SECOND));
        if (model_random(server, 200) == 0)
            model_change(server);
    }
    if (into.error == 0)
        assert_is_a_representation(&into);
    else
        assert_true(into.error == LINNET_ETIMEOUT || into.error == LINNET_ECHANGED);
    told_free(&into);
    model_close(server);
}

static void downloads_come_whole_or_fail_cleanly(void **state)
{
    (void)state;
    for (seed_of_run = first_seed; seed_of_run < first_seed + seeds; seed_of_run++)
        run_download(seed_of_run);
}

static uint8_t bodies[2][MODEL_BODY_MAX];

/* Whether the server has this body, whole. */
static bool server_has(const model *server, const uint8_t *body, size_t size)
{
    for (size_t i = 0; i < MODEL_UPLOADS; i++) {
        const model_upload *upload = &server->uploads[i];
        if (upload->used && upload->whole && upload->size == size && memcmp(upload->octets, body, size) == 0)
            return true;
    }
    return false;
}

static unsigned run_uploads(uint64_t seed)
{
    test_client *client = client_open(NULL);
    model *server = model_open(client, seed, LOSS, DOUBLED);
    told into[2] = {{0}, {0}};
    size_t sizes[2];
    unsigned succeeded = 0;

    for (unsigned i = 0; i < 2; i++) {
        linnet_call_request request = {.code = LINNET_PUT, .transmission = patient(), .block_size = 256};
        sizes[i] = 600 + model_random(server, 3000);
        fill_pattern(bodies[i], sizes[i], (unsigned)seed + i * 100);
        request.payload = linnet_view(bodies[i], sizes[i]);
        assert_int_equal(client_ask(client, request, false, &into[i]), 0);
    }
    while (into[0].finals + into[1].finals < 2)
        assert_true(model_step(server, client->now + 4000 * SECOND));
    for (unsigned i = 0; i < 2; i++) {
        if (into[i].error == 0) {
            assert_int_equal(into[i].code, LINNET_CHANGED);
            assert_true(server_has(server, bodies[i], sizes[i]));
            succeeded++;
        }
        told_free(&into[i]);
    }
    model_close(server);
    return succeeded;
}

static void interleaved_uploads_arrive_exactly_and_never_mix(void **state)
{
    unsigned succeeded = 0;

    (void)state;
    for (seed_of_run = first_seed; seed_of_run < first_seed + seeds; seed_of_run++)
        succeeded += run_uploads(seed_of_run);
    assert_true(seeds < RUNS || succeeded >= 2 * RUNS * 9 / 10);
}

static void check_news(const told *into, int *seen, uint32_t *sequence)
{
    if (into->times == *seen)
        return;
    *seen = into->times;
    assert_int_equal(into->error, 0);
    assert_int_equal(into->finals, 0);
    assert_is_a_representation(into);
    if (!sequence)
        return; /* numbers fall when the server is restarted */
    assert_true(into->observe >= *sequence);
    *sequence = into->observe;
}

static void run_observation(uint64_t seed, bool restarts)
{
    test_client *client = client_open(NULL);
    model *server = model_open(client, seed, LOSS, DOUBLED);
    told into = {0};
    int seen = 0;
    uint32_t sequence = 0;
    linnet_call_request request = {.code = LINNET_GET, .transmission = patient(), .observe = true};
    uint8_t body[MODEL_BODY_MAX];

    assert_int_equal(client_ask(client, request, false, &into), 0);
    for (unsigned changes = 0; changes < 20; changes++) {
        uint64_t until = client->now + model_random(server, 10) * SECOND + 1;
        while (model_step(server, until) && into.finals == 0)
            check_news(&into, &seen, restarts ? NULL : &sequence);
        if (into.finals != 0)
            break; /* nothing but the very first registration may fail */
        model_change(server);
        if (restarts && changes == 10)
            model_restart(server);
    }
    if (into.finals == 0) {
        /* Small blocks, each lost every other time: back-off makes that eleven seconds a block on average. */
        uint64_t until = client->now + 10000 * SECOND;
        while (model_step(server, until))
            check_news(&into, &seen, restarts ? NULL : &sequence);
        assert_int_equal(into.size, model_representation(server->version, body));
        assert_memory_equal(into.payload, body, into.size);
    } else {
        assert_int_equal(into.error, LINNET_ETIMEOUT);
        assert_int_equal(into.times, 1);
    }
    model_close(server);
    assert_int_equal(into.finals, 1);
    told_free(&into);
}

static void observation_reaches_the_final_value(void **state)
{
    (void)state;
    for (seed_of_run = first_seed; seed_of_run < first_seed + seeds; seed_of_run++)
        run_observation(seed_of_run, false);
}

static void observation_survives_a_restart_of_the_server(void **state)
{
    (void)state;
    for (seed_of_run = first_seed; seed_of_run < first_seed + seeds; seed_of_run++)
        run_observation(seed_of_run, true);
}

/* Whatever happens, and whenever the user cancels: one end, and no memory left. */
static void calls_cancelled_at_any_time_end_once(void **state)
{
    (void)state;
    for (seed_of_run = first_seed; seed_of_run < first_seed + seeds; seed_of_run++) {
        test_client *client = client_open(NULL);
        model *server = model_open(client, seed_of_run, LOSS, DOUBLED);
        told into[3] = {{0}, {0}, {0}};
        linnet_call_request requests[3] = {
            {.code = LINNET_GET, .observe = true},
            {.code = LINNET_PUT, .payload = linnet_view(bodies[0], 2000), .block_size = 64},
            {.code = LINNET_GET, .block_size = 32},
        };
        server->version = seed_of_run & 0xffff;
        for (unsigned i = 0; i < 3; i++)
            assert_int_equal(client_ask(client, requests[i], i == 2, &into[i]), 0);
        for (unsigned i = 0; i < 3; i++) {
            uint64_t until = client->now + model_random(server, 20) * SECOND;
            while (model_step(server, until))
                ;
            model_change(server);
            if (into[i].finals == 0)
                assert_int_equal(linnet_calls_cancel(client->calls, client->now, into[i].call, LINNET_ECANCELLED), 0);
            assert_int_equal(into[i].finals, 1);
        }
        assert_int_equal(linnet_calls_pending(client->calls), 0);
        model_close(server);
        for (unsigned i = 0; i < 3; i++)
            told_free(&into[i]);
    }
}

int main(void)
{
    const char *first = getenv("LINNET_SEED");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(downloads_come_whole_or_fail_cleanly, print_seed),
        cmocka_unit_test_teardown(interleaved_uploads_arrive_exactly_and_never_mix, print_seed),
        cmocka_unit_test_teardown(observation_reaches_the_final_value, print_seed),
        cmocka_unit_test_teardown(observation_survives_a_restart_of_the_server, print_seed),
        cmocka_unit_test_teardown(calls_cancelled_at_any_time_end_once, print_seed),
    };

    if (first) {
        first_seed = strtoull(first, NULL, 10);
        seeds = getenv("LINNET_SEEDS") ? RUNS : 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
