/* Small helpers around strings and octets. */
#include "cli/text.h"

#include "cli/command.h"
#include "cli/complain.h"

#include <errno.h>
#include <linnet/message.h>
#include <stdarg.h>
#include <stdlib.h>

void out_of_memory(void)
{
    complain("out of memory");
    exit(EXIT_NO_ANSWER);
}

void *memory_get(size_t size)
{
    void *memory = malloc(size ? size : 1);
    if (!memory)
        out_of_memory();
    return memory;
}

void *memory_resize(void *memory, size_t size)
{
    memory = realloc(memory, size ? size : 1);
    if (!memory)
        out_of_memory();
    return memory;
}

char *text_format(const char *format, ...)
{
    char *text;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        out_of_memory();
    va_end(arguments);
    return text;
}

char *text_hex(linnet_bytes bytes, const char *separator)
{
    size_t gap = strlen(separator);
    char *text = memory_get(bytes.size * (2 + gap) + 1);
    char *at = text;
    for (size_t i = 0; i < bytes.size; i++)
        at += sprintf(at, "%s%02x", i ? separator : "", bytes.data[i]);
    *at = 0;
    return text;
}

size_t text_control(const uint8_t *at, const uint8_t *end)
{
    if (at == end)
        return 0;
    if (*at < 0x20 || *at == 0x7f)
        return 1;
    return *at == 0xc2 && end - at > 1 && at[1] < 0xa0 ? 2 : 0;
}

/* Writes one octet, or a control character, and returns how many octets that were. */
static size_t quote_one(FILE *out, const uint8_t *at, const uint8_t *end)
{
    size_t control = text_control(at, end);
    if (*at == '"' || *at == '\\')
        fprintf(out, "\\%c", *at);
    else if (*at == '\n')
        fputs("\\n", out);
    else if (*at == '\r')
        fputs("\\r", out);
    else if (*at == '\t')
        fputs("\\t", out);
    else if (control)
        fprintf(out, "\\x%02x", at[control - 1]);
    else
        fputc(*at, out);
    return control ? control : 1;
}

char *text_quote(linnet_bytes bytes)
{
    if (!linnet_utf8_valid(bytes)) {
        char *hex = text_hex(bytes, "");
        char *text = text_format("0x%s", hex);
        free(hex);
        return text;
    }
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        out_of_memory();
    fputc('"', out);
    for (size_t i = 0; i < bytes.size;)
        i += quote_one(out, bytes.data + i, bytes.data + bytes.size);
    fputc('"', out);
    if (fclose(out) != 0)
        out_of_memory();
    return text;
}

static int digit_value(uint8_t digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    digit |= 0x20;
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

static bool is_gap(uint8_t octet) { return octet && strchr(" \t\r\n:-,", octet); }

bool hex_parse(linnet_bytes digits, uint8_t *out, size_t *size)
{
    size_t at = 0;
    while (at < digits.size) {
        if (is_gap(digits.data[at])) {
            at++;
            continue;
        }
        if (digits.size - at < 2)
            return false;
        if (digits.data[at] == '0' && (digits.data[at + 1] | 0x20) == 'x') {
            at += 2;
            continue;
        }
        int high = digit_value(digits.data[at]), low = digit_value(digits.data[at + 1]);
        if (high < 0 || low < 0)
            return false;
        out[(*size)++] = (uint8_t)(high << 4 | low);
        at += 2;
    }
    return true;
}

bool octets_parse(const char *text, linnet_bytes *bytes)
{
    size_t size = strlen(text);
    uint8_t *data = memory_get(size);
    if (text[0] != '0' || (text[1] | 0x20) != 'x') {
        memcpy(data, text, size);
        *bytes = linnet_view(data, size);
        return true;
    }
    size_t filled = 0;
    if (!hex_parse(linnet_text(text + 2), data, &filled)) {
        free(data);
        return false;
    }
    *bytes = linnet_view(data, filled);
    return true;
}

bool file_read(FILE *file, size_t most, linnet_bytes *content)
{
    size_t size = 0, capacity = 4096;
    uint8_t *data = memory_get(capacity);
    for (;;) {
        size += fread(data + size, 1, capacity - size, file);
        if (ferror(file) || size > most) {
            if (!ferror(file))
                errno = EFBIG;
            free(data);
            return false;
        }
        if (feof(file))
            break;
        if (size == capacity)
            data = memory_resize(data, capacity *= 2);
    }
    *content = linnet_view(data, size);
    return true;
}
