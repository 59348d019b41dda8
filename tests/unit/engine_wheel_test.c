/* The timing wheel against a plain array of timers: nothing fires early, nothing more than a tick late, nothing twice,
 * over years of time, over idle gaps, and while expiry itself sets and stops timers. */
#include "engine/wheel.h"

#include "engine_support.h"

#define TICK (UINT64_C(1) << LINNET_WHEEL_TICK_SHIFT)
#define SPAN_BITS (LINNET_WHEEL_TICK_SHIFT + 5 * LINNET_WHEEL_LEVELS - 1)
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)
#define YEAR (365 * DAY)
#define TIMERS 200

typedef struct wheel_world {
    linnet_wheel wheel;
    linnet_timer timers[TIMERS];
    bool set[TIMERS]; /* what the model says */
    uint64_t random;
    uint64_t now;
} wheel_world;

static uint32_t next_random(wheel_world *world)
{
    world->random = world->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(world->random >> 33);
}

/* Short, long and very long times, each as often. */
static uint64_t random_span(wheel_world *world)
{
    static const uint64_t spans[] = {TICK / 2, TICK * 40, SECOND, 4 * SECOND, 300 * SECOND, HOUR, DAY, YEAR};

    uint64_t wide = (uint64_t)next_random(world) << 31 | next_random(world);

    return wide % (spans[next_random(world) % 8] + 1);
}

static void set(wheel_world *world, size_t i, uint64_t when)
{
    linnet_wheel_set(&world->wheel, &world->timers[i], when);
    world->set[i] = true;
}

static void stop(wheel_world *world, size_t i)
{
    linnet_wheel_stop(&world->wheel, &world->timers[i]);
    world->set[i] = false;
    assert_false(linnet_timer_is_set(&world->timers[i]));
}

static void assert_none_is_overdue(const wheel_world *world)
{
    for (size_t i = 0; i < TIMERS; i++)
        assert_false(world->set[i] && world->timers[i].when + TICK <= world->now);
}

/* Advances the clock and checks what fires; one in eight that fires touches another timer. */
static void advance(wheel_world *world, uint64_t to)
{
    linnet_timer *timer;

    world->now = to;
    while ((timer = linnet_wheel_expire(&world->wheel, to)) != NULL) {
        size_t i = (size_t)(timer - world->timers);
        assert_true(world->set[i]);
        assert_true(timer->when <= to);
        assert_false(linnet_timer_is_set(timer));
        world->set[i] = false;
        if (next_random(world) % 8 == 0)
            stop(world, next_random(world) % TIMERS);
        if (next_random(world) % 8 == 0)
            set(world, next_random(world) % TIMERS, to + 1 + random_span(world));
    }
    assert_none_is_overdue(world);
}

static void assert_deadline_is_not_late(const wheel_world *world)
{
    uint64_t deadline = linnet_wheel_deadline(&world->wheel);
    bool any = false;

    for (size_t i = 0; i < TIMERS; i++) {
        any |= world->set[i];
        assert_true(!world->set[i] || deadline < world->timers[i].when + TICK);
    }
    assert_true(any || deadline == UINT64_MAX);
}

static void random_timers_fire_when_a_plain_list_says_so(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        wheel_world world = {.random = seed, .now = seed % 2 ? 0 : seed * YEAR + seed};
        for (unsigned step = 0; step < 5000; step++) {
            unsigned action = next_random(&world) % 4;
            if (action < 2)
                set(&world, next_random(&world) % TIMERS, world.now + random_span(&world));
            else if (action == 2)
                stop(&world, next_random(&world) % TIMERS);
            else
                advance(&world, world.now + random_span(&world));
            if (step % 16 == 0)
                assert_deadline_is_not_late(&world);
        }
    }
}

static void following_the_deadline_reaches_every_timer_on_its_tick(void **state)
{
    wheel_world world = {.random = 7};

    (void)state;
    for (size_t i = 0; i < TIMERS; i++)
        set(&world, i, random_span(&world));
    for (unsigned turns = 0; linnet_wheel_deadline(&world.wheel) != UINT64_MAX; turns++) {
        linnet_timer *timer;
        assert_true(turns < TIMERS * (64 + (YEAR >> SPAN_BITS))); /* a far timer is looked at once a span */
        world.now = linnet_wheel_deadline(&world.wheel);
        while ((timer = linnet_wheel_expire(&world.wheel, world.now)) != NULL) {
            assert_true(timer->when <= world.now && world.now < timer->when + TICK);
            world.set[timer - world.timers] = false;
        }
    }
    for (size_t i = 0; i < TIMERS; i++)
        assert_false(world.set[i]);
}

