/* Chooses how a payload is shown, and shows text and binary. */
#include "cli/print.h"
#include "cli/text.h"

#define HEXDUMP_LINE 16

static bool ends_with(const char *text, size_t size, const char *end)
{
    size_t end_size = strlen(end);
    return size >= end_size && memcmp(text + size - end_size, end, end_size) == 0;
}

/* By the media type's structured syntax suffix, so that formats registered later are shown well too. */
payload_kind payload_kind_of(int32_t content_format)
{
    if (content_format < 0)
        return KIND_UNKNOWN;
    const linnet_content_format *found = linnet_content_format_find((uint16_t)content_format);
    if (!found)
        return KIND_UNKNOWN;
    if (found->coding)
        return KIND_BINARY;
    const char *type = found->media_type;
    size_t size = strcspn(type, "; ");
    if (ends_with(type, size, "/link-format"))
        return KIND_LINKS;
    if (ends_with(type, size, "/json") || ends_with(type, size, "+json"))
        return KIND_JSON;
    if (ends_with(type, size, "/cbor-seq") || ends_with(type, size, "+cbor-seq"))
        return KIND_CBOR_SEQUENCE;
    if (ends_with(type, size, "/cbor") || ends_with(type, size, "+cbor"))
        return KIND_CBOR;
    if (strncmp(type, "text/", 5) == 0 || ends_with(type, size, "xml"))
        return KIND_TEXT;
    return KIND_UNKNOWN;
}

/* Control characters are shown, not sent. */
void print_text(FILE *out, linnet_bytes payload)
{
    const uint8_t *end = payload.data + payload.size;
    for (const uint8_t *at = payload.data; at < end;) {
        size_t control = text_control(at, end);
        bool ends_line = *at == '\n' || (*at == '\r' && end - at > 1 && at[1] == '\n');
        if (control && !ends_line && *at != '\t')
            fprintf(out, "\\x%02x", at[control - 1]);
        else
            fputc(*at, out);
        at += control ? control : 1;
    }
    if (payload.size && payload.data[payload.size - 1] != '\n')
        fputc('\n', out);
}

void print_hexdump(FILE *out, linnet_bytes payload, const palette *ink)
{
    for (size_t start = 0; start < payload.size; start += HEXDUMP_LINE) {
        fprintf(out, "%s%08zx%s ", ink->faint, start, ink->end);
        for (size_t i = start; i < start + HEXDUMP_LINE; i++) {
            if (i % 8 == 0)
                fputc(' ', out);
            if (i < payload.size)
                fprintf(out, "%02x ", payload.data[i]);
            else
                fputs("   ", out);
        }
        fprintf(out, " %s|%s", ink->faint, ink->end);
        for (size_t i = start; i < start + HEXDUMP_LINE && i < payload.size; i++)
            fputc(payload.data[i] >= 0x20 && payload.data[i] < 0x7f ? payload.data[i] : '.', out);
        fprintf(out, "%s|%s\n", ink->faint, ink->end);
    }
}

static bool print_as(FILE *out, payload_kind kind, linnet_bytes payload, const palette *ink)
{
    switch (kind) {
    case KIND_LINKS:
        return print_links(out, payload, ink);
    case KIND_JSON:
        return print_json(out, payload, ink);
    case KIND_CBOR:
    case KIND_CBOR_SEQUENCE:
        return print_cbor(out, payload, ink);
    default:
        return false;
    }
}

void print_payload(FILE *out, int32_t content_format, linnet_bytes payload, const palette *ink)
{
    payload_kind kind = payload_kind_of(content_format);
    if (payload.size == 0 || print_as(out, kind, payload, ink))
        return;
    if (kind != KIND_BINARY && linnet_utf8_valid(payload))
        print_text(out, payload);
    else
        print_hexdump(out, payload, ink);
}
