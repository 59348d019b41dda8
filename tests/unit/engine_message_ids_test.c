/* Message IDs: none twice towards one peer within EXCHANGE_LIFETIME, however fast, for however long, and whatever was
 * forced in between (RFC 7252 4.4). */
#include "engine/message_ids.h"

#include "engine_support.h"

#define LIFETIME (247 * SECOND)
#define NEVER UINT64_MAX

typedef struct id_world {
    linnet_id_space spaces[4];
    linnet_message_ids ids;
    uint64_t last[65536]; /* when each was given out last */
    uint64_t now;
} id_world;

static void open_ids(id_world *world)
{
    memset(world, 0, sizeof *world);
    world->ids = (linnet_message_ids){world->spaces, 3};
    for (size_t i = 0; i < 65536; i++)
        world->last[i] = NEVER;
}

/* Takes one; one that could wait must not have been used within the lifetime. */
static int32_t take(id_world *world, bool must)
{
    int32_t id = linnet_message_ids_next(&world->ids, 1, world->now, LIFETIME, must, 0x4321);

    assert_true(id >= -1 && id <= 65535);
    if (id < 0)
        return id;
    assert_true(must || world->last[id] == NEVER || world->now - world->last[id] > LIFETIME);
    world->last[id] = world->now;
    return id;
}

static void the_first_is_where_the_caller_says(void **state)
{
    static id_world world;

    (void)state;
    open_ids(&world);
    assert_false(linnet_message_ids_started(&world.ids, 1));
    assert_int_equal(take(&world, false), 0x4321);
    assert_int_equal(take(&world, false), 0x4322);
    assert_true(linnet_message_ids_started(&world.ids, 1));
    assert_int_equal(linnet_message_ids_next(&world.ids, 2, 0, LIFETIME, false, 0xffff), 0xffff);
    assert_int_equal(linnet_message_ids_next(&world.ids, 2, 0, LIFETIME, false, 0xffff), 0);
}

static void nearly_all_are_given_out_at_once_and_then_none(void **state)
{
    static id_world world;
    unsigned count = 0;

    (void)state;
    open_ids(&world);
    while (take(&world, false) >= 0)
        count++;
    assert_in_range(count, 65536 - 4096, 65536);
    assert_int_equal(take(&world, false), -1);
}

static void they_are_free_again_when_the_space_says_so(void **state)
{
    static id_world world;
    uint64_t free_at;

    (void)state;
    open_ids(&world);
    world.now = 1000 * SECOND;
    while (take(&world, false) >= 0)
        ;
    free_at = linnet_message_ids_free_at(&world.ids, 1, LIFETIME);
    assert_in_range(free_at, world.now + LIFETIME, world.now + LIFETIME + 3 * SECOND);
    world.now = free_at - 1;
    assert_int_equal(take(&world, false), -1);
    world.now = free_at;
    assert_true(take(&world, false) >= 0);
}

static void none_comes_again_within_the_lifetime_at_any_rate(void **state)
{
    static id_world world;
    static const uint64_t steps[] = {1, 100, 3700, 3770, 4100, SECOND};

    (void)state;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        unsigned refused = 0;
        open_ids(&world);
        for (unsigned n = 0; n < 400000; n++) {
            refused += take(&world, false) < 0;
            world.now += steps[i];
        }
        /* 65536 in 247 seconds are one in 3769 us; whole segments and units cost a little of that. */
        assert_true(steps[i] < 4100 || refused == 0);
    }
}

static void one_that_must_be_given_is_given_and_spoils_no_other(void **state)
{
    static id_world world;

    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        test_port random = {.random = seed};
        open_ids(&world);
        for (unsigned n = 0; n < 300000; n++) {
            uint32_t number;
            test_random(&random, &number, sizeof number);
            if (number % 4 == 0)
                take(&world, false);
            else
                assert_true(take(&world, true) >= 0);
            world.now += (number >> 8) % (seed * 500);
        }
        world.now += 2 * LIFETIME;
        assert_true(take(&world, false) >= 0); /* and it recovers */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_is_where_the_caller_says),
        cmocka_unit_test(nearly_all_are_given_out_at_once_and_then_none),
        cmocka_unit_test(they_are_free_again_when_the_space_says_so),
        cmocka_unit_test(none_comes_again_within_the_lifetime_at_any_rate),
        cmocka_unit_test(one_that_must_be_given_is_given_and_spoils_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