static void a_timer_set_after_a_long_silence_is_on_time(void **state)
{
    static const uint64_t gaps[] = {SECOND, HOUR, 9 * HOUR, 10 * HOUR, DAY, 30 * DAY, 3 * YEAR};

    (void)state;
    for (size_t i = 0; i < sizeof gaps / sizeof gaps[0]; i++) {
        wheel_world world = {.now = 12345};
        set(&world, 0, world.now + SECOND);
        assert_ptr_equal(linnet_wheel_expire(&world.wheel, world.now + 2 * SECOND), &world.timers[0]);
        world.now += 2 * SECOND + gaps[i]; /* nobody calls the wheel meanwhile */
        set(&world, 1, world.now + 2 * SECOND);
        assert_true(linnet_wheel_deadline(&world.wheel) < world.now + 2 * SECOND + TICK);
        assert_null(linnet_wheel_expire(&world.wheel, world.now));
        assert_null(linnet_wheel_expire(&world.wheel, world.now + 2 * SECOND - 1));
        assert_ptr_equal(linnet_wheel_expire(&world.wheel, world.now + 2 * SECOND + TICK), &world.timers[1]);
        assert_true(linnet_wheel_deadline(&world.wheel) == UINT64_MAX);
    }
}

static void a_timer_may_set_itself_again_for_now_in_its_expiry(void **state)
{
    wheel_world world = {0};

    (void)state;
    set(&world, 0, SECOND);
    for (unsigned i = 0; i < 3; i++) {
        assert_ptr_equal(linnet_wheel_expire(&world.wheel, 2 * SECOND), &world.timers[0]);
        set(&world, 0, SECOND);
        assert_true(linnet_wheel_deadline(&world.wheel) <= 2 * SECOND);
    }
    stop(&world, 0);
    assert_null(linnet_wheel_expire(&world.wheel, 2 * SECOND));
}

static void a_timer_for_the_end_of_time_never_fires(void **state)
{
    wheel_world world = {0};

    (void)state;
    set(&world, 0, UINT64_MAX);
    set(&world, 1, UINT64_MAX - 1);
    for (uint64_t now = 0; now < 10 * YEAR; now += DAY)
        assert_null(linnet_wheel_expire(&world.wheel, now));
}

static void a_hundred_thousand_timers_all_fire_once(void **state)
{
    enum { MANY = 100000 };
    linnet_timer *timers = calloc(MANY, sizeof *timers);
    linnet_wheel wheel = {0};
    wheel_world random = {.random = 99};
    size_t fired = 0;

    (void)state;
    for (size_t i = 0; i < MANY; i++)
        linnet_wheel_set(&wheel, &timers[i], next_random(&random) % (100 * SECOND));
    for (size_t i = 0; i < MANY; i += 2) /* half of them are moved, as an acknowledgement does */
        linnet_wheel_set(&wheel, &timers[i], next_random(&random) % (300 * SECOND));
    for (uint64_t now = 0; now <= 301 * SECOND; now += 50000) {
        linnet_timer *timer;
        while ((timer = linnet_wheel_expire(&wheel, now)) != NULL) {
            assert_true(timer->when <= now && now < timer->when + TICK + 50000);
            fired++;
        }
    }
    assert_int_equal(fired, MANY);
    assert_true(linnet_wheel_deadline(&wheel) == UINT64_MAX);
    free(timers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_timers_fire_when_a_plain_list_says_so),
        cmocka_unit_test(following_the_deadline_reaches_every_timer_on_its_tick),
        cmocka_unit_test(a_timer_set_after_a_long_silence_is_on_time),
        cmocka_unit_test(a_timer_may_set_itself_again_for_now_in_its_expiry),
        cmocka_unit_test(a_timer_for_the_end_of_time_never_fires),
        cmocka_unit_test(a_hundred_thousand_timers_all_fire_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
