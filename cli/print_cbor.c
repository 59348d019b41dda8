/* CBOR in diagnostic notation (RFC 8949 section 8), on one line where it is short, else indented. */
#include "cli/print.h"
#include "cli/text.h"

#include <cbor.h>
#include <math.h>
#include <stdlib.h>

#define LINE_WIDTH 76
#define DEPTH_MOST 100

typedef struct diagnostic {
    FILE *out;
    const palette *ink;
    bool one_line;
} diagnostic;

static void print_item(const diagnostic *d, cbor_item_t *item, unsigned depth);

static void print_octets(const diagnostic *d, linnet_bytes bytes)
{
    char *hex = text_hex(bytes, "");
    fprintf(d->out, "%sh'%s'%s", d->ink->string, hex, d->ink->end);
    free(hex);
}

static void print_characters(const diagnostic *d, linnet_bytes bytes)
{
    char *text = text_quote(bytes);
    fprintf(d->out, "%s%s%s", d->ink->string, text, d->ink->end);
    free(text);
}

/* A string, or in (_ ...) the chunks of one of indefinite length. */
static void print_string(const diagnostic *d, cbor_item_t *item, unsigned depth)
{
    bool octets = cbor_isa_bytestring(item);
    if (octets && cbor_bytestring_is_definite(item)) {
        print_octets(d, linnet_view(cbor_bytestring_handle(item), cbor_bytestring_length(item)));
        return;
    }
    if (!octets && cbor_string_is_definite(item)) {
        print_characters(d, linnet_view(cbor_string_handle(item), cbor_string_length(item)));
        return;
    }
    size_t count = octets ? cbor_bytestring_chunk_count(item) : cbor_string_chunk_count(item);
    cbor_item_t **chunks = octets ? cbor_bytestring_chunks_handle(item) : cbor_string_chunks_handle(item);
    fputs("(_ ", d->out);
    for (size_t i = 0; i < count; i++) {
        fputs(i ? ", " : "", d->out);
        print_item(d, chunks[i], depth + 1);
    }
    fputc(')', d->out);
}

/* The shortest decimal that reads back as the same number; always with a point or an exponent. */
static void print_float(const diagnostic *d, double number)
{
    char text[40];
    if (!isfinite(number)) {
        snprintf(text, sizeof text, isnan(number) ? "NaN" : number < 0 ? "-Infinity" : "Infinity");
    } else {
        for (int digits = 1; digits <= 17; digits++) {
            snprintf(text, sizeof text, "%.*g", digits, number);
            if (strtod(text, NULL) == number)
                break;
        }
    }
    bool bare = isfinite(number) && !strpbrk(text, ".e");
    fprintf(d->out, "%s%s%s%s", d->ink->number, text, bare ? ".0" : "", d->ink->end);
}

static void print_simple(const diagnostic *d, cbor_item_t *item)
{
    if (!cbor_float_ctrl_is_ctrl(item)) {
        print_float(d, cbor_float_get_float(item));
        return;
    }
    static const char *const names[] = {"false", "true", "null", "undefined"};
    unsigned value = cbor_ctrl_value(item);
    if (value >= 20 && value <= 23)
        fprintf(d->out, "%s%s%s", d->ink->number, names[value - 20], d->ink->end);
    else
        fprintf(d->out, "simple(%u)", value);
}

/* -1 - n, also where that is below INT64_MIN. */
static void print_integer(const diagnostic *d, cbor_item_t *item)
{
    unsigned long long number = cbor_get_int(item);
    fputs(d->ink->number, d->out);
    if (cbor_isa_uint(item))
        fprintf(d->out, "%llu", number);
    else if (number == UINT64_MAX)
        fputs("-18446744073709551616", d->out);
    else
        fprintf(d->out, "-%llu", number + 1);
    fputs(d->ink->end, d->out);
}

static void separate(const diagnostic *d, bool first, unsigned depth)
{
    if (!first)
        fputc(',', d->out);
    if (!d->one_line)
        fprintf(d->out, "\n%*s", (int)(2 * depth), "");
    else if (!first)
        fputc(' ', d->out);
}

