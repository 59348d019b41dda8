/* Opening and closing a module, its handlers, and the count of those who hold it. */
#include "module/module.h"

#include "module/settings.h"
#include "net/client.h"
#include "net/server.h"
#include "net/thread.h"

#include <errno.h>
#include <linnet/error.h>
#include <stdlib.h>

enum { SEIZE_US = 200000 }; /* how long a thread that lives may hold the lock */

void linnet_module_retain(linnet_module *module) { atomic_fetch_add(&module->holders, 1); }

void linnet_module_release(linnet_module *module)
{
    if (!module || atomic_fetch_sub(&module->holders, 1) > 1)
        return;
    int number = errno; /* of whatever made an opening fail */
    linnet_poller_close(&module->poller);
    linnet_lock_destroy(&module->lock);
    free(module->sessions);
    free(module);
    errno = number;
}

int linnet_module_enter(linnet_module *module)
{
    linnet_lock_enter(&module->lock);
    if (!module->closing)
        return 0;
    linnet_lock_leave(&module->lock);
    return LINNET_ECLOSED;
}

static void tear_down(linnet_module *module)
{
    module->closed = true;
    module->closing = true;
    linnet_module_close_sessions(module);
    linnet_module_close_server(module);
    linnet_module_kick(module);
    linnet_lock_notify(&module->lock);
}

/* The lock is free, and the thread on its way out: waits for that, unless this is the thread. */
static void finish(linnet_module *module)
{
    if (module->has_thread && module->thread_self == linnet_thread_self())
        pthread_detach(module->thread);
    else if (module->has_thread)
        pthread_join(module->thread, NULL);
    linnet_module_release(module);
}

int linnet_module_leave(linnet_module *module, int result)
{
    bool ends = module->closing && !module->closed && module->lock.depth == 1;
    if (ends)
        tear_down(module);
    linnet_lock_leave(&module->lock);
    if (ends)
        finish(module);
    return result;
}

static void configure(linnet_module *module, const linnet_module_config *config)
{
    module->transmission = config->transmission;
    module->dynamic_resources = config->dynamic_resources;
    module->create_by_post = config->create_by_post;
    module->max_resources = config->max_resources ? config->max_resources : LINNET_MODULE_RESOURCES;
    module->max_value_size = config->max_value_size ? config->max_value_size : LINNET_MODULE_VALUE_SIZE;
}

static int open_all(linnet_module *module, const linnet_module_config *config)
{
    if (config->create_by_post && !config->dynamic_resources)
        return LINNET_EINVAL;
    configure(module, config);
    int error = linnet_poller_open(&module->poller);
    if (error == 0)
        error = linnet_module_open_server(module, config);
    return error == 0 && !config->no_thread ? linnet_module_start_thread(module) : error;
}

int linnet_module_open(linnet_module **opened, const linnet_module_config *config)
{
    static const linnet_module_config defaults;
    *opened = NULL;
    linnet_module *module = calloc(1, sizeof *module);
    if (!module)
        return LINNET_ENOMEM;
    if (linnet_lock_init(&module->lock) != 0) {
        free(module);
        return LINNET_ENOMEM;
    }
    atomic_init(&module->holders, 1);
    module->poller = LINNET_POLLER_CLOSED;
    module->socket = -1;
    module->next_number = LINNET_MODULE_SERVER_NUMBER + 1;
    int error = open_all(module, config ? config : &defaults);
    int number = errno; /* of an address in use, say */
    if (error == 0)
        *opened = module;
    else
        linnet_module_close(module);
    errno = number;
    return error;
}

void linnet_module_close(linnet_module *module)
{
    if (!module || linnet_module_enter(module) != 0)
        return;
    module->closing = true;
    (void)linnet_module_leave(module, 0);
}

/* The client that a dead thread was in may have pointers into that thread's stack: its sockets are closed, and nothing
 * else of it is touched any more. */
static void abandon_session(linnet_module *module, linnet_module_session *session)
{
    linnet_loop *loop = &session->client->loop;
    linnet_poller_unnest(&module->poller, &loop->poller);
    linnet_loop_drop_sockets(loop, 0);
    linnet_poller_close(&loop->poller);
}

/* What others were doing is over, though they did not say so. */
static void forget_others(linnet_module *module)
{
    module->depth = 0;
    module->readers = 0;
    module->source.busy = false;
    if (module->server)
        module->server->site.serving = NULL; /* it was on the stack of who served */
    for (size_t i = 0; i < module->session_count; i++)
        if (module->sessions[i]->source.busy)
            abandon_session(module, module->sessions[i]);
}

void linnet_module_abandon(linnet_module *module)
{
    linnet_lock_seize(&module->lock, linnet_clock() + SEIZE_US);
    forget_others(module);
    module->closing = true;
    linnet_lock_notify(&module->lock);
    linnet_module_kick(module);
    while (module->waiters > 0)
        linnet_lock_wait(&module->lock, UINT64_MAX);
    bool ends = !module->closed; /* else it was closed before, and its owner's count is gone */
    if (ends)
        tear_down(module);
    linnet_poller_close(&module->poller); /* others may be counted that never release the module */
    linnet_lock_leave(&module->lock);
    if (ends)
        linnet_module_release(module);
}

int linnet_module_socket(const linnet_module *module) { return module->socket; }

int linnet_module_address(linnet_module *module, linnet_address *address)
{
    if (linnet_module_enter(module) != 0)
        return LINNET_ECLOSED;
    return linnet_module_leave(module, linnet_server_address(module->server, 0, address));
}

void linnet_module_on_response(linnet_module *module, linnet_module_response_handler *handler, void *context)
{
    if (linnet_module_enter(module) != 0)
        return;
    module->on_response = handler;
    module->response_context = context;
    (void)linnet_module_leave(module, 0);
}

void linnet_module_on_failure(linnet_module *module, linnet_module_failure_handler *handler, void *context)
{
    if (linnet_module_enter(module) != 0)
        return;
    module->on_failure = handler;
    module->failure_context = context;
    (void)linnet_module_leave(module, 0);
}

void linnet_module_on_new_resource(linnet_module *module, linnet_module_resource_handler *handler, void *context)
{
    if (linnet_module_enter(module) != 0)
        return;
    module->on_resource = handler;
    module->resource_context = context;
    (void)linnet_module_leave(module, 0);
}
