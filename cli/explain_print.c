/* An explanation as aligned columns: offset, octets, bits, meaning. */
#include "cli/explain.h"
#include "cli/print.h"
#include "cli/text.h"

#include <stdlib.h>

#define OCTETS_A_LINE 8

static char *path_of(const linnet_message *message)
{
    char text[4096];
    if (!linnet_code_is_request(message->code) ||
        linnet_uri_compose_path(text, sizeof text, LINNET_OPTION_URI_PATH, message->options) < 0)
        return text_format("%s", "");
    return text_format(" %s", text);
}

char *explanation_summary(const explanation *self)
{
    size_t size = self->datagram.size;
    if (!self->readable)
        return text_format("malformed at octet %zu: %s", self->problem_at, self->problem);
    const linnet_message *message = &self->message;
    char *code = code_text(message->code);
    char *path = path_of(message);
    char *token = text_hex(message->token, "");
    char *text = text_format("%s %s%s, message ID 0x%04x%s%s, %zu octet%s", type_text(message->type), code, path,
                             message->id, *token ? ", token 0x" : "", token, size, size == 1 ? "" : "s");
    free(code);
    free(path);
    free(token);
    return text;
}

/* The octets of one line, filled up to the next column. */
static void print_octets(FILE *out, linnet_bytes octets)
{
    for (size_t i = 0; i < OCTETS_A_LINE; i++) {
        if (i < octets.size)
            fprintf(out, "%02x ", octets.data[i]);
        else
            fputs("   ", out);
    }
}

static void print_row(FILE *out, const explanation *self, const explanation_row *row, bool same_octet,
                      const palette *ink)
{
    const char *bits = row->bits ? row->bits : "";
    size_t shown = same_octet ? 0 : row->size > OCTETS_A_LINE ? OCTETS_A_LINE : row->size;
    if (row->size && !same_octet)
        fprintf(out, "%s%6zu%s  ", ink->faint, row->offset, ink->end);
    else
        fprintf(out, "%8s", "");
    print_octets(out, linnet_view(self->datagram.data + row->offset, shown));
    if (*bits)
        fprintf(out, " %s%s%s", ink->number, bits, ink->end);
    else
        fprintf(out, " %8s", "");
    fprintf(out, "  %s%s\n", row->size ? "" : "! ", row->meaning);
    for (size_t at = OCTETS_A_LINE; at < row->size; at += OCTETS_A_LINE) {
        fprintf(out, "%s%6zu%s  ", ink->faint, row->offset + at, ink->end);
        for (size_t i = at; i < row->size && i < at + OCTETS_A_LINE; i++)
            fprintf(out, i + 1 < row->size && i + 1 < at + OCTETS_A_LINE ? "%02x " : "%02x",
                    self->datagram.data[row->offset + i]);
        fputc('\n', out);
    }
}

void explanation_print(FILE *out, const explanation *self, const palette *ink)
{
    char *summary = explanation_summary(self);
    fprintf(out, "%s%s%s\n", self->readable ? ink->strong : ink->error, summary, ink->end);
    free(summary);
    fprintf(out, "%s%6s  %-24s %-8s  %s%s\n", ink->faint, "offset", "octets", "bits", "meaning", ink->end);
    for (size_t i = 0; i < self->count; i++) {
        const explanation_row *row = &self->rows[i];
        /* The fields within one octet show it once. */
        bool same_octet = row->bits && i && self->rows[i - 1].bits && self->rows[i - 1].offset == row->offset;
        print_row(out, self, row, same_octet, ink);
    }
    if (self->problem)
        fprintf(out, "%s%6zu  malformed here: %s%s\n", ink->error, self->problem_at, self->problem, ink->end);
}
