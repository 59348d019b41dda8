/* CoRE Link Format: parsing, writing through a window, and the examples of RFC 6690 section 5. */
#include "wire_bytes.h"

#include <linnet/error.h>
#include <linnet/link.h>

/* RFC 6690 section 5, its third and fourth example among them. */
static const char *const examples[] = {
    "</sensors>;ct=40",
    "</sensors/temp>;rt=\"temperature-c\";if=\"sensor\",</sensors/light>;rt=\"light-lux\";if=\"sensor\"",
    "</sensors>;ct=40;title=\"Sensor Index\",</sensors/temp>;rt=\"temperature-c\";if=\"sensor\","
    "</sensors/light>;rt=\"light-lux\";if=\"sensor\",<http://www.example.com/sensors/t123>;anchor=\"/sensors/temp\""
    ";rel=\"describedby\",</t>;anchor=\"/sensors/temp\";rel=\"alternate\"",
    "</firmware/v2.1>;rt=\"firmware\";sz=262144",
};
static const int links_in[] = {1, 2, 5, 1};

static void the_examples_of_rfc_6690_are_parsed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(examples); i++) {
        linnet_bytes text = exact(examples[i], strlen(examples[i]));
        linnet_bytes rest = text;
        linnet_link link;
        int count = 0;
        while (linnet_link_next(&rest, &link) == 1)
            count++;
        assert_int_equal(count, links_in[i]);
        assert_int_equal(linnet_link_next(&rest, &link), 0);
        release(text);
    }
}

static void a_link_is_taken_apart_into_target_and_attributes(void **state)
{
    (void)state;
    linnet_bytes rest = linnet_text("</a?b>;rt=\"x y\";obs;ct=40;title=\"a \\\"b\\\" c\";hreflang*=UTF-8''en,<>");
    linnet_link link;
    linnet_link_attribute attribute;

    assert_int_equal(linnet_link_next(&rest, &link), 1);
    assert_text(link.target, "/a?b");
    assert_text(link.attributes, ";rt=\"x y\";obs;ct=40;title=\"a \\\"b\\\" c\";hreflang*=UTF-8''en");
    linnet_bytes attributes = link.attributes;

    assert_int_equal(linnet_link_attribute_next(&attributes, &attribute), 1);
    assert_text(attribute.name, "rt");
    assert_text(attribute.value, "x y");
    assert_true(attribute.has_value && attribute.quoted);
    assert_int_equal(linnet_link_attribute_next(&attributes, &attribute), 1);
    assert_text(attribute.name, "obs");
    assert_false(attribute.has_value || attribute.quoted);
    assert_int_equal(linnet_link_attribute_next(&attributes, &attribute), 1);
    assert_text(attribute.value, "40");
    assert_false(attribute.quoted);
    assert_int_equal(linnet_link_attribute_next(&attributes, &attribute), 1);
    assert_text(attribute.value, "a \\\"b\\\" c");
    assert_int_equal(linnet_link_attribute_next(&attributes, &attribute), 1);
    assert_text(attribute.name, "hreflang*");
    assert_int_equal(linnet_link_attribute_next(&attributes, &attribute), 0);

    assert_int_equal(linnet_link_next(&rest, &link), 1);
    assert_text(link.target, "");
    assert_text(link.attributes, "");
    assert_int_equal(linnet_link_next(&rest, &link), 0);
}

static void commas_and_semicolons_within_quotes_and_targets_separate_nothing(void **state)
{
    (void)state;
    linnet_bytes rest = linnet_text("</a,b;c>;title=\"x,<y>;z\",</d>");
    linnet_link link;

    assert_int_equal(linnet_link_next(&rest, &link), 1);
    assert_text(link.target, "/a,b;c");
    assert_text(link.attributes, ";title=\"x,<y>;z\"");
    assert_int_equal(linnet_link_next(&rest, &link), 1);
    assert_text(link.target, "/d");
}

static void white_space_between_the_parts_is_let_pass(void **state)
{
    (void)state;
    linnet_bytes rest = linnet_text(" </a> ; rt=\"x\" ;ct=40 ,\r\n </b>\n");
    linnet_link link;

    assert_int_equal(linnet_link_next(&rest, &link), 1);
    assert_text(link.target, "/a");
    assert_int_equal(linnet_link_next(&rest, &link), 1);
    assert_text(link.target, "/b");
    assert_int_equal(linnet_link_next(&rest, &link), 0);
    rest = linnet_text("");
    assert_int_equal(linnet_link_next(&rest, &link), 0);
    rest = linnet_view(NULL, 0);
    assert_int_equal(linnet_link_next(&rest, &link), 0);
}

