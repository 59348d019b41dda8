/* linnet discover: what a server offers, as a table. */
#include "cli/discover.h"

#include "cli/base.h"
#include "cli/command.h"
#include "cli/complain.h"
#include "cli/group.h"
#include "cli/interrupt.h"
#include "cli/request.h"
#include "cli/text.h"

#include <ctype.h>
#include <stdlib.h>

enum { KEY_FORMAT = OPTION_LONG, KEY_RETRIES, KEY_LOSS, KEY_INTERFACE };

const option_row discover_options[] = {
    {0, NULL, NULL, "options"},
    {KEY_FORMAT, "format", "HOW",
     "table, link (one link a line), or json (an array;\nof a group, one a line for each server)"},
    {'o', "output", "FILE", "write to FILE"},
    {'N', "non", NULL, "non-confirmable: sent once, not acknowledged"},
    {'B', "timeout", "SECONDS", "give up after this time"},
    {KEY_RETRIES, "retries", "NUMBER", "repeat the request up to NUMBER times (4)"},
    {KEY_INTERFACE, "interface", "NAME", "the network where a group is asked: coap://224.0.1.187"},
    {KEY_LOSS, "loss", "PERCENT", "for testing: lose this share of datagrams each way"},
    {'v', "verbose", NULL, "show both messages on standard error; -vv with their octets"},
    SECURE_ROWS_CLIENT,
    OPTION_ROWS_COMMON};

typedef enum discover_format { DISCOVER_TABLE, DISCOVER_LINK, DISCOVER_JSON } discover_format;

typedef struct discover {
    linnet_client_request request;
    linnet_client_config config;
    print_trace_settings trace;
    secure_settings secure;
    discover_format format;
    const char *output_name;
    char *uri; /* what is asked in the end */
    output out;
    unsigned shown;
} discover;

static bool parse_format(discover *self, const char *value)
{
    static const char *const names[] = {"table", "link", "json"};
    for (unsigned i = 0; i < 3; i++) {
        if (strcmp(value, names[i]) == 0) {
            self->format = (discover_format)i;
            return true;
        }
    }
    complain("--format %s: no such choice", value);
    hint("it is table, link or json");
    return false;
}

