/* A server: a site behind an endpoint behind sockets, and the loop that runs them. */
#include "net/server.h"

#include "net/secured.h"

#include <errno.h>
#include <linnet/error.h>
#include <stdlib.h>

static void retain(void *owner) { linnet_mailbox_hold(owner); }

static int open_site(linnet_server *server, const linnet_server_config *config)
{
    linnet_resource **buckets = calloc(LINNET_SERVER_BUCKETS, sizeof(linnet_resource *));
    if (!buckets)
        return LINNET_ENOMEM;
    linnet_site_init(&server->site, buckets, LINNET_SERVER_BUCKETS);
    linnet_random_fill(&server->loop.random, &server->path_key, sizeof server->path_key);
    server->site.path_key = &server->path_key;
    server->site.resize = linnet_server_resize;
    server->site.retain = retain;
    server->site.unknown = config->unknown;
    server->site.unknown_context = config->unknown_context;
    server->site.owner = server->loop.mailbox;
    int error = linnet_server_open_transfers(server, config);
    return error ? error : linnet_server_add(server, LINNET_DISCOVERY_PATH, &linnet_discovery_config);
}

static int open_observers(linnet_server *server, const linnet_limits *limits)
{
    size_t size = linnet_observers_memory(limits);
    server->observers = linnet_reserve(size);
    if (!server->observers)
        return LINNET_ENOMEM;
    server->observers_size = size;
    return linnet_observers_init(&server->observing, server->observers, size, server->loop.endpoint);
}

static int open_echo(linnet_server *server, const linnet_limits *limits)
{
    linnet_echo *echo;
    size_t size = linnet_echo_memory(limits);
    server->echo = linnet_reserve(size);
    if (!server->echo)
        return LINNET_ENOMEM;
    server->echo_size = size;
    return linnet_echo_init(&echo, server->echo, size, server->loop.endpoint);
}

static int open_q_block(linnet_server *server, const linnet_server_config *config)
{
    if (config->no_q_block)
        return 0;
    size_t size = linnet_q_block_memory(&config->limits);
    server->q_block_memory = linnet_reserve(size);
    if (!server->q_block_memory)
        return LINNET_ENOMEM;
    server->q_block_size = size;
    return linnet_q_block_init(&server->q_block, server->q_block_memory, size, server->loop.endpoint, &config->q_block);
}

static void find_sessions(linnet_server *server)
{
    linnet_dtls_restored restored = linnet_secured_restore(&server->loop);
    server->found = (linnet_found_sessions){.restored = restored.sessions,
                                            .refused = restored.refused,
                                            .damaged = restored.damaged,
                                            .dropped = linnet_session_file_dropped(server->session_file)};
}

static int open_secured(linnet_server *server, const linnet_server_config *config)
{
    linnet_secured_config settings = {.limits = config->limits};
    int error = linnet_keyring_open(&server->keyring, config->credentials, true);
    if (error == 0 && config->session_file)
        error = linnet_session_file_open(&server->session_file, config->session_file,
                                         linnet_dtls_kept_size(&config->limits));
    if (error != 0)
        return error;
    settings.keyring = server->keyring;
    settings.file = server->session_file;
    server->site.identify = linnet_secured_identify;
    server->site.identify_context = &server->loop;
    error = linnet_secured_open(&server->loop, &settings);
    if (error == 0 && server->session_file)
        find_sessions(server);
    return error;
}

static int open_all(linnet_server *server, const linnet_server_config *config)
{
    linnet_loop_config settings = {
        .transmission = config->transmission,
        .limits = config->limits,
        .trace = config->trace,
        .trace_context = config->trace_context,
        .loss_percent = config->loss_percent,
        .linger_us = config->linger_us,
        .serve = linnet_site_serve,
        .explain = linnet_explain_refusal,
        .serve_context = &server->site,
        .owner = server,
    };
    int error = linnet_loop_open(&server->loop, &settings);
    if (error == 0)
        error = open_observers(server, &config->limits);
    if (error == 0)
        error = open_echo(server, &config->limits);
    if (error == 0)
        error = open_site(server, config);
    if (error == 0)
        error = open_q_block(server, config);
    if (error == 0 && config->credentials)
        error = open_secured(server, config);
    return error == 0 && config->address ? linnet_server_bind(server, config->address) : error;
}

