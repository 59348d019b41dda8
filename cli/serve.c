/* linnet serve: a server with demo resources, or with those that its clients make. */
#include "cli/serve.h"

#include "cli/command.h"
#include "cli/complain.h"
#include "cli/demo.h"
#include "cli/demo_later.h"
#include "cli/interrupt.h"
#include "cli/secure.h"
#include "cli/text.h"

#include <errno.h>
#include <stdlib.h>

#define BINDS_MOST 64 /* as many groups */
#define AMPLIFICATION_MOST 1000
#define DYNAMIC_MEMORY ((size_t)256 << 20)
#define DYNAMIC_MEMORY_MOST (1ul << 20) /* MiB: a TiB */

enum {
    KEY_JOIN = OPTION_LONG,
    KEY_LEISURE,
    KEY_DEMO,
    KEY_DYNAMIC,
    KEY_DYNAMIC_MEMORY,
    KEY_LOG_LEVEL,
    KEY_LOG_FORMAT,
    KEY_LOSS,
    KEY_SESSIONS,
    KEY_AMPLIFICATION,
    KEY_TOKEN_SIZE,
    KEY_NO_Q_BLOCK
};

const option_row serve_options[] = {
    {0, NULL, NULL, "what to serve"},
    {KEY_DEMO, "demo", NULL, "resources to try clients with; /.well-known/core lists them"},
    {KEY_DYNAMIC, "dynamic", NULL, "PUT creates resources at any path, DELETE removes them"},
    {KEY_DYNAMIC_MEMORY, "dynamic-memory", "MIB", "keep at most so much of what clients PUT; then 5.03 (256)"},
    {0, NULL, NULL, "where"},
    {'b', "bind", "ADDRESS",
     "listen on [SCHEME://]HOST[:PORT]; port 0 is any free one\n(every address: coap, and coaps where there are keys "
     "for\nit; repeatable)"},
    {KEY_JOIN, "join", "GROUP",
     "hear a multicast group, too: 224.0.1.187, ff02::fd%eth0,\n[ff05::fd]:5683 (on every interface, port 5683; "
     "repeatable)"},
    {KEY_LEISURE, "leisure", "SECONDS", "answer a group within this time, at random (5)"},
    SECURE_ROWS_SERVER,
    {KEY_SESSIONS, "sessions", "FILE",
     "keep secured sessions there: clients of coaps need no new\nhandshake when the server is started again, after "
     "a\ncrash, too"},
    {0, NULL, NULL, "what to take from whom"},
    {KEY_AMPLIFICATION, "amplification", "N",
     "until a client has proved its address by an Echo (RFC 9175),\nsend it at most N times what it sent, change "
     "nothing\nfor it, and let it observe nothing; RFC 9175 says 3\n(0: no bound; clients that do not know Echo need "
     "that)"},
    {KEY_TOKEN_SIZE, "token-size", "OCTETS", "take tokens up to this length, at most 576 (8; RFC 8974)"},
    {KEY_NO_Q_BLOCK, "no-q-block", NULL, "refuse Q-Block1 and Q-Block2 (RFC 9177)"},
    {0, NULL, NULL, "what to show"},
    {KEY_LOG_LEVEL, "log-level", "LEVEL", "error, warn (the default), info: each request, or\ndebug: each message"},
    {KEY_LOG_FORMAT, "log-format", "HOW", "text, or json: one object a line"},
    {'v', "verbose", NULL, "one log level more"},
    {0, NULL, NULL, "for testing"},
    {KEY_LOSS, "loss", "PERCENT", "lose this share of datagrams each way"},
    OPTION_ROWS_COMMON};

typedef struct serve {
    secure_settings secure; /* first: see log_failure() */
    bool demo, is_dynamic;
    dynamic dynamic;
    const char *binds[BINDS_MOST];
    size_t bind_count;
    const char *joins[BINDS_MOST];
    size_t join_count;
    serve_log log;
    linnet_server *server;
    linnet_server_config config;
} serve;

char *serve_bind_uri(const char *argument)
{
    if (strstr(argument, "://"))
        return text_format("%s", argument);
    if (*argument == ':' && argument[1] != ':')
        return text_format("coap://[::]%s", argument); /* a port alone: on every address */
    const char *colon = strchr(argument, ':');
    if (*argument != '[' && colon && strchr(colon + 1, ':'))
        return text_format("coap://[%s]", argument);
    return text_format("coap://%s", argument);
}

static bool take_level(serve *self, const char *value)
{
    static const char *const names[] = {"error", "warn", "info", "debug"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(value, names[i]) == 0) {
            self->log.level = (log_level)i;
            return true;
        }
    }
    complain("--log-level %s: no such level", value);
    hint("it is error, warn, info or debug");
    return false;
}

static bool take_log_format(serve *self, const char *value)
{
    self->log.json = strcmp(value, "json") == 0;
    if (self->log.json || strcmp(value, "text") == 0)
        return true;
    complain("--log-format %s: no such choice", value);
    hint("it is text or json");
    return false;
}

