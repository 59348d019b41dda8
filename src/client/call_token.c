/* Tokens of more than 8 octets are tried (RFC 8974 2.2.2): "A client can [...] determine support by sending a request
 * with an extended token length and checking whether or not it is rejected by the server." Where it is, and the user
 * does not insist, the call goes on with a short one, and so do the next to that server. */
#include "client/call.h"

#include <linnet/error.h>

#define WORD 0x30000u /* sets these hashes of a peer apart from others in the same table (hash.h) */
/* "addresses (and therefore extended token lengths) are valid for a minimum of 1800 s": so long we do not try again. */
#define REMEMBERED (UINT64_C(1800) * 1000000u)

static uint64_t server_of(const linnet_call_state *call)
{
    linnet_path path = {.peer = call->path.peer};

    return linnet_hash_peer(&call->calls->config.endpoint->hash_key, &path, WORD);
}

static bool may_shorten(const linnet_call_state *call)
{
    return call->request.short_token && call->request.token.size > LINNET_TOKEN_MAX && !call->to_group;
}

static void shorten(linnet_call_state *call)
{
    const linnet_port *port = &call->calls->config.endpoint->config.port;

    call->token_size = LINNET_TOKEN_MAX;
    port->random(port->context, call->token, LINNET_TOKEN_MAX);
    call->request.token = linnet_view(call->token, call->token_size);
}

void linnet_call_fit_token(linnet_call_state *call)
{
    if (may_shorten(call) && linnet_busy_until(&call->calls->busy, server_of(call), linnet_call_now(call)) != 0)
        shorten(call);
}

/* A server that does not know them sends a Reset; one that knows shorter ones only, 4.00. What else 4.00 may mean, it
 * will say again. */
bool linnet_call_shorten_token(linnet_call_state *call, const linnet_response *response)
{
    bool refused =
        response->error == LINNET_ERESET || (response->error == 0 && response->message.code == LINNET_BAD_REQUEST);

    if (!refused || !may_shorten(call) || call->phase != LINNET_CALL_ASKING)
        return false;
    linnet_busy_note(&call->calls->busy, server_of(call), linnet_call_now(call) + REMEMBERED);
    shorten(call);
    call->first = true; /* again the exchange that has the call's token */
    linnet_call_proceed(call);
    return true;
}