static void what_is_not_link_format_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "a",
        "</a",
        "<",
        "</a>x",
        "</a>,",
        "</a>,,</b>",
        ",</a>",
        "</a></b>",
        "</a>;",
        "</a>;;rt=x",
        "</a>;=x",
        "</a>;rt=",
        "</a>;rt=\"",
        "</a>;rt=\"x",
        "</a>;rt=\"x\\",
        "</a>;rt=\"x\\\"",
        "</a>;rt=\"x\"y",
        "</a>;rt=x\"y\"",
        "</a>;rt=,</b>",
        "</a>;rt=a b",
        "</a>;rt=a\\b",
        "</a b>",
        "</a<b>",
        "</a\x01>",
        "</a>;\xc3\xbc=1",
        "</a>;a<b",
        "plain text",
        "{\"json\":1}",
    };

    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        linnet_bytes text = exact(bad[i], strlen(bad[i]));
        linnet_bytes rest = text;
        linnet_link link;
        int result;
        while ((result = linnet_link_next(&rest, &link)) == 1)
            ;
        if (result != LINNET_EFORMAT)
            fail_msg("accepted: %s", bad[i]);
        release(text);
    }
    linnet_bytes attributes = linnet_text("rt=x");
    linnet_link_attribute attribute;
    assert_int_equal(linnet_link_attribute_next(&attributes, &attribute), LINNET_EFORMAT);
}

static void a_text_cut_anywhere_is_never_read_past_its_end(void **state)
{
    (void)state;
    const char *whole = examples[2];

    for (size_t size = 0; size < strlen(whole); size++) {
        linnet_bytes text = exact(whole, size);
        linnet_bytes rest = text;
        linnet_link link;
        while (linnet_link_next(&rest, &link) == 1)
            linnet_link_matches(&link, linnet_text("rt=sensor"));
        release(text);
    }
}

static void write_list(linnet_link_writer *writer)
{
    linnet_link_write(writer, linnet_text("/sensors"));
    linnet_link_write_attribute(writer, "ct", linnet_text("40"), true);
    linnet_link_write_attribute(writer, "title", linnet_text("a \"b\" \\c"), true);
    linnet_link_write_attribute(writer, "obs", linnet_text(""), false);
    linnet_link_write(writer, linnet_text("/t"));
    linnet_link_write_attribute(writer, "rt", linnet_text("x y"), true);
    linnet_link_write_attribute(writer, "if", linnet_text(""), true);
    linnet_link_write_attribute(writer, "title", linnet_text("7"), true);
    linnet_link_write_raw(writer, linnet_text(";sz=12"));
}

static const char list[] = "</sensors>;ct=40;title=\"a \\\"b\\\" \\\\c\";obs,</t>;rt=\"x y\";if=\"\";title=\"7\";sz=12";

static void links_are_written_and_values_quoted(void **state)
{
    (void)state;
    char buffer[128];
    linnet_link_writer writer;

    linnet_link_writer_begin(&writer, buffer, sizeof buffer, 0);
    write_list(&writer);
    assert_text(linnet_view(buffer, linnet_link_writer_size(&writer)), list);
    assert_int_equal(writer.total, strlen(list));
}

static void every_window_holds_its_part_of_the_whole(void **state)
{
    (void)state;
    size_t total = sizeof list - 1;

    for (size_t skip = 0; skip <= total + 2; skip++) {
        for (size_t capacity = 0; capacity <= total + 2; capacity++) {
            uint8_t *buffer = malloc(capacity ? capacity : 1);
            assert_non_null(buffer);
            linnet_link_writer writer;
            linnet_link_writer_begin(&writer, buffer, capacity, skip);
            write_list(&writer);
            size_t left = skip < total ? total - skip : 0;
            size_t expected = left < capacity ? left : capacity;
            assert_int_equal(linnet_link_writer_size(&writer), expected);
            if (expected)
                assert_memory_equal(buffer, list + skip, expected);
            assert_int_equal(writer.total, total);
            free(buffer);
        }
    }
}

static void a_window_far_behind_the_end_holds_nothing(void **state)
{
    (void)state;
    linnet_link_writer writer;

    linnet_link_writer_begin(&writer, NULL, 0, UINT64_MAX);
    write_list(&writer);
    assert_int_equal(linnet_link_writer_size(&writer), 0);
    assert_int_equal(writer.total, strlen(list));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_rfc_6690_are_parsed),
        cmocka_unit_test(a_link_is_taken_apart_into_target_and_attributes),
        cmocka_unit_test(commas_and_semicolons_within_quotes_and_targets_separate_nothing),
        cmocka_unit_test(white_space_between_the_parts_is_let_pass),
        cmocka_unit_test(what_is_not_link_format_is_refused),
        cmocka_unit_test(a_text_cut_anywhere_is_never_read_past_its_end),
        cmocka_unit_test(links_are_written_and_values_quoted),
        cmocka_unit_test(every_window_holds_its_part_of_the_whole),
        cmocka_unit_test(a_window_far_behind_the_end_holds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
