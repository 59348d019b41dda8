/* JSON, indented. cJSON says whether it is JSON; the text itself is then laid out token by token, so that no number
 * loses a digit, no key is dropped, and nothing changes its order. */
#include "cli/print.h"
#include "cli/text.h"

#include <cjson/cJSON.h>

typedef struct layout {
    FILE *out;
    const palette *ink;
    linnet_bytes text;
    size_t at;
    unsigned depth;
} layout;

static void skip_space(layout *l)
{
    while (l->at < l->text.size && l->text.data[l->at] && strchr(" \t\r\n", l->text.data[l->at]))
        l->at++;
}

static void new_line(const layout *l) { fprintf(l->out, "\n%*s", (int)(2 * l->depth), ""); }

/* Where the string that starts at l->at ends: behind its closing quote. */
static size_t string_end(const layout *l)
{
    size_t end = l->at + 1;
    while (end < l->text.size && l->text.data[end] != '"')
        end += l->text.data[end] == '\\' ? 2 : 1;
    return end < l->text.size ? end + 1 : l->text.size;
}

static void print_token(layout *l, size_t end, const char *color)
{
    fputs(color, l->out);
    while (l->at < end) {
        size_t control = text_control(l->text.data + l->at, l->text.data + end);
        if (control) /* cJSON lets them pass */
            fprintf(l->out, "\\u%04x", l->text.data[l->at + control - 1]);
        else
            fputc(l->text.data[l->at], l->out);
        l->at += control ? control : 1;
    }
    fputs(l->ink->end, l->out);
}

static void print_string(layout *l)
{
    size_t end = string_end(l);
    layout behind = *l;
    behind.at = end;
    skip_space(&behind);
    bool is_key = behind.at < l->text.size && l->text.data[behind.at] == ':';
    print_token(l, end, is_key ? l->ink->name : l->ink->string);
}

static void print_word(layout *l)
{
    size_t end = l->at + 1;
    while (end < l->text.size && l->text.data[end] && !strchr(" \t\r\n,:[]{}\"", l->text.data[end]))
        end++;
    print_token(l, end, l->ink->number);
}

static void open_bracket(layout *l)
{
    fputc(l->text.data[l->at++], l->out);
    skip_space(l);
    if (l->at < l->text.size && (l->text.data[l->at] == ']' || l->text.data[l->at] == '}')) {
        fputc(l->text.data[l->at++], l->out);
        return;
    }
    l->depth++;
    new_line(l);
}

static void print_next(layout *l)
{
    switch (l->text.data[l->at]) {
    case '{':
    case '[':
        open_bracket(l);
        break;
    case '}':
    case ']':
        l->depth -= l->depth > 0;
        new_line(l);
        fputc(l->text.data[l->at++], l->out);
        break;
    case ',':
        fputc(l->text.data[l->at++], l->out);
        new_line(l);
        break;
    case ':':
        l->at++;
        fputs(": ", l->out);
        break;
    case '"':
        print_string(l);
        break;
    default:
        print_word(l);
        break;
    }
}

bool print_json(FILE *out, linnet_bytes payload, const palette *ink)
{
    const char *end;
    cJSON *parsed = cJSON_ParseWithLengthOpts((const char *)payload.data, payload.size, &end, false);
    if (!parsed)
        return false;
    cJSON_Delete(parsed);
    layout l = {out, ink, payload, 0, 0};
    l.at = (size_t)(end - (const char *)payload.data);
    skip_space(&l);
    if (l.at < payload.size || !linnet_utf8_valid(payload))
        return false;
    for (l.at = 0, skip_space(&l); l.at < payload.size; skip_space(&l))
        print_next(&l);
    fputc('\n', out);
    return true;
}
