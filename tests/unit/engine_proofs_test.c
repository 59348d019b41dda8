/* Who has proved himself: found while it is not too long ago, and forgotten in the order of the proofs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/proofs.h"

#define SECOND UINT64_C(1000000)
#define HOUR (3600 * SECOND)

static uint64_t words[64];

static linnet_proofs open_proofs(uint32_t count)
{
    linnet_proofs proofs;

    memset(words, 0, sizeof words);
    linnet_proofs_init(&proofs, words, count);
    return proofs;
}

/* Keys that differ in the bits that are kept. */
static uint64_t key_of(uint64_t number) { return (number + 1) << 24; }

static void nobody_has_proved_himself_at_first(void **state)
{
    linnet_proofs proofs = open_proofs(64);

    (void)state;
    for (uint64_t i = 0; i < 1000; i++)
        assert_false(linnet_proofs_has(&proofs, i * UINT64_C(0x9e3779b97f4a7c15), i, UINT64_MAX));
    assert_false(linnet_proofs_has(&proofs, 0, 0, UINT64_MAX));
}

static void a_proof_is_good_for_its_lifetime(void **state)
{
    linnet_proofs proofs = open_proofs(64);

    (void)state;
    linnet_proofs_add(&proofs, key_of(1), 10 * HOUR);
    assert_true(linnet_proofs_has(&proofs, key_of(1), 10 * HOUR, HOUR));
    assert_true(linnet_proofs_has(&proofs, key_of(1), 11 * HOUR - 20 * SECOND, HOUR));
    assert_false(linnet_proofs_has(&proofs, key_of(1), 11 * HOUR + 20 * SECOND, HOUR));
    assert_false(linnet_proofs_has(&proofs, key_of(2), 10 * HOUR, HOUR));
    linnet_proofs_add(&proofs, key_of(1), 12 * HOUR);
    assert_true(linnet_proofs_has(&proofs, key_of(1), 12 * HOUR, HOUR));
}

static void the_one_that_proved_itself_longest_ago_makes_way(void **state)
{
    linnet_proofs proofs = open_proofs(LINNET_PROOFS_WAYS);
    const uint64_t step = 20 * SECOND;

    (void)state;
    for (uint64_t i = 0; i < LINNET_PROOFS_WAYS; i++)
        linnet_proofs_add(&proofs, key_of(i), i * step);
    linnet_proofs_add(&proofs, key_of(0), 8 * step); /* again: it is the newest now, and takes no other's place */
    linnet_proofs_add(&proofs, key_of(8), 9 * step);
    for (uint64_t i = 0; i <= LINNET_PROOFS_WAYS; i++)
        assert_int_equal(linnet_proofs_has(&proofs, key_of(i), 9 * step, HOUR), i != 1);
}

static void a_million_strangers_cost_nothing(void **state)
{
    linnet_proofs proofs = open_proofs(64);

    (void)state;
    for (uint64_t i = 0; i < 1000000; i++)
        linnet_proofs_add(&proofs, (i + 1) * UINT64_C(0x9e3779b97f4a7c15), i * SECOND);
    assert_true(linnet_proofs_has(&proofs, 1000000 * UINT64_C(0x9e3779b97f4a7c15), 1000000 * SECOND, HOUR));
    assert_false(linnet_proofs_has(&proofs, UINT64_C(0x9e3779b97f4a7c15), 1000000 * SECOND, HOUR));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_has_proved_himself_at_first),
        cmocka_unit_test(a_proof_is_good_for_its_lifetime),
        cmocka_unit_test(the_one_that_proved_itself_longest_ago_makes_way),
        cmocka_unit_test(a_million_strangers_cost_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
