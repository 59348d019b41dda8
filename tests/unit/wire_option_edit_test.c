/* Inserting and removing options, checked against lists that a writer builds straight away. */
#include "wire_bytes.h"

#include <linnet/error.h>
#include <linnet/message.h>

typedef struct list {
    uint8_t octets[512];
    size_t size;
} list;

static void append(list *options, uint16_t number, size_t value_size)
{
    static const uint8_t value[300] = "0123456789abcdefghijklmnopqrstuvwxyz";
    linnet_bytes octets = linnet_view(value, value_size);
    assert_int_equal(linnet_options_insert(options->octets, &options->size, sizeof options->octets, number, octets), 0);
}

static linnet_bytes view(const list *options) { return linnet_view(options->octets, options->size); }

static void an_option_is_inserted_behind_those_with_its_number(void **state)
{
    (void)state;
    list options = {.size = 0};
    uint8_t *octets = options.octets;

    assert_int_equal(linnet_options_insert(octets, &options.size, 512, 11, linnet_text("a")), 0);
    assert_int_equal(linnet_options_insert(octets, &options.size, 512, 15, linnet_text("q")), 0);
    assert_int_equal(linnet_options_insert(octets, &options.size, 512, 11, linnet_text("b")), 0);
    assert_int_equal(linnet_options_insert(octets, &options.size, 512, 12, linnet_text("")), 0);
    assert_int_equal(linnet_options_insert(octets, &options.size, 512, 3, linnet_text("h")), 0);
    assert_hex(view(&options), "3168 8161 0162 10 3171");
}

/* Numbers at which the head changes its size, in any order of insertion. */
static const uint16_t edges[] = {0, 1, 12, 13, 14, 25, 26, 268, 269, 270, 281, 282, 538, 2049, 65535};

static void inserting_in_any_order_gives_what_a_writer_writes(void **state)
{
    (void)state;
    unsigned random = 1;

    for (int round = 0; round < 2000; round++) {
        list inserted = {.size = 0};
        unsigned have[COUNT_OF(edges)] = {0};
        for (int i = 0; i < 12; i++) {
            random = random * 1103515245u + 12345u;
            size_t which = (random >> 16) % COUNT_OF(edges);
            append(&inserted, edges[which], edges[which] % 20);
            have[which]++;
        }
        list expected = {.size = 0};
        linnet_writer writer;
        linnet_writer_begin_options(&writer, expected.octets, sizeof expected.octets);
        for (size_t which = 0; which < COUNT_OF(edges); which++)
            for (; have[which]; have[which]--)
                linnet_writer_option(&writer, edges[which], linnet_view("0123456789abcdefghij", edges[which] % 20));
        expected.size = (size_t)linnet_writer_end(&writer);
        assert_bytes(view(&inserted), view(&expected));
    }
}

static void removing_what_was_inserted_gives_back_the_list(void **state)
{
    (void)state;
    for (size_t first = 0; first < COUNT_OF(edges); first++) {
        for (size_t middle = 0; middle < COUNT_OF(edges); middle++) {
            for (size_t last = 0; last < COUNT_OF(edges); last++) {
                if (middle == first || middle == last)
                    continue;
                list options = {.size = 0};
                append(&options, edges[first], 2);
                append(&options, edges[last], 15);
                list before = options;
                append(&options, edges[middle], 1);
                append(&options, edges[middle], 0);
                assert_int_equal(linnet_options_remove(options.octets, &options.size, edges[middle]), 2);
                assert_bytes(view(&options), view(&before));
            }
        }
    }
}

static void removing_what_is_not_there_changes_nothing(void **state)
{
    (void)state;
    list options = {.size = 0};

    assert_int_equal(linnet_options_remove(options.octets, &options.size, 11), 0);
    append(&options, 11, 3);
    assert_int_equal(linnet_options_remove(options.octets, &options.size, 12), 0);
    assert_int_equal(linnet_options_remove(options.octets, &options.size, 0), 0);
    assert_int_equal(options.size, 4);
    assert_int_equal(linnet_options_remove(options.octets, &options.size, 11), 1);
    assert_int_equal(options.size, 0);
}

static void a_full_buffer_leaves_all_as_it_was(void **state)
{
    (void)state;
    list options = {.size = 0};
    append(&options, 11, 3);
    append(&options, 300, 3);

    /* The new option takes 4 octets, and the head behind it shrinks from 3 octets to 2. */
    for (size_t room = 0; room <= 4; room++) {
        size_t capacity = options.size + room;
        uint8_t *buffer = malloc(capacity);
        assert_non_null(buffer);
        size_t size = options.size;
        memcpy(buffer, options.octets, size);
        int error = linnet_options_insert(buffer, &size, capacity, 60, linnet_text("ab"));
        assert_int_equal(error, room < 3 ? LINNET_ENOSPC : 0);
        if (error)
            assert_bytes(linnet_view(buffer, size), view(&options));
        free(buffer);
    }
}

static void malformed_options_are_left_alone(void **state)
{
    (void)state;
    uint8_t octets[16] = {0xb5, 'a'};
    size_t size = 2;

    assert_int_equal(linnet_options_insert(octets, &size, sizeof octets, 12, linnet_text("x")), LINNET_EFORMAT);
    assert_int_equal(linnet_options_remove(octets, &size, 11), 0);
    assert_int_equal(size, 2);
    assert_int_equal(linnet_options_insert(octets, &size, sizeof octets, 12, linnet_view(octets, SIZE_MAX)),
                     LINNET_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_option_is_inserted_behind_those_with_its_number),
        cmocka_unit_test(inserting_in_any_order_gives_what_a_writer_writes),
        cmocka_unit_test(removing_what_was_inserted_gives_back_the_list),
        cmocka_unit_test(removing_what_is_not_there_changes_nothing),
        cmocka_unit_test(a_full_buffer_leaves_all_as_it_was),
        cmocka_unit_test(malformed_options_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
