/*
 * What makes two requests the same for a cache (RFC 7252 5.6): "the presented request method and that used to obtain
 * the stored response match" and "all options match", but for those that are NoCacheKey; for FETCH the payload too (RFC
 * 8132 2); and the endpoint that is asked. Key and target are keyed hashes of 64 bits, as everywhere in Linnet.
 */
#include "client/call.h"

#define PAYLOAD 0xffffu /* no option has this number */

/* A user who has one of these in the request wants more than the representation, or a part of it, or is a cache
 * himself.
 */
static bool goes_past_the_cache(uint16_t number)
{
    static const uint16_t numbers[] = {LINNET_OPTION_IF_MATCH, LINNET_OPTION_ETAG,   LINNET_OPTION_IF_NONE_MATCH,
                                       LINNET_OPTION_OBSERVE,  LINNET_OPTION_OSCORE, LINNET_OPTION_Q_BLOCK1,
                                       LINNET_OPTION_BLOCK2,   LINNET_OPTION_BLOCK1, LINNET_OPTION_Q_BLOCK2,
                                       LINNET_OPTION_EDHOC,    LINNET_OPTION_ECHO,   LINNET_OPTION_NO_RESPONSE};

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (number == numbers[i])
            return true;
    return false;
}

static const linnet_hash_key *hash_key(const linnet_call_state *call)
{
    return &call->calls->config.endpoint->hash_key;
}

/* One hash for all sockets of ours: which of them a request leaves from is no matter. */
static uint64_t hash_peer(const linnet_call_state *call, uint32_t word)
{
    linnet_path path = {.peer = call->path.peer};

    return linnet_hash_peer(hash_key(call), &path, word);
}

static bool is_of_uri(uint16_t number)
{
    return number == LINNET_OPTION_URI_HOST || number == LINNET_OPTION_URI_PORT || number == LINNET_OPTION_PROXY_URI ||
           number == LINNET_OPTION_PROXY_SCHEME || number == LINNET_OPTION_URI_PATH ||
           number == LINNET_OPTION_URI_QUERY;
}

/* Hashes method and options, in the order of the message. False: this request goes past the cache. */
bool linnet_call_find_key(linnet_call_state *call)
{
    linnet_option_cursor cursor = {.rest = call->request.options};
    uint64_t key = hash_peer(call, call->request.code);
    linnet_option option;

    while (linnet_option_next(&cursor, &option)) {
        if (goes_past_the_cache(option.number))
            return false;
        if (linnet_option_is_unsafe(option.number) || !linnet_option_is_no_cache_key(option.number))
            key = linnet_hash_chain(hash_key(call), key, option.number, option.value);
    }
    if (call->request.code == LINNET_FETCH)
        key = linnet_hash_chain(hash_key(call), key, PAYLOAD, call->request.payload);
    call->cache_key = key;
    return true;
}

uint64_t linnet_call_target(const linnet_call_state *call)
{
    linnet_option_cursor cursor = {.rest = call->request.options};
    uint64_t target = hash_peer(call, 0);
    linnet_option option;

    while (linnet_option_next(&cursor, &option))
        if (is_of_uri(option.number))
            target = linnet_hash_chain(hash_key(call), target, option.number, option.value);
    return target;
}

/* Relative to the request's URI (5.10.7). */
uint64_t linnet_call_location(const linnet_call_state *call, const linnet_message *response)
{
    linnet_option_cursor own = {.rest = call->request.options}, theirs = {.rest = response->options};
    uint64_t target = hash_peer(call, 0);
    linnet_option option;

    while (linnet_option_next(&own, &option))
        if (option.number == LINNET_OPTION_URI_HOST || option.number == LINNET_OPTION_URI_PORT)
            target = linnet_hash_chain(hash_key(call), target, option.number, option.value);
    while (linnet_option_next(&theirs, &option)) {
        if (option.number == LINNET_OPTION_LOCATION_PATH)
            target = linnet_hash_chain(hash_key(call), target, LINNET_OPTION_URI_PATH, option.value);
        if (option.number == LINNET_OPTION_LOCATION_QUERY)
            target = linnet_hash_chain(hash_key(call), target, LINNET_OPTION_URI_QUERY, option.value);
    }
    return target;
}
