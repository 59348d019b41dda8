/* What tests of requests of ours have in common: how one has ended, and that it leaves nothing behind. */
#ifndef TEST_OUTGOING_SUPPORT_H
#define TEST_OUTGOING_SUPPORT_H

#include "engine/endpoint.h"

#include "engine_support.h"

static inline uint32_t in_use(const test_port *port) { return port->endpoint->exchanges.pool.in_use; }

/* Nothing is left behind: no exchange, buffer, timer. */
static inline void assert_clean(const test_port *port)
{
    assert_int_equal(in_use(port), 0);
    assert_int_equal(port->endpoint->exchanges.small.in_use, 0);
    assert_int_equal(port->endpoint->exchanges.large.in_use, 0);
    assert_true(linnet_endpoint_deadline(port->endpoint) == UINT64_MAX);
}

static inline void assert_ended(const test_ending *ending, int error)
{
    assert_int_equal(ending->count, 1);
    assert_int_equal(ending->error, error);
}

#endif
