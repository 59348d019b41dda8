/* Servers that want a pause, 4.29 (RFC 8516 4): "If a client receives the 4.29 response code from a CoAP server to a
 * request, it SHOULD NOT send a similar request to the server before the time indicated in the Max-Age option has
 * passed." A call waits for that as long as its user allows; without, or when it takes too long, 4.29 is its answer,
 * and that of similar calls, for which nothing is sent. */
#include "client/call.h"

#define SECOND 1000000u
#define DEFAULT_MAX_AGE 60u /* RFC 7252 5.10.5 */
/* "an attacker can attempt to spoof a reply and make the client wait for an extended period of time" (RFC 8516 5): no
 * more than a day. And no less than a second, or a server that says 0 is asked without end. */
#define LONGEST 86400u
#define SHORTEST 1u

/* "a request is similar if it has the same method and Request-URI" (RFC 8516 1). */
static uint64_t kind_of(const linnet_call_state *call)
{
    uint64_t target = linnet_call_target(call);
    uint32_t words[3] = {(uint32_t)target, (uint32_t)(target >> 32), call->request.code};

    return linnet_hash_words(&call->calls->config.endpoint->hash_key, words, 3);
}

static uint64_t pause_of(linnet_bytes options)
{
    uint32_t seconds = DEFAULT_MAX_AGE;

    (void)linnet_option_heed_uint(options, LINNET_OPTION_MAX_AGE, &seconds);
    seconds = seconds < SHORTEST ? SHORTEST : seconds > LONGEST ? LONGEST : seconds;
    return (uint64_t)seconds * SECOND;
}

/* Rounded up; in 32 bits, since what is remembered is no more than a day. */
static uint32_t seconds_until(const linnet_call_state *call, uint64_t when)
{
    return (uint32_t)((when - linnet_call_now(call) + SECOND - 1u) >> 6) / (SECOND >> 6);
}

/* False: that is longer than its user wants it to wait. */
static bool wait_until(linnet_call_state *call, uint64_t when)
{
    const linnet_call_request *request = &call->request;

    if (when > request->busy_until || (request->deadline && when > request->deadline))
        return false;
    call->waits = true;
    linnet_wheel_set(&call->calls->wheel, &call->timer, when);
    if (request->on_wait)
        request->on_wait(seconds_until(call, when), request->context);
    return true;
}

bool linnet_call_put_off(linnet_call_state *call, const linnet_response *response)
{
    uint64_t pause;

    if (response->message.code != LINNET_TOO_MANY_REQUESTS)
        return false;
    pause = pause_of(response->message.options);
    linnet_busy_note(&call->calls->busy, kind_of(call), linnet_call_now(call) + pause);
    if (call->observation.any) { /* which lives on: it is registered again then */
        linnet_call_rest(call, pause);
        return true;
    }
    return wait_until(call, linnet_call_now(call) + pause);
}

bool linnet_call_hold_back(linnet_call_state *call)
{
    uint64_t until;

    if (call->to_group || call->request.code == LINNET_EMPTY)
        return false;
    until = linnet_busy_until(&call->calls->busy, kind_of(call), linnet_call_now(call));
    if (until == 0 || wait_until(call, until))
        return until != 0;
    call->phase = LINNET_CALL_REFUSED;
    call->refused_until = until;
    linnet_wheel_set(&call->calls->wheel, &call->timer, 0); /* the handler is called in the next turn, not in this */
    return true;
}

void linnet_call_deliver_refusal(linnet_call_state *call)
{
    uint64_t now = linnet_call_now(call);
    linnet_response response = {.path = call->path, .cached = true};
    uint8_t octets[8];
    linnet_writer writer;

    linnet_writer_begin_options(&writer, octets, sizeof octets);
    linnet_writer_option_uint(&writer, LINNET_OPTION_MAX_AGE,
                              call->refused_until > now ? seconds_until(call, call->refused_until) : 0);
    response.message.code = LINNET_TOO_MANY_REQUESTS;
    response.message.type = LINNET_ACK;
    response.message.options = linnet_view(octets, (size_t)linnet_writer_end(&writer));
    linnet_call_end(call, &response);
}

void linnet_call_resume(linnet_call_state *call)
{
    call->waits = false;
    if (!linnet_call_hold_back(call)) /* others may have asked meanwhile, and been put off again */
        linnet_call_proceed(call);
}
