/* Reading links for `linnet discover`, and writing them as JSON. */
#include "cli/discover.h"
#include "cli/print.h"
#include "cli/text.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

/* Octets that a terminal could obey, and broken UTF-8, become '?'. */
static char *printable(char *text)
{
    uint8_t *at = (uint8_t *)text, *end = at + strlen(text);
    bool utf8 = linnet_utf8_valid(linnet_text(text));
    for (size_t size; at < end; at += size) {
        size_t control = text_control(at, end);
        size = control ? control : 1;
        if (control || (!utf8 && *at >= 0x80))
            memset(at, '?', size);
    }
    return text;
}

char *discover_value(linnet_bytes value)
{
    char *text = memory_get(value.size + 1), *at = text;
    for (size_t i = 0; i < value.size; i++) {
        if (value.data[i] == '\\' && i + 1 < value.size)
            i++;
        *at++ = (char)value.data[i];
    }
    *at = 0;
    return printable(text);
}

char *discover_attribute(const linnet_link *link, const char *name)
{
    linnet_bytes rest = link->attributes;
    linnet_link_attribute attribute;
    while (linnet_link_attribute_next(&rest, &attribute) == 1)
        if (linnet_bytes_equal(attribute.name, linnet_text(name)))
            return discover_value(attribute.value);
    return NULL;
}

char *discover_formats(const char *numbers)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        out_of_memory();
    for (bool first = true; *numbers; first = false) {
        size_t length = strcspn(numbers, " ");
        char *end;
        unsigned long number = strtoul(numbers, &end, 10);
        const linnet_content_format *found = NULL;
        if (length && end == numbers + length && number <= UINT16_MAX)
            found = linnet_content_format_find((uint16_t)number);
        fputs(first ? "" : " ", out);
        if (found)
            fputs(found->short_name, out);
        else
            fprintf(out, "%.*s", (int)length, numbers);
        numbers += length + (numbers[length] == ' ');
    }
    if (fclose(out) != 0)
        out_of_memory();
    return text;
}

static cJSON *link_object(const linnet_link *link, const char *server)
{
    cJSON *object = cJSON_CreateObject();
    if (server)
        cJSON_AddStringToObject(object, "server", server);
    char *target = discover_value(link->target);
    cJSON_AddStringToObject(object, "href", target);
    free(target);
    linnet_bytes rest = link->attributes;
    linnet_link_attribute attribute;
    while (linnet_link_attribute_next(&rest, &attribute) == 1) {
        char *name = discover_value(attribute.name);
        char *value = discover_value(attribute.value);
        if (cJSON_HasObjectItem(object, name)) {
            /* RFC 6690 2: of a repeated attribute the first counts */
        } else if (attribute.has_value) {
            cJSON_AddStringToObject(object, name, value);
        } else {
            cJSON_AddTrueToObject(object, name);
        }
        free(name);
        free(value);
    }
    return object;
}

void discover_json(FILE *out, linnet_bytes links, const char *server, const palette *ink)
{
    linnet_link link;
    cJSON *array = cJSON_CreateArray();
    while (linnet_link_next(&links, &link) == 1)
        cJSON_AddItemToArray(array, link_object(&link, server));
    char *text = cJSON_PrintUnformatted(array);
    cJSON_Delete(array);
    if (!text)
        out_of_memory();
    if (server) /* one line for each server */
        fprintf(out, "%s\n", text);
    else
        print_json(out, linnet_text(text), ink);
    free(text);
}

char *discover_absolute(linnet_bytes links, const char *server)
{
    linnet_link link;
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        out_of_memory();
    for (bool first = true; linnet_link_next(&links, &link) == 1; first = false) {
        bool is_path = link.target.size > 0 && link.target.data[0] == '/';
        fprintf(out, "%s<%s%.*s>%.*s", first ? "" : ",", is_path ? server : "", LINNET_PRINTF(link.target),
                LINNET_PRINTF(link.attributes));
    }
    if (fclose(out) != 0)
        out_of_memory();
    return text;
}
