/* linnet ping: empty confirmable messages and how soon they are answered, as ping(8) shows it. */
#include "cli/base.h"
#include "cli/command.h"
#include "cli/complain.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/print.h"
#include "cli/secure.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#define WAIT_MS 2000
#define INTERVAL_MS 1000

enum { KEY_LOSS = OPTION_LONG };

const option_row ping_options[] = {{0, NULL, NULL, "options"},
                                   {'c', "count", "COUNT", "end after COUNT messages"},
                                   {'i', "interval", "SECONDS", "time from one message to the next (1)"},
                                   {'W', "timeout", "SECONDS", "how long to wait for each answer (2)"},
                                   {'p', "local-port", "PORT", "send from this UDP port"},
                                   {KEY_LOSS, "loss", "PERCENT", "for testing: lose this share of datagrams each way"},
                                   {'v', "verbose", NULL, "show every message; -vv with its octets"},
                                   SECURE_ROWS_CLIENT,
                                   OPTION_ROWS_COMMON};

typedef struct ping {
    const char *uri;
    linnet_client *client;
    linnet_client_config config;
    char local_address[32];
    print_trace_settings trace;
    secure_settings secure;
    unsigned interval_ms, timeout_ms;
    unsigned long count; /* 0: until Ctrl-C */
    output out;
    bool unheard; /* nobody reads what is written */

    unsigned long sent, answered;
    double least_ms, most_ms, sum_ms;
    int error; /* of the last that failed */
} ping;

/* One message on its way: which it is. */
typedef struct ping_message {
    ping *owner;
    unsigned long number;
} ping_message;

static bool take(ping *self, int key, const char *value)
{
    unsigned long port;
    switch (key) {
    case 'c':
        return option_number("--count", value, 1, 1000000000, &self->count);
    case 'i':
        return option_seconds("--interval", value, &self->interval_ms);
    case 'W':
        return option_seconds("--timeout", value, &self->timeout_ms);
    case 'p':
        if (!option_number("--local-port", value, 0, 65535, &port))
            return false;
        snprintf(self->local_address, sizeof self->local_address, ":%lu", port);
        self->config.local_address = self->local_address;
        return true;
    case KEY_LOSS:
        return option_percent("--loss", value, &self->config.loss_percent);
    default:
        if (secure_takes(key))
            return secure_take(&self->secure, key, value);
        self->trace.verbosity++;
        return true;
    }
}

static bool parse(ping *self, const command *command_self, int argc, char **argv, int *status)
{
    const char *value;
    int key;
    while ((key = options_next(command_self, argc, argv, &value, status)) != OPTIONS_END)
        if (key == OPTIONS_STOP || !take(self, key, value))
            return false;
    self->uri = base_resolve(argv[optind]);
    if (!self->uri || argc - optind > 1) {
        complain(argc == optind ? "which URI?" : "one URI is enough");
        hint("linnet ping HOST[:PORT]");
        return false;
    }
    return !complain_uri(self->uri);
}

static void note_time(ping *self, double milliseconds)
{
    if (!self->answered || milliseconds < self->least_ms)
        self->least_ms = milliseconds;
    if (milliseconds > self->most_ms)
        self->most_ms = milliseconds;
    self->sum_ms += milliseconds;
    self->answered++;
}

static void on_answer(const linnet_response *response, void *context)
{
    ping_message *message = context;
    ping *self = message->owner;
    char address[LINNET_ADDRESS_TEXT];
    double milliseconds = (double)response->round_trip_us / 1000;
    if (response->error == 0) {
        note_time(self, milliseconds);
        printf("Reset from %s: number=%lu time=%.3f ms\n", linnet_address_text(&response->path.peer, address),
               message->number, milliseconds);
    } else if (response->error != LINNET_ECANCELLED && response->error != LINNET_ECLOSED) {
        self->error = response->error;
        printf("number=%lu: %s\n", message->number,
               response->error == LINNET_ETIMEOUT ? "no answer" : linnet_error_text(response->error));
    }
    if (!output_flush(&self->out)) {
        self->unheard = true;
        linnet_client_stop(self->client);
    }
    free(message);
}

