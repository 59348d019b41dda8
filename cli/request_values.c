/* Options and formats as users type them. */
#include "cli/complain.h"
#include "cli/request.h"
#include "cli/suggest.h"
#include "cli/text.h"

#include <errno.h>
#include <stdlib.h>

/* Keeps `value`, which becomes the settings' memory. */
static bool keep(request_settings *settings, uint16_t number, linnet_bytes value)
{
    if (settings->request.option_count == REQUEST_OPTIONS_MOST) {
        complain("more than %d options", REQUEST_OPTIONS_MOST);
        free((void *)value.data);
        return false;
    }
    settings->options[settings->request.option_count++] = (linnet_option){number, value};
    return true;
}

bool request_option_uint(request_settings *settings, uint16_t number, uint32_t value)
{
    uint8_t *data = memory_get(4);
    return keep(settings, number, linnet_view(data, linnet_option_from_uint(value, data)));
}

bool request_option_octets(request_settings *settings, const char *flag, uint16_t number, const char *text)
{
    linnet_bytes value;
    if (octets_parse(text, &value))
        return keep(settings, number, value);
    complain("%s %s: behind 0x there have to be hex digits in pairs", flag, text);
    return false;
}

static const char *suggest_format(const char *text)
{
    size_t count;
    const linnet_content_format *table = linnet_content_format_table(&count);
    const char **names = memory_get(2 * count * sizeof *names);
    for (size_t i = 0; i < count; i++) {
        names[2 * i] = table[i].short_name;
        names[2 * i + 1] = table[i].media_type;
    }
    const char *meant = suggest(text, names, 2 * count);
    free(names);
    return meant;
}

bool content_format_parse(const char *flag, const char *text, uint16_t *number)
{
    int32_t parsed = linnet_content_format_parse(text);
    if (parsed >= 0) {
        *number = (uint16_t)parsed;
        return true;
    }
    complain("%s %s: no such format is known", flag, text);
    const char *meant = suggest_format(text);
    if (meant)
        hint("did you mean %s?", meant);
    else
        hint("it is a number from 0 to 65535, a media type such as application/json, or a short name such as json");
    return false;
}

static const char *suggest_option(const char *name)
{
    const char *names[300];
    size_t count = 0;
    for (uint16_t number = 0; number < 300; number++)
        if (linnet_option_name(number))
            names[count++] = linnet_option_name(number);
    return suggest(name, names, count);
}

static int option_number_of(const char *name)
{
    char *end;
    if (*name >= '0' && *name <= '9') {
        unsigned long number = strtoul(name, &end, 10);
        if (!*end && number <= UINT16_MAX)
            return (int)number;
        complain("--option %s: an option's number is from 0 to 65535", name);
        return -1;
    }
    int number = linnet_option_by_name(name);
    if (number >= 0)
        return number;
    complain("--option %s: no option has that name", name);
    const char *meant = suggest_option(name);
    if (meant)
        hint("did you mean %s?", meant);
    else
        hint("its number works too: --option 65000=text, --option 65000=0x1f");
    return -1;
}

/* A decimal number for an option that holds one. */
static bool add_uint(request_settings *settings, uint16_t number, const char *text)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (*text >= '0' && *text <= '9' && !*end && errno == 0 && value <= UINT32_MAX)
        return request_option_uint(settings, number, (uint32_t)value);
    complain("--option %s=%s: this option holds a number", linnet_option_name(number), text);
    hint("0x and hex digits send any octets");
    return false;
}

/* "NUM/MORE/SIZE" as -v shows it, or the bare number. */
static bool add_block(request_settings *settings, uint16_t number, const char *text)
{
    unsigned long block_number, more, size;
    char rest;
    if (sscanf(text, "%lu/%lu/%lu%c", &block_number, &more, &size, &rest) != 3)
        return add_uint(settings, number, text);
    if (block_number > LINNET_BLOCK_NUMBER_MAX || more > 1) {
        complain("--option %s=%s: a block's number is at most %u, and more is 0 or 1", linnet_option_name(number), text,
                 LINNET_BLOCK_NUMBER_MAX);
        hint("a block is NUMBER/MORE/SIZE, such as 2/0/64");
        return false;
    }
    for (uint8_t szx = 0; szx < 7; szx++) {
        linnet_block block = {(uint32_t)block_number, more != 0, szx};
        if (size == linnet_block_size(block))
            return request_option_uint(settings, number, linnet_block_value(block));
    }
    complain("--option %s=%s: a block has 16, 32, 64, 128, 256, 512 or 1024 octets", linnet_option_name(number), text);
    return false;
}

static bool add_value(request_settings *settings, uint16_t number, const char *text)
{
    const linnet_option_definition *definition = linnet_option_find(number);
    uint16_t format;
    bool octets = text[0] == '0' && (text[1] | 0x20) == 'x';
    if (octets || !definition || definition->format == LINNET_FORMAT_STRING ||
        definition->format == LINNET_FORMAT_OPAQUE)
        return request_option_octets(settings, "--option", number, text);
    if (definition->format == LINNET_FORMAT_BLOCK)
        return add_block(settings, number, text);
    if (number == LINNET_OPTION_CONTENT_FORMAT)
        return content_format_parse("--option Content-Format", text, &format) &&
               request_option_uint(settings, number, format);
    if (number == LINNET_OPTION_ACCEPT)
        return content_format_parse("--option Accept", text, &format) && request_option_uint(settings, number, format);
    if (definition->format == LINNET_FORMAT_UINT)
        return add_uint(settings, number, text);
    if (!*text)
        return request_option_uint(settings, number, 0);
    complain("--option %s=%s: this option holds nothing", linnet_option_name(number), text);
    return false;
}

bool request_option_parse(request_settings *settings, const char *text)
{
    size_t size = strcspn(text, "=,"); /* libcoap's tools have the comma */
    char *name = text_format("%.*s", (int)size, text);
    int number = option_number_of(name);
    free(name);
    return number >= 0 && add_value(settings, (uint16_t)number, text[size] ? text + size + 1 : "");
}

bool request_asks_for_block(const request_settings *settings)
{
    for (size_t i = 0; i < settings->request.option_count; i++)
        if (settings->options[i].number == LINNET_OPTION_BLOCK1 || settings->options[i].number == LINNET_OPTION_BLOCK2)
            return true;
    return false;
}

bool request_has_file(const request_settings *settings)
{
    return settings->output_name && strcmp(settings->output_name, "-") != 0;
}