static void print_array(const diagnostic *d, cbor_item_t *item, unsigned depth)
{
    size_t count = cbor_array_size(item);
    fputs(cbor_array_is_definite(item) ? "[" : "[_ ", d->out);
    for (size_t i = 0; i < count; i++) {
        separate(d, i == 0, depth + 1);
        print_item(d, cbor_array_handle(item)[i], depth + 1);
    }
    if (!d->one_line && count)
        fprintf(d->out, "\n%*s", (int)(2 * depth), "");
    fputc(']', d->out);
}

static void print_map(const diagnostic *d, cbor_item_t *item, unsigned depth)
{
    size_t count = cbor_map_size(item);
    fputs(cbor_map_is_definite(item) ? "{" : "{_ ", d->out);
    for (size_t i = 0; i < count; i++) {
        const struct cbor_pair *pair = &cbor_map_handle(item)[i];
        separate(d, i == 0, depth + 1);
        print_item(d, pair->key, depth + 1);
        fputs(": ", d->out);
        print_item(d, pair->value, depth + 1);
    }
    if (!d->one_line && count)
        fprintf(d->out, "\n%*s", (int)(2 * depth), "");
    fputc('}', d->out);
}

static void print_tag(const diagnostic *d, cbor_item_t *item, unsigned depth)
{
    cbor_item_t *tagged = cbor_tag_item(item); /* a new reference */
    fprintf(d->out, "%llu(", (unsigned long long)cbor_tag_value(item));
    print_item(d, tagged, depth + 1);
    fputc(')', d->out);
    cbor_decref(&tagged);
}

static void print_structure(const diagnostic *d, cbor_item_t *item, unsigned depth)
{
    if (cbor_isa_array(item))
        print_array(d, item, depth);
    else if (cbor_isa_map(item))
        print_map(d, item, depth);
    else
        print_tag(d, item, depth);
}

static char *on_one_line(cbor_item_t *item, unsigned depth, const palette *ink)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        out_of_memory();
    diagnostic d = {out, ink, true};
    print_structure(&d, item, depth);
    if (fclose(out) != 0)
        out_of_memory();
    return text;
}

static bool is_structure(cbor_item_t *item) { return cbor_isa_array(item) || cbor_isa_map(item) || cbor_isa_tag(item); }

static void print_item(const diagnostic *d, cbor_item_t *item, unsigned depth)
{
    if (depth > DEPTH_MOST) {
        fputs("...", d->out); /* nested deeper than anybody reads, and than our stack should follow */
        return;
    }
    if (cbor_isa_bytestring(item) || cbor_isa_string(item)) {
        print_string(d, item, depth);
    } else if (cbor_isa_uint(item) || cbor_isa_negint(item)) {
        print_integer(d, item);
    } else if (!is_structure(item)) {
        print_simple(d, item);
    } else if (d->one_line) {
        print_structure(d, item, depth);
    } else {
        static const palette plain = {"", "", "", "", "", "", "", ""};
        char *line = on_one_line(item, depth, &plain);
        diagnostic fitting = {d->out, d->ink, strlen(line) + 2 * depth <= LINE_WIDTH};
        free(line);
        print_structure(&fitting, item, depth);
    }
}

/* One item, or a sequence of them (RFC 8742): each on its own line. */
static bool each_item(linnet_bytes rest, const diagnostic *d)
{
    while (rest.size) {
        struct cbor_load_result result;
        cbor_item_t *item = cbor_load(rest.data, rest.size, &result);
        if (!item)
            return false;
        if (d) {
            print_item(d, item, 0);
            fputc('\n', d->out);
        }
        cbor_decref(&item);
        rest = linnet_view(rest.data + result.read, rest.size - result.read);
    }
    return true;
}

bool print_cbor(FILE *out, linnet_bytes payload, const palette *ink)
{
    if (!each_item(payload, NULL))
        return false;
    diagnostic d = {out, ink, false};
    return each_item(payload, &d);
}
