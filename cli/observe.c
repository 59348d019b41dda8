/* linnet observe: the notifications of a resource (RFC 7641), until there have been enough of them. */
#include "cli/complain.h"
#include "cli/interrupt.h"
#include "cli/observe_exec.h"
#include "cli/request.h"
#include "cli/request_options.h"

#define FAREWELL_MS 4000 /* how long the server may take to hear that nobody observes any more: it is told twice */
#define NO_END UINT64_MAX

enum { KEY_DURATION = REQUEST_KEYS_END, KEY_EXEC };

const option_row observe_options[] = {
    {0, NULL, NULL, "how long"},
    {'c', "count", "COUNT", "end after COUNT notifications"},
    {KEY_DURATION, "duration", "SECONDS", "end after this time"},
    REQUEST_ROWS_WHAT,
    REQUEST_ROWS_HOW,
    SECURE_ROWS_CLIENT,
    {0, NULL, NULL, "what to do with notifications"},
    {KEY_EXEC, "observe-exec", "COMMAND",
     "give each to this shell command instead of printing it:\nthe payload on standard input; LINNET_CODE, "
     "LINNET_URI,\nLINNET_OBSERVE and LINNET_CONTENT_FORMAT in the environment"},
    REQUEST_ROW_OUTPUT,
    {KEY_FORMAT, "format", "HOW",
     "pretty (on a terminal), raw: octets with nothing between\nthem, or json: one object a line. Elsewhere: "
     "untouched, "
     "but\neach ends with a newline"},
    REQUEST_ROW_VERBOSE,
    OPTION_ROWS_COMMON};

typedef struct observe {
    request_settings settings; /* first: see request_settings */
    linnet_client *client;
    linnet_exchange exchange;
    unsigned long count; /* 0: without end */
    unsigned duration_ms;
    const char *command;

    output out;
    observe_exec exec;
    unsigned long seen;
    bool over; /* nothing more will come */
    int status;
} observe;

static bool take(request_settings *settings, int key, const char *value)
{
    observe *self = (observe *)settings;
    switch (key) {
    case 'c':
        return option_number("--count", value, 1, 1000000000, &self->count);
    case KEY_DURATION:
        return option_seconds("--duration", value, &self->duration_ms);
    default:
        self->command = value;
        return true;
    }
}

static int read_body(void *context, uint64_t offset, uint8_t *data, size_t size, size_t *given)
{
    return payload_read(&((observe *)context)->settings.payload, offset, data, size, given);
}

static void print(observe *self, const linnet_response *response)
{
    if (output_need(&self->out, self->settings.output_name) && answer_write_line(&self->settings, response, &self->out))
        return;
    self->over = true; /* output_close() says why */
    self->status = EXIT_NO_ANSWER;
}

static void show(observe *self, const linnet_response *response)
{
    if (!self->command) {
        print(self, response);
        return;
    }
    observe_exec_add(&self->exec, response);
    if (!observe_exec_turn(&self->exec)) {
        self->over = true;
        self->status = EXIT_NO_ANSWER;
    }
}

/* The response that was the last: an error, or one that is no notification. */
static void conclude(observe *self, const linnet_response *response)
{
    self->over = true;
    self->status = EXIT_ERROR_RESPONSE;
    if (!linnet_code_is_success(response->message.code)) {
        if (self->settings.format == OUTPUT_JSON)
            print(self, response);
        answer_complain(response, self->settings.request.uri);
        return;
    }
    show(self, response);
    if (self->seen)
        complain("the server has ended the observation");
    else
        complain("not observable: this is the one answer");
    hint("'linnet discover' shows what can be observed");
}

static void on_response(const linnet_response *response, void *context)
{
    observe *self = context;
    if (self->over)
        return; /* our own end */
    if (response->error) {
        self->over = true;
        self->status = interrupted()
                           ? EXIT_INTERRUPTED
                           : complain_request(response->error, self->settings.request.uri, self->settings.trace.sent,
                                              (double)response->round_trip_us / 1e6);
    } else if (!response->more) {
        conclude(self, response);
    } else {
        show(self, response);
        if (++self->seen == self->count)
            self->over = true;
    }
    if (self->over)
        linnet_client_stop(self->client);
}

