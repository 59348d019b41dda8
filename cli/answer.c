/* What a response means for a person: its payload on standard output, everything else as a remark. */
#include "cli/complain.h"
#include "cli/request.h"
#include "cli/text.h"

#include <stdlib.h>

int32_t answer_content_format(const linnet_message *message)
{
    uint32_t format;
    if (!linnet_option_heed_uint(message->options, LINNET_OPTION_CONTENT_FORMAT, &format))
        return LINNET_NO_FORMAT;
    return (int32_t)format;
}

/* Asked for by its number, with --option. */
static void remark_on_part(const linnet_message *message)
{
    linnet_bytes value;
    linnet_block block;
    if (!linnet_option_get(message->options, LINNET_OPTION_BLOCK2, 0, &value) ||
        linnet_block_parse(&block, value) != 0 || !block.more)
        return;
    remark("this is block %u of %zu octets; more follow", block.number, linnet_block_size(block));
}

/* What to do about a response of class 4 or 5; NULL where nothing general can be said. */
static const char *advice(linnet_code code)
{
    switch (code) {
    case LINNET_BAD_OPTION:
        return "the server does not know an option of the request; -v shows them";
    case LINNET_UNAUTHORIZED:
    case LINNET_FORBIDDEN:
        return "the server wants to know who asks, or allows it to others only";
    case LINNET_METHOD_NOT_ALLOWED:
        return "the resource is there, for other methods";
    case LINNET_NOT_ACCEPTABLE:
        return "without --accept the server chooses the form itself";
    case LINNET_PRECONDITION_FAILED:
        return "the resource is not in the state that --if-match or --if-none-match asks for";
    case LINNET_UNSUPPORTED_CONTENT_FORMAT:
        return "--content-format says what the payload is";
    case LINNET_PROXYING_NOT_SUPPORTED:
        return "the server is no proxy; is the host in the URI the one that was asked?";
    default:
        return NULL;
    }
}

static void advise(linnet_code code, const char *uri)
{
    const char *text = advice(code);
    linnet_uri parsed;
    if (text)
        hint("%s", text);
    else if (code == LINNET_NOT_FOUND && linnet_uri_parse(&parsed, linnet_text(uri)) == 0 && parsed.host.size) {
        int size = (int)(parsed.host.data + parsed.host.size - (const uint8_t *)uri); /* up to the end of the host */
        size += uri[size] == ']';
        if (parsed.has_port)
            size += (int)strcspn(uri + size, "/?");
        hint("'linnet discover %.*s' lists what is there", size, uri);
    }
}

/* RFC 8516 and RFC 7252 5.9.3.4: Max-Age is when to try again. */
static void advise_on_pause(const linnet_message *message)
{
    uint32_t seconds = 60; /* the default, RFC 7252 5.10.5 */
    bool given = linnet_option_heed_uint(message->options, LINNET_OPTION_MAX_AGE, &seconds);
    if (message->code == LINNET_TOO_MANY_REQUESTS)
        hint("the server is to be asked again in %u s; with a --timeout above that linnet does so by itself",
             (unsigned)seconds);
    else if (message->code == LINNET_SERVICE_UNAVAILABLE && given)
        hint("the server is to be asked again in %u s", (unsigned)seconds);
}

int answer_complain(const linnet_response *response, const char *uri)
{
    const linnet_message *message = &response->message;
    const palette *ink = ink_for(stderr);
    char *code = code_text(message->code);
    payload_kind kind = payload_kind_of(answer_content_format(message));
    bool text = kind == KIND_TEXT || kind == KIND_UNKNOWN;
    fprintf(stderr, "%s%s%s", ink->error, code, ink->end);
    if (message->payload.size && text && linnet_utf8_valid(message->payload)) {
        fputs(": ", stderr); /* RFC 7252 5.5.2: a diagnostic payload is for people */
        print_text(stderr, message->payload);
    } else {
        fputc('\n', stderr);
        print_payload(stderr, answer_content_format(message), message->payload, ink);
    }
    free(code);
    advise(message->code, uri);
    advise_on_pause(message);
    return EXIT_ERROR_RESPONSE;
}

/* A code alone is told only to somebody who looks. */
void answer_remark(const linnet_message *message, bool has_payload)
{
    char text[2048];
    linnet_bytes etag;
    if (message->code == LINNET_CREATED &&
        linnet_uri_compose_path(text, sizeof text, LINNET_OPTION_LOCATION_PATH, message->options) > 1) {
        remark("created: %s", text);
    } else if (message->code == LINNET_VALID && linnet_option_heed(message->options, LINNET_OPTION_ETAG, &etag)) {
        char *hex = text_hex(etag, "");
        remark("valid: the representation with ETag 0x%s is still the current one", hex);
        free(hex);
    } else if (terminal_is(stderr) && (!has_payload || message->code != LINNET_CONTENT)) {
        char *code = code_text(message->code);
        remark("%s", code);
        free(code);
    }
}

output_format answer_format(const request_settings *settings, FILE *stream)
{
    if (settings->format != OUTPUT_AUTO)
        return settings->format;
    return stream && terminal_is(stream) ? OUTPUT_PRETTY : OUTPUT_RAW;
}

void answer_write(const request_settings *settings, const linnet_response *response, output *out)
{
    const linnet_message *message = &response->message;
    output_format format = answer_format(settings, out->stream);
    if (format == OUTPUT_JSON)
        answer_json(out->stream, response);
    else if (format == OUTPUT_RAW)
        output_write(out, message->payload);
    else
        print_payload(out->stream, answer_content_format(message), message->payload, ink_for(out->stream));
}

bool answer_write_line(const request_settings *settings, const linnet_response *response, output *out)
{
    linnet_bytes payload = response->message.payload;
    bool plain = settings->format == OUTPUT_AUTO && answer_format(settings, out->stream) == OUTPUT_RAW;
    answer_write(settings, response, out);
    if (plain && (payload.size == 0 || payload.data[payload.size - 1] != '\n'))
        fputc('\n', out->stream);
    return output_flush(out);
}

int answer_show(const request_settings *settings, const linnet_response *response)
{
    const linnet_message *message = &response->message;
    bool success = linnet_code_is_success(message->code);
    output out;
    if (success || settings->format == OUTPUT_JSON) {
        if (!output_open(&out, settings->output_name))
            return EXIT_NO_ANSWER;
        answer_write(settings, response, &out);
        if (!output_close(&out))
            return EXIT_NO_ANSWER;
    }
    if (!success)
        return answer_complain(response, settings->request.uri);
    answer_remark(message, message->payload.size > 0);
    remark_on_part(message);
    return EXIT_DONE;
}
