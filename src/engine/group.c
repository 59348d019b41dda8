/* Requests of ours to a group: anybody may answer, and each who does is heard once (RFC 7252 8.2). */
#include "engine/endpoint.h"

/* The log of answers counts in seconds, roughly. */
#define MARGIN 2000000u

uint64_t linnet_group_key(const linnet_endpoint *endpoint, const linnet_path *path, linnet_bytes token)
{
    linnet_path anybody = {.socket = path->socket};

    return linnet_hash_token(&endpoint->hash_key, &anybody, token);
}

linnet_exchange_state *linnet_group_find(const linnet_endpoint *endpoint, const linnet_path *path, linnet_bytes token)
{
    if (endpoint->group_requests == 0)
        return NULL;
    return linnet_exchanges_find_token(&endpoint->exchanges, linnet_group_key(endpoint, path, token));
}

void linnet_group_answered(linnet_endpoint *endpoint, uint64_t now, const linnet_exchange_state *exchange,
                           const linnet_message *message, const linnet_path *path)
{
    const linnet_client_part *client = &exchange->part.client;
    uint64_t key = linnet_hash_token(&endpoint->hash_key, path, message->token);
    linnet_response response = {.message = *message, .path = *path, .more = true};
    linnet_bytes nothing = {NULL, 0};

    if (linnet_answers_find(&endpoint->answers, key, now, &nothing))
        return;
    linnet_answers_put(&endpoint->answers, key, now, client->deadline + MARGIN, nothing);
    response.round_trip_us = now > client->started ? now - client->started : 0;
    client->done(&response, client->context);
}
