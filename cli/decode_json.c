/* An explanation as one JSON object. */
#include "cli/decode.h"
#include "cli/print.h"
#include "cli/text.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

static void add_hex(cJSON *object, const char *name, linnet_bytes bytes)
{
    char *hex = text_hex(bytes, "");
    cJSON_AddStringToObject(object, name, hex);
    free(hex);
}

static void add_place(cJSON *object, const decode_place *place)
{
    char text[LINNET_ADDRESS_TEXT];
    cJSON_AddNumberToObject(object, "packet", (double)place->packet);
    cJSON_AddNumberToObject(object, "seconds", place->seconds);
    cJSON_AddStringToObject(object, "from", linnet_address_text(&place->from, text));
    cJSON_AddStringToObject(object, "to", linnet_address_text(&place->to, text));
}

static void add_options(cJSON *object, linnet_bytes options)
{
    cJSON *array = cJSON_AddArrayToObject(object, "options");
    linnet_option_cursor cursor = {.rest = options};
    linnet_option option;
    while (linnet_option_next(&cursor, &option)) {
        cJSON *entry = cJSON_CreateObject();
        char *label = option_label(option.number);
        char *text = option_value_text(option.number, option.value);
        cJSON_AddNumberToObject(entry, "number", option.number);
        cJSON_AddStringToObject(entry, "name", label);
        add_hex(entry, "hex", option.value);
        cJSON_AddStringToObject(entry, "text", text);
        cJSON_AddItemToArray(array, entry);
        free(label);
        free(text);
    }
}

static void add_message(cJSON *object, const linnet_message *message)
{
    char dotted[5];
    const char *name = linnet_code_name(message->code);
    cJSON_AddStringToObject(object, "type", type_text(message->type));
    cJSON_AddStringToObject(object, "code", linnet_code_text(message->code, dotted));
    if (name)
        cJSON_AddStringToObject(object, "name", name);
    cJSON_AddNumberToObject(object, "message_id", message->id);
    add_hex(object, "token", message->token);
    add_options(object, message->options);
    add_hex(object, "payload_hex", message->payload);
}

static void add_octets(cJSON *object, const explanation *self)
{
    cJSON *array = cJSON_AddArrayToObject(object, "octets");
    for (size_t i = 0; i < self->count; i++) {
        const explanation_row *row = &self->rows[i];
        cJSON *entry = cJSON_CreateObject();
        cJSON_AddNumberToObject(entry, "offset", (double)row->offset);
        add_hex(entry, "hex", linnet_view(self->datagram.data + row->offset, row->size));
        if (row->bits)
            cJSON_AddStringToObject(entry, "bits", row->bits);
        cJSON_AddStringToObject(entry, "meaning", row->meaning);
        cJSON_AddItemToArray(array, entry);
    }
}

void decode_message_json(const explanation *self, const decode_place *place)
{
    cJSON *object = cJSON_CreateObject();
    if (place)
        add_place(object, place);
    cJSON_AddBoolToObject(object, "malformed", !self->readable);
    if (self->readable) {
        add_message(object, &self->message);
    } else {
        cJSON_AddStringToObject(object, "problem", self->problem);
        cJSON_AddNumberToObject(object, "problem_at", (double)self->problem_at);
    }
    add_octets(object, self);
    char *text = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    if (!text)
        out_of_memory();
    puts(text);
    free(text);
}
