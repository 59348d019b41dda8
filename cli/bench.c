/* linnet bench: clients that ask a server as fast as it answers. Each client has a source port and a number of requests
 * in flight; whatever comes of one, the next goes out. */
#include "cli/bench.h"

#include "cli/complain.h"
#include "cli/group.h"
#include "cli/interrupt.h"
#include "cli/request.h"
#include "cli/request_options.h"
#include "cli/terminal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#define DURATION_MS 10000
#define SWEEP_US 20000  /* how late a deadline of a client may be looked at */
#define GIVE_UP_AFTER 3 /* times the window: so many failures in a row, and there is no server */

enum { KEY_BENCH_FORMAT = REQUEST_KEYS_END };

const option_row bench_options[] = {{0, NULL, NULL, "how much to ask"},
                                    {'c', "clients", "NUMBER", "ask from so many UDP ports (1)"},
                                    {'w', "window", "NUMBER", "requests that each has in flight (1)"},
                                    {'d', "duration", "SECONDS", "end after this time (10)"},
                                    {'n', "count", "NUMBER", "end after so many requests"},
                                    {'m', "method", "METHOD", "get, put, post, fetch, ... (get)"},
                                    REQUEST_ROWS_WHAT,
                                    REQUEST_ROWS_HOW,
                                    SECURE_ROWS_CLIENT,
                                    {0, NULL, NULL, "what to show"},
                                    {KEY_BENCH_FORMAT, "format", "HOW", "text, or json: one object (text)"},
                                    REQUEST_ROW_VERBOSE,
                                    OPTION_ROWS_COMMON};

typedef struct bench {
    request_settings settings; /* first: see request_settings */
    unsigned long clients, window, count;
    unsigned duration_ms;
    bool json;

    linnet_client **opened;
    int poller;
    uint64_t end;
    uint64_t started; /* requests */
    uint64_t failing; /* requests in a row that failed */
    bench_counts counts;
} bench;

/* One of a client's requests in flight. */
typedef struct bench_lane {
    bench *owner;
    linnet_client *client;
} bench_lane;

static bool parse_format(bench *self, const char *text)
{
    self->json = strcmp(text, "json") == 0;
    if (self->json || strcmp(text, "text") == 0)
        return true;
    complain("--format %s: no such choice", text);
    hint("it is text or json");
    return false;
}

static bool parse_method(bench *self, const char *name)
{
    self->settings.request.method = linnet_method_by_name(name);
    if (self->settings.request.method != LINNET_EMPTY)
        return true;
    complain("--method %s: no such method", name);
    hint("it is get, put, post, delete, fetch, patch or ipatch");
    return false;
}

static bool take(request_settings *settings, int key, const char *value)
{
    bench *self = (bench *)settings;
    switch (key) {
    case 'c':
        return option_number("--clients", value, 1, BENCH_CLIENTS_MOST, &self->clients);
    case 'w':
        return option_number("--window", value, 1, BENCH_WINDOW_MOST, &self->window);
    case 'd':
        return option_seconds("--duration", value, &self->duration_ms);
    case 'n':
        return option_number("--count", value, 1, 1000000000, &self->count);
    case 'm':
        return parse_method(self, value);
    default:
        return parse_format(self, value);
    }
}

/* Nothing more is asked, and what is under way is not waited for. */
static bool is_over(const bench *self)
{
    return linnet_clock() >= self->end || interrupted() ||
           self->failing >= GIVE_UP_AFTER * self->window * self->clients;
}

static bool goes_on(const bench *self) { return !is_over(self) && (!self->count || self->started < self->count); }

static void on_response(const linnet_response *response, void *context);

static int read_body(void *context, uint64_t offset, uint8_t *data, size_t size, size_t *given)
{
    return payload_read(&((const bench_lane *)context)->owner->settings.payload, offset, data, size, given);
}

static void ask(bench_lane *lane)
{
    bench *self = lane->owner;
    linnet_client_request request = self->settings.request;
    request.on_response = on_response;
    request.context = lane;
    int error = linnet_client_send(lane->client, &request, NULL);
    self->started++;
    if (error != 0) {
        self->counts.failures++;
        self->counts.error = error;
        self->failing = UINT32_MAX; /* the next would come to the same */
    }
}

static void on_response(const linnet_response *response, void *context)
{
    bench_lane *lane = context;
    bench *self = lane->owner;
    if (response->error == LINNET_ECLOSED)
        return; /* it was under way when the time was over */
    bench_count(&self->counts, response);
    self->failing = response->error ? self->failing + 1 : 0;
    if (goes_on(self))
        ask(lane);
}

static int open_clients(bench *self)
{
    for (unsigned long i = 0; i < self->clients; i++) {
        int error = linnet_client_open(&self->opened[i], &self->settings.config);
        if (error != 0)
            return error;
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = self->opened[i]};
        if (epoll_ctl(self->poller, EPOLL_CTL_ADD, linnet_client_descriptor(self->opened[i]), &event) != 0)
            return LINNET_ESYSTEM;
    }
    return 0;
}

/* All deadlines, since a descriptor tells of packets alone; what was asked leaves here, too. */
static void sweep(bench *self)
{
    uint64_t now = linnet_clock();
    for (unsigned long i = 0; i < self->clients; i++)
        if (linnet_client_deadline(self->opened[i]) <= now)
            linnet_client_process(self->opened[i]);
}

