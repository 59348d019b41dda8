/* linnet get, post, put, delete, fetch, patch, ipatch: one request and its answer, whole bodies both ways. */
#include "cli/request.h"

#include "cli/complain.h"
#include "cli/download.h"
#include "cli/group.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/request_options.h"
#include "cli/terminal.h"

#include <inttypes.h>
#include <stdlib.h>

/* How long after one that nobody acknowledges the next would be sent; there is none. */
#define SENT_MS 100

enum { KEY_RESUME = REQUEST_KEYS_END, KEY_Q_BLOCK, KEY_NO_RESPONSE };

const option_row request_options[] = {
    REQUEST_ROWS_WHAT,
    REQUEST_ROWS_HOW,
    {KEY_Q_BLOCK, "q-block", NULL,
     "for links that lose much: send and take what is large by\nQ-Block1 and Q-Block2 (RFC 9177), non-confirmable, "
     "where\n"
     "the server knows them; it is asked first"},
    {KEY_NO_RESPONSE, "no-response", "CLASSES",
     "which responses are not wanted: all, or classes such as\n2 or 4,5 (RFC 7967)"},
    SECURE_ROWS_CLIENT,
    {0, NULL, NULL, "what to show"},
    REQUEST_ROW_OUTPUT,
    {KEY_RESUME, "resume", NULL, "go on with a download to a file that was interrupted"},
    {KEY_FORMAT, "format", "HOW",
     "pretty (on a terminal), raw (elsewhere), or json: one\nobject with code, options and payload"},
    REQUEST_ROW_VERBOSE,
    OPTION_ROWS_COMMON};

typedef struct request_run_state {
    request_settings settings; /* first: see request_settings */
    bool resume;
    download download;
} request_run_state;

/* "all", or some of 2, 4 and 5 with commas. */
static bool parse_no_response(uint8_t *classes, const char *text)
{
    const char *at = text;
    *classes = strcmp(text, "all") == 0 ? LINNET_NO_RESPONSE : 0;
    for (; *at == '2' || *at == '4' || *at == '5'; at += 2) {
        *classes |= (uint8_t)(1u << (*at - '1'));
        if (at[1] != ',')
            break;
    }
    if (strcmp(text, "all") == 0 || (*classes != 0 && *at != '\0' && at[1] == '\0'))
        return true;
    complain("--no-response %s: no such choice", text);
    hint("it is all, or some of 2, 4 and 5: with '--no-response 2' errors alone are heard of");
    return false;
}

static bool take(request_settings *settings, int key, const char *value)
{
    if (key == KEY_NO_RESPONSE)
        return parse_no_response(&settings->request.no_response, value);
    if (key == KEY_Q_BLOCK)
        settings->request.q_block = true;
    else
        ((request_run_state *)settings)->resume = true;
    return true;
}

static int on_block(const linnet_response *response, uint64_t offset, linnet_bytes octets, void *context)
{
    return download_part(&((request_run_state *)context)->download, response, offset, octets);
}

static int read_body(void *context, uint64_t offset, uint8_t *data, size_t size, size_t *given)
{
    const payload_source *payload = &((request_run_state *)context)->settings.payload;
    progress_show("sent", offset, payload->size);
    return payload_read(payload, offset, data, size, given);
}

/* What is left of a download that did not come to its end, and how to go on with it. */
static void remark_on_rest(const request_run_state *self)
{
    const download *got = &self->download;
    if (!got->begun || !got->streams || !got->out.name || !got->place)
        return;
    remark("%s has the first %" PRIu64 " octets", got->out.name, got->place);
    if (got->noted)
        hint("the same command with --resume goes on from there");
}

static int complain_trouble(const request_run_state *self)
{
    switch (self->download.trouble) {
    case DOWNLOAD_CHANGED:
    case DOWNLOAD_OTHER:
        complain("the representation changed while it was being read");
        hint("--output FILE can start over");
        break;
    case DOWNLOAD_TOO_LARGE:
        complain("the answer is too large to be laid out");
        hint("--output FILE, or --format raw, takes any size");
        break;
    default:
        break;
    }
    return EXIT_NO_ANSWER;
}

/* RFC 7967 2.1: "the client cannot distinguish between response suppression and message loss". */
static int show_silence(const request_settings *settings)
{
    bool acknowledged = settings->request.type == LINNET_CON;
    if (settings->request.no_response != LINNET_NO_RESPONSE)
        remark("no response within %u s, as asked%s", LINNET_NO_RESPONSE_WAIT_MS / 1000u,
               acknowledged ? ": the request has arrived" : ", or the request was lost");
    else if (terminal_is(stderr))
        remark("%s; no response was wanted", acknowledged ? "acknowledged" : "sent");
    return EXIT_DONE;
}

/* The answer of a request that was laid out as a whole, or had no body that came in parts. */
static int show(request_run_state *self, linnet_response *response)
{
    linnet_message *message = &response->message;
    if (message->code == LINNET_EMPTY)
        return show_silence(&self->settings);
    if (!self->download.begun || !linnet_code_is_success(message->code))
        return answer_show(&self->settings, response);
    if (self->download.streams) {
        answer_remark(message, self->download.place > 0);
        return EXIT_DONE;
    }
    /* The options are those of the last part: what they say of it is not so of the whole. They are memory of the
     * response's. */
    linnet_options_remove((uint8_t *)message->options.data, &message->options.size, LINNET_OPTION_BLOCK2);
    message->payload = self->download.body;
    return answer_show(&self->settings, response);
}

