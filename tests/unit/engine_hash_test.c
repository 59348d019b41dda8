/* The keyed hash: what differs anywhere differs, and message IDs that follow one another - as a peer's do - spread over
 * the buckets of a small table as if they were random. */
#include "engine/hash.h"

#include "engine_support.h"

#define BUCKETS 32u
#define IDS 64u /* two a bucket */
#define CROWD 11u

static linnet_hash_key random_key(test_port *random)
{
    linnet_hash_key key;

    test_random(random, &key, sizeof key);
    return key;
}

/* Whether some bucket gets as many of the IDs in a row as one in a thousand random fillings has. */
static bool is_crowded(const linnet_hash_key *key, unsigned step, unsigned shift)
{
    unsigned load[BUCKETS] = {0};
    linnet_path path = test_path(1);
    bool crowded = false;

    for (unsigned i = 0; i < IDS; i++)
        crowded |= ++load[linnet_hash_ends(key, &path, i * step) >> shift & (BUCKETS - 1)] >= CROWD;
    return crowded;
}

static void ids_in_a_row_spread_over_the_buckets_with_nearly_every_key(void **state)
{
    static const unsigned steps[] = {1, 2, 16, 256};
    test_port random = {.random = 1};

    (void)state;
    for (size_t s = 0; s < 4; s++)
        for (unsigned shift = 0; shift <= 32; shift += 32) { /* executed.c takes its second bucket from there */
            unsigned crowded = 0;
            for (unsigned i = 0; i < 2000; i++) {
                linnet_hash_key key = random_key(&random);
                crowded += is_crowded(&key, steps[s], shift);
            }
            assert_in_range(crowded, 0, 12);
        }
}

static void every_part_of_a_path_counts(void **state)
{
    test_port random = {.random = 2};
    linnet_hash_key key = random_key(&random);
    linnet_path path = test_path(1), other = path;
    uint64_t hash = linnet_hash_ends(&key, &path, 7);

    (void)state;
    assert_true(hash == linnet_hash_ends(&key, &other, 7));
    other.flags = LINNET_PATH_MULTICAST; /* but for the flags */
    assert_true(hash == linnet_hash_ends(&key, &other, 7));
    assert_true(hash != linnet_hash_ends(&key, &path, 8));
    for (size_t i = 0; i < 16; i++) {
        other = path;
        other.peer.ip[i] ^= 1;
        assert_true(hash != linnet_hash_ends(&key, &other, 7));
        other = path;
        other.local_ip[i] ^= 1;
        assert_true(hash != linnet_hash_ends(&key, &other, 7));
        assert_true(linnet_hash_peer(&key, &path, 7) == linnet_hash_peer(&key, &other, 7));
    }
    other = path;
    other.peer.port ^= 1;
    assert_true(hash != linnet_hash_ends(&key, &other, 7));
    other = path;
    other.peer.scope ^= 1;
    assert_true(hash != linnet_hash_ends(&key, &other, 7));
    other = path;
    other.socket ^= 1;
    assert_true(hash != linnet_hash_ends(&key, &other, 7));
}

static void tokens_that_differ_in_length_alone_differ(void **state)
{
    static const uint8_t zeros[40];
    test_port random = {.random = 3};
    linnet_hash_key key = random_key(&random);
    linnet_path path = test_path(1);

    (void)state;
    for (size_t a = 0; a <= sizeof zeros; a++)
        for (size_t b = 0; b < a; b++)
            assert_true(linnet_hash_token(&key, &path, linnet_view(zeros, a)) !=
                        linnet_hash_token(&key, &path, linnet_view(zeros, b)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_in_a_row_spread_over_the_buckets_with_nearly_every_key),
        cmocka_unit_test(every_part_of_a_path_counts),
        cmocka_unit_test(tokens_that_differ_in_length_alone_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
