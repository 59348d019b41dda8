/* The options of a request, and how they become a linnet_client_request. */
#include "cli/request.h"

#include "cli/base.h"
#include "cli/complain.h"
#include "cli/group.h"
#include "cli/progress.h"
#include "cli/request_options.h"
#include "cli/text.h"

#include <stdlib.h>

#define TOKEN_MOST (LINNET_MESSAGE_SIZE_DEFAULT / 2) /* what limits.token_size may be */
#define BUSY_WAIT_MS 93000   /* as long as a server may be silent, where there is no --timeout */
#define NON_TIMEOUT_MS 20000 /* nothing is repeated, so an answer that is not there soon is lost */

static bool parse_output_format(const char *text, output_format *format)
{
    static const struct {
        const char *name;
        output_format format;
    } formats[] = {{"pretty", OUTPUT_PRETTY}, {"raw", OUTPUT_RAW}, {"json", OUTPUT_JSON}};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (strcmp(text, formats[i].name) == 0) {
            *format = formats[i].format;
            return true;
        }
    }
    complain("--format %s: no such choice", text);
    hint("it is pretty, raw or json");
    return false;
}

static bool parse_token(request_settings *settings, const char *text)
{
    linnet_bytes token;
    if (!octets_parse(text, &token)) {
        complain("--token %s: not hex digits in pairs", text);
        return false;
    }
    free((void *)settings->token.data);
    settings->token = settings->request.token = token;
    settings->request.has_token = true;
    if (token.size > LINNET_TOKEN_MAX)
        settings->config.limits.token_size = (uint32_t)token.size;
    if (token.size <= TOKEN_MOST)
        return true;
    complain("--token %s: %zu octets, and there is room for %u", text, token.size, TOKEN_MOST);
    return false;
}

static bool parse_block_size(request_settings *settings, const char *text)
{
    static const char *const sizes[] = {"16", "32", "64", "128", "256", "512", "1024"};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        if (strcmp(text, sizes[i]) == 0) {
            settings->request.block_size = (uint16_t)(16u << i);
            return true;
        }
    }
    complain("--block-size %s: no such size", text);
    hint("blocks have 16, 32, 64, 128, 256, 512 or 1024 octets (RFC 7959)");
    return false;
}

static bool parse_content_format(request_settings *settings, const char *text)
{
    settings->request.no_content_format = false;
    return content_format_parse("--content-format", text, &settings->request.content_format);
}

static bool parse_accept(request_settings *settings, const char *text)
{
    settings->request.has_accept = true;
    return content_format_parse("--accept", text, &settings->request.accept);
}

static bool parse_hop_limit(request_settings *settings, const char *text)
{
    unsigned long number;
    return option_number("--hop-limit", text, 1, 255, &number) &&
           request_option_uint(settings, LINNET_OPTION_HOP_LIMIT, (uint32_t)number);
}

static bool parse_retries(request_settings *settings, const char *text)
{
    unsigned long number;
    if (!option_number("--retries", text, 0, 20, &number))
        return false;
    settings->request.transmission.max_retransmit = number ? (uint32_t)number : LINNET_NO_RETRANSMISSION;
    return true;
}

static bool parse_local_port(request_settings *settings, const char *text)
{
    unsigned long number;
    if (!option_number("--local-port", text, 0, 65535, &number))
        return false;
    snprintf(settings->local_address, sizeof settings->local_address, ":%lu", number);
    settings->config.local_address = settings->local_address;
    return true;
}