static void show_progress(const bench *self, uint64_t started)
{
    static uint64_t shown;
    uint64_t now = linnet_clock();
    if (!terminal_is(stderr) || now < shown + 500000)
        return;
    shown = now;
    double seconds = (double)(now - started) / 1e6;
    fprintf(stderr, "\r\033[K%.0f s of %.0f: %.0f responses a second, %llu without", seconds,
            (double)self->duration_ms / 1000, (double)self->counts.responses / seconds,
            (unsigned long long)self->counts.failures);
    fflush(stderr);
}

static bool is_done(const bench *self)
{
    return is_over(self) || (!goes_on(self) && self->counts.responses + self->counts.failures >= self->started);
}

static void run(bench *self, bench_lane *lanes, uint64_t started)
{
    struct epoll_event ready[64];
    uint64_t swept = 0;
    for (unsigned long i = 0; i < self->clients * self->window && goes_on(self); i++)
        ask(&lanes[i]);
    while (!is_done(self)) {
        if (linnet_clock() >= swept + SWEEP_US) {
            sweep(self);
            show_progress(self, started);
            swept = linnet_clock();
        }
        int count = epoll_wait(self->poller, ready, 64, SWEEP_US / 1000);
        for (int i = 0; i < count; i++)
            linnet_client_process(ready[i].data.ptr);
    }
    if (terminal_is(stderr))
        fputs("\r\033[K", stderr);
}

static int conclude(const bench *self, const bench_plan *plan)
{
    const bench_counts *counts = &self->counts;
    output out = {.stream = stdout};
    uint64_t good = 0;
    for (unsigned code = 64; code < 96; code++)
        good += counts->codes[code];
    if (counts->responses == 0 && !interrupted())
        return complain_request(counts->error ? counts->error : LINNET_ETIMEOUT, plan->uri, 0, plan->seconds);
    if (self->json)
        bench_print_json(stdout, plan, counts);
    else
        bench_print(stdout, plan, counts);
    if (!output_close(&out))
        return EXIT_NO_ANSWER;
    return interrupted() ? EXIT_INTERRUPTED : good > 0 ? EXIT_DONE : EXIT_ERROR_RESPONSE;
}

static int measure(bench *self, bench_lane *lanes)
{
    bench_plan plan = {.uri = self->settings.request.uri, .clients = self->clients, .window = self->window};
    int error = open_clients(self);
    if (error == 0) {
        uint64_t started = linnet_clock();
        for (unsigned long i = 0; i < self->clients * self->window; i++)
            lanes[i] = (bench_lane){self, self->opened[i / self->window]};
        self->end = started + (uint64_t)self->duration_ms * 1000;
        interrupt_watch_client(self->opened[0]);
        run(self, lanes, started);
        plan.seconds = (double)(linnet_clock() - started) / 1e6;
        interrupt_watch_client(NULL);
    }
    for (unsigned long i = 0; i < self->clients; i++)
        linnet_client_close(self->opened[i]);
    return error ? complain_opening(error, &self->settings.config, plan.uri) : conclude(self, &plan);
}

static void prepare(bench *self)
{
    linnet_client_request *request = &self->settings.request;
    linnet_client_config *config = &self->settings.config;
    if (self->settings.payload.is_file || self->settings.payload.size > 1024) {
        request->payload = (linnet_bytes){0};
        request->read_body = read_body;
        request->body_size = self->settings.payload.size;
    }
    config->transmission.nstart = (uint32_t)self->window;
    config->transmission.probing_rate = LINNET_ANY_RATE;
    config->limits.exchanges = (uint32_t)(2 * self->window + 8);
    if (!self->settings.trace.verbosity)
        config->trace = NULL;
}

static int open_and_measure(bench *self)
{
    bench_lane *lanes = calloc(self->clients * self->window, sizeof *lanes);
    self->opened = calloc(self->clients, sizeof(linnet_client *));
    self->poller = epoll_create1(EPOLL_CLOEXEC);
    int status = EXIT_NO_ANSWER;
    if (lanes && self->opened && self->poller >= 0)
        status = measure(self, lanes);
    else
        complain("cannot start: %s", strerror(errno));
    if (self->poller >= 0)
        close(self->poller);
    free(self->opened);
    free(lanes);
    return status;
}

static bool is_consistent(const bench *self)
{
    if (self->clients > 1 && self->settings.config.local_address) {
        complain("--local-port is for one client");
        hint("without --clients there is one");
        return false;
    }
    if (group_is(self->settings.request.uri)) {
        complain("%s: a group is no server to be measured", self->settings.request.uri);
        hint("'linnet discover' shows who is there");
        return false;
    }
    return true;
}

int bench_run(const command *command_self, int argc, char **argv)
{
    bench self = {.settings = {.request.method = LINNET_GET, .take = take},
                  .clients = 1,
                  .window = 1,
                  .duration_ms = DURATION_MS};
    int status = EXIT_USAGE;
    interrupt_catch();
    if (request_settings_parse(&self.settings, command_self, argc, argv, &status) && is_consistent(&self)) {
        prepare(&self);
        status = open_and_measure(&self);
    }
    request_settings_clear(&self.settings);
    return status;
}