/* RFC 8974 2.2: a server that does not know such tokens answers Reset or 4.00, or nothing. */
static void hint_long_token(const request_run_state *self, const linnet_response *response)
{
    bool rejected = response->error == LINNET_ERESET || response->error == LINNET_ETIMEOUT ||
                    (response->error == 0 && response->message.code == LINNET_BAD_REQUEST);
    if (rejected && self->settings.token.size > LINNET_TOKEN_MAX)
        hint("not every server takes a token of more than %u octets (RFC 8974): try a shorter --token",
             LINNET_TOKEN_MAX);
}

static int conclude(request_run_state *self, linnet_response *response, double seconds)
{
    int status;
    bool failed = response->error != 0, closed;
    if (self->download.trouble)
        status = complain_trouble(self);
    else if (interrupted())
        status = EXIT_INTERRUPTED;
    else if (failed)
        status = complain_request(response->error, self->settings.request.uri, self->settings.trace.sent, seconds);
    else
        status = show(self, response);
    hint_long_token(self, response);
    closed = download_end(&self->download, !failed && linnet_code_is_success(response->message.code));
    if (failed)
        remark_on_rest(self);
    return closed ? status : EXIT_NO_ANSWER;
}

/* A server that does not have the rest of what the file began with: another representation, a shorter one, or it
 * cannot give a part. */
static bool has_to_start_over(const request_run_state *self, const linnet_response *response)
{
    if (!self->download.from.offset || self->download.begun || interrupted())
        return false;
    return self->download.trouble == DOWNLOAD_OTHER || response->error == LINNET_EFORMAT ||
           (response->error == 0 && LINNET_CODE_CLASS(response->message.code) == 4);
}

static void call(request_run_state *self, linnet_client *client, resume_point from, linnet_response *response)
{
    self->settings.request.offset = from.offset;
    download_begin(&self->download, &self->settings, from);
    response->error = linnet_client_call(client, &self->settings.request, response);
}

static int ask(request_run_state *self, linnet_client *client)
{
    const request_settings *settings = &self->settings;
    linnet_response response = {0};
    resume_point from = {0};
    uint64_t started = linnet_clock();
    if (self->resume)
        from = resume_find(settings->output_name, settings->request.uri,
                           settings->request.block_size ? settings->request.block_size : 1024);
    call(self, client, from, &response);
    if (has_to_start_over(self, &response)) {
        remark("what the server has is not what %s began with: starting over", settings->output_name);
        linnet_response_clear(&response);
        call(self, client, (resume_point){0}, &response);
    }
    progress_end();
    int status = conclude(self, &response, (double)(linnet_clock() - started) / 1e6);
    linnet_response_clear(&response);
    return status;
}

/* How bodies go: from a file without being held, and part by part into the output. */
static bool prepare(request_run_state *self)
{
    request_settings *settings = &self->settings;
    linnet_client_request *request = &settings->request;
    bool asks = request->method == LINNET_GET || request->method == LINNET_FETCH;
    bool to_terminal = !request_has_file(settings) && terminal_is(stdout) && settings->format == OUTPUT_RAW;
    request->context = self;
    request->on_block = on_block;
    if (request->no_response == LINNET_NO_RESPONSE && request->type == LINNET_NON)
        request->transmission.ack_timeout_ms = SENT_MS;
    if (settings->payload.is_file || settings->payload.size > 1024) {
        request->payload = (linnet_bytes){0};
        request->read_body = read_body;
        request->body_size = settings->payload.size;
    }
    if (progress_begin(!settings->trace.verbosity && !to_terminal) && asks && !request_asks_for_block(settings) &&
        !request_option_uint(settings, LINNET_OPTION_SIZE2, 0)) /* RFC 7959 4: how much will there be? */
        return false;
    if (!self->resume || (asks && request_has_file(settings) && answer_format(settings, NULL) == OUTPUT_RAW))
        return true;
    complain("--resume goes with a download of octets to a file");
    hint("linnet get URI --output FILE --resume");
    return false;
}

static int open_and_ask(request_run_state *self)
{
    linnet_client *client;
    int error = linnet_client_open(&client, &self->settings.config);
    if (error)
        return complain_opening(error, &self->settings.config, self->settings.request.uri);
    interrupt_watch_client(client);
    int status = ask(self, client);
    interrupt_watch_client(NULL);
    linnet_client_close(client);
    return status;
}

/* The answer of one of a group: who it is goes to standard error, so that the payloads alone go through a pipe. */
static bool show_member(const linnet_response *response, void *context)
{
    request_run_state *self = context;
    if (!output_need(&self->download.out, self->settings.output_name))
        return false;
    char *member = group_uri_of(response);
    fflush(self->download.out.stream);
    remark("from %s:", member);
    free(member);
    if (!linnet_code_is_success(response->message.code))
        answer_complain(response, self->settings.request.uri);
    else if (!answer_write_line(&self->settings, response, &self->download.out))
        return false;
    else
        answer_remark(&response->message, response->message.payload.size > 0);
    return true;
}

static int ask_group(request_run_state *self)
{
    output *out = &self->download.out;
    int status = group_ask(&self->settings.config, &self->settings.request, show_member, self);
    return output_close(out) ? status : EXIT_NO_ANSWER;
}

int request_run(const command *self, int argc, char **argv)
{
    request_run_state state = {.settings = {.request.method = linnet_method_by_name(self->name), .take = take}};
    int status;
    interrupt_catch();
    if (request_settings_parse(&state.settings, self, argc, argv, &status))
        status = group_is(state.settings.request.uri) ? ask_group(&state)
                 : prepare(&state)                    ? open_and_ask(&state)
                                                      : EXIT_USAGE;
    request_settings_clear(&state.settings);
    return status;
}
