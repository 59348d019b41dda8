/* Both roles over a network that loses, repeats and reorders: every confirmable request ends exactly once, with its own
 * answer or a time-out, and none runs twice. See traffic.h for all that is checked. */
#include "traffic.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SEEDS 10000u

#define LOSSY                                                                                                          \
    {                                                                                                                  \
        .drop_percent = 30, .duplicate_percent = 30, .late_percent = 30, .delay = 200 * MS, .late = 5 * SECOND         \
    }
#define CLIENT_LIMITS                                                                                                  \
    {                                                                                                                  \
        .exchanges = 32, .answer_log_size = 2048, .answer_log_index = 64, .executed_requests = 8,                      \
        .message_id_spaces = 4, .peers = 8                                                                             \
    }
#define SERVER_LIMITS                                                                                                  \
    {                                                                                                                  \
        .exchanges = 32, .answer_log_size = 8192, .answer_log_index = 256, .executed_requests = 256,                   \
        .message_id_spaces = 4                                                                                         \
    }

static void with_30_percent_lost_repeated_and_reordered_each_request_ends_once_and_runs_once(void **state)
{
    static const traffic_rules rules = {
        .name = "loss",
        .network = LOSSY,
        .clients = 2,
        .servers = 2,
        .requests = 12,
        .duration = 20 * SECOND,
        .client_limits = CLIENT_LIMITS,
        .server_limits = SERVER_LIMITS,
    };

    (void)state;
    traffic_run_seeds(&rules, SEEDS);
}

/* RFC 7252 4.8.2 reckons with datagrams that are 100 seconds on their way. */
static void with_datagrams_as_late_as_max_latency_nothing_runs_twice(void **state)
{
    static const traffic_rules rules = {
        .name = "latency",
        .network = {.drop_percent = 20,
                    .duplicate_percent = 50,
                    .late_percent = 30,
                    .delay = 1 * SECOND,
                    .late = 100 * SECOND},
        .clients = 2,
        .servers = 1,
        .requests = 12,
        .duration = 100 * SECOND,
        .client_limits = CLIENT_LIMITS,
        .server_limits = SERVER_LIMITS,
    };

    (void)state;
    traffic_run_seeds(&rules, SEEDS);
}

static void with_cancelled_requests_reports_and_nodes_that_sleep_nothing_is_left_behind(void **state)
{
    static const traffic_rules rules = {
        .name = "trouble",
        .network = {.drop_percent = 30,
                    .duplicate_percent = 30,
                    .late_percent = 30,
                    .refuse_percent = 5,
                    .no_slot_percent = 5,
                    .delay = 200 * MS,
                    .late = 5 * SECOND},
        .clients = 3,
        .servers = 2,
        .requests = 20,
        .duration = 60 * SECOND,
        .cancel_percent = 30,
        .sleep_percent = 20,
        .nstart = 3,
        .client_limits = CLIENT_LIMITS,
        .server_limits = SERVER_LIMITS,
    };

    (void)state;
    traffic_run_seeds(&rules, SEEDS);
}

/* Between two such nodes each side's message IDs may be the other's as well. */
static void with_nodes_in_both_roles_nothing_of_one_is_taken_for_the_other(void **state)
{
    static const traffic_rules rules = {
        .name = "both",
        .network = {.drop_percent = 30,
                    .duplicate_percent = 30,
                    .late_percent = 30,
                    .refuse_percent = 10,
                    .delay = 200 * MS,
                    .late = 5 * SECOND},
        .clients = 3,
        .servers = 3,
        .requests = 24,
        .duration = 20 * SECOND,
        .nstart = 4,
        .both_roles = true,
        .client_limits = CLIENT_LIMITS,
        .server_limits = SERVER_LIMITS,
    };

    (void)state;
    traffic_run_seeds(&rules, SEEDS);
}

