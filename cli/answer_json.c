/* A response as one JSON object for programs. */
#include "cli/request.h"
#include "cli/text.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

/* Text as a string, everything else as hex under another name, so that a reader cannot take one for the other. */
static void add_octets(cJSON *object, const char *name, const char *hex_name, linnet_bytes bytes)
{
    if (linnet_utf8_valid(bytes)) {
        char *text = text_format("%.*s", LINNET_PRINTF(bytes));
        cJSON_AddStringToObject(object, name, text);
        free(text);
    } else {
        char *hex = text_hex(bytes, "");
        cJSON_AddStringToObject(object, hex_name, hex);
        free(hex);
    }
}

static void add_option(cJSON *array, const linnet_option *option)
{
    const linnet_option_definition *definition = linnet_option_find(option->number);
    unsigned format = definition ? definition->format : LINNET_FORMAT_OPAQUE;
    const char *name = linnet_option_name(option->number);
    cJSON *object = cJSON_CreateObject();
    cJSON_AddNumberToObject(object, "number", option->number);
    if (name)
        cJSON_AddStringToObject(object, "name", name);
    if (format == LINNET_FORMAT_UINT || format == LINNET_FORMAT_BLOCK)
        cJSON_AddNumberToObject(object, "value", linnet_option_uint(option->value));
    else if (format == LINNET_FORMAT_STRING)
        add_octets(object, "value", "value_hex", option->value);
    else if (format == LINNET_FORMAT_OPAQUE) {
        char *hex = text_hex(option->value, "");
        cJSON_AddStringToObject(object, "value_hex", hex);
        free(hex);
    }
    cJSON_AddItemToArray(array, object);
}

static void add_content_format(cJSON *object, int32_t number)
{
    if (number < 0)
        return;
    const linnet_content_format *found = linnet_content_format_find((uint16_t)number);
    cJSON_AddNumberToObject(object, "content_format", number);
    if (found)
        cJSON_AddStringToObject(object, "media_type", found->media_type);
}

void answer_json(FILE *out, const linnet_response *response)
{
    const linnet_message *message = &response->message;
    const char *name = linnet_code_name(message->code);
    char address[LINNET_ADDRESS_TEXT], dotted[5];
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "code", linnet_code_text(message->code, dotted));
    if (name)
        cJSON_AddStringToObject(object, "name", name);
    cJSON_AddStringToObject(object, "type", type_text(message->type));
    cJSON_AddStringToObject(object, "from", linnet_address_text(&response->path.peer, address));
    cJSON_AddNumberToObject(object, "milliseconds", (double)response->round_trip_us / 1000);
    if (response->has_observe)
        cJSON_AddNumberToObject(object, "observe", response->observe);
    cJSON *options = cJSON_AddArrayToObject(object, "options");
    linnet_option_cursor cursor = {.rest = message->options};
    linnet_option option;
    while (linnet_option_next(&cursor, &option))
        add_option(options, &option);
    add_content_format(object, answer_content_format(message));
    add_octets(object, "payload", "payload_hex", message->payload);
    char *text = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    if (!text)
        out_of_memory();
    fprintf(out, "%s\n", text);
    free(text);
}
