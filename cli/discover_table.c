/* Links as a table: the width of each column is that of its widest entry. */
#include "cli/discover.h"
#include "cli/text.h"

#include <stdlib.h>

enum { COLUMN_PATH, COLUMN_TYPE, COLUMN_INTERFACE, COLUMN_FORMAT, COLUMN_SIZE, COLUMN_OBSERVE, COLUMN_MORE, COLUMNS };

static const char *const headings[COLUMNS] = {"path",    "type (rt)", "interface (if)", "format (ct)", "size",
                                              "observe", "more"};

typedef struct table_row {
    char *cells[COLUMNS]; /* never NULL */
} table_row;

typedef struct link_table {
    table_row *rows;
    size_t count;
    size_t widths[COLUMNS]; /* 0: no row has anything there */
} link_table;

static char *or_empty(char *text) { return text ? text : text_format("%s", ""); }

/* What has no column of its own: "title="..." anchor="..."". */
static char *other_attributes(const linnet_link *link)
{
    static const char *const own[] = {"rt", "if", "ct", "sz", "obs"};
    char *text;
    size_t size;
    linnet_bytes rest = link->attributes;
    linnet_link_attribute attribute;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        out_of_memory();
    bool first = true;
    while (linnet_link_attribute_next(&rest, &attribute) == 1) {
        bool known = false;
        for (size_t i = 0; i < sizeof own / sizeof *own; i++)
            known |= linnet_bytes_equal(attribute.name, linnet_text(own[i]));
        if (known)
            continue;
        fprintf(out, "%s%.*s", first ? "" : " ", LINNET_PRINTF(attribute.name));
        if (attribute.has_value) {
            char *value = discover_value(attribute.value);
            fprintf(out, attribute.quoted ? "=\"%s\"" : "=%s", value);
            free(value);
        }
        first = false;
    }
    if (fclose(out) != 0)
        out_of_memory();
    return text;
}

static table_row read_row(const linnet_link *link)
{
    char *formats = discover_attribute(link, "ct");
    char *observe = discover_attribute(link, "obs");
    table_row row = {{
        [COLUMN_PATH] = discover_value(link->target),
        [COLUMN_TYPE] = or_empty(discover_attribute(link, "rt")),
        [COLUMN_INTERFACE] = or_empty(discover_attribute(link, "if")),
        [COLUMN_FORMAT] = formats ? discover_formats(formats) : or_empty(NULL),
        [COLUMN_SIZE] = or_empty(discover_attribute(link, "sz")),
        [COLUMN_OBSERVE] = text_format("%s", observe ? "yes" : ""),
        [COLUMN_MORE] = other_attributes(link),
    }};
    free(formats);
    free(observe);
    return row;
}

/* Columns on a terminal: characters of UTF-8, not octets. */
static size_t width_of(const char *text)
{
    size_t width = 0;
    for (; *text; text++)
        width += (*text & 0xc0) != 0x80;
    return width;
}

static void read_table(link_table *table, linnet_bytes links)
{
    linnet_link link;
    while (linnet_link_next(&links, &link) == 1) {
        table->rows = memory_resize(table->rows, (table->count + 1) * sizeof *table->rows);
        table_row *row = &table->rows[table->count++];
        *row = read_row(&link);
        for (int i = 0; i < COLUMNS; i++) {
            size_t width = width_of(row->cells[i]);
            if (width > table->widths[i])
                table->widths[i] = width;
        }
    }
    for (int i = 0; i < COLUMNS; i++)
        if (table->widths[i] && table->widths[i] < strlen(headings[i]))
            table->widths[i] = strlen(headings[i]);
}

static void print_line(FILE *out, const link_table *table, char *const *cells, const char *first, const char *rest,
                       const char *end)
{
    size_t owed = 0; /* blanks are printed only before something, so that no line ends with them */
    for (int i = 0; i < COLUMNS; i++) {
        if (!table->widths[i])
            continue;
        size_t width = width_of(cells[i]);
        const char *color = i == 0 ? first : rest;
        if (width)
            fprintf(out, "%*s%s%s%s", (int)owed, "", color, cells[i], *color ? end : "");
        owed = (width ? 0 : owed) + table->widths[i] - width + 2;
    }
    fputc('\n', out);
}

void discover_table(FILE *out, linnet_bytes links, const palette *ink)
{
    link_table table = {0};
    read_table(&table, links);
    if (table.count)
        print_line(out, &table, (char *const *)headings, ink->strong, ink->strong, ink->end);
    for (size_t i = 0; i < table.count; i++) {
        print_line(out, &table, table.rows[i].cells, ink->name, "", ink->end);
        for (int cell = 0; cell < COLUMNS; cell++)
            free(table.rows[i].cells[cell]);
    }
    free(table.rows);
}
