/* The log of answers against a model that remembers everything: what the log finds is what was put, to the octet; it
 * keeps at least the newest that fit, and nothing past its time. */
#include "engine/answers.h"

#include "engine_support.h"

#define KEYS 4096

typedef struct log_under_test {
    linnet_answers answers;
    uint8_t *ring;
    uint64_t *index;
    uint64_t random;
    uint16_t size[KEYS]; /* the model: what was put last under each key */
    uint8_t fill[KEYS];
    uint64_t expires[KEYS]; /* 0: never put */
} log_under_test;

static log_under_test *open_log(uint32_t size, uint32_t index_count)
{
    log_under_test *log = calloc(1, sizeof *log);

    log->ring = calloc(1, size);
    log->index = calloc(index_count, sizeof *log->index);
    log->random = 5;
    linnet_answers_init(&log->answers, log->ring, size, log->index, index_count);
    return log;
}

static void close_log(log_under_test *log)
{
    free(log->ring);
    free(log->index);
    free(log);
}

static uint32_t next_random(log_under_test *log)
{
    log->random = log->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(log->random >> 33);
}

/* A key as the hash makes them: every bit depends on the number. */
static uint64_t key_of(size_t number)
{
    uint64_t key = (number + 1) * UINT64_C(0x9e3779b97f4a7c15);

    key = (key ^ key >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    return key ^ key >> 31;
}

static void put(log_under_test *log, size_t number, uint64_t now, uint64_t expires, size_t size)
{
    uint8_t octets[4096];

    log->fill[number] = (uint8_t)next_random(log);
    log->size[number] = (uint16_t)size;
    log->expires[number] = expires;
    memset(octets, log->fill[number], size);
    linnet_answers_put(&log->answers, key_of(number), now, expires, linnet_view(octets, size));
}

/* Whether it is found; if so, it must be what the model has. */
static bool found(log_under_test *log, size_t number, uint64_t now)
{
    linnet_bytes answer;

    if (!linnet_answers_find(&log->answers, key_of(number), now, &answer))
        return false;
    assert_true(log->expires[number] != 0);
    assert_true(now < log->expires[number] + 3 * SECOND);
    assert_int_equal(answer.size, log->size[number]);
    for (size_t i = 0; i < answer.size; i++)
        assert_int_equal(answer.data[i], log->fill[number]);
    return true;
}

static void what_is_found_is_what_was_put_whatever_the_sizes(void **state)
{
    static const uint32_t sizes[][2] = {{64, 8}, {256, 8}, {1024, 16}, {4096, 64}, {65536, 1024}, {65536, 8}};

    (void)state;
    for (size_t c = 0; c < sizeof sizes / sizeof sizes[0]; c++) {
        log_under_test *log = open_log(sizes[c][0], sizes[c][1]);
        uint32_t largest = sizes[c][0] / 4 - 16 < 2000 ? sizes[c][0] / 4 - 16 : 2000;
        uint64_t now = 0;
        for (unsigned step = 0; step < 20000; step++) {
            size_t number = next_random(log) % (c < 3 ? 64 : KEYS);
            if (next_random(log) % 3 == 0)
                put(log, number, now, now + next_random(log) % (247 * SECOND), next_random(log) % (largest + 1));
            else
                found(log, number, now);
            now += next_random(log) % (step % 1000 == 0 ? 500 * SECOND : SECOND / 10);
        }
        close_log(log);
    }
}

static void the_newest_answers_that_fit_are_kept(void **state)
{
    log_under_test *log = open_log(16384, 4096);

    (void)state;
    for (size_t i = 0; i < KEYS; i++) {
        put(log, i, i, i + 247 * SECOND, 20 + i % 50); /* at most 96 octets each: 128 fit in three quarters */
        for (size_t back = 0; back < 128 && back <= i; back++)
            assert_true(found(log, i - back, i));
    }
    assert_false(found(log, 0, KEYS));
    close_log(log);
}

static void an_answer_ends_at_its_time_and_not_before(void **state)
{
    log_under_test *log = open_log(4096, 64);

    (void)state;
    put(log, 1, 1000 * SECOND, 1247 * SECOND, 30);
    assert_true(found(log, 1, 1000 * SECOND));
    assert_true(found(log, 1, 1247 * SECOND));
    assert_false(found(log, 1, 1250 * SECOND));
    close_log(log);
}

static void a_later_answer_takes_the_place_of_the_earlier(void **state)
{
    log_under_test *log = open_log(4096, 64);

    (void)state;
    put(log, 1, 0, 247 * SECOND, 0);
    assert_true(found(log, 1, 1)); /* of size 0: nothing was sent yet */
    put(log, 1, 2, 247 * SECOND, 4);
    put(log, 2, 3, 247 * SECOND, 9);
    put(log, 1, 4, 247 * SECOND, 40);
    assert_true(found(log, 1, 5));
    assert_true(found(log, 2, 5));
    close_log(log);
}

static void an_answer_above_a_quarter_changes_nothing(void **state)
{
    log_under_test *log = open_log(1024, 64);
    static const uint8_t large[1024];
    linnet_bytes answer;

    (void)state;
    put(log, 1, 0, 247 * SECOND, 240);
    assert_true(found(log, 1, 0));
    assert_true(linnet_answers_fits(&log->answers, 240));
    assert_false(linnet_answers_fits(&log->answers, 241));
    assert_false(linnet_answers_fits(&log->answers, 65536 + 16)); /* whose size would not fit its field */
    linnet_answers_put(&log->answers, key_of(2), 0, 247 * SECOND, linnet_view(large, 241));
    assert_false(linnet_answers_find(&log->answers, key_of(2), 0, &answer));
    linnet_answers_put(&log->answers, key_of(1), 0, 247 * SECOND, linnet_view(large, 1000));
    assert_true(found(log, 1, 0));
    close_log(log);
}

static void a_full_bucket_of_the_index_forgets_its_oldest(void **state)
{
    log_under_test *log = open_log(4096, LINNET_ANSWERS_WAYS); /* one bucket */

    (void)state;
    for (size_t i = 0; i < 20; i++) {
        put(log, i, i, 247 * SECOND, 4);
        for (size_t back = 0; back < LINNET_ANSWERS_WAYS && back <= i; back++)
            assert_true(found(log, i - back, i));
        assert_false(i >= LINNET_ANSWERS_WAYS && found(log, i - LINNET_ANSWERS_WAYS, i));
    }
    close_log(log);
}

static void a_quiet_endpoint_writes_the_front_of_the_ring_only(void **state)
{
    log_under_test *log = open_log(65536, 64);

    (void)state;
    for (size_t i = 0; i < 2000; i++)
        put(log, i % KEYS, i * 300 * SECOND, (i * 300 + 247) * SECOND, 60);
    for (size_t i = 1024; i < 65536; i++)
        assert_int_equal(log->ring[i], 0);
    close_log(log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_found_is_what_was_put_whatever_the_sizes),
        cmocka_unit_test(the_newest_answers_that_fit_are_kept),
        cmocka_unit_test(an_answer_ends_at_its_time_and_not_before),
        cmocka_unit_test(a_later_answer_takes_the_place_of_the_earlier),
        cmocka_unit_test(an_answer_above_a_quarter_changes_nothing),
        cmocka_unit_test(a_full_bucket_of_the_index_forgets_its_oldest),
        cmocka_unit_test(a_quiet_endpoint_writes_the_front_of_the_ring_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
