/* Calls that observe (RFC 7641): notifications in order, registering again, taking leave. */
#include "client/call.h"

#include <linnet/error.h>

#define SECOND 1000000u
#define MOST_FAREWELLS 4u

static void set_timer(linnet_call_state *call, uint64_t when)
{
    linnet_wheel_set(&call->calls->wheel, &call->timer, when);
}

/* The exchange of this leg stays, notifications come by it; what else is to be asked goes by the other. */
static void establish(linnet_call_state *call, linnet_leg *leg)
{
    linnet_leg *other = &call->legs[leg == &call->legs[0]];

    linnet_leg_stop(other); /* an older registration, from another port of ours */
    call->observing = leg;
    call->current = other;
    call->confirmed = false;
}

/* 3.4 orders notifications. The response that rides in the acknowledgement of a registration is the newest whatever
 * its number - a server that was restarted counts from somewhere else - unless notifications have overtaken it. */
static bool is_newer(linnet_call_state *call, const linnet_response *response)
{
    bool confirms = response->message.type == LINNET_ACK && !call->confirmed;
    bool newer = confirms || linnet_observation_is_newer(&call->observation, response->observe, linnet_call_now(call));

    if (newer)
        call->confirmed = true;
    return newer;
}

bool linnet_call_notified(linnet_call_state *call, linnet_leg *leg, const linnet_response *response)
{
    linnet_endpoint *endpoint = call->calls->config.endpoint;
    linnet_call id = linnet_call_id(call);
    uint64_t now = linnet_call_now(call);

    if (response->more && leg == call->current)
        establish(call, leg);
    if (response->more && !is_newer(call, response)) {
        if (!linnet_timer_is_set(&call->timer))
            set_timer(call, linnet_observation_retry(&call->observation, now, linnet_random(endpoint)));
        return false;
    }
    /* What was being fetched is out of date, and a registration under way is not needed any more. */
    linnet_leg_stop(call->current);
    if (linnet_call_find(call->calls, id) != call)
        return false; /* what waited behind it has ended this */
    linnet_call_expect(call);
    call->phase = LINNET_CALL_FETCHING;
    linnet_wheel_stop(&call->calls->wheel, &call->timer);
    if (response->more) {
        linnet_observation_take(&call->observation, response->observe, now);
        set_timer(call, linnet_observation_renewal(response->message.options, now, linnet_random(endpoint)));
    }
    return true;
}

/* What a network or a server that is away for a while looks like. */
static bool may_pass(int error)
{
    return error == LINNET_ETIMEOUT || error == LINNET_ERESET || error == LINNET_EREFUSED || error == LINNET_ENETWORK ||
           error == LINNET_EBUSY || error == LINNET_ECHANGED;
}

void linnet_call_failed(linnet_call_state *call, int error)
{
    linnet_endpoint *endpoint = call->calls->config.endpoint;

    /* A session does not come back; whoever made it makes another. */
    if (!call->observation.any || !may_pass(error) || call->path.peer.session != 0 || call->calls->cleared) {
        linnet_call_fail(call, error);
        return;
    }
    linnet_call_expect(call);
    call->phase = LINNET_CALL_WATCHING;
    set_timer(call, linnet_observation_retry(&call->observation, linnet_call_now(call), linnet_random(endpoint)));
}

void linnet_call_rest(linnet_call_state *call, uint64_t pause)
{
    linnet_calls *calls = call->calls;
    linnet_call id = linnet_call_id(call);
    uint64_t now = linnet_call_now(call);

    linnet_leg_stop(call->current); /* blocks of a notification, where this is the next */
    if (linnet_call_find(calls, id) != call)
        return; /* what waited behind it has ended this */
    linnet_call_expect(call);
    call->phase = LINNET_CALL_WATCHING;
    set_timer(call, now + pause + linnet_observation_slack(linnet_random(calls->config.endpoint)));
}

/* 3.3.1: the same request again, with the same token. */
void linnet_call_renew(linnet_call_state *call)
{
    if (call->current->exchange != 0) { /* blocks are still coming */
        set_timer(call, linnet_call_now(call) + (uint64_t)5 * SECOND);
        return;
    }
    call->phase = LINNET_CALL_ASKING;
    linnet_call_expect(call);
    linnet_upload_begin(&call->upload, call->largest_szx);
    linnet_call_proceed(call);
}

/* A notification on its way may have come first, and has taken the place of the answer: said again, then. */
void linnet_call_farewell_answered(linnet_call_state *call, const linnet_response *response)
{
    linnet_bytes value;
    bool was_notification = response->error == 0 && linnet_code_is_success(response->message.code) &&
                            linnet_option_heed(response->message.options, LINNET_OPTION_OBSERVE, &value);

    if (!was_notification || call->farewells >= MOST_FAREWELLS || linnet_call_send_farewell(call) != 0)
        linnet_call_give(call);
}
