/* Requests from their sending to their end. Those with the same token follow each other: a response says nothing else
 * about its request (RFC 7252 5.3.1). */
#include "module/module.h"

#include "module/settings.h"

#include <linnet/error.h>
#include <stdlib.h>

/* How far a message ID may be from that of the oldest request that still waits to be sent with its own: the numbers
 * come round after 65536. */
enum { ID_SPAN = 49152 };

static void link_last(linnet_module_session *session, linnet_module_call *call)
{
    call->previous = session->last;
    *(session->last ? &session->last->next : &session->first) = call;
    session->last = call;
    session->calls++;
}

static void take_out(linnet_module_session *session, linnet_module_call *call)
{
    *(call->previous ? &call->previous->next : &session->first) = call->next;
    *(call->next ? &call->next->previous : &session->last) = call->previous;
    session->calls--;
}

static bool is_held(const linnet_module_call *call) { return call->exchange == 0; }

static bool has_token(const linnet_module_call *call, linnet_bytes token)
{
    return call->request.has_token && linnet_bytes_equal(call->request.token, token);
}

/* The first with this token from `call` on. */
static linnet_module_call *find_token(linnet_module_call *call, linnet_bytes token)
{
    while (call && !has_token(call, token))
        call = call->next;
    return call;
}

static linnet_module_call *find_id(linnet_module_call *call, uint16_t id)
{
    while (call && call->request.message_id != id)
        call = call->next;
    return call;
}

static void tell_failure(linnet_module_session *session, uint16_t id, linnet_bytes token, int reason)
{
    linnet_module *module = session->module;
    module->happened++;
    module->depth++;
    if (module->on_failure)
        module->on_failure(session, id, token, reason, module->failure_context);
    module->depth--;
}

static void tell_response(linnet_module_session *session, uint16_t id, linnet_bytes token,
                          const linnet_response *response)
{
    linnet_module *module = session->module;
    linnet_module_response told = {
        .session = session,
        .code = (uint8_t)response->message.code,
        .id = id,
        .type = (uint8_t)response->message.type,
        .token = token,
        .payload = response->message.payload,
        .notification = response->has_observe,
    };
    module->happened++;
    module->depth++;
    if (module->on_response)
        module->on_response(&told, module->response_context);
    module->depth--;
}

/* The handler may end the call, so it is given copies. */
static void tell(const linnet_module_call *call, const linnet_response *response)
{
    linnet_module_session *session = call->session;
    uint8_t octets[sizeof call->token];
    linnet_bytes token = linnet_view(octets, call->request.token.size);
    memcpy(octets, call->token, sizeof octets);
    if (call->silent || session->gone || session->module->closing)
        return;
    if (response->error == 0)
        tell_response(session, call->request.message_id, token, response);
    else
        tell_failure(session, call->request.message_id, token, response->error);
}

static linnet_response_handler on_response;

static int start(linnet_module_call *call)
{
    linnet_module_session *session = call->session;
    call->request.on_response = on_response;
    call->request.context = call;
    int error = linnet_client_send(session->client, &call->request, &call->exchange);
    linnet_module_arm(session->module, &session->source);
    return error;
}

/* The first of those that wait for this token goes; and the next, where it cannot. */
static void start_next(linnet_module_session *session, linnet_bytes token)
{
    while (!session->gone && session->held > 0) {
        linnet_module_call *call = find_token(session->first, token);
        if (!call || !is_held(call))
            return;
        session->held--;
        int error = start(call);
        if (error == 0)
            return;
        linnet_response failed = {.error = error};
        take_out(session, call);
        tell(call, &failed);
        free(call);
    }
}

static void end(linnet_module_call *call, const linnet_response *response)
{
    linnet_module_session *session = call->session;
    take_out(session, call);
    tell(call, response);
    if (call->request.has_token)
        start_next(session, call->request.token);
    free(call);
}

static void on_response(const linnet_response *response, void *context)
{
    if (response->more)
        tell(context, response);
    else
        end(context, response);
}

/* An ID that no observation of long ago has. */
static int choose_id(linnet_module_session *session, uint16_t *id)
{
    static const linnet_address any; /* all addresses share the numbers: session_limits */
    int error;
    do
        error = linnet_client_reserve_id(session->client, &any, id);
    while (error == 0 && find_id(session->first, *id));
    if (error != 0 || session->held == 0)
        return error;
    const linnet_module_call *oldest = session->first;
    while (!is_held(oldest))
        oldest = oldest->next;
    return (uint16_t)(*id - oldest->request.message_id) < ID_SPAN ? 0 : LINNET_EBUSY;
}

/* Whether another with its token has to end first. LINNET_EEXIST: that one is an observation, which never ends. */
static int must_wait(linnet_module_session *session, const linnet_module_call *call, bool *waits)
{
    const linnet_module_call *other = call->request.has_token ? find_token(session->first, call->request.token) : NULL;
    *waits = other != NULL;
    return other && other->request.observe ? LINNET_EEXIST : 0;
}

static int admit(linnet_module_session *session, linnet_module_call *call)
{
    bool waits;
    int error = session->calls < LINNET_MODULE_SESSION_REQUESTS ? must_wait(session, call, &waits) : LINNET_EBUSY;
    if (error == 0)
        error = choose_id(session, &call->request.message_id);
    if (error != 0)
        return error;
    call->request.has_message_id = true;
    if (waits)
        session->held++;
    else
        error = start(call);
    if (error == 0)
        link_last(session, call);
    return error;
}

static int enter(linnet_module_session *session)
{
    if (linnet_module_enter(session->module) != 0)
        return LINNET_ECLOSED;
    return session->gone ? linnet_module_leave(session->module, LINNET_ECLOSED) : 0;
}

int linnet_module_send(linnet_module_session *session, const linnet_module_request *request, uint16_t *id)
{
    linnet_module_call *call;
    int error = linnet_module_make_call(&call, session, request);
    if (error != 0)
        return error;
    if (enter(session) != 0) {
        free(call);
        return LINNET_ECLOSED;
    }
    error = admit(session, call);
    if (error != 0)
        free(call);
    else if (id)
        *id = call->request.message_id;
    return linnet_module_leave(session->module, error);
}

int linnet_module_cancel(linnet_module_session *session, uint16_t id)
{
    if (enter(session) != 0)
        return LINNET_ECLOSED;
    linnet_module_call *call = find_id(session->first, id);
    if (!call)
        return linnet_module_leave(session->module, LINNET_ENOENT);
    if (is_held(call)) {
        session->held--;
        take_out(session, call);
        free(call);
    } else {
        call->silent = true;
        linnet_module_begin_work(session->module, &session->source);
        (void)linnet_client_cancel(session->client, call->exchange); /* ends it, and frees it */
        linnet_module_end_work(session->module, &session->source);
    }
    return linnet_module_leave(session->module, 0);
}

void linnet_module_drop_held(linnet_module_session *session)
{
    linnet_module_call *next;
    for (linnet_module_call *call = session->first; call; call = next) {
        next = call->next;
        if (!is_held(call))
            continue;
        session->held--;
        take_out(session, call);
        free(call);
    }
}
