/* Sessions: each is a client with a source port of its own, and a handle's count. */
#include "module/module.h"

#include "module/settings.h"
#include "net/client.h"

#include <linnet/error.h>
#include <linnet/uri.h>
#include <stdlib.h>

static const linnet_limits session_limits = LINNET_MODULE_SESSION_LIMITS;

void linnet_module_session_retain(linnet_module_session *session) { atomic_fetch_add(&session->count, 1); }

void linnet_module_session_release(linnet_module_session *session)
{
    if (!session || atomic_fetch_sub(&session->count, 1) > 1)
        return;
    linnet_client_close(session->client); /* one that was never opened to others; else there is none any more */
    linnet_module_release(session->module);
    free(session->address);
    free(session);
}

linnet_module_session *linnet_module_find_session(const linnet_module *module, uint64_t number)
{
    size_t from = 0, to = module->session_count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (module->sessions[middle]->source.number < number)
            from = middle + 1;
        else
            to = middle;
    }
    bool found = from < module->session_count && module->sessions[from]->source.number == number;
    return found ? module->sessions[from] : NULL;
}

/* Names are looked up here to say early that there is none; each request then asks the client's own memory of names,
 * which tries one address after the other. */
static int look_up(const linnet_module_host *host)
{
    linnet_address addresses[LINNET_RESOLVE_ADDRESSES];
    if (host->is_literal)
        return linnet_address_is_multicast(&host->address) ? LINNET_EADDRESS : 0;
    int count = linnet_name_look_up(host->text, addresses);
    return count < 0 ? count : 0;
}

/* Without the lock: it may take long. */
static int make(linnet_module *module, const char *address, uint16_t port, const linnet_credentials *credentials,
                linnet_module_session **made)
{
    linnet_client_config config = {.transmission = module->transmission,
                                   .limits = session_limits,
                                   .credentials = credentials,
                                   .trace = linnet_module_note_packet,
                                   .trace_context = module};
    linnet_module_session *session = calloc(1, sizeof *session);
    if (!session)
        return LINNET_ENOMEM;
    *made = session;
    atomic_init(&session->count, 1);
    atomic_init(&session->context, NULL);
    session->module = module;
    linnet_module_retain(module);
    session->source.session = session;
    session->secured = credentials != NULL;
    session->port = port ? port : linnet_scheme_port(session->secured ? LINNET_COAPS : LINNET_COAP);
    session->address = strdup(address);
    if (!session->address)
        return LINNET_ENOMEM;
    int error = linnet_module_read_host(&session->host, address);
    if (error == 0)
        error = look_up(&session->host);
    return error ? error : linnet_client_open(&session->client, &config);
}

static int reserve_place(linnet_module *module)
{
    if (module->session_count < module->session_capacity)
        return 0;
    size_t capacity = module->session_capacity ? module->session_capacity * 2 : 8;
    linnet_module_session **sessions = realloc(module->sessions, capacity * sizeof(linnet_module_session *));
    if (!sessions)
        return LINNET_ENOMEM;
    module->sessions = sessions;
    module->session_capacity = capacity;
    return 0;
}

static int add(linnet_module *module, linnet_module_session *session)
{
    int error = reserve_place(module);
    session->source.number = module->next_number;
    if (error == 0)
        error = linnet_poller_nest(&module->poller, &session->client->loop.poller, module->next_number);
    if (error != 0)
        return error;
    module->next_number++;
    module->sessions[module->session_count++] = session;
    linnet_module_session_retain(session); /* the module's */
    return 0;
}

int linnet_module_open_session(linnet_module *module, const char *address, uint16_t port, linnet_bytes psk,
                               const char *identity, linnet_module_session **opened)
{
    linnet_module_session *session = NULL;
    bool has_identity = identity && *identity;
    const linnet_credentials credentials = {.psk = psk,
                                            .identity = linnet_text(has_identity ? identity : LINNET_MODULE_IDENTITY)};
    *opened = NULL;
    int error = address ? make(module, address, port, psk.size > 0 ? &credentials : NULL, &session) : LINNET_EINVAL;
    if (error == 0)
        error = linnet_module_enter(module);
    if (error == 0)
        error = linnet_module_leave(module, add(module, session));
    if (error == 0)
        *opened = session;
    else
        linnet_module_session_release(session);
    return error;
}

void linnet_module_end_session(linnet_module_session *session)
{
    linnet_client *client = session->client;
    session->client = NULL;
    linnet_client_close(client); /* what was sent ends here */
    linnet_module_session_release(session);
}

/* Out of all lists. Its client is closed now, or when it has done what it is doing. */
static void drop(linnet_module *module, size_t index)
{
    linnet_module_session *session = module->sessions[index];
    module->session_count--;
    memmove(module->sessions + index, module->sessions + index + 1,
            (module->session_count - index) * sizeof(linnet_module_session *));
    session->gone = true;
    linnet_wheel_stop(&module->wheel, &session->source.timer);
    linnet_poller_unnest(&module->poller, &session->client->loop.poller);
    linnet_module_drop_held(session);
    if (!session->source.busy)
        linnet_module_end_session(session);
}

void linnet_module_close_sessions(linnet_module *module)
{
    while (module->session_count > 0)
        drop(module, module->session_count - 1);
}

static bool fits(const linnet_module_session *session, const char *destination, uint16_t port, int protocol)
{
    linnet_module_host host;
    if (session->port != port || protocol != linnet_module_session_protocol(session))
        return false;
    if (strcmp(session->address, destination) == 0)
        return true;
    /* The same host in other words: "::1" and "[0::1]", "Host" and "host". */
    if (linnet_module_read_host(&host, destination) != 0 || host.is_literal != session->host.is_literal)
        return false;
    return host.is_literal ? linnet_address_equal(&host.address, &session->host.address)
                           : strcmp(host.text, session->host.text) == 0;
}

int linnet_module_remove_session(linnet_module *module, const char *destination, uint16_t port, int protocol)
{
    if (!destination)
        return LINNET_EINVAL;
    if (linnet_module_enter(module) != 0)
        return LINNET_ECLOSED;
    size_t index = 0;
    port = port ? port : linnet_scheme_port(protocol == LINNET_MODULE_DTLS ? LINNET_COAPS : LINNET_COAP);
    while (index < module->session_count && !fits(module->sessions[index], destination, port, protocol))
        index++;
    if (index == module->session_count)
        return linnet_module_leave(module, LINNET_ENOENT);
    drop(module, index);
    return linnet_module_leave(module, 0);
}

linnet_module_session *linnet_module_session_at(linnet_module *module, size_t index)
{
    if (linnet_module_enter(module) != 0)
        return NULL;
    linnet_module_session *session = index < module->session_count ? module->sessions[index] : NULL;
    if (session)
        linnet_module_session_retain(session);
    (void)linnet_module_leave(module, 0);
    return session;
}

const char *linnet_module_session_address(const linnet_module_session *session) { return session->address; }
uint16_t linnet_module_session_port(const linnet_module_session *session) { return session->port; }

int linnet_module_session_protocol(const linnet_module_session *session)
{
    return session->secured ? LINNET_MODULE_DTLS : LINNET_MODULE_UDP;
}

void linnet_module_session_set_context(linnet_module_session *session, void *context)
{
    atomic_store(&session->context, context);
}

void *linnet_module_session_context(const linnet_module_session *session) { return atomic_load(&session->context); }
