/* linnet decode: messages from the command line, standard input, files and captures, explained. */
#include "cli/decode.h"

#include "cli/command.h"
#include "cli/complain.h"
#include "cli/output.h"
#include "cli/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MOST ((size_t)1 << 30)

enum { KEY_FORMAT = OPTION_LONG, KEY_PORT };

const option_row decode_options[] = {
    {0, NULL, NULL, "options"},
    {KEY_PORT, "port", "PORT", "for captures: a UDP port that speaks CoAP (5683; repeatable)"},
    {'s', "summary", NULL, "one line for each message"},
    {KEY_FORMAT, "format", "HOW", "text, or json: one object a line"},
    OPTION_ROWS_COMMON};

void decode_message(decode *self, linnet_bytes datagram, const decode_place *place)
{
    explanation explained;
    char from[LINNET_ADDRESS_TEXT], to[LINNET_ADDRESS_TEXT];
    explain(&explained, datagram);
    if (self->json) {
        decode_message_json(&explained, place);
    } else {
        if (self->messages && !self->summary)
            putchar('\n');
        if (place)
            printf("packet %lu, %.6f s, %s > %s%s", place->packet, place->seconds,
                   linnet_address_text(&place->from, from), linnet_address_text(&place->to, to),
                   self->summary ? ": " : "\n");
        if (self->summary) {
            char *summary = explanation_summary(&explained);
            puts(summary);
            free(summary);
        } else {
            explanation_print(stdout, &explained, ink_for(stdout));
        }
    }
    self->messages++;
    self->malformed += !explained.readable;
    explanation_clear(&explained);
}

/* Octets written as hex digits: those, else NULL. To be freed. */
static uint8_t *read_hex(linnet_bytes text, size_t *size)
{
    uint8_t *octets = memory_get(text.size / 2 + 1);
    *size = 0;
    if (hex_parse(text, octets, size) && *size)
        return octets;
    free(octets);
    return NULL;
}

/* What was read from a file or standard input: a capture, hex, or the message itself. */
static bool decode_content(decode *self, const char *name, linnet_bytes content)
{
    size_t size;
    if (capture_recognise(content))
        return capture_read(self, name, content);
    if (content.size == 0) {
        complain("%s is empty", name);
        return false;
    }
    uint8_t *octets = read_hex(content, &size);
    decode_message(self, octets ? linnet_view(octets, size) : content, NULL);
    free(octets);
    return true;
}

static bool decode_stream(decode *self, const char *name, FILE *file)
{
    linnet_bytes content;
    if (!file_read(file, INPUT_MOST, &content)) {
        complain("%s cannot be read: %s", name, strerror(errno));
        return false;
    }
    bool done = decode_content(self, name, content);
    free((void *)content.data);
    return done;
}

static bool decode_file(decode *self, const char *name)
{
    FILE *file = fopen(name, "re");
    if (!file) {
        complain("'%s' is neither hex digits in pairs nor a file that can be read: %s", name, strerror(errno));
        hint("a message is written like 40 01 7d 34, or 0x40017d34");
        return false;
    }
    bool done = decode_stream(self, name, file);
    fclose(file);
    return done;
}

/* All arguments together are one message, so that it may be written with blanks; or each is a file, or "-". */
static bool decode_arguments(decode *self, int count, char **arguments)
{
    char *text = text_format("%s", "");
    for (int i = 0; i < count; i++) {
        char *longer = text_format("%s %s", text, arguments[i]);
        free(text);
        text = longer;
    }
    size_t size;
    uint8_t *octets = strcmp(arguments[0], "-") == 0 ? NULL : read_hex(linnet_text(text), &size);
    free(text);
    if (octets) {
        decode_message(self, linnet_view(octets, size), NULL);
        free(octets);
        return true;
    }
    for (int i = 0; i < count; i++) {
        bool is_input = strcmp(arguments[i], "-") == 0;
        if (!(is_input ? decode_stream(self, "standard input", stdin) : decode_file(self, arguments[i])))
            return false;
    }
    return true;
}

static bool take_port(decode *self, const char *value)
{
    unsigned long port;
    if (!option_number("--port", value, 1, 65535, &port))
        return false;
    if (self->port_count == DECODE_PORTS_MOST) {
        complain("more than %d ports", DECODE_PORTS_MOST);
        return false;
    }
    self->ports[self->port_count++] = (uint16_t)port;
    return true;
}

static bool take(decode *self, int key, const char *value)
{
    if (key == 's') {
        self->summary = true;
        return true;
    }
    if (key == KEY_PORT)
        return take_port(self, value);
    self->json = strcmp(value, "json") == 0;
    if (self->json || strcmp(value, "text") == 0)
        return true;
    complain("--format %s: no such choice", value);
    hint("it is text or json");
    return false;
}

int decode_run(const command *command_self, int argc, char **argv)
{
    decode self = {0};
    const char *value;
    int key, status;
    while ((key = options_next(command_self, argc, argv, &value, &status)) != OPTIONS_END)
        if (key == OPTIONS_STOP || !take(&self, key, value))
            return status;
    if (argc == optind) {
        complain("which message?");
        hint("linnet decode HEX, linnet decode FILE, or linnet decode - for standard input");
        return EXIT_USAGE;
    }
    if (!self.port_count)
        self.ports[self.port_count++] = linnet_scheme_port(LINNET_COAP);
    bool done = decode_arguments(&self, argc - optind, argv + optind);
    output out = {.stream = stdout};
    if (!output_close(&out))
        return EXIT_NO_ANSWER;
    if (!done)
        return EXIT_USAGE;
    return self.malformed ? EXIT_ERROR_RESPONSE : EXIT_DONE;
}