static int send_one(ping *self)
{
    ping_message *message = malloc(sizeof *message);
    if (!message)
        return LINNET_ENOMEM;
    *message = (ping_message){self, ++self->sent};
    linnet_client_request request = {
        .method = LINNET_EMPTY,
        .uri = self->uri,
        .transmission.max_retransmit = LINNET_NO_RETRANSMISSION,
        .timeout_ms = self->timeout_ms,
        .on_response = on_answer,
        .context = message,
    };
    int error = linnet_client_send(self->client, &request, NULL);
    if (error)
        free(message);
    return error;
}

static bool goes_on(const ping *self) { return !interrupted() && !self->unheard; }

/* Serves the client until `deadline`; linnet_client_run() returns as soon as nothing is pending, so the rest is slept.
 */
static void serve_until(ping *self, uint64_t deadline)
{
    uint64_t now;
    while (goes_on(self) && (now = linnet_clock()) < deadline) {
        uint64_t rest = deadline - now;
        if (linnet_client_pending(self->client)) {
            if (linnet_client_run(self->client, (uint32_t)(rest / 1000 + 1)) != 0)
                return;
        } else {
            nanosleep(&(struct timespec){(time_t)(rest / 1000000), (long)(rest % 1000000 * 1000)}, NULL);
        }
    }
}

static int run(ping *self)
{
    uint64_t next = linnet_clock();
    while (goes_on(self) && (!self->count || self->sent < self->count)) {
        int error = send_one(self);
        if (error)
            return error;
        next += (uint64_t)self->interval_ms * 1000;
        if (self->sent != self->count)
            serve_until(self, next);
    }
    while (goes_on(self) && linnet_client_pending(self->client))
        if (linnet_client_run(self->client, self->timeout_ms) != 0)
            break;
    return 0;
}

static void print_summary(const ping *self)
{
    printf("\n--- %s ---\n%lu sent, %lu answered, %.3g%% lost\n", self->uri, self->sent, self->answered,
           self->sent ? 100.0 * (double)(self->sent - self->answered) / (double)self->sent : 0);
    if (self->answered)
        printf("round trip min/avg/max = %.3f/%.3f/%.3f ms\n", self->least_ms, self->sum_ms / (double)self->answered,
               self->most_ms);
}

static int conclude(ping *self, int error)
{
    if (self->sent)
        print_summary(self);
    bool written = output_close(&self->out);
    if (interrupted())
        return EXIT_INTERRUPTED;
    if (error)
        return complain_request(error, self->uri, 0, 0);
    if (!written)
        return EXIT_NO_ANSWER;
    if (self->answered)
        return EXIT_DONE;
    return complain_request(self->error ? self->error : LINNET_ETIMEOUT, self->uri, 0, (double)self->timeout_ms / 1000);
}

int ping_run(const command *command_self, int argc, char **argv)
{
    ping self = {
        .interval_ms = INTERVAL_MS, .timeout_ms = WAIT_MS, .trace.last_sent = UINT32_MAX, .out.stream = stdout};
    int status = EXIT_USAGE;
    if (!parse(&self, command_self, argc, argv, &status))
        return status;
    self.config.transmission.nstart = 65535; /* the next is sent on time, also while one is not answered yet */
    self.config.trace = print_trace;
    self.config.trace_context = &self.trace;
    self.secure.verbose = self.trace.verbosity > 0;
    self.config.limits.connection_id = self.secure.connection_id;
    self.config.credentials = secure_for(&self.secure, self.uri);
    int error = linnet_client_open(&self.client, &self.config);
    if (error)
        return complain_request(error, self.uri, 0, 0);
    interrupt_catch();
    interrupt_watch_client(self.client);
    printf("CoAP ping of %s\n", self.uri);
    self.unheard = !output_flush(&self.out);
    error = run(&self);
    interrupt_watch_client(NULL);
    linnet_client_close(self.client);
    return conclude(&self, error);
}
