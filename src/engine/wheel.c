/* A timer sits at the level of the highest 5-bit digit in which its tick differs from the current one. So every timer
 * of a level is due before any of the level above, and the first occupied slot of the lowest occupied level is next. */
#include "engine/wheel.h"

#include <stddef.h>

#define DIGIT_BITS 5u
#define SPAN_BITS (DIGIT_BITS * LINNET_WHEEL_LEVELS)
#define TOP (LINNET_WHEEL_LEVELS - 1u)
#define TOP_SHIFT (DIGIT_BITS * TOP)

/* The farthest ahead that a timer is placed: further, it would meet the slot of the current tick from behind. */
#define FARTHEST (((uint64_t)1 << SPAN_BITS) - ((uint64_t)1 << TOP_SHIFT))

_Static_assert(SPAN_BITS <= 31, "levels are found in 32 bits");

static void push(linnet_timer **head, linnet_timer *timer)
{
    timer->next = *head;
    timer->link = head;
    if (timer->next)
        timer->next->link = &timer->next;
    *head = timer;
}

static unsigned level_of(uint64_t tick, uint64_t current)
{
    uint64_t difference = tick ^ current;
    unsigned level = 0;

    if (difference >> SPAN_BITS)
        return TOP;
    for (uint32_t rest = (uint32_t)difference >> DIGIT_BITS; rest; rest >>= DIGIT_BITS)
        level++;
    return level;
}

static unsigned digit(uint64_t tick, unsigned level)
{
    return (unsigned)(tick >> (DIGIT_BITS * level)) & (LINNET_WHEEL_SLOTS - 1u);
}

/* Rounded up: a timer never fires early. */
static uint64_t tick_of(uint64_t when)
{
    uint64_t tick = when >> LINNET_WHEEL_TICK_SHIFT;

    return tick << LINNET_WHEEL_TICK_SHIFT == when ? tick : tick + 1;
}

static void place(linnet_wheel *wheel, linnet_timer *timer)
{
    uint64_t tick = tick_of(timer->when);
    unsigned level;

    if (tick <= wheel->tick) {
        push(&wheel->due, timer);
        return;
    }
    if (tick - wheel->tick > FARTHEST)
        tick = wheel->tick + FARTHEST;
    level = level_of(tick, wheel->tick);
    push(&wheel->slots[level][digit(tick, level)], timer);
    wheel->occupied[level] |= (uint32_t)1 << digit(tick, level);
}

void linnet_wheel_set(linnet_wheel *wheel, linnet_timer *timer, uint64_t when)
{
    linnet_wheel_stop(wheel, timer);
    timer->when = when;
    place(wheel, timer);
}

/* The slot that a timer's link points into may now be empty: then its bit goes too. */
static void clear_if_empty(linnet_wheel *wheel, linnet_timer **link)
{
    linnet_timer **first = &wheel->slots[0][0];
    size_t index;

    if (*link || link < first || link >= first + LINNET_WHEEL_LEVELS * LINNET_WHEEL_SLOTS)
        return;
    index = (size_t)(link - first);
    wheel->occupied[index / LINNET_WHEEL_SLOTS] &= ~((uint32_t)1 << (index % LINNET_WHEEL_SLOTS));
}

void linnet_wheel_stop(linnet_wheel *wheel, linnet_timer *timer)
{
    if (!timer->link)
        return;
    *timer->link = timer->next;
    if (timer->next)
        timer->next->link = timer->link;
    clear_if_empty(wheel, timer->link);
    timer->next = NULL;
    timer->link = NULL;
}

/* The first tick of the next occupied slot; false when no timer is set. */
static bool next_slot(const linnet_wheel *wheel, unsigned *level, unsigned *slot, uint64_t *start)
{
    unsigned shift, current, ahead;
    uint32_t rotated;

    for (*level = 0; *level <= TOP && !wheel->occupied[*level]; ++*level)
        ;
    if (*level > TOP)
        return false;
    shift = DIGIT_BITS * *level;
    current = digit(wheel->tick, *level);
    /* The slots in the order in which time comes to them, from the one after the current. */
    rotated = wheel->occupied[*level];
    rotated = current == LINNET_WHEEL_SLOTS - 1u
                  ? rotated
                  : rotated >> (current + 1u) | rotated << (LINNET_WHEEL_SLOTS - 1u - current);
    ahead = (unsigned)__builtin_ctz(rotated) + 1u;
    *slot = (current + ahead) & (LINNET_WHEEL_SLOTS - 1u);
    *start = ((wheel->tick >> shift) + ahead) << shift;
    return true;
}

/* Takes all timers of a slot, and puts them before `others`. */
static linnet_timer *take_slot(linnet_wheel *wheel, unsigned level, unsigned slot, linnet_timer *others)
{
    linnet_timer *timer = wheel->slots[level][slot];

    wheel->slots[level][slot] = NULL;
    wheel->occupied[level] &= ~((uint32_t)1 << slot);
    while (timer) {
        linnet_timer *next = timer->next;
        timer->next = others;
        others = timer;
        timer = next;
    }
    return others;
}

/* Goes on to `target`. What is in the slots on the way is either due or placed anew, once however long the way is. */
static void go_to(linnet_wheel *wheel, uint64_t target)
{
    linnet_timer *timers = NULL;
    unsigned level, slot;
    uint64_t start;

    while (next_slot(wheel, &level, &slot, &start) && start <= target)
        timers = take_slot(wheel, level, slot, timers);
    if (wheel->tick < target)
        wheel->tick = target;
    while (timers) {
        linnet_timer *next = timers->next;
        place(wheel, timers);
        timers = next;
    }
}

linnet_timer *linnet_wheel_expire(linnet_wheel *wheel, uint64_t now)
{
    linnet_timer *timer;

    if (!wheel->due)
        go_to(wheel, now >> LINNET_WHEEL_TICK_SHIFT);
    timer = wheel->due;
    if (timer)
        linnet_wheel_stop(wheel, timer);
    return timer;
}

uint64_t linnet_wheel_deadline(const linnet_wheel *wheel)
{
    unsigned level, slot;
    uint64_t start;

    if (wheel->due)
        return wheel->tick << LINNET_WHEEL_TICK_SHIFT;
    return next_slot(wheel, &level, &slot, &start) ? start << LINNET_WHEEL_TICK_SHIFT : UINT64_MAX;
}