static void with_nodes_that_forget_all_no_request_gets_the_answer_of_another(void **state)
{
    static const traffic_rules rules = {
        .name = "restart",
        .network = LOSSY,
        .clients = 2,
        .servers = 2,
        .requests = 20,
        .duration = 60 * SECOND,
        .restart_percent = 20,
        .nstart = 2,
        .client_limits = CLIENT_LIMITS,
        .server_limits = SERVER_LIMITS,
    };

    (void)state;
    traffic_run_seeds(&rules, SEEDS);
}

static void with_no_memory_for_a_post_it_is_refused_and_does_not_run_later(void **state)
{
    static const traffic_rules rules = {
        .name = "refusal",
        .network =
            {.drop_percent = 30, .duplicate_percent = 60, .late_percent = 30, .delay = 200 * MS, .late = 90 * SECOND},
        .clients = 3,
        .servers = 1,
        .requests = 32,
        .duration = 400 * SECOND,
        .nstart = 8,
        .may_refuse = true,
        .client_limits = CLIENT_LIMITS,
        .server_limits = {.exchanges = 32,
                          .answer_log_size = 16384,
                          .answer_log_index = 256,
                          .executed_requests = 8,
                          .message_id_spaces = 4},
    };

    (void)state;
    traffic_run_seeds(&rules, SEEDS);
}

static void with_almost_no_memory_no_post_runs_twice_and_nothing_leaks(void **state)
{
    static const traffic_rules rules = {
        .name = "memory",
        .network = LOSSY,
        .clients = 3,
        .servers = 1,
        .requests = 24,
        .duration = 10 * SECOND,
        .large_percent = 30,
        .nstart = 4,
        .forgetful = true,
        .may_refuse = true,
        .client_limits = {.exchanges = 4,
                          .answer_log_size = 64,
                          .answer_log_index = 8,
                          .executed_requests = 8,
                          .message_id_spaces = 1,
                          .peers = 1},
        .server_limits = {.exchanges = 3,
                          .answer_log_size = 512,
                          .answer_log_index = 8,
                          .executed_requests = 8,
                          .message_id_spaces = 1},
    };

    (void)state;
    traffic_run_seeds(&rules, SEEDS);
}

static void with_every_limit_from_one_upwards_nothing_leaks(void **state)
{
    static traffic_rules rules = {
        .name = "limits",
        .network = LOSSY,
        .clients = 2,
        .servers = 2,
        .requests = 16,
        .duration = 10 * SECOND,
        .large_percent = 20,
        .cancel_percent = 10,
        .nstart = 2,
        .forgetful = true,
        .may_refuse = true,
        .server_limits = {.answer_log_index = 8, .message_id_spaces = 1},
        .client_limits = {.answer_log_index = 8, .executed_requests = 8, .message_id_spaces = 1},
    };

    (void)state;
    for (uint32_t limit = 1; limit <= 16; limit++) {
        rules.server_limits.exchanges = rules.client_limits.exchanges = limit;
        rules.client_limits.peers = 1 + limit / 8;
        rules.server_limits.executed_requests = limit * 8;
        rules.server_limits.answer_log_size = rules.client_limits.answer_log_size = limit * 128;
        traffic_run_seeds(&rules, SEEDS / 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(with_30_percent_lost_repeated_and_reordered_each_request_ends_once_and_runs_once,
                                  traffic_teardown),
        cmocka_unit_test_teardown(with_datagrams_as_late_as_max_latency_nothing_runs_twice, traffic_teardown),
        cmocka_unit_test_teardown(with_cancelled_requests_reports_and_nodes_that_sleep_nothing_is_left_behind,
                                  traffic_teardown),
        cmocka_unit_test_teardown(with_nodes_in_both_roles_nothing_of_one_is_taken_for_the_other, traffic_teardown),
        cmocka_unit_test_teardown(with_nodes_that_forget_all_no_request_gets_the_answer_of_another, traffic_teardown),
        cmocka_unit_test_teardown(with_no_memory_for_a_post_it_is_refused_and_does_not_run_later, traffic_teardown),
        cmocka_unit_test_teardown(with_almost_no_memory_no_post_runs_twice_and_nothing_leaks, traffic_teardown),
        cmocka_unit_test_teardown(with_every_limit_from_one_upwards_nothing_leaks, traffic_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
