/* Feeds text to the link parser: the first line is a filter, the rest are links. What is accepted is written again in
 * two windows, which must join to something that means the same. */
#include <stdlib.h>
#include <string.h>

#include <linnet/link.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLDS(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            abort();                                                                                                   \
    } while (0)

enum { TEXT_MAX = 8192 };

static void write_links(linnet_link_writer *writer, linnet_bytes rest)
{
    linnet_link link;

    while (linnet_link_next(&rest, &link) == 1) {
        linnet_link_write(writer, link.target);
        linnet_link_write_raw(writer, link.attributes);
    }
}

/* Every attribute that is there is found by "name=*", and the target by "href=*". */
static void filter_by_each(const linnet_link *link)
{
    linnet_bytes rest = link->attributes;
    linnet_link_attribute attribute;
    static char argument[TEXT_MAX + 2];

    HOLDS(linnet_link_matches(link, linnet_text("href=*")));
    while (linnet_link_attribute_next(&rest, &attribute) == 1) {
        memcpy(argument, attribute.name.data, attribute.name.size);
        memcpy(argument + attribute.name.size, "=*", 2);
        HOLDS(linnet_link_matches(link, linnet_view(argument, attribute.name.size + 2)));
    }
    HOLDS(rest.size == 0);
}

static void compare(linnet_bytes a, linnet_bytes b)
{
    linnet_link one;
    linnet_link other;

    while (linnet_link_next(&a, &one) == 1) {
        HOLDS(linnet_link_next(&b, &other) == 1);
        HOLDS(linnet_bytes_equal(one.target, other.target));
        HOLDS(linnet_bytes_equal(one.attributes, other.attributes));
    }
    HOLDS(linnet_link_next(&b, &other) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char written[2 * TEXT_MAX];
    const uint8_t *newline = size ? memchr(data, '\n', size) : NULL;
    linnet_bytes argument = linnet_view(data, newline ? (size_t)(newline - data) : 0);
    linnet_bytes links = newline ? linnet_view(newline + 1, size - argument.size - 1) : linnet_view(data, size);
    linnet_bytes rest = links;
    linnet_link link;
    int result;

    if (size > TEXT_MAX)
        return 0;
    while ((result = linnet_link_next(&rest, &link)) == 1) {
        linnet_link_matches(&link, argument);
        filter_by_each(&link);
    }
    if (result < 0)
        return 0;

    linnet_link_writer writer;
    size_t middle = size / 2;
    linnet_link_writer_begin(&writer, written, middle, 0);
    write_links(&writer, links);
    size_t first = linnet_link_writer_size(&writer);
    linnet_link_writer_begin(&writer, written + first, sizeof written - first, first);
    write_links(&writer, links);
    HOLDS(first + linnet_link_writer_size(&writer) == writer.total);
    compare(links, linnet_view(written, (size_t)writer.total));
    return 0;
}
