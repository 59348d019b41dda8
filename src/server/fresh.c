#include "server/fresh.h"

#include "engine/echo.h"

static linnet_echo *echo_of(const linnet_incoming *incoming)
{
    return incoming->endpoint ? incoming->endpoint->echo : NULL;
}

bool linnet_request_is_fresh(const linnet_request *request)
{
    const linnet_incoming *incoming = request->incoming;
    uint64_t lifetime = request->resource ? (uint64_t)request->resource->config->fresh_ms * 1000u : 0;
    linnet_echo *echo = echo_of(incoming);

    /* A representation for notifications is no request; that of the observer was fresh. */
    if (lifetime == 0 || incoming->subject)
        return true;
    return echo && echo->calls->is_fresh(echo, incoming, lifetime);
}

void linnet_reply_ask_freshness(linnet_reply *reply)
{
    const linnet_incoming *incoming = reply->incoming;
    const linnet_echo *echo = echo_of(incoming);
    uint8_t value[LINNET_ECHO_SIZE];

    if (!echo)
        return;
    echo->calls->make(echo, incoming->now, incoming->path, value);
    linnet_reply_put(reply, LINNET_OPTION_ECHO, linnet_view(value, sizeof value));
}
