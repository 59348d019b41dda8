/* Messages as the figures of RFC 7252 show them, for -v. */
#include "cli/print.h"

#include "cli/text.h"

#include <stdlib.h>

const char *type_text(unsigned type)
{
    static const char *const names[] = {"CON", "NON", "ACK", "RST"};
    return names[type & 3];
}

char *code_text(linnet_code code)
{
    char dotted[5];
    const char *name = linnet_code_name(code);
    linnet_code_text(code, dotted);
    if (code == LINNET_EMPTY)
        return text_format("Empty");
    if (LINNET_CODE_CLASS(code) == 0)
        return text_format("%s", name ? name : dotted);
    return name ? text_format("%s %s", dotted, name) : text_format("%s", dotted);
}

char *content_format_text(uint32_t number)
{
    const linnet_content_format *found = number <= UINT16_MAX ? linnet_content_format_find((uint16_t)number) : NULL;
    if (!found)
        return text_format("%u", number);
    return text_format("%u (%s%s%s)", number, found->media_type, found->coding ? ", " : "",
                       found->coding ? found->coding : "");
}

char *option_label(uint16_t number)
{
    const char *name = linnet_option_name(number);
    return name ? text_format("%s", name) : text_format("Option %u", number);
}

static char *block_text(linnet_bytes value)
{
    linnet_block block;
    if (linnet_block_parse(&block, value) != 0)
        return text_quote(value);
    return text_format("%u/%d/%zu (%s %u, %s, %zu octets each)", block.number, block.more, linnet_block_size(block),
                       "block", block.number, block.more ? "more follow" : "the last", linnet_block_size(block));
}

char *option_value_text(uint16_t number, linnet_bytes value)
{
    const linnet_option_definition *definition = linnet_option_find(number);
    linnet_option_format format = definition ? definition->format : LINNET_FORMAT_OPAQUE;
    if (format == LINNET_FORMAT_STRING)
        return text_quote(value);
    if (format == LINNET_FORMAT_EMPTY && value.size == 0)
        return text_format("(empty)");
    if (format == LINNET_FORMAT_BLOCK)
        return block_text(value);
    if (format == LINNET_FORMAT_UINT && value.size <= 4) {
        uint32_t integer = linnet_option_uint(value);
        bool is_format = number == LINNET_OPTION_CONTENT_FORMAT || number == LINNET_OPTION_ACCEPT;
        return is_format ? content_format_text(integer) : text_format("%u", integer);
    }
    char *hex = text_hex(value, "");
    char *text = value.size ? text_format("0x%s", hex) : text_format("(empty)");
    free(hex);
    return text;
}

static void print_header(FILE *out, const linnet_message *message, const char *margin, const palette *ink)
{
    char dotted[5];
    char *code = code_text(message->code);
    fprintf(out, "%s%sHeader: %s%s (T=%s, Code=%s, MID=0x%04x)\n", margin, ink->strong, code, ink->end,
            type_text(message->type), linnet_code_text(message->code, dotted), message->id);
    free(code);
    if (message->token.size) {
        char *token = text_hex(message->token, "");
        fprintf(out, "%sToken: 0x%s\n", margin, token);
        free(token);
    }
}

static void print_body(FILE *out, const linnet_message *message, const char *margin)
{
    bool shown_as_text = message->payload.size <= 64 && linnet_utf8_valid(message->payload);
    if (message->payload.size == 0)
        return;
    char *text = shown_as_text ? text_quote(message->payload) : text_format("%zu octets", message->payload.size);
    fprintf(out, "%sPayload: %s\n", margin, text);
    free(text);
}

void print_message(FILE *out, const linnet_message *message, const char *margin, const palette *ink)
{
    print_header(out, message, margin, ink);
    linnet_option_cursor cursor = {.rest = message->options};
    linnet_option option;
    while (linnet_option_next(&cursor, &option)) {
        char *label = option_label(option.number);
        char *value = option_value_text(option.number, option.value);
        fprintf(out, "%s%s%s:%s %s\n", margin, ink->name, label, ink->end, value);
        free(label);
        free(value);
    }
    print_body(out, message, margin);
}