static bool take(discover *self, int key, const char *value)
{
    unsigned long number;
    switch (key) {
    case KEY_FORMAT:
        return parse_format(self, value);
    case 'o':
        self->output_name = value;
        return true;
    case 'N':
        self->request.type = LINNET_NON;
        return true;
    case 'B':
        return option_seconds("--timeout", value, &self->request.timeout_ms);
    case KEY_RETRIES:
        if (!option_number("--retries", value, 0, 20, &number))
            return false;
        self->request.transmission.max_retransmit = number ? (uint32_t)number : LINNET_NO_RETRANSMISSION;
        return true;
    case KEY_INTERFACE:
        self->config.multicast_interface = value;
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

/* A filter as an argument of the query: what has a meaning in a URI is percent-encoded. */
static void write_filter(FILE *out, const char *filter)
{
    for (; *filter; filter++) {
        if (isalnum((unsigned char)*filter) || strchr("-._~!$'()*,;=:@/?", *filter))
            fputc(*filter, out);
        else
            fprintf(out, "%%%02X", (unsigned char)*filter);
    }
}

/* The URI with /.well-known/core where it has no path, and the filters behind its query. */
static char *compose(const char *text, char **filters, int count)
{
    linnet_uri uri;
    char *result;
    size_t size;
    linnet_uri_parse(&uri, linnet_text(text)); /* it was checked before */
    FILE *out = open_memstream(&result, &size);
    if (!out)
        out_of_memory();
    size_t place = strcspn(text, "?");
    fprintf(out, "%.*s", (int)place, text);
    if (uri.path.size == 0)
        fputs(text[place - 1] == '/' ? ".well-known/core" : "/.well-known/core", out);
    if (uri.query.size)
        fprintf(out, "?%.*s", LINNET_PRINTF(uri.query));
    for (int i = 0; i < count; i++) {
        fputc(i || uri.query.size ? '&' : '?', out);
        write_filter(out, filters[i]);
    }
    if (fclose(out) != 0)
        out_of_memory();
    return result;
}

static bool is_filter(const char *word) { return *word != '/' && strchr(word, '=') && !strpbrk(word, "?:"); }

static bool parse(discover *self, const command *command_self, int argc, char **argv, int *status)
{
    const char *value;
    int key;
    while ((key = options_next(command_self, argc, argv, &value, status)) != OPTIONS_END)
        if (key == OPTIONS_STOP || !take(self, key, value))
            return false;
    bool bare = base_is_set() && (argc == optind || is_filter(argv[optind])); /* in the shell: its server */
    if (argc == optind && !bare) {
        complain("which server?");
        hint("linnet discover coap://HOST[:PORT]");
        return false;
    }
    const char *uri = bare ? base_origin() : base_resolve(argv[optind]);
    if (complain_uri(uri))
        return false;
    optind += !bare;
    self->uri = compose(uri, argv + optind, argc - optind);
    self->request.uri = self->uri;
    return true;
}

static bool show(const discover *self, linnet_bytes links)
{
    output out;
    if (!output_open(&out, self->output_name))
        return false;
    if (self->format == DISCOVER_TABLE)
        discover_table(out.stream, links, ink_for(out.stream));
    else if (self->format == DISCOVER_JSON)
        discover_json(out.stream, links, NULL, ink_for(out.stream));
    else if (!print_links(out.stream, links, ink_for(out.stream)))
        print_text(out.stream, links);
    return output_close(&out);
}

static bool is_link_format(linnet_bytes rest)
{
    linnet_link link;
    int status;
    while ((status = linnet_link_next(&rest, &link)) == 1)
        ;
    return status == 0;
}

static int show_answer(const discover *self, const linnet_response *response)
{
    linnet_bytes links = response->message.payload;
    if (!linnet_code_is_success(response->message.code))
        return answer_complain(response, self->uri);
    if (!is_link_format(links)) {
        complain("the answer is not in link format (RFC 6690)");
        hint("'linnet get %s' shows it", self->uri);
        return EXIT_ERROR_RESPONSE;
    }
    if (links.size == 0)
        remark("no resource matches");
    return show(self, links) ? EXIT_DONE : EXIT_NO_ANSWER;
}

static int ask(discover *self)
{
    linnet_client *client;
    linnet_response response = {0};
    int error = linnet_client_open(&client, &self->config);
    if (error)
        return complain_opening(error, &self->config, self->uri);
    interrupt_watch_client(client);
    uint64_t started = linnet_clock();
    error = linnet_client_call(client, &self->request, &response);
    interrupt_watch_client(NULL);
    int status;
    if (interrupted())
        status = EXIT_INTERRUPTED;
    else if (error)
        status = complain_request(error, self->uri, self->trace.sent, (double)(linnet_clock() - started) / 1e6);
    else
        status = show_answer(self, &response);
    linnet_response_clear(&response);
    linnet_client_close(client);
    return status;
}

static void show_links_of(discover *self, const char *member, linnet_bytes links)
{
    FILE *out = self->out.stream;
    const palette *ink = ink_for(out);
    if (self->format == DISCOVER_TABLE) {
        fprintf(out, "%s%s%s%s\n", self->shown ? "\n" : "", ink->strong, member, ink->end);
        discover_table(out, links, ink);
    } else if (self->format == DISCOVER_JSON) {
        discover_json(out, links, member, ink);
    } else {
        char *absolute = discover_absolute(links, member);
        if (!print_links(out, linnet_text(absolute), ink))
            print_text(out, linnet_text(absolute));
        free(absolute);
    }
}

/* The links of one member of a group. */
static bool show_member(const linnet_response *response, void *context)
{
    discover *self = context;
    linnet_bytes links = response->message.payload;
    if (!output_need(&self->out, self->output_name))
        return false;
    char *member = group_member(response);
    if (!linnet_code_is_success(response->message.code) || !is_link_format(links))
        remark("%s has not answered in link format (RFC 6690)", member);
    else
        show_links_of(self, member, links);
    self->shown++;
    free(member);
    return fflush(self->out.stream) == 0 && !ferror(self->out.stream);
}

static int ask_group(discover *self)
{
    int status = group_ask(&self->config, &self->request, show_member, self);
    return output_close(&self->out) ? status : EXIT_NO_ANSWER;
}

int discover_run(const command *command_self, int argc, char **argv)
{
    discover self = {.request.method = LINNET_GET, .trace.last_sent = UINT32_MAX};
    int status = EXIT_USAGE;
    interrupt_catch();
    if (parse(&self, command_self, argc, argv, &status)) {
        self.config.trace = print_trace;
        self.config.trace_context = &self.trace;
        self.secure.verbose = self.trace.verbosity > 0;
        self.config.limits.connection_id = self.secure.connection_id;
        self.config.credentials = secure_for(&self.secure, self.uri);
        status = group_is(self.uri) ? ask_group(&self) : ask(&self);
    }
    free(self.uri);
    secure_clear(&self.secure);
    return status;
}