static bool take_number(const char *option, const char *value, unsigned long least, unsigned long most, uint32_t *limit)
{
    unsigned long number;
    if (!option_number(option, value, least, most, &number))
        return false;
    *limit = (uint32_t)number;
    return true;
}

static bool take_memory(serve *self, const char *value)
{
    unsigned long mebibytes;
    if (!option_number("--dynamic-memory", value, 1, DYNAMIC_MEMORY_MOST, &mebibytes))
        return false;
    self->dynamic.most = (size_t)mebibytes << 20;
    return true;
}

static bool take_group(serve *self, const char *value)
{
    if (self->join_count == BINDS_MOST) {
        complain("more than %d groups", BINDS_MOST);
        return false;
    }
    self->joins[self->join_count++] = value;
    return true;
}

static bool take(serve *self, int key, const char *value)
{
    switch (key) {
    case KEY_JOIN:
        return take_group(self, value);
    case KEY_LEISURE:
        return option_seconds("--leisure", value, &self->config.transmission.leisure_ms);
    case KEY_DEMO:
        self->demo = true;
        return true;
    case KEY_DYNAMIC:
        self->is_dynamic = true;
        return true;
    case KEY_DYNAMIC_MEMORY:
        return take_memory(self, value);
    case KEY_LOG_LEVEL:
        return take_level(self, value);
    case KEY_LOG_FORMAT:
        return take_log_format(self, value);
    case KEY_AMPLIFICATION:
        return take_number("--amplification", value, 0, AMPLIFICATION_MOST, &self->config.limits.amplification);
    case KEY_TOKEN_SIZE:
        return take_number("--token-size", value, LINNET_TOKEN_MAX, LINNET_MESSAGE_SIZE_DEFAULT / 2,
                           &self->config.limits.token_size);
    case KEY_NO_Q_BLOCK:
        self->config.no_q_block = true;
        return true;
    case KEY_SESSIONS:
        self->config.session_file = value;
        return true;
    case KEY_LOSS:
        return option_percent("--loss", value, &self->config.loss_percent);
    case 'v':
        self->log.level += self->log.level < LOG_DEBUG;
        return true;
    default:
        if (secure_takes(key))
            return secure_take(&self->secure, key, value);
        if (self->bind_count == BINDS_MOST) {
            complain("more than %d addresses", BINDS_MOST);
            return false;
        }
        self->binds[self->bind_count++] = value;
        return true;
    }
}

static bool parse(serve *self, const command *command_self, int argc, char **argv, int *status)
{
    const char *value;
    int key;
    while ((key = options_next(command_self, argc, argv, &value, status)) != OPTIONS_END)
        if (key == OPTIONS_STOP || !take(self, key, value))
            return false;
    if (optind < argc) {
        complain("unexpected argument '%s'", argv[optind]);
        hint("an address to listen on is given as --bind %s", argv[optind]);
        return false;
    }
    if (!self->demo && !self->is_dynamic) {
        complain("there is nothing to serve");
        hint("--demo serves resources to try clients with, --dynamic those that clients PUT");
        return false;
    }
    return true;
}

static int complain_bind(int error, const char *uri)
{
    int system_error = errno;
    if ((error == LINNET_EURI || error == LINNET_ESCHEME) && complain_uri(uri))
        return EXIT_USAGE;
    if (error == LINNET_ERESOLVE) {
        complain("cannot listen on %s: no address is known for that host", uri);
        hint("--bind :PORT listens on every address of this host");
        return EXIT_NO_ANSWER;
    }
    if (error == LINNET_ECREDENTIALS) {
        complain("cannot listen on %s: no credentials were given", uri);
        hint("--psk, --credentials, or --cert and --key make coaps:// possible");
        return EXIT_USAGE;
    }
    bool says_why = (error == LINNET_EADDRESS || error == LINNET_ESYSTEM) && system_error;
    complain("cannot listen on %s: %s", uri, says_why ? strerror(system_error) : linnet_error_text(error));
    if (system_error == EADDRINUSE)
        hint("another server may run there; --bind :0 takes any free port");
    else if (system_error == EADDRNOTAVAIL)
        hint("it has to be an address of this host; --bind :PORT listens on all of them");
    else if (system_error == EACCES)
        hint("ports below 1024 are for root; CoAP's is 5683");
    return EXIT_NO_ANSWER;
}

/* Whoever gives keys, and addresses that none of them is for, believes to be secured and is not. */
static bool wants_coaps_in_vain(const serve *self)
{
    static const char scheme[] = "coaps://";
    for (size_t i = 0; i < self->bind_count; i++)
        if (strncmp(self->binds[i], scheme, sizeof scheme - 1) == 0)
            return false;
    return self->bind_count > 0 && self->config.credentials;
}

static int bind_all(serve *self)
{
    static const char *const everywhere[] = {"coap://[::]", "coaps://[::]"};
    const char *const *binds = self->bind_count ? self->binds : everywhere;
    size_t count = self->bind_count ? self->bind_count : self->config.credentials ? 2 : 1;
    int status = EXIT_DONE;
    if (wants_coaps_in_vain(self)) {
        complain("there are keys, and no address is for coaps");
        hint("--bind coaps://127.0.0.1 listens there on port 5684; without --bind both are served on every address");
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < count && status == EXIT_DONE; i++) {
        char *uri = serve_bind_uri(binds[i]);
        errno = 0;
        int error = linnet_server_bind(self->server, uri);
        if (error)
            status = complain_bind(error, uri);
        free(uri);
    }
    return status;
}