/* Until it is over, by whatever: Ctrl-C, the time, an error, the count. */
static void watch(observe *self)
{
    uint64_t end = self->duration_ms ? linnet_clock() + (uint64_t)self->duration_ms * 1000 : NO_END;
    while (!self->over && !interrupted()) {
        uint64_t now = linnet_clock(), rest = end == NO_END ? 3600000000u : end > now ? end - now : 0;
        if (rest == 0)
            break;
        if (rest > 3600000000u)
            rest = 3600000000u;
        if (linnet_client_run(self->client, (uint32_t)(rest / 1000 + 1)) != 0) {
            self->status = complain_request(LINNET_ESYSTEM, self->settings.request.uri, 0, 0);
            break;
        }
        if (self->command && !observe_exec_turn(&self->exec)) {
            self->status = EXIT_NO_ANSWER;
            break;
        }
    }
    if (interrupted())
        self->status = EXIT_INTERRUPTED;
    self->over = true;
}

/* Tells the server; its answer is waited for, since a message that got lost would have it send on. */
static void take_leave(observe *self)
{
    uint64_t end = linnet_clock() + FAREWELL_MS * 1000u, now;
    if (linnet_client_cancel(self->client, self->exchange) != 0)
        return;
    while (linnet_client_pending(self->client) && (now = linnet_clock()) < end)
        if (linnet_client_run(self->client, (uint32_t)((end - now) / 1000 + 1)) != 0)
            return;
}

static int run(observe *self)
{
    const char *uri = self->settings.request.uri;
    int error = linnet_client_open(&self->client, &self->settings.config);
    if (error)
        return complain_opening(error, &self->settings.config, uri);
    interrupt_watch_client(self->client);
    interrupt_put_off_termination();
    error = linnet_client_send(self->client, &self->settings.request, &self->exchange);
    if (error) {
        self->status = complain_request(error, uri, 0, 0);
    } else {
        watch(self);
        take_leave(self);
    }
    interrupt_watch_client(NULL);
    linnet_client_close(self->client);
    return self->status;
}

static bool is_consistent(const observe *self)
{
    if (!self->command || (!self->settings.output_name && self->settings.format == OUTPUT_AUTO))
        return true;
    complain("--observe-exec takes the place of --output and --format");
    hint("the command may write a file itself: --observe-exec 'cat >> FILE'");
    return false;
}

static int open_and_run(observe *self)
{
    linnet_client_request *request = &self->settings.request;
    if (self->settings.payload.is_given)
        request->method = LINNET_FETCH; /* RFC 8132 2.4: what the payload describes is observed */
    if (self->settings.payload.is_file || self->settings.payload.size > 1024) {
        request->payload = (linnet_bytes){0};
        request->read_body = read_body;
        request->body_size = self->settings.payload.size;
    }
    request->observe = true;
    request->on_response = on_response;
    request->context = self;
    observe_exec_begin(&self->exec, self->command, request->uri);
    interrupt_on_child(self->command != NULL);
    int status = run(self);
    if (self->command && !observe_exec_finish(&self->exec))
        status = EXIT_NO_ANSWER;
    interrupt_on_child(false);
    observe_exec_end(&self->exec);
    return output_close(&self->out) ? status : EXIT_NO_ANSWER;
}

int observe_run(const command *command_self, int argc, char **argv)
{
    observe self = {.settings = {.request.method = LINNET_GET, .take = take}};
    int status;
    interrupt_catch();
    if (request_settings_parse(&self.settings, command_self, argc, argv, &status))
        status = is_consistent(&self) ? open_and_run(&self) : EXIT_USAGE;
    request_settings_clear(&self.settings);
    interrupt_terminate();
    return status;
}
