/* The pool and the table: items are distinct, come back, and their limit holds; what is in the table is found, what
 * was removed is not. */
#include "engine/pool.h"
#include "engine/table.h"

#include "engine_support.h"

#define ITEMS 100

typedef struct item {
    void *link;
    uint64_t owner;
} item;

static void items_are_distinct_and_the_limit_holds(void **state)
{
    static item memory[ITEMS];
    item *taken[ITEMS];
    linnet_pool pool;

    (void)state;
    linnet_pool_init(&pool, memory, sizeof(item), ITEMS);
    for (unsigned round = 0; round < 3; round++) {
        for (uint64_t i = 0; i < ITEMS; i++) {
            taken[i] = linnet_pool_take(&pool);
            assert_non_null(taken[i]);
            taken[i]->owner = i;
        }
        assert_null(linnet_pool_take(&pool));
        assert_int_equal(pool.in_use, ITEMS);
        for (uint64_t i = 0; i < ITEMS; i++) {
            assert_int_equal(taken[i]->owner, i);
            linnet_pool_give(&pool, taken[i]);
        }
        assert_int_equal(pool.in_use, 0);
    }
}

static void memory_is_touched_only_as_far_as_it_was_needed_at_once(void **state)
{
    static item memory[ITEMS];
    linnet_pool pool;

    (void)state;
    linnet_pool_init(&pool, memory, sizeof(item), ITEMS);
    for (unsigned i = 0; i < 1000; i++) {
        void *first = linnet_pool_take(&pool);
        void *second = linnet_pool_take(&pool);
        linnet_pool_give(&pool, first);
        linnet_pool_give(&pool, second);
    }
    assert_int_equal(pool.touched, 2);
}

static void a_pool_of_nothing_gives_nothing(void **state)
{
    linnet_pool pool;

    (void)state;
    linnet_pool_init(&pool, NULL, sizeof(item), 0);
    assert_null(linnet_pool_take(&pool));
}

static void the_table_finds_what_a_plain_list_has(void **state)
{
    static linnet_node nodes[ITEMS];
    linnet_node *buckets[8] = {NULL};
    linnet_table table = {buckets, 7};
    bool in[ITEMS] = {false};
    test_port random = {.random = 3};

    (void)state;
    for (unsigned step = 0; step < 20000; step++) {
        uint16_t choice;
        test_random(&random, &choice, sizeof choice);
        size_t i = choice % ITEMS;
        uint64_t key = i * UINT64_C(0x9e3779b97f4a7c15);
        assert_ptr_equal(linnet_table_find(&table, key), in[i] ? &nodes[i] : NULL);
        if (in[i])
            linnet_table_remove(&table, &nodes[i]);
        else
            linnet_table_add(&table, &nodes[i], key);
        in[i] = !in[i];
    }
}

static void removing_what_is_not_there_does_nothing(void **state)
{
    linnet_node *buckets[1] = {NULL};
    linnet_table table = {buckets, 0};
    linnet_node in = {0}, out = {0};

    (void)state;
    linnet_table_add(&table, &in, 5);
    linnet_table_remove(&table, &out);
    assert_ptr_equal(linnet_table_find(&table, 5), &in);
}

static void of_two_with_one_key_each_is_removed_by_itself(void **state)
{
    linnet_node *buckets[2] = {NULL};
    linnet_table table = {buckets, 1};
    linnet_node first, second;

    (void)state;
    linnet_table_add(&table, &first, 5);
    linnet_table_add(&table, &second, 5);
    linnet_table_remove(&table, &first);
    assert_ptr_equal(linnet_table_find(&table, 5), &second);
    linnet_table_remove(&table, &second);
    assert_null(linnet_table_find(&table, 5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_are_distinct_and_the_limit_holds),
        cmocka_unit_test(memory_is_touched_only_as_far_as_it_was_needed_at_once),
        cmocka_unit_test(a_pool_of_nothing_gives_nothing),
        cmocka_unit_test(the_table_finds_what_a_plain_list_has),
        cmocka_unit_test(removing_what_is_not_there_does_nothing),
        cmocka_unit_test(of_two_with_one_key_each_is_removed_by_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
