/* A histogram of durations that costs a few nanoseconds a value: 64 steps to each power of two, so a percentile is
 * right to 2 %. */
#ifndef CLI_HISTOGRAM_H
#define CLI_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_STEP_BITS = 6, HISTOGRAM_STEPS = 1 << HISTOGRAM_STEP_BITS, HISTOGRAM_SIZE = 58 * HISTOGRAM_STEPS };

typedef struct histogram {
    uint64_t total;
    uint64_t counts[HISTOGRAM_SIZE];
} histogram;

static inline void histogram_add(histogram *values, uint64_t value)
{
    unsigned shift = 0;
    if (value >= 2 * HISTOGRAM_STEPS)
        shift = 63u - (unsigned)__builtin_clzll(value) - HISTOGRAM_STEP_BITS;
    values->counts[shift * HISTOGRAM_STEPS + (value >> shift)]++;
    values->total++;
}

/* The value below or at which `per_mille` thousandths of all values lie. */
static inline uint64_t histogram_percentile(const histogram *values, unsigned per_mille)
{
    uint64_t wanted = (values->total * per_mille + 999) / 1000, seen = 0;
    for (unsigned place = 0; place < HISTOGRAM_SIZE && values->total > 0; place++) {
        seen += values->counts[place];
        if (seen < wanted)
            continue;
        unsigned shift = place < 2 * HISTOGRAM_STEPS ? 0 : place / HISTOGRAM_STEPS - 1;
        return (uint64_t)(place - shift * HISTOGRAM_STEPS) << shift;
    }
    return 0;
}

#endif
