/* Filters links by query (RFC 6690 4.1), as a client asks /.well-known/core?rt=temperature-c for them. */
#include <linnet/link.h>

#include "wire/ascii.h"

/* What a filter asks: "name=value" taken apart. */
typedef struct filter {
    linnet_bytes name;
    linnet_bytes pattern;
    bool has_pattern;
    bool is_prefix; /* the pattern ended in '*' */
} filter;

/* How octets are hidden in a text that is compared. */
typedef enum escape {
    PLAIN,
    BACKSLASH, /* a quoted string of an attribute */
    PERCENT    /* a target: the pattern reached us decoded */
} escape;

static filter read_filter(linnet_bytes argument)
{
    filter asked = {.name = argument};
    size_t at = 0;

    while (at < argument.size && argument.data[at] != '=')
        at++;
    if (at == argument.size)
        return asked;

    asked.name.size = at;
    asked.has_pattern = true;
    linnet_bytes pattern = linnet_view(argument.data + at + 1, argument.size - at - 1);
    /* RFC 6690 has no quotes here, but people write them, as they do in the link. */
    if (pattern.size >= 2 && pattern.data[0] == '"' && pattern.data[pattern.size - 1] == '"')
        pattern = linnet_view(pattern.data + 1, pattern.size - 2);
    asked.is_prefix = pattern.size > 0 && pattern.data[pattern.size - 1] == '*';
    if (asked.is_prefix)
        pattern.size--;
    asked.pattern = pattern;
    return asked;
}

/* Takes one octet off a text that is not empty. */
static uint8_t next_octet(linnet_bytes *text, escape how)
{
    size_t taken = 1;
    uint8_t octet = text->data[0];

    if (how == BACKSLASH && octet == '\\' && text->size >= 2) {
        octet = text->data[1];
        taken = 2;
    } else if (how == PERCENT && octet == '%' && text->size >= 3) {
        int high = linnet_ascii_hex(text->data[1]);
        int low = linnet_ascii_hex(text->data[2]);
        if (high >= 0 && low >= 0) {
            octet = (uint8_t)(high << 4 | low);
            taken = 3;
        }
    }
    *text = linnet_view(text->data + taken, text->size - taken);
    return octet;
}

/* Byte by byte the same; of a pattern that ended in an asterisk, the remainder is a prefix (RFC 6690 4.1). */
static bool compare(const filter *asked, linnet_bytes text, escape how)
{
    for (size_t i = 0; i < asked->pattern.size; i++)
        if (text.size == 0 || next_octet(&text, how) != asked->pattern.data[i])
            return false;
    return asked->is_prefix || text.size == 0;
}

/* Compares with each of the values that spaces separate. */
static bool compare_each(const filter *asked, linnet_bytes list, escape how)
{
    size_t start = 0;

    for (size_t i = 0; i <= list.size; i++) {
        if (i < list.size && list.data[i] != ' ')
            continue;
        if (i > start && compare(asked, linnet_view(list.data + start, i - start), how))
            return true;
        start = i + 1;
    }
    return false;
}

static bool same_name(linnet_bytes a, linnet_bytes b)
{
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++)
        if (linnet_ascii_lower(a.data[i]) != linnet_ascii_lower(b.data[i]))
            return false;
    return true;
}

/* The attributes whose value is a list of relation types. */
static bool is_list(linnet_bytes name)
{
    static const char *const lists[] = {"rt", "if", "rel", "rev"};

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        if (same_name(name, linnet_text(lists[i])))
            return true;
    return false;
}

static bool attribute_passes(const filter *asked, const linnet_link_attribute *attribute)
{
    escape how = attribute->quoted ? BACKSLASH : PLAIN;

    if (!same_name(attribute->name, asked->name))
        return false;
    if (!asked->has_pattern || compare(asked, attribute->value, how))
        return true;
    return is_list(attribute->name) && compare_each(asked, attribute->value, how);
}

bool linnet_link_matches(const linnet_link *link, linnet_bytes argument)
{
    filter asked = read_filter(argument);
    linnet_bytes rest = link->attributes;
    linnet_link_attribute attribute;

    if (argument.size == 0)
        return true; /* "?" asks for nothing */
    if (same_name(asked.name, linnet_text("href")))
        return !asked.has_pattern || compare(&asked, link->target, PLAIN) || compare(&asked, link->target, PERCENT);
    while (linnet_link_attribute_next(&rest, &attribute) > 0)
        if (attribute_passes(&asked, &attribute))
            return true;
    return false;
}
