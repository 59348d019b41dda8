/* A server that answers anything at all: every call ends, once, and within bounds. */
#include "simulation/client_model.h"

#include <stdio.h>

enum { RUNS = 10000, DATAGRAMS = 400 };

static uint64_t random_state;
static uint32_t temper; /* 0: says what is plausible; 20: says anything */

static uint32_t pick(uint32_t below)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(random_state >> 33) % below;
}

static linnet_code some_code(void)
{
    static const linnet_code codes[] = {LINNET_CONTENT,      LINNET_CONTENT,
                                        LINNET_CONTENT,      LINNET_CHANGED,
                                        LINNET_CONTINUE,     LINNET_CONTINUE,
                                        LINNET_VALID,        LINNET_REQUEST_ENTITY_INCOMPLETE,
                                        LINNET_UNAUTHORIZED, LINNET_REQUEST_ENTITY_TOO_LARGE,
                                        LINNET_NOT_FOUND,    LINNET_SERVICE_UNAVAILABLE};

    if (pick(20) >= temper)
        return codes[pick(2) * 4];
    return codes[pick(sizeof codes)];
}

/* A block near the one that the client has just sent or asked for. */
static const char *some_block(const test_client *client, uint16_t number, char text[32])
{
    linnet_message last = client_last(client);
    linnet_block block = {.szx = 2};
    linnet_bytes value;

    if (linnet_option_get(last.options, number, 0, &value))
        (void)linnet_block_parse(&block, value);
    if (pick(40) < temper)
        block.number += pick(3);
    if (pick(40) < temper)
        block.szx = (uint8_t)pick(7);
    snprintf(text, 32, "%u/%u/%u", (unsigned)block.number, (unsigned)pick(4) != 0, 16u << block.szx);
    return text;
}

static void answer_anything(test_client *client)
{
    static const char *const etags[] = {NULL, "a", "b"};
    static uint8_t payload[1024];
    char block1[32], block2[32];
    script answer = {.code = some_code(), .separate = pick(4) == 0, .type = (linnet_type)pick(2)};
    linnet_bytes value;

    if (pick(2))
        answer.block1 = some_block(client, LINNET_OPTION_BLOCK1, block1);
    if (pick(2))
        answer.block2 = some_block(client, LINNET_OPTION_BLOCK2, block2);
    answer.etag = etags[pick(16) == 0 ? pick(3) : 1];
    answer.has_observe = pick(20) >= temper;
    answer.observe = pick(1000);
    answer.echo = pick(3) ? NULL : "echo";
    answer.size2 = pick(10) ? 0 : pick(100000);
    answer.payload = linnet_view(payload, pick(40) >= temper ? 64 : pick(1025));
    if (!linnet_option_get(client_last(client).options, LINNET_OPTION_ECHO, 0, &value) && pick(60) < temper)
        answer.code = LINNET_UNAUTHORIZED;
    client_answer(client, answer);
}

static void run(uint64_t seed)
{
    static uint8_t body[3000];
    test_client *client = client_open(NULL);
    told into[3] = {{0}, {0}, {0}};
    linnet_call_request requests[3] = {
        {.code = LINNET_GET, .observe = true, .max_body_size = 5000},
        {.code = LINNET_PUT, .payload = linnet_view(body, sizeof body), .block_size = 64, .max_body_size = 5000},
        {.code = LINNET_FETCH, .payload = linnet_view(body, 200), .block_size = 64, .max_body_size = 5000},
    };

    random_state = seed;
    temper = pick(21);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(client_ask(client, requests[i], pick(3) == 0, &into[i]), 0);
    for (unsigned i = 0; i < DATAGRAMS; i++) {
        client_run(client, client->now + pick(3) * SECOND / 2);
        if (client->size > 4)
            answer_anything(client);
        else
            client_run(client, client->now + 30 * SECOND);
    }
    client_run(client, client->now + 400 * SECOND);
    assert_int_equal(into[1].finals, 1);
    assert_int_equal(into[2].finals, 1);
    client_close(client);
    assert_int_equal(into[0].finals, 1);
    for (unsigned i = 0; i < 3; i++)
        told_free(&into[i]);
}

static void whatever_the_server_says_each_call_ends_once(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= RUNS; seed++)
        run(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(whatever_the_server_says_each_call_ends_once)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
