/* Parses CoRE Link Format (RFC 6690 section 2) in place: one link, one attribute at a time. The grammar is held to
 * strictly, except that spaces and line breaks are let pass between the parts, as many writers put them there. */
#include <linnet/error.h>
#include <linnet/link.h>

#include "wire/ascii.h"

static bool starts_with(linnet_bytes text, char c) { return text.size > 0 && text.data[0] == (uint8_t)c; }

static void skip(linnet_bytes *text, size_t count)
{
    text->data += count;
    text->size -= count;
}

static void skip_space(linnet_bytes *text)
{
    while (starts_with(*text, ' ') || starts_with(*text, '\t') || starts_with(*text, '\r') || starts_with(*text, '\n'))
        skip(text, 1);
}

/* ptokenchar of RFC 6690: what is visible in ASCII, except for the four octets that have a meaning of their own. */
static bool is_ptoken(uint8_t c) { return c > ' ' && c < 0x7f && c != '"' && c != ',' && c != ';' && c != '\\'; }

/* parmname: ptokenchar without the '=' that ends it, and no bracket of a link that lost its comma. */
static bool is_name(uint8_t c) { return is_ptoken(c) && c != '=' && c != '<' && c != '>'; }

static linnet_bytes take_while(linnet_bytes *text, bool (*is_member)(uint8_t))
{
    size_t size = 0;

    while (size < text->size && is_member(text->data[size]))
        size++;
    linnet_bytes taken = linnet_view(text->data, size);
    skip(text, size);
    return taken;
}

/* quoted-string: up to the next '"' that no backslash precedes. */
static bool take_quoted(linnet_bytes *text, linnet_bytes *value)
{
    size_t size = 0;

    skip(text, 1);
    while (size < text->size && text->data[size] != '"')
        size += text->data[size] == '\\' ? 2 : 1;
    if (size >= text->size)
        return false;
    *value = linnet_view(text->data, size);
    skip(text, size + 1);
    return true;
}

/* Takes `";" link-param` off the text. 0 where no semicolon stands. */
static int take_attribute(linnet_bytes *text, linnet_link_attribute *attribute)
{
    *attribute = (linnet_link_attribute){0};
    skip_space(text);
    if (!starts_with(*text, ';'))
        return 0;
    skip(text, 1);
    skip_space(text);

    attribute->name = take_while(text, is_name);
    if (attribute->name.size == 0)
        return LINNET_EFORMAT;
    if (!starts_with(*text, '='))
        return 1;
    skip(text, 1);

    attribute->has_value = true;
    attribute->quoted = starts_with(*text, '"');
    if (attribute->quoted)
        return take_quoted(text, &attribute->value) ? 1 : LINNET_EFORMAT;
    attribute->value = take_while(text, is_ptoken);
    return attribute->value.size ? 1 : LINNET_EFORMAT;
}

static bool is_reference(uint8_t c) { return c > ' ' && c != 0x7f && c != '<' && c != '>' && c != '"'; }

/* "<" URI-Reference ">" */
static bool take_target(linnet_bytes *text, linnet_bytes *target)
{
    if (!starts_with(*text, '<'))
        return false;
    skip(text, 1);
    *target = take_while(text, is_reference);
    if (!starts_with(*text, '>'))
        return false;
    skip(text, 1);
    return true;
}

/* The comma between links, which may not stand behind the last one. */
static bool take_separator(linnet_bytes *text)
{
    if (text->size == 0)
        return true;
    if (!starts_with(*text, ','))
        return false;
    skip(text, 1);
    skip_space(text);
    return text->size > 0;
}

int linnet_link_next(linnet_bytes *rest, linnet_link *link)
{
    linnet_link_attribute attribute;
    int taken;

    *link = (linnet_link){0};
    skip_space(rest);
    if (rest->size == 0)
        return 0;
    if (!take_target(rest, &link->target))
        return LINNET_EFORMAT;

    link->attributes.data = rest->data;
    do
        taken = take_attribute(rest, &attribute);
    while (taken > 0);
    link->attributes.size = (size_t)(rest->data - link->attributes.data);
    return taken == 0 && take_separator(rest) ? 1 : LINNET_EFORMAT;
}

int linnet_link_attribute_next(linnet_bytes *rest, linnet_link_attribute *attribute)
{
    int taken = take_attribute(rest, attribute);

    return taken == 0 && rest->size > 0 ? LINNET_EFORMAT : taken;
}
