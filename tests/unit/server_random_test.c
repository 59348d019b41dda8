/* Replies made of random calls, into datagrams of random size: whatever a handler does, the answer is CoAP, fits, and
 * says what the last calls said. ask() checks the first two. */
#include "server_support.h"

#include <linnet/block.h>

#define ROUNDS 20000

static uint32_t seed;
static uint8_t octets[3000];

static uint32_t random_below(uint32_t limit)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)seed * limit) >> 32);
}

/* Mostly small, now and then large. */
static linnet_bytes random_bytes(void)
{
    return linnet_view(octets, random_below(random_below(4) ? 20 : sizeof octets));
}

/* What the handler set last, for comparison. */
static struct {
    bool failed;
    size_t payload_size;
    int32_t content_format;
    int64_t max_age;
} expected;

static void call_at_random(linnet_reply *reply)
{
    static const uint16_t numbers[] = {4, 8, 14, 20, 28, 60, 252, 258, 2048, 65000, 65535};
    linnet_bytes bytes = random_bytes();
    int error = 0;

    switch (random_below(6)) {
    case 0:
    case 1:
        expected.content_format = (int32_t)random_below(3) ? (int32_t)random_below(65536) : LINNET_NO_FORMAT;
        expected.payload_size = bytes.size;
        error = linnet_reply_payload(reply, expected.content_format, bytes);
        break;
    case 2:
        expected.max_age = random_below(3) ? random_below(UINT32_MAX) : 0;
        error = linnet_reply_max_age(reply, (uint32_t)expected.max_age);
        break;
    case 3:
        error = linnet_reply_location(reply, random_below(2) ? "/a/b/c?d=e" : "x%20y");
        break;
    case 4:
        bytes.size = random_below(9);
        error = linnet_reply_etag(reply, bytes);
        break;
    default:
        bytes.size = bytes.size % 40;
        uint16_t number = numbers[random_below(sizeof numbers / sizeof numbers[0])];
        error = linnet_reply_option(reply, number, bytes);
        if (number == LINNET_OPTION_MAX_AGE)
            expected.max_age = linnet_option_uint(bytes);
        break;
    }
    if (error)
        expected.failed = true;
}

static void set_at_random(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    memset(&expected, 0, sizeof expected);
    expected.content_format = LINNET_NO_FORMAT;
    expected.max_age = -1;
    for (uint32_t calls = random_below(8); calls > 0; calls--)
        call_at_random(reply);
}

static void check(const test_answer *answer, bool whole)
{
    assert_int_equal(number_of(answer, LINNET_OPTION_CONTENT_FORMAT), expected.content_format);
    assert_int_equal(number_of(answer, LINNET_OPTION_MAX_AGE), expected.max_age);
    if (whole)
        assert_int_equal(answer->payload.size, expected.payload_size);
    if (!linnet_option_get(answer->options, LINNET_OPTION_BLOCK2, 0, &(linnet_bytes){0}))
        assert_bytes(answer->payload, linnet_view(octets, expected.payload_size));
    else
        assert_true(answer->payload.size <= expected.payload_size);
}

static void whatever_a_handler_calls_the_answer_is_sound(void **state)
{
    static const linnet_resource_config plain = {.get = set_at_random, .post = set_at_random};
    static const linnet_resource_config tagged = {.get = set_at_random, .etag = true};
    size_t good = 0;

    (void)state;
    for (size_t i = 0; i < sizeof octets; i++)
        octets[i] = (uint8_t)(i * 11 + i / 256);
    add("plain", &plain);
    add("tagged", &tagged);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        seed = round;
        test_request request = {.method = random_below(3) ? LINNET_GET : LINNET_POST,
                                .path = random_below(2) ? "plain" : "tagged",
                                .capacity = 1 + random_below(random_below(2) ? 100 : BODY_SIZE)};
        uint8_t block = (uint8_t)random_below(7);
        if (random_below(3) == 0)
            request.options[0] = (test_option){true, LINNET_OPTION_BLOCK2, {&block, block > 0}};
        const test_answer *answer = ask(&request);
        if (expected.failed || answer->code == LINNET_METHOD_NOT_ALLOWED) {
            assert_false(linnet_code_is_success(answer->code));
        } else if (linnet_code_is_success(answer->code)) {
            check(answer, request.method == LINNET_POST);
            good++;
        }
    }
    assert_true(good > ROUNDS / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {SITE_TEST(whatever_a_handler_calls_the_answer_is_sound)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
