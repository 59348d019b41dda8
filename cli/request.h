/* What the commands with a request share: their settings, and what to do with the answer. */
#ifndef CLI_REQUEST_H
#define CLI_REQUEST_H

#include "cli/command.h"
#include "cli/output.h"
#include "cli/payload.h"
#include "cli/print.h"
#include "cli/secure.h"

#include <linnet.h>

#define REQUEST_OPTIONS_MOST 64

/* A command that has more embeds it as its first member, since linnet_client_request has one context for all: that is
 * the address of both. */
typedef struct request_settings {
    linnet_client_request request;
    linnet_client_config config;
    linnet_option options[REQUEST_OPTIONS_MOST]; /* their values are memory of ours */
    payload_source payload;
    linnet_bytes token; /* memory of ours */
    char local_address[32];
    const char *output_name;
    output_format format;
    print_trace_settings trace;
    secure_settings secure;

    /* Takes an option of the command that is none of those that all have; false after a complaint. */
    bool (*take)(struct request_settings *settings, int key, const char *value);
} request_settings;

/* Reads the command line of `self`. False: end with *status. Whatever it returns, request_settings_clear() is due. */
bool request_settings_parse(request_settings *settings, const command *self, int argc, char **argv, int *status);
void request_settings_clear(request_settings *settings);

/* Adds the option that "NUMBER=VALUE" or "Name=VALUE" describes: 0x and hex digits are octets as they stand; else the
 * value is read as the option's format says. False after a complaint. */
bool request_option_parse(request_settings *settings, const char *text);
/* Adds an option of octets ("0x1f" or text), named `flag` in complaints; or of a number. */
bool request_option_octets(request_settings *settings, const char *flag, uint16_t number, const char *text);
bool request_option_uint(request_settings *settings, uint16_t number, uint32_t value);
/* A Content-Format by number, media type or short name. False after a complaint that names `flag`. */
bool content_format_parse(const char *flag, const char *text, uint16_t *number);

/* Whether -O asked for a block by its number: then it alone is asked for, and shown. */
bool request_asks_for_block(const request_settings *settings);

/* Whether --output names a file. */
bool request_has_file(const request_settings *settings);

/* How the payload is written to `stream`, or to a file that is not open yet (NULL): as --format says, else laid out on
 * a terminal and untouched elsewhere. */
output_format answer_format(const request_settings *settings, FILE *stream);
/* Writes the payload of a response in that form. */
void answer_write(const request_settings *settings, const linnet_response *response, output *out);

/* One of several answers, told apart by line ends so that `while read` works; where --format is raw, by nothing. False
 * when it cannot be written: output_close() says why. */
bool answer_write_line(const request_settings *settings, const linnet_response *response, output *out);

/* Shows what a response says and returns the exit status that it means. */
int answer_show(const request_settings *settings, const linnet_response *response);

/* Explains a response of class 4 or 5 on standard error; returns the exit status. */
int answer_complain(const linnet_response *response, const char *uri);
/* What a success says besides its payload, if it has one. */
void answer_remark(const linnet_message *message, bool has_payload);

/* The Content-Format of a message or LINNET_NO_FORMAT. */
int32_t answer_content_format(const linnet_message *message);

/* The response as one JSON object on a line, for programs. */
void answer_json(FILE *out, const linnet_response *response);

#endif
