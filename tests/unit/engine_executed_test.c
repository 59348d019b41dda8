/* Which requests have run, against a plain list: one that ran within its lifetime is always recognised, one that did
 * not is never taken for it, and when no more can be remembered the answer is "full" and never "new". */
#include "engine/executed.h"

#include "engine_support.h"

#define LIFETIME (247 * SECOND)
#define UNIT (UINT64_C(1) << 24) /* of its clock, in microseconds */
#define DAY (24 * 3600 * SECOND)
#define KEYS 512

#define MOST 16384u
static uint64_t words[MOST];
static linnet_executed_share shares[MOST / LINNET_EXECUTED_PER_SHARE];

static linnet_executed empty_set(uint32_t count)
{
    linnet_executed executed;

    memset(words, 0, sizeof words);
    memset(shares, 0, sizeof shares);
    linnet_executed_init(&executed, words, count, shares);
    return executed;
}

/* Each of another address. */
static linnet_executed_verdict add(linnet_executed *executed, uint64_t key, uint64_t now, uint64_t lifetime)
{
    return linnet_executed_add(executed, key, key >> 7, now, lifetime);
}

static uint64_t key_of(size_t number)
{
    uint64_t key = (number + 1) * UINT64_C(0x9e3779b97f4a7c15);

    key = (key ^ key >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    return key ^ key >> 31;
}

static void a_request_runs_once_within_its_lifetime_and_again_after_it(void **state)
{
    linnet_executed executed = empty_set(1024);

    (void)state;
    for (uint64_t start = 0; start < 100 * DAY; start += 9 * DAY + 12345) {
        assert_int_equal(add(&executed, 77, start, LIFETIME), LINNET_EXECUTE_NEW);
        assert_int_equal(add(&executed, 77, start, LIFETIME), LINNET_EXECUTE_SEEN);
        assert_int_equal(add(&executed, 77, start + LIFETIME, LIFETIME), LINNET_EXECUTE_SEEN);
        assert_int_equal(add(&executed, 77, start + LIFETIME + 3 * UNIT, LIFETIME), LINNET_EXECUTE_NEW);
        assert_int_equal(add(&executed, 77, start + 3 * LIFETIME, LIFETIME), LINNET_EXECUTE_NEW);
    }
}

/* The 16 bits of a time stamp last for 12 days and 17 hours. A request of then is not one of now. */
static void a_request_is_new_when_the_time_stamps_have_come_round(void **state)
{
    (void)state;
    for (uint64_t rounds = 1; rounds <= 3; rounds++) {
        linnet_executed executed = empty_set(1024);
        uint64_t now = 1000 * SECOND;
        assert_int_equal(add(&executed, key_of(1), now, LIFETIME), LINNET_EXECUTE_NEW);
        now += rounds * 65536 * UNIT + LIFETIME / 2;
        assert_int_equal(add(&executed, key_of(1), now, LIFETIME), LINNET_EXECUTE_NEW);
        assert_int_equal(add(&executed, key_of(1), now, LIFETIME), LINNET_EXECUTE_SEEN);
    }
}

static void a_full_set_says_so_until_the_lifetime_is_over(void **state)
{
    linnet_executed executed = empty_set(64);
    size_t number = 0, full = 0;

    (void)state;
    while (full < 200)
        full += add(&executed, key_of(number++), 0, LIFETIME) == LINNET_EXECUTE_FULL;
    assert_in_range(number - full, 40, 56);
    assert_int_equal(add(&executed, key_of(0), LIFETIME, LIFETIME), LINNET_EXECUTE_SEEN);
    for (size_t i = 0; i < 40; i++) /* two choices of bucket: as good as all room is used */
        assert_int_equal(add(&executed, key_of(10000 + i), LIFETIME + 3 * UNIT, LIFETIME), LINNET_EXECUTE_NEW);
}

static void the_smallest_set_remembers_seven(void **state)
{
    linnet_executed executed = empty_set(LINNET_EXECUTED_WORDS);

    (void)state;
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(add(&executed, key_of(i), 0, LIFETIME), LINNET_EXECUTE_NEW);
    assert_int_equal(add(&executed, key_of(7), 0, LIFETIME), LINNET_EXECUTE_FULL);
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(add(&executed, key_of(i), LIFETIME, LIFETIME), LINNET_EXECUTE_SEEN);
}

/* A loop that takes the time once for a batch may be a little behind one of its handlers. */
static void a_clock_that_falls_a_little_forgets_nothing(void **state)
{
    linnet_executed executed = empty_set(64);

    (void)state;
    assert_int_equal(add(&executed, key_of(1), 10 * UNIT, LIFETIME), LINNET_EXECUTE_NEW);
    assert_int_equal(add(&executed, key_of(1), 10 * UNIT - 1, LIFETIME), LINNET_EXECUTE_SEEN);
}

static void a_lifetime_of_weeks_is_taken_as_six_days(void **state)
{
    linnet_executed executed = empty_set(64);

    (void)state;
    assert_int_equal(add(&executed, key_of(1), 0, 40 * DAY), LINNET_EXECUTE_NEW);
    assert_int_equal(add(&executed, key_of(1), 6 * DAY, 40 * DAY), LINNET_EXECUTE_SEEN);
    assert_int_equal(add(&executed, key_of(1), 7 * DAY, 40 * DAY), LINNET_EXECUTE_NEW);
}

/* A non-confirmable request is remembered for 145 s, a confirmable one for 247 s; one ends not with the other. */
static void each_request_has_its_own_lifetime(void **state)
{
    linnet_executed executed = empty_set(LINNET_EXECUTED_WORDS);

    (void)state;
    assert_int_equal(add(&executed, key_of(1), 0, LIFETIME), LINNET_EXECUTE_NEW);
    assert_int_equal(add(&executed, key_of(2), 0, 145 * SECOND), LINNET_EXECUTE_NEW);
    assert_int_equal(add(&executed, key_of(2), 200 * SECOND, 145 * SECOND), LINNET_EXECUTE_NEW);
    assert_int_equal(add(&executed, key_of(1), 200 * SECOND, LIFETIME), LINNET_EXECUTE_SEEN);
}

/* What a plain list expects. Between the lifetime and three units more, both verdicts are right. */
static void assert_verdict(linnet_executed_verdict verdict, uint64_t last, uint64_t now)
{
    bool ran = last != 0;

    if (ran && now - last <= LIFETIME)
        assert_int_equal(verdict, LINNET_EXECUTE_SEEN);
    else if (!ran || now - last > LIFETIME + 3 * UNIT)
        assert_int_not_equal(verdict, LINNET_EXECUTE_SEEN);
}

static void over_years_the_set_agrees_with_a_plain_list(void **state)
{
    linnet_executed executed = empty_set(256);
    test_port random = {.random = 11};
    uint64_t last[KEYS] = {0};
    uint64_t now = SECOND;

    (void)state;
    for (unsigned step = 0; step < 300000; step++) {
        linnet_executed_verdict verdict;
        uint32_t number;
        test_random(&random, &number, sizeof number);
        size_t i = number % KEYS;
        verdict = add(&executed, key_of(i), now, LIFETIME);
        assert_verdict(verdict, last[i], now);
        if (verdict == LINNET_EXECUTE_NEW)
            last[i] = now;
        now += (number >> 16) % (step % 100 == 0 ? 20000 * SECOND : 2 * SECOND);
        if (step % 5000 == 0)
            now += 13 * DAY;
    }
    assert_true(now > 2 * 365 * DAY);
}

enum { CAPACITY = MOST / 8 * 7 };

/* Runs as many as it may of one address; returns how many those are. */
static size_t flood(linnet_executed *executed, uint64_t network, size_t first, size_t times, uint64_t now)
{
    size_t run = 0;

    for (size_t i = 0; i < times; i++)
        run += linnet_executed_add(executed, key_of(first + i), network, now, LIFETIME) == LINNET_EXECUTE_NEW;
    return run;
}

/* Where a set is half full, two buckets may both be full all the same: one in some ten thousand. */
static void one_address_takes_half_and_leaves_the_rest_to_others(void **state)
{
    linnet_executed executed = empty_set(MOST);
    size_t run = 0;

    (void)state;
    assert_in_range(flood(&executed, 1, 0, 3 * CAPACITY, 0), CAPACITY * 48 / 100, CAPACITY * 52 / 100);
    for (uint64_t network = 2; network < 102; network++)
        run += flood(&executed, network, 1000000 + 100 * network, 20, SECOND);
    assert_in_range(run, 1998, 2000);
    /* It has run what it has run. */
    assert_int_equal(linnet_executed_add(&executed, key_of(0), 1, SECOND, LIFETIME), LINNET_EXECUTE_SEEN);
}

static void three_floods_leave_a_fourth(void **state)
{
    linnet_executed executed = empty_set(MOST);
    size_t run = 0;

    (void)state;
    for (size_t round = 0; round < 100; round++)
        for (uint64_t network = 1; network <= 3; network++)
            run += flood(&executed, network, (round * 10 + network) * 1000, 200, 0);
    assert_in_range(run, CAPACITY * 73 / 100, CAPACITY * 77 / 100);
    run = 0;
    for (uint64_t network = 20; network < 120; network++)
        run += flood(&executed, network, 5000000 + 100 * network, 10, SECOND);
    assert_in_range(run, 950, 1000);
}

static void flood_that_goes_on_keeps_to_its_share_for_ever(void **state)
{
    linnet_executed executed = empty_set(MOST);
    size_t first = 0, run = 0, asked = 0;

    (void)state;
    for (uint64_t now = 0; now < 6 * LIFETIME; now += 5 * SECOND, first += 2000, asked += 2) {
        (void)flood(&executed, 1, first, 2000, now); /* six times what there is room for */
        run += flood(&executed, 2, first + 100000000, 2, now);
    }
    assert_in_range(run, asked - asked / 200, asked);
}

static void address_that_has_been_quiet_has_its_share_again(void **state)
{
    linnet_executed executed = empty_set(MOST);
    size_t run;

    (void)state;
    run = flood(&executed, 1, 0, 3 * CAPACITY, 0);
    assert_in_range(flood(&executed, 1, 1000000, 3 * CAPACITY, 2 * LIFETIME), run * 8 / 10, run);
    assert_in_range(flood(&executed, 1, 2000000, 3 * CAPACITY, 20 * DAY), run - 50, run + 50);
}

/* Within its share, and not of one that has almost nothing. */
static void steady_use_of_one_address_alone_is_never_refused(void **state)
{
    linnet_executed executed = empty_set(MOST);

    (void)state;
    for (size_t second = 0; second < 2000; second++) /* 264 s * 20 is about a third of it */
        assert_int_equal(flood(&executed, 1, second * 20, 20, second * SECOND), 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_runs_once_within_its_lifetime_and_again_after_it),
        cmocka_unit_test(a_request_is_new_when_the_time_stamps_have_come_round),
        cmocka_unit_test(a_full_set_says_so_until_the_lifetime_is_over),
        cmocka_unit_test(the_smallest_set_remembers_seven),
        cmocka_unit_test(a_clock_that_falls_a_little_forgets_nothing),
        cmocka_unit_test(a_lifetime_of_weeks_is_taken_as_six_days),
        cmocka_unit_test(each_request_has_its_own_lifetime),
        cmocka_unit_test(over_years_the_set_agrees_with_a_plain_list),
        cmocka_unit_test(one_address_takes_half_and_leaves_the_rest_to_others),
        cmocka_unit_test(three_floods_leave_a_fourth),
        cmocka_unit_test(flood_that_goes_on_keeps_to_its_share_for_ever),
        cmocka_unit_test(address_that_has_been_quiet_has_its_share_again),
        cmocka_unit_test(steady_use_of_one_address_alone_is_never_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
