/* CoCoA's estimators (draft-ietf-core-cocoa-03) against values computed by hand, in microseconds. */
#include "engine/rto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { INITIAL = 2000000 };

static void nothing_known_is_the_initial_timeout(void **state)
{
    linnet_rto rto = {0};

    (void)state;
    assert_int_equal(linnet_rto_at(&rto, 5, INITIAL), INITIAL);
    linnet_rto_measured(&rto, 5, INITIAL, 100000, 3); /* of four transmissions nobody knows which was answered */
    assert_int_equal(linnet_rto_at(&rto, 5, INITIAL), INITIAL);
}

static void strong_estimates_count_half(void **state)
{
    linnet_rto rto = {0};

    (void)state;
    /* SRTT 400, RTTVAR 200: E = 400 + 4 * 200 = 1200; (2000 + 1200) / 2 = 1600. */
    linnet_rto_measured(&rto, 0, INITIAL, 400000, 0);
    assert_int_equal(linnet_rto_at(&rto, 0, INITIAL), 1600000);
    /* RTTVAR = 150 + 400 / 4 = 250, SRTT = 350 + 100 = 450: E = 1450; (1600 + 1450) / 2 = 1525. */
    linnet_rto_measured(&rto, 1000, INITIAL, 800000, 0);
    assert_int_equal(linnet_rto_at(&rto, 1000, INITIAL), 1525000);
}

static void weak_estimates_count_a_fourth_and_vary_less(void **state)
{
    linnet_rto rto = {0};

    (void)state;
    /* E = 4000 + 1 * 2000 = 6000; 1500 + 1500 = 3000. */
    linnet_rto_measured(&rto, 0, INITIAL, 4000000, 1);
    assert_int_equal(linnet_rto_at(&rto, 0, INITIAL), 3000000);
    /* RTTVAR = 1500 + 0, SRTT = 4000: E = 5500; 2250 + 1375 = 3625. */
    linnet_rto_measured(&rto, 0, INITIAL, 4000000, 2);
    assert_int_equal(linnet_rto_at(&rto, 0, INITIAL), 3625000);
}

static void the_estimators_do_not_mix(void **state)
{
    linnet_rto rto = {0};

    (void)state;
    linnet_rto_measured(&rto, 0, INITIAL, 4000000, 1); /* 3000 */
    linnet_rto_measured(&rto, 0, INITIAL, 400000, 0);  /* the first strong one: E = 1200; 1500 + 600 */
    assert_int_equal(linnet_rto_at(&rto, 0, INITIAL), 2100000);
}

static void it_stays_within_its_limits(void **state)
{
    linnet_rto rto = {0};

    (void)state;
    for (unsigned i = 0; i < 50; i++)
        linnet_rto_measured(&rto, i, INITIAL, UINT64_MAX, 0);
    assert_int_equal(linnet_rto_at(&rto, 50, INITIAL), LINNET_RTO_MAX);
    for (unsigned i = 0; i < 200; i++)
        linnet_rto_measured(&rto, 50, INITIAL, 0, 0);
    assert_in_range(linnet_rto_at(&rto, 50, INITIAL), 1000, 2000);
}

static void a_short_one_that_is_old_doubles(void **state)
{
    linnet_rto rto = {.overall = 500000, .updated = 1000000};

    (void)state;
    assert_int_equal(linnet_rto_at(&rto, 9000000, INITIAL), 500000); /* 16 times 0.5 s, not more */
    assert_int_equal(linnet_rto_at(&rto, 9000001, INITIAL), 1000000);
    assert_int_equal(linnet_rto_at(&rto, UINT64_MAX, INITIAL), 1000000); /* from 1 s to 3 s nothing ages */
    rto = (linnet_rto){.overall = 1000};
    assert_int_equal(linnet_rto_at(&rto, UINT64_MAX, INITIAL), 1024000);
}

static void a_long_one_that_is_old_comes_down(void **state)
{
    linnet_rto rto = {.overall = 10000000, .updated = 0};

    (void)state;
    assert_int_equal(linnet_rto_at(&rto, 40000000, INITIAL), 10000000); /* 4 times 10 s */
    assert_int_equal(linnet_rto_at(&rto, 40000001, INITIAL), 6000000);  /* 1 s and half */
    assert_int_equal(linnet_rto_at(&rto, 64000001, INITIAL), 4000000);  /* 24 s later */
    assert_int_equal(linnet_rto_at(&rto, UINT64_MAX, INITIAL), 3000000);
}

static void the_back_off_depends_on_the_timeout(void **state)
{
    (void)state;
    assert_int_equal(linnet_rto_backoff(999999), 6);
    assert_int_equal(linnet_rto_backoff(1000000), 4);
    assert_int_equal(linnet_rto_backoff(3000000), 4);
    assert_int_equal(linnet_rto_backoff(3000001), 3);
    assert_int_equal(linnet_rto_dithered(2000000, 0), 2000000);
    assert_in_range(linnet_rto_dithered(2000000, UINT32_MAX), 2999900, 3000000);
}

static void the_back_off_ends_at_32_seconds(void **state)
{
    (void)state;
    assert_int_equal(linnet_rto_next(900000, 6), 2700000);
    assert_int_equal(linnet_rto_next(20000000, 4), 32000000);
    assert_int_equal(linnet_rto_next(32000000, 3), 32000000);
    assert_int_equal(linnet_rto_next(48000000, 3), 48000000); /* with its randomness the first was longer */
}

static void parallel_exchanges_wait_longer_as_long_as_nothing_is_known(void **state)
{
    (void)state;
    assert_int_equal(linnet_rto_initial(INITIAL, 0), INITIAL);
    assert_int_equal(linnet_rto_initial(INITIAL, 2), 6000000); /* the draft's own example */
    assert_int_equal(linnet_rto_initial(INITIAL, UINT32_MAX), 32000000);
    assert_int_equal(linnet_rto_initial(60000000, 1), 60000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_known_is_the_initial_timeout),
        cmocka_unit_test(strong_estimates_count_half),
        cmocka_unit_test(weak_estimates_count_a_fourth_and_vary_less),
        cmocka_unit_test(the_estimators_do_not_mix),
        cmocka_unit_test(it_stays_within_its_limits),
        cmocka_unit_test(a_short_one_that_is_old_doubles),
        cmocka_unit_test(a_long_one_that_is_old_comes_down),
        cmocka_unit_test(the_back_off_depends_on_the_timeout),
        cmocka_unit_test(the_back_off_ends_at_32_seconds),
        cmocka_unit_test(parallel_exchanges_wait_longer_as_long_as_nothing_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
