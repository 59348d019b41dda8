/* Requests that want no response of some classes (No-Response, RFC 7967): a server that obeys says nothing, and that is
 * an answer too. "When No-Response is used with value 26 in a request, the client endpoint SHOULD cease listening to
 * response(s)"; with interest in some, it "must be configured to listen during some application specific time-out
 * period" (2.1). */
#include "client/call.h"

/* The blocks of a body that are not the last are answered always. */
void linnet_call_ask_for_silence(const linnet_call_state *call, linnet_extras *extras)
{
    if (call->request.no_response && call->phase == LINNET_CALL_ASKING && !call->upload.more)
        linnet_extras_add_uint(extras, LINNET_OPTION_NO_RESPONSE, call->request.no_response);
}

/* In the next turn, not in this: the exchange is in use. Of a group there are many answers, and one end already. */
void linnet_call_released(void *context)
{
    linnet_leg *leg = context;
    linnet_call_state *call = leg->call;
    const linnet_call_request *request = &call->request;
    bool wants_some = request->no_response != LINNET_NO_RESPONSE;

    if (call->phase != LINNET_CALL_ASKING || call->upload.more || call->to_group || call->waits)
        return;
    call->unanswered = true;
    linnet_wheel_set(&call->calls->wheel, &call->timer,
                     wants_some ? linnet_call_now(call) + request->no_response_wait : 0);
}

void linnet_call_hear(linnet_call_state *call)
{
    if (!call->unanswered)
        return;
    call->unanswered = false;
    linnet_wheel_stop(&call->calls->wheel, &call->timer);
}

void linnet_call_deliver_silence(linnet_call_state *call)
{
    linnet_response response = {.path = call->path, .retransmissions = call->retransmissions};

    linnet_call_end(call, &response);
}
