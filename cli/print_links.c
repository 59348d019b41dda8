/* Link format (RFC 6690), one link a line. */
#include "cli/print.h"
#include "cli/text.h"

static bool is_link_format(linnet_bytes rest)
{
    linnet_link link;
    int status;
    while ((status = linnet_link_next(&rest, &link)) == 1) {
        linnet_bytes attributes = link.attributes;
        linnet_link_attribute attribute;
        int inner;
        while ((inner = linnet_link_attribute_next(&attributes, &attribute)) == 1)
            ;
        if (inner < 0)
            return false;
    }
    return status == 0;
}

static void print_attribute(FILE *out, const linnet_link_attribute *attribute, const palette *ink)
{
    fprintf(out, ";%.*s", LINNET_PRINTF(attribute->name));
    if (!attribute->has_value)
        return;
    const char *quote = attribute->quoted ? "\"" : "";
    fprintf(out, "=%s%s%.*s%s%s", ink->string, quote, LINNET_PRINTF(attribute->value), quote, ink->end);
}

bool print_links(FILE *out, linnet_bytes payload, const palette *ink)
{
    if (!linnet_utf8_valid(payload) || !is_link_format(payload))
        return false;
    for (size_t i = 0; i < payload.size; i++)
        if (text_control(payload.data + i, payload.data + payload.size))
            return false;
    linnet_link link;
    while (linnet_link_next(&payload, &link) == 1) {
        fprintf(out, "%s<%.*s>%s", ink->name, LINNET_PRINTF(link.target), ink->end);
        linnet_link_attribute attribute;
        while (linnet_link_attribute_next(&link.attributes, &attribute) == 1)
            print_attribute(out, &attribute, ink);
        fputs(payload.size ? ",\n" : "\n", out);
    }
    return true;
}
