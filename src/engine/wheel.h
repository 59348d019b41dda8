/* A hierarchical timing wheel: setting, stopping and finding the next of any number of timers is constant work. */
#ifndef LINNET_ENGINE_WHEEL_H
#define LINNET_ENGINE_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

/* 32 slots a level and a tick of 1.024 ms: five levels span 9 hours. A timer beyond the span is looked at again when
 * the span has passed, so fewer levels cost only some more work for far timers. */
#ifndef LINNET_WHEEL_LEVELS
#define LINNET_WHEEL_LEVELS 5
#endif
#define LINNET_WHEEL_SLOTS 32
#define LINNET_WHEEL_TICK_SHIFT 10

/* One timer; embedded in what it belongs to. Zeroed is stopped. */
typedef struct linnet_timer {
    struct linnet_timer *next;
    struct linnet_timer **link; /* what points to this timer; NULL: stopped */
    uint64_t when;              /* microseconds */
} linnet_timer;

/* Zeroed is empty. */
typedef struct linnet_wheel {
    linnet_timer *slots[LINNET_WHEEL_LEVELS][LINNET_WHEEL_SLOTS];
    uint32_t occupied[LINNET_WHEEL_LEVELS]; /* a bit a slot */
    linnet_timer *due;
    uint64_t tick; /* every timer up to this tick has fired */
} linnet_wheel;

/* Sets or moves the timer; it fires at the first advance at or after `when`, at most one tick late. */
void linnet_wheel_set(linnet_wheel *wheel, linnet_timer *timer, uint64_t when);
void linnet_wheel_stop(linnet_wheel *wheel, linnet_timer *timer);
static inline bool linnet_timer_is_set(const linnet_timer *timer) { return timer->link != 0; }

/* Takes the next timer that is due at `now`, stopped; NULL when there is none left. Call it until NULL. */
linnet_timer *linnet_wheel_expire(linnet_wheel *wheel, uint64_t now);

/* When to call linnet_wheel_expire() next: never later than the first timer's tick. UINT64_MAX: no timer is set. */
uint64_t linnet_wheel_deadline(const linnet_wheel *wheel);

#endif
