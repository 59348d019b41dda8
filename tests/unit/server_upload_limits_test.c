/* Uploads at their limits: too many, too large, idle, no memory; and always somebody is still served. */
#include "transfer_support.h"

#include <stdlib.h>

static test_calls calls;
static const linnet_resource_config noting = {.put = note_call, .post = note_call, .context = &calls};

static int setup(void **state)
{
    calls = (test_calls){0};
    return open_rig(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, close_rig)
#define PUT(...)                                                                                                       \
    &(test_message) { .method = LINNET_PUT, .path = __VA_ARGS__ }

static void assert_noted(linnet_bytes body) { assert_bytes(linnet_view(calls.payload, calls.size), body); }

static void an_upload_that_is_idle_for_exchange_lifetime_is_gone(void **state)
{
    linnet_bytes body = octets_of(64, 1);

    (void)state;
    add("a", &noting);
    send_block(PUT("a"), body, 0, 0);
    rig.now += EXCHANGE_LIFETIME - 1;
    assert_code(send_block(PUT("a"), body, 1, 0), 2, 31);
    rig.now += EXCHANGE_LIFETIME - 1;
    assert_code(send_block(PUT("a"), body, 2, 0), 2, 31);
    rig.now += EXCHANGE_LIFETIME;
    assert_code(send_block(PUT("a"), body, 3, 0), 4, 8);
    assert_int_equal(rig.heap.blocks, 0);
}

static void when_there_are_too_many_the_one_that_is_idle_longest_is_dropped(void **state)
{
    linnet_bytes body = octets_of(48, 1);

    (void)state;
    reopen_rig(&(linnet_limits){.uploads = 4, .uploads_per_peer = 4});
    add("a", &noting);
    for (uint32_t host = 0; host < 4; host++)
        assert_code(send_block(PUT("a", .host = host), body, 0, 0), 2, 31);
    assert_code(send_block(PUT("a", .host = 0), body, 1, 0), 2, 31);
    assert_code(send_block(PUT("a", .host = 4), body, 0, 0), 2, 31);
    assert_int_equal(rig.heap.blocks, 4);
    assert_code(send_block(PUT("a", .host = 1), body, 1, 0), 4, 8);
    assert_code(send_block(PUT("a", .host = 0), body, 2, 0), 2, 04);
    for (uint32_t host = 2; host < 5; host++) {
        assert_code(send_block(PUT("a", .host = host), body, 1, 0), 2, 31);
        assert_code(send_block(PUT("a", .host = host), body, 2, 0), 2, 04);
    }
    assert_int_equal(calls.count, 4);
}

static void a_peer_that_has_its_share_drops_its_own_uploads(void **state)
{
    linnet_bytes body = octets_of(48, 1);

    (void)state;
    reopen_rig(&(linnet_limits){.uploads = 8, .uploads_per_peer = 2});
    add("a", &noting);
    send_block(PUT("a", .host = 1), body, 0, 0);
    for (uint16_t port = 0; port < 100; port++) /* other ports do not make another peer */
        assert_code(send_block(PUT("a", .host = 2, .port = port), body, 0, 0), 2, 31);
    assert_int_equal(rig.heap.blocks, 3);
    assert_code(send_block(PUT("a", .host = 1), body, 1, 0), 2, 31);
    assert_code(send_block(PUT("a", .host = 2, .port = 97), body, 1, 0), 4, 8);
    assert_code(send_block(PUT("a", .host = 2, .port = 98), body, 1, 0), 2, 31);
}

static void when_there_are_too_many_octets_the_one_that_is_idle_longest_is_dropped(void **state)
{
    linnet_bytes body = octets_of(4000, 1);

    (void)state;
    reopen_rig(&(linnet_limits){.upload_memory = 8192, .uploads = 64, .uploads_per_peer = 64});
    add("a", &noting);
    for (uint32_t host = 0; host < 8; host++)
        assert_code(send_block(PUT("a", .host = host), body, 0, 6), 2, 31);
    assert_int_equal(rig.heap.octets, 8192);
    assert_code(upload(PUT("a", .host = 9), body, 6), 2, 04);
    assert_noted(body);
    assert_true(rig.heap.most <= 8192);
    assert_code(send_block(PUT("a", .host = 0), body, 1, 6), 4, 8);
    assert_code(send_block(PUT("a", .host = 7), body, 1, 6), 2, 31);
}

static void a_peer_over_its_share_of_octets_makes_way_first(void **state)
{
    linnet_bytes body = octets_of(4000, 1);

    (void)state;
    reopen_rig(&(linnet_limits){.upload_memory = 8192, .uploads = 64, .uploads_per_peer = 16});
    add("a", &noting);
    send_block(PUT("a", .host = 1), body, 0, 6);
    for (uint16_t port = 0; port < 20; port++)
        assert_code(send_block(PUT("a", .host = 2, .port = port), body, 0, 6), 2, 31);
    assert_int_equal(rig.heap.octets, 8192);
    assert_code(send_block(PUT("a", .host = 1), body, 1, 6), 2, 31);
}

static void a_body_larger_than_all_memory_is_4_13(void **state)
{
    const test_answer *answer;

    (void)state;
    reopen_rig(&(linnet_limits){.upload_memory = 2000});
    add("a", &noting);
    send_block(PUT("a"), octets_of(4000, 1), 0, 6);
    answer = send_block(PUT("a"), octets_of(4000, 1), 1, 6);
    assert_code(answer, 4, 13);
    assert_int_equal(number_of(answer, LINNET_OPTION_SIZE1), 2000);
    assert_code(upload(PUT("a"), octets_of(2000, 1), 6), 2, 04);
}

static void without_memory_it_is_5_03_with_the_time_to_try_again(void **state)
{
    const test_answer *answer;

    (void)state;
    add("a", &noting);
    rig.heap.fails_at = 1;
    rig.heap.fails_on = true;
    answer = send_block(PUT("a"), octets_of(4000, 1), 0, 6);
    assert_code(answer, 5, 03);
    assert_int_equal(number_of(answer, LINNET_OPTION_MAX_AGE), 10);
    rig.heap.fails_on = false;
    assert_code(upload(PUT("a"), octets_of(4000, 1), 6), 2, 04);
}

static void whichever_allocation_fails_an_upload_is_whole_or_refused(void **state)
{
    linnet_bytes body = octets_of(5000, 1);
    bool failed = true;

    (void)state;
    add("a", &noting);
    for (size_t n = 1; failed; n++) {
        int before = calls.count;
        const test_answer *answer = NULL;
        send_block(PUT("a", .host = 2), body, 0, 6); /* to be dropped */
        rig.heap.calls = 0;
        rig.heap.fails_at = n;
        rig.heap.fails_on = n % 2;
        for (uint32_t number = 0; number < 5; number++) {
            answer = send_block(PUT("a"), body, number, 6);
            if (answer->code != LINNET_CONTINUE)
                break;
        }
        failed = rig.heap.calls >= n;
        if (answer->code == LINNET_SERVICE_UNAVAILABLE)
            assert_int_equal(calls.count, before);
        else
            assert_code(answer, 2, 04), assert_noted(body);
        rig.heap.fails_at = 0;
        linnet_transfers_clear(rig.transfers);
        assert_int_equal(rig.heap.blocks, 0);
    }
}

static void what_a_peer_announces_is_not_given_before_it_is_used(void **state)
{
    (void)state;
    add("a", &noting);
    send_block(PUT("a", WITH(OPTION(LINNET_OPTION_SIZE1, "\x10\x00\x00"))), octets_of(4000, 1), 0, 6);
    assert_int_equal(rig.heap.octets, 1024);
    linnet_transfers_clear(rig.transfers);
    /* But it keeps the last growth from going too far. */
    for (uint32_t number = 0; number < 5; number++)
        send_block(PUT("a", WITH(OPTION(LINNET_OPTION_SIZE1, "\x14\x00"))), octets_of(5120 + 1, 1), number, 6);
    assert_int_equal(rig.heap.octets, 5120);
}

#define FLOOD 100000u

/* spec/security.md: "100,000 of them: memory flat, an honest client is served". */
static void a_hundred_thousand_half_finished_uploads_leave_memory_flat_and_an_honest_client_served(void **state)
{
    linnet_bytes honest = octets_of(20 * 1024, 1), other = octets_of(2048, 2);
    uint32_t next = 0;

    (void)state;
    reopen_rig(&(linnet_limits){.upload_memory = 1 << 20, .uploads = 4096});
    add("a", &noting);
    for (uint32_t host = 0; host < FLOOD; host++) {
        send_block(PUT("a", .host = host + 1, .port = (uint16_t)(host % 7), .non = host % 2), other, 0, 6);
        rig.now += 100;
        assert_true(rig.heap.octets <= 1 << 20);
        if (host % 500 == 0 && next < 20) {
            assert_int_equal(send_block(PUT("a"), honest, next, 6)->code, next < 19 ? LINNET_CONTINUE : LINNET_CHANGED);
            next++;
        }
    }
    assert_int_equal(calls.count, 1);
    assert_noted(honest);
    assert_true(rig.heap.most <= 1 << 20);
    assert_true(rig.heap.blocks <= 4096);
    assert_code(upload(PUT("a"), honest, 6), 2, 04);
}

static void an_upload_that_went_on_is_not_dropped_for_those_that_were_only_begun(void **state)
{
    linnet_bytes honest = octets_of(5 * 1024, 1), other = octets_of(2048, 2);

    (void)state;
    reopen_rig(&(linnet_limits){.upload_memory = 1 << 20, .uploads = 256});
    add("a", &noting);
    send_block(PUT("a"), honest, 0, 6);
    send_block(PUT("a"), honest, 1, 6);
    for (uint32_t host = 1; host < 5000; host++) /* while the honest one waits for a retransmission, or its turn */
        send_block(PUT("a", .host = host), other, 0, 6);
    for (uint32_t number = 2; number < 5; number++)
        assert_code(send_block(PUT("a"), honest, number, 6), 2, number < 4 ? 31 : 4);
    assert_noted(honest);
}

static void those_that_went_on_do_not_keep_others_from_beginning(void **state)
{
    linnet_bytes body = octets_of(4096, 1);

    (void)state;
    reopen_rig(&(linnet_limits){.upload_memory = 1 << 20, .uploads = 256});
    add("a", &noting);
    for (uint32_t host = 1; host < 5000; host++) {
        assert_code(send_block(PUT("a", .host = host), body, 0, 6), 2, 31);
        assert_code(send_block(PUT("a", .host = host), body, 1, 6), 2, 31);
        if (host % 40 == 0)
            assert_code(send_block(PUT("a"), body, (host / 40 - 1) % 4, 6), 2, host / 40 % 4 == 0 ? 4 : 31);
    }
    assert_true(calls.count > 20);
}

/* One host with as many ports as there are: it takes nothing from others. */
static void a_flood_from_one_address_drops_nothing_of_others(void **state)
{
    linnet_bytes body = octets_of(2048, 1);

    (void)state;
    reopen_rig(&(linnet_limits){.upload_memory = 1 << 20, .uploads = 256});
    add("a", &noting);
    send_block(PUT("a"), body, 0, 6);
    for (uint32_t i = 0; i < 20000; i++)
        send_block(PUT("a", .host = 1, .port = (uint16_t)i), body, 0, 6);
    assert_int_equal(rig.heap.blocks, 1 + 256 / 4);
    assert_code(send_block(PUT("a"), body, 1, 6), 2, 04);
}

static void a_single_upload_is_enough_for_a_small_device(void **state)
{
    linnet_bytes body = octets_of(300, 1);

    (void)state;
    reopen_rig(&(linnet_limits){.upload_memory = 512, .uploads = 1});
    add("a", &noting);
    assert_code(upload(PUT("a"), body, 2), 2, 04);
    assert_noted(body);
    send_block(PUT("a", .host = 1), body, 0, 2);
    assert_code(upload(PUT("a"), body, 2), 2, 04);
    assert_code(send_block(PUT("a", .host = 1), body, 1, 2), 4, 8);
}

static void give_random(void *context, void *out, size_t size)
{
    (void)context;
    memset(out, 7, size);
}

static void transfers_need_memory_and_random_numbers(void **state)
{
    linnet_transfers_config config = {.limits = {.uploads = 4}};
    size_t size = linnet_transfers_memory(&config.limits);
    void *memory = calloc(1, size);
    linnet_transfers *transfers;

    (void)state;
    assert_int_equal(linnet_transfers_init(&transfers, memory, size, &config), LINNET_EINVAL);
    config.random = give_random;
    assert_int_equal(linnet_transfers_init(&transfers, memory, size - 1, &config), LINNET_ENOMEM);
    assert_null(transfers);
    config.transmission.ack_random_percent = 1;
    assert_int_equal(linnet_transfers_init(&transfers, memory, size, &config), LINNET_EINVAL);
    config.transmission.ack_random_percent = 0;
    assert_int_equal(linnet_transfers_init(&transfers, memory, size, &config), 0);
    /* An owner without a heap: bodies have to be whole. */
    site.transfers = transfers;
    add("a", &noting);
    assert_code(send_block(PUT("a"), octets_of(64, 1), 0, 0), 4, 13);
    assert_code(send_block(PUT("a"), octets_of(64, 1), 1, 0), 4, 8);
    assert_code(upload(PUT("a"), octets_of(16, 1), 0), 2, 04);
    site.transfers = rig.transfers;
    free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_upload_that_is_idle_for_exchange_lifetime_is_gone),
        TEST(when_there_are_too_many_the_one_that_is_idle_longest_is_dropped),
        TEST(a_peer_that_has_its_share_drops_its_own_uploads),
        TEST(when_there_are_too_many_octets_the_one_that_is_idle_longest_is_dropped),
        TEST(a_peer_over_its_share_of_octets_makes_way_first),
        TEST(a_body_larger_than_all_memory_is_4_13),
        TEST(without_memory_it_is_5_03_with_the_time_to_try_again),
        TEST(whichever_allocation_fails_an_upload_is_whole_or_refused),
        TEST(what_a_peer_announces_is_not_given_before_it_is_used),
        TEST(a_hundred_thousand_half_finished_uploads_leave_memory_flat_and_an_honest_client_served),
        TEST(an_upload_that_went_on_is_not_dropped_for_those_that_were_only_begun),
        TEST(those_that_went_on_do_not_keep_others_from_beginning),
        TEST(a_flood_from_one_address_drops_nothing_of_others),
        TEST(a_single_upload_is_enough_for_a_small_device),
        TEST(transfers_need_memory_and_random_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