static int join_all(serve *self)
{
    for (size_t i = 0; i < self->join_count; i++) {
        int error = linnet_server_join(self->server, self->joins[i]);
        int system_error = errno;
        if (error == 0 || error == LINNET_EEXIST)
            continue;
        complain("cannot join %s: %s", self->joins[i],
                 system_error ? strerror(system_error) : linnet_error_text(error));
        hint("a group is a multicast address, such as 224.0.1.187 or ff02::fd, and may be followed by %%INTERFACE");
        return system_error ? EXIT_NO_ANSWER : EXIT_USAGE;
    }
    return EXIT_DONE;
}

/* What became of the sessions of the last run. */
static void log_found(const serve *self)
{
    linnet_found_sessions found = linnet_server_found_sessions(self->server);
    const char *file = self->config.session_file;
    char *text = NULL;
    if (found.dropped)
        text = text_format("the sessions in %s are dropped: %s", file, found.dropped);
    else if (found.refused + found.damaged > 0)
        text = text_format("of the sessions in %s, %zu are dropped for their credentials, and %zu that are damaged",
                           file, found.refused, found.damaged);
    if (text)
        serve_log_event(&self->log, LOG_WARN, "sessions", text);
    free(text);
    if (found.restored == 0)
        return;
    text = text_format("%zu secured sessions go on", found.restored);
    serve_log_event(&self->log, LOG_INFO, "sessions", text);
    free(text);
}

static int run(serve *self)
{
    linnet_address address;
    int status = bind_all(self);
    if (status == EXIT_DONE)
        status = join_all(self);
    if (status != EXIT_DONE)
        return status;
    interrupt_watch_server(self->server);
    log_found(self);
    for (size_t i = 0; linnet_server_address(self->server, i, &address) == 0; i++)
        serve_log_listening(&self->log, &address, linnet_server_is_secured(self->server, i));
    int error = linnet_server_run(self->server);
    interrupt_watch_server(NULL);
    if (error) {
        complain("the server ended: %s: %s", linnet_error_text(error), strerror(errno));
        return EXIT_NO_ANSWER;
    }
    serve_log_event(&self->log, LOG_INFO, "ended", "the server has ended in order");
    return EXIT_DONE;
}

static void log_failure(void *context, const linnet_handshake_failure *failure)
{
    serve_log_failure(&((serve *)context)->log, failure);
}

static int complain_sessions(const char *name)
{
    int why = errno;
    complain("cannot keep sessions in %s: %s", name,
             why == EWOULDBLOCK ? "another server does"
             : why == EINVAL    ? "it is not a file of sessions"
             : why == EPERM     ? "it is not yours alone"
                                : strerror(why));
    if (why == EWOULDBLOCK || why == EINVAL)
        hint("each server needs a file of its own; one that is not there is made");
    else if (why == EPERM)
        hint("there are keys in it, so nobody else may have access: chmod 600 %s", name);
    return EXIT_NO_ANSWER;
}

static int complain_not_started(const serve *self, int error)
{
    if (error == LINNET_ESESSIONS)
        return complain_sessions(self->config.session_file);
    complain("the server cannot start: %s", linnet_error_text(error));
    if (error == LINNET_ECREDENTIALS)
        hint("a server wants --psk, --credentials, or as many --cert as --key; their files have to be PEM or DER");
    return error == LINNET_ECREDENTIALS ? EXIT_USAGE : EXIT_NO_ANSWER;
}

static int open_and_run(serve *self)
{
    self->config.limits.connection_id = self->secure.connection_id;
    self->config.credentials = secure_server(&self->secure, log_failure);
    if (self->log.level >= LOG_INFO) {
        self->config.trace = serve_trace;
        self->config.trace_context = &self->log;
    }
    if (self->is_dynamic) {
        self->config.unknown = serve_dynamic;
        self->config.unknown_context = &self->dynamic;
    }
    if (self->config.session_file && !self->config.credentials) {
        complain("there are no keys, so there are no sessions for --sessions to keep");
        hint("--psk, --credentials, or --cert and --key make coaps:// possible");
        return EXIT_USAGE;
    }
    int error = linnet_server_open_with(&self->server, &self->config);
    self->dynamic.server = self->server;
    if (!error && self->demo)
        error = demo_add(self->server);
    if (error) {
        linnet_server_close(self->server);
        return complain_not_started(self, error);
    }
    int status = run(self);
    later_stop();
    linnet_server_close(self->server);
    return status;
}

int serve_run(const command *command_self, int argc, char **argv)
{
    serve self = {.log.level = LOG_WARN, .secure.is_server = true, .dynamic.most = DYNAMIC_MEMORY};
    int status = EXIT_USAGE;
    if (parse(&self, command_self, argc, argv, &status))
        status = open_and_run(&self);
    serve_dynamic_clear(&self.dynamic);
    secure_clear(&self.secure);
    return status;
}