int linnet_server_open_with(linnet_server **opened, const linnet_server_config *config)
{
    *opened = NULL;
    linnet_server *server = calloc(1, sizeof *server);
    if (!server)
        return LINNET_ENOMEM;
    int error = open_all(server, config);
    if (error == 0)
        *opened = server;
    else
        linnet_server_close(server);
    return error;
}

int linnet_server_open(linnet_server **server, const char *address)
{
    return linnet_server_open_with(server, &(linnet_server_config){.address = address ? address : "coap://[::]"});
}

void linnet_server_close(linnet_server *server)
{
    if (!server)
        return;
    linnet_loop_close(&server->loop, LINNET_ECLOSED);
    linnet_session_file_close(server->session_file);
    linnet_keyring_release(server->keyring);
    linnet_unreserve(server->observers, server->observers_size);
    linnet_unreserve(server->echo, server->echo_size);
    linnet_server_timers_free(server);
    linnet_server_close_transfers(server);
    linnet_unreserve(server->q_block_memory, server->q_block_size);
    linnet_server_free_resources(server);
    free(server->site.buckets);
    free(server);
}

static uint64_t q_block_deadline(const linnet_server *server)
{
    return server->q_block ? linnet_q_block_deadline(server->q_block) : UINT64_MAX;
}

/* Of what the loop does not know itself. */
static uint64_t own_deadline(const linnet_server *server)
{
    uint64_t timers = linnet_server_timers_deadline(server);
    uint64_t q_block = q_block_deadline(server);
    return timers < q_block ? timers : q_block;
}

static void advance_q_block(linnet_server *server)
{
    uint64_t due = q_block_deadline(server);
    if (due == UINT64_MAX)
        return;
    uint64_t now = linnet_clock();
    if (due <= now)
        linnet_q_block_advance(server->q_block, now);
}

static void finish_turn(linnet_server *server)
{
    linnet_server_timers_run(server);
    advance_q_block(server);
    linnet_loop_finish(&server->loop);
}

static int turn(linnet_server *server, uint64_t until)
{
    uint64_t due = own_deadline(server);
    int error = linnet_loop_receive(&server->loop, due < until ? due : until);
    finish_turn(server);
    return error;
}

bool linnet_server_lingers(linnet_server *server) { return linnet_loop_lingers(&server->loop); }

int linnet_server_linger(linnet_server *server)
{
    int error = linnet_loop_linger(&server->loop, own_deadline(server));
    finish_turn(server);
    return error;
}

int linnet_server_run(linnet_server *server)
{
    int error = 0;
    while (error == 0 && !atomic_exchange(&server->stopped, false))
        error = turn(server, UINT64_MAX);
    return error;
}

void linnet_server_stop(linnet_server *server)
{
    atomic_store(&server->stopped, true);
    linnet_loop_wake(&server->loop);
}

linnet_found_sessions linnet_server_found_sessions(const linnet_server *server) { return server->found; }

size_t linnet_server_observers(const linnet_server *server) { return linnet_observers_count(server->observing); }

int linnet_server_descriptor(const linnet_server *server) { return linnet_poller_descriptor(&server->loop.poller); }

uint64_t linnet_server_deadline(const linnet_server *server)
{
    uint64_t loop = linnet_loop_deadline(&server->loop);
    uint64_t own = own_deadline(server);
    return loop < own ? loop : own;
}

int linnet_server_process(linnet_server *server) { return turn(server, 0); }

typedef struct call {
    linnet_letter letter;
    void (*function)(linnet_server *server, void *context);
    void *context;
} call;

static void make_call(linnet_letter *letter, void *owner)
{
    call posted = *(call *)(void *)letter;
    free(letter);
    posted.function(owner, posted.context);
}

int linnet_server_post(linnet_server *server, void (*function)(linnet_server *server, void *context), void *context)
{
    call *posted = malloc(sizeof *posted);
    if (!posted)
        return LINNET_ENOMEM;
    *posted = (call){.letter.open = make_call, .function = function, .context = context};
    return linnet_mailbox_post(server->loop.mailbox, &posted->letter);
}
