/* The times that RFC 7252 4.8 and 4.8.2 name, and what settings are taken; the limits with their defaults. */
#include "engine/timing.h"

#include "engine/limits.h"
#include "engine_support.h"

static linnet_timing timing_of(linnet_transmission given)
{
    linnet_timing timing;

    assert_int_equal(linnet_timing_set(&timing, &given, NULL), 0);
    return timing;
}

static void the_defaults_are_those_of_the_rfc(void **state)
{
    linnet_timing timing = timing_of((linnet_transmission){0});

    (void)state;
    assert_int_equal(timing.ack_timeout, 2 * SECOND);
    assert_int_equal(timing.ack_spread, SECOND);
    assert_int_equal(timing.max_retransmit, 4);
    assert_int_equal(timing.nstart, 1);
    assert_int_equal(timing.exchange_lifetime, 247 * SECOND);
    assert_int_equal(timing.non_lifetime, 145 * SECOND);
}

static void the_derived_times_follow_the_settings(void **state)
{
    linnet_timing timing =
        timing_of((linnet_transmission){.ack_timeout_ms = 1000, .ack_random_percent = 200, .max_retransmit = 2});

    (void)state;
    /* MAX_TRANSMIT_SPAN = 1 s * (2^2 - 1) * 2 = 6 s */
    assert_int_equal(timing.exchange_lifetime, (6 + 200 + 1) * SECOND);
    assert_int_equal(timing.non_lifetime, (6 + 100) * SECOND);
    timing = timing_of((linnet_transmission){.max_latency_ms = 1000});
    assert_int_equal(timing.exchange_lifetime, (45 + 2 + 2) * SECOND);
}

static void a_setting_comes_from_the_first_that_has_one(void **state)
{
    const linnet_transmission own = {.ack_timeout_ms = 500}, other = {.ack_timeout_ms = 900, .nstart = 7};
    linnet_timing timing;

    (void)state;
    assert_int_equal(linnet_timing_set(&timing, &own, &other), 0);
    assert_int_equal(timing.ack_timeout, SECOND / 2);
    assert_int_equal(timing.nstart, 7);
    assert_int_equal(timing.max_retransmit, 4);
}

static void sending_once_is_a_setting(void **state)
{
    linnet_timing timing = timing_of((linnet_transmission){.max_retransmit = LINNET_NO_RETRANSMISSION});

    (void)state;
    assert_int_equal(timing.max_retransmit, 0);
    assert_int_equal(timing.exchange_lifetime, 202 * SECOND);
}

static void settings_outside_their_range_are_refused(void **state)
{
    static const linnet_transmission wrong[] = {
        {.ack_timeout_ms = 3600001}, {.ack_random_percent = 99},  {.ack_random_percent = 1001},
        {.max_retransmit = 21},      {.max_latency_ms = 3600001}, {.ack_delay_ms = 3600001},
    };
    linnet_timing timing;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(linnet_timing_set(&timing, &wrong[i], NULL), LINNET_EINVAL);
}

static void the_largest_settings_do_not_overflow(void **state)
{
    linnet_timing timing = timing_of((linnet_transmission){
        .ack_timeout_ms = 3600000, .ack_random_percent = 1000, .max_retransmit = 20, .max_latency_ms = 3600000});

    (void)state;
    assert_true(timing.exchange_lifetime == 36000 * SECOND * ((1u << 20) - 1) + 2 * 3600 * SECOND + 3600 * SECOND);
    assert_true(linnet_timing_first(&timing, UINT32_MAX) <= 36000 * SECOND);
}

static void the_first_timeout_lies_between_its_bounds(void **state)
{
    linnet_timing timing = timing_of((linnet_transmission){0});

    (void)state;
    assert_int_equal(linnet_timing_first(&timing, 0), 2 * SECOND);
    assert_in_range(linnet_timing_first(&timing, UINT32_MAX), 3 * SECOND - 100, 3 * SECOND);
    assert_in_range(linnet_timing_first(&timing, UINT32_MAX / 2), 2499900, 2500100);
    timing = timing_of((linnet_transmission){.ack_random_percent = 100});
    assert_int_equal(linnet_timing_first(&timing, UINT32_MAX), 2 * SECOND);
}

static void limits_have_their_defaults_and_are_rounded(void **state)
{
    const linnet_limits given = {.answer_log_size = 65, .answer_log_index = 1, .executed_requests = 9};
    linnet_limits limits = linnet_limits_filled(&given);

    (void)state;
    assert_int_equal(limits.answer_log_size, 128);
    assert_int_equal(limits.answer_log_index, 8);
    assert_int_equal(limits.executed_requests, 16);
    assert_int_equal(limits.exchanges, 65536);
    assert_int_equal(limits.message_size, 1152);
    assert_int_equal(linnet_power_of_two(0, 1), 1);
    assert_int_equal(linnet_power_of_two(65537, 8), 131072);
}

static void the_largest_limits_come_to_an_end(void **state)
{
    const linnet_limits given = {.exchanges = UINT32_MAX,
                                 .peers = UINT32_MAX,
                                 .source_ports = UINT32_MAX,
                                 .answer_log_size = UINT32_MAX,
                                 .answer_log_index = UINT32_MAX,
                                 .executed_requests = UINT32_MAX,
                                 .message_id_spaces = UINT32_MAX};
    linnet_limits limits = linnet_limits_filled(&given);

    (void)state;
    assert_int_equal(limits.answer_log_size, UINT32_C(1) << 31);
    assert_int_equal(limits.source_ports, 65535);
    assert_true(linnet_endpoint_memory(&given) > (UINT64_C(1) << 31) * 1152);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_defaults_are_those_of_the_rfc),
        cmocka_unit_test(the_derived_times_follow_the_settings),
        cmocka_unit_test(a_setting_comes_from_the_first_that_has_one),
        cmocka_unit_test(sending_once_is_a_setting),
        cmocka_unit_test(settings_outside_their_range_are_refused),
        cmocka_unit_test(the_largest_settings_do_not_overflow),
        cmocka_unit_test(the_first_timeout_lies_between_its_bounds),
        cmocka_unit_test(limits_have_their_defaults_and_are_rounded),
        cmocka_unit_test(the_largest_limits_come_to_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