/* One option of the command line; false after a complaint. */
static bool take(request_settings *settings, int key, const char *value)
{
    switch (key) {
    case 'e':
        return payload_open(&settings->payload, value);
    case 'f':
        return payload_open_file(&settings->payload, value);
    case 't':
        return parse_content_format(settings, value);
    case 'A':
        return parse_accept(settings, value);
    case 'O':
        return request_option_parse(settings, value);
    case KEY_ETAG:
        return request_option_octets(settings, "--etag", LINNET_OPTION_ETAG, value);
    case KEY_IF_MATCH:
        return request_option_octets(settings, "--if-match", LINNET_OPTION_IF_MATCH, value);
    case KEY_IF_NONE_MATCH:
        return request_option_uint(settings, LINNET_OPTION_IF_NONE_MATCH, 0);
    case KEY_HOP_LIMIT:
        return parse_hop_limit(settings, value);
    case KEY_NO_URI_HOST:
        settings->request.no_uri_host = true;
        return true;
    case 'T':
        return parse_token(settings, value);
    case 'N':
        settings->request.type = LINNET_NON;
        return true;
    case 'b':
        return parse_block_size(settings, value);
    case 'B':
        return option_seconds("--timeout", value, &settings->request.timeout_ms);
    case KEY_RETRIES:
        return parse_retries(settings, value);
    case 'p':
        return parse_local_port(settings, value);
    case KEY_INTERFACE:
        settings->config.multicast_interface = value;
        return true;
    case KEY_LOSS:
        return option_percent("--loss", value, &settings->config.loss_percent);
    case 'o':
        settings->output_name = value;
        return true;
    case KEY_FORMAT:
        return parse_output_format(value, &settings->format);
    case 'v':
        settings->trace.verbosity++;
        return true;
    default:
        return secure_takes(key) ? secure_take(&settings->secure, key, value) : settings->take(settings, key, value);
    }
}

static void on_wait(uint32_t seconds, void *context)
{
    const request_settings *settings = context;
    progress_hide();
    remark("%s: the server wants a pause (4.29), asked again in %u s", settings->request.uri, (unsigned)seconds);
}

/* The URI, and nothing behind it. */
static bool take_arguments(request_settings *settings, const command *self, int count, char **arguments)
{
    settings->request.uri = base_resolve(count ? arguments[0] : NULL);
    if (!settings->request.uri) {
        complain("which URI?");
        hint("linnet %s coap://HOST[:PORT]/PATH - 'linnet %s --help' shows examples", self->name, self->name);
        return false;
    }
    if (count > 1) {
        complain("unexpected argument '%s' behind the URI", arguments[1]);
        hint("a payload is given as --payload '%s'", arguments[1]);
        return false;
    }
    return !complain_uri(settings->request.uri);
}

bool request_settings_parse(request_settings *settings, const command *self, int argc, char **argv, int *status)
{
    const char *value;
    int key;
    settings->request.no_content_format = true;
    settings->request.options = settings->options;
    settings->trace.last_sent = UINT32_MAX;
    while ((key = options_next(self, argc, argv, &value, status)) != OPTIONS_END)
        if (key == OPTIONS_STOP || !take(settings, key, value))
            return false;
    if (!take_arguments(settings, self, argc - optind, argv + optind))
        return false;
    settings->config.trace = print_trace;
    settings->config.trace_context = &settings->trace;
    settings->secure.verbose = settings->trace.verbosity > 0;
    settings->config.limits.connection_id = settings->secure.connection_id;
    settings->config.credentials = secure_for(&settings->secure, settings->request.uri);
    settings->request.payload = settings->payload.memory;
    if (settings->request.type == LINNET_NON && !settings->request.timeout_ms && !group_is(settings->request.uri))
        settings->request.timeout_ms = NON_TIMEOUT_MS;
    settings->request.busy_wait_ms = settings->request.timeout_ms ? settings->request.timeout_ms : BUSY_WAIT_MS;
    settings->request.on_wait = on_wait;
    return true;
}

void request_settings_clear(request_settings *settings)
{
    for (size_t i = 0; i < settings->request.option_count; i++)
        free((void *)settings->options[i].value.data);
    payload_close(&settings->payload);
    secure_clear(&settings->secure);
    free((void *)settings->token.data);
}
