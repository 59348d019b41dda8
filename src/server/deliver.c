/* The last step: the finished reply goes to the engine, unless the client does not want to hear it. */
#include "server/transfer.h"

/*
 * RFC 7967 section 2: bit by bit the classes of responses that the client is not interested in; 2 for 2.xx, 8 for 4.xx,
 * 16 for 5.xx. A 2.31 is no answer to the request, but what makes the client go on, so it is always sent.
 */
static bool is_unwanted(const linnet_request *request, linnet_code code)
{
    linnet_bytes value;

    if (request->incoming->options->highest < LINNET_OPTION_NO_RESPONSE)
        return false;
    if (code == LINNET_CONTINUE || !linnet_request_option(request, LINNET_OPTION_NO_RESPONSE, 0, &value))
        return false;
    return linnet_option_uint(value) >> (LINNET_CODE_CLASS(code) - 1u) & 1u;
}

void linnet_reply_deliver(linnet_reply *reply)
{
    linnet_incoming *incoming = reply->incoming;

    if (incoming->options->accept == LINNET_PROBLEM_DETAILS)
        linnet_reply_explain(reply);
    linnet_reply_end(reply);
    if (incoming->code != LINNET_EMPTY && is_unwanted(reply->request, incoming->code)) {
        incoming->code = LINNET_EMPTY; /* the engine acknowledges what is confirmable */
        incoming->size = 0;
    }
}
