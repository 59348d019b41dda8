/* Which calls a cache may answer, and what it may keep of their responses (RFC 7252 5.6, 5.9, 5.10.5). Which requests
 * are the same for it stands in cache_key.c. */
#include "client/call.h"

#include <linnet/error.h>

#define DEFAULT_MAX_AGE 60u /* 5.10.5 */

static bool is_safe(linnet_code method) { return method == LINNET_GET || method == LINNET_FETCH; }

/* Whether the response, whatever it is, may be kept. What a user takes part by part is never there as a whole. */
static bool may_keep(linnet_call_state *call)
{
    const linnet_call_request *request = &call->request;

    return is_safe(request->code) && !call->raw && request->offset == 0 && !request->on_block && !request->read_body &&
           !linnet_address_is_multicast(&call->path.peer) && linnet_call_find_key(call);
}

/* A stale representation with an ETag may be valid still: the server is asked (5.6.2). */
static void validate_with(linnet_call_state *call, const linnet_cached *entry)
{
    uint8_t *options = call->calls->options;
    linnet_bytes etag;
    size_t size;

    if (entry->code != LINNET_CONTENT || !linnet_cached_options(entry, options, call->calls->options_size, &size) ||
        !linnet_option_heed(linnet_view(options, size), LINNET_OPTION_ETAG, &etag))
        return;
    call->etag_size = (uint8_t)etag.size;
    memcpy(call->etag, etag.data, etag.size);
}

static bool take_copy(linnet_call_state *call, const linnet_cached *entry)
{
    linnet_calls *calls = call->calls;
    size_t size;

    return linnet_cached_options(entry, calls->options, calls->options_size, &size) &&
           linnet_cached_copy(entry, linnet_view(calls->options, size), &call->body, &calls->config.memory) == 0;
}

bool linnet_call_look_up(linnet_call_state *call)
{
    linnet_calls *calls = call->calls;
    linnet_cached *entry;

    if (!linnet_cache_is_on(&calls->cache))
        return false;
    call->cache_changes = calls->cache.changes;
    call->cacheable = may_keep(call);
    if (!call->cacheable || call->request.observe)
        return false;
    entry = linnet_cache_find(&calls->cache, call->cache_key);
    if (!entry)
        return false;
    if (linnet_call_now(call) >= entry->stale) {
        validate_with(call, entry);
        return false;
    }
    if (!take_copy(call, entry)) {
        linnet_body_clear(&call->body, &calls->config.memory);
        return false;
    }
    call->phase = LINNET_CALL_CACHED;
    call->last_code = entry->code;
    call->born = entry->born;
    linnet_wheel_set(&calls->wheel, &call->timer, 0); /* the handler is called in the next turn, not in this */
    return true;
}

static void deliver_body(linnet_call_state *call, const linnet_response *as)
{
    linnet_response response = *as;

    response.message.options = linnet_body_options(&call->body);
    response.message.payload = linnet_body_payload(&call->body);
    response.cached = true;
    linnet_call_end(call, &response);
}

void linnet_call_deliver_cached(linnet_call_state *call)
{
    uint64_t now = linnet_call_now(call);
    linnet_response response = {.path = call->path, .age_us = now > call->born ? now - call->born : 0};

    response.message.code = call->last_code;
    response.message.type = LINNET_ACK;
    deliver_body(call, &response);
}

static uint64_t stale_at(linnet_bytes options, uint64_t born)
{
    uint32_t seconds = DEFAULT_MAX_AGE;

    (void)linnet_option_heed_uint(options, LINNET_OPTION_MAX_AGE, &seconds);
    return born + (uint64_t)seconds * 1000000u;
}

/* 5.9: 2.05 and errors are cacheable. Not those that are about one exchange: a 4.01 that wants an Echo, blocks that
 * were lost or too large; and 4.29, which call_busy.c knows for all similar requests. */
static bool is_cacheable(const linnet_message *response)
{
    linnet_bytes value;

    if (response->code == LINNET_REQUEST_ENTITY_INCOMPLETE || response->code == LINNET_REQUEST_ENTITY_TOO_LARGE ||
        response->code == LINNET_TOO_MANY_REQUESTS || linnet_option_heed(response->options, LINNET_OPTION_ECHO, &value))
        return false;
    return response->code == LINNET_CONTENT || LINNET_CODE_CLASS(response->code) == 4 ||
           LINNET_CODE_CLASS(response->code) == 5;
}

void linnet_call_remember(linnet_call_state *call, const linnet_response *response)
{
    linnet_cache *cache = &call->calls->cache;
    const linnet_message *message = &response->message;
    uint64_t stale = stale_at(message->options, call->born);
    linnet_bytes etag;

    if (!call->cacheable || !is_cacheable(message))
        return;
    /* Something was changed since this was asked for: who knows which came first. */
    if (call->cache_changes != cache->changes)
        stale = call->born;
    call->cache_changes = cache->changes; /* a notification that comes later is later */
    if (stale <= linnet_call_now(call) && !linnet_option_heed(message->options, LINNET_OPTION_ETAG, &etag)) {
        linnet_cached *old = linnet_cache_find(cache, call->cache_key);
        if (old) /* it is out of date, and this is of no use */
            linnet_cache_drop(cache, old);
        return;
    }
    linnet_cache_put(cache, call->cache_key, linnet_call_target(call), message, call->born, stale);
}

/* 5.9.1.3: it "MUST update the stored response with the value of the Max-Age Option included in the response
 * (explicitly, or implicitly as a default value [...])"; each safe-to-forward option that the 2.03 has replaces those
 * of its number. False: they do not fit. */
static bool update_options(uint8_t *options, size_t *size, size_t capacity, linnet_bytes news)
{
    linnet_option_cursor cursor = {.rest = news};
    uint16_t before = 0;
    linnet_option option;

    (void)linnet_options_remove(options, size, LINNET_OPTION_MAX_AGE);
    for (; linnet_option_next(&cursor, &option); before = option.number) {
        if (linnet_option_is_unsafe(option.number) && option.number != LINNET_OPTION_MAX_AGE)
            continue;
        if (option.number != before)
            (void)linnet_options_remove(options, size, option.number);
        if (linnet_options_insert(options, size, capacity, option.number, option.value) != 0)
            return false;
    }
    return true;
}

/* Puts the representation that the 2.03 is about together. False: it is not there any more. */
static bool revive(linnet_call_state *call, const linnet_message *response)
{
    linnet_calls *calls = call->calls;
    linnet_cached *entry = linnet_cache_find(&calls->cache, call->cache_key);
    linnet_bytes sent = linnet_view(call->etag, call->etag_size), etag;
    size_t size;

    if (!entry || entry->code != LINNET_CONTENT ||
        !linnet_cached_options(entry, calls->options, calls->options_size, &size) ||
        !linnet_option_heed(linnet_view(calls->options, size), LINNET_OPTION_ETAG, &etag) ||
        !linnet_bytes_equal(etag, sent))
        return false;
    /* 5.10.6.2: the 2.03 names the one it means; there is one only, but a name that is wrong is no confirmation. */
    if (linnet_option_heed(response->options, LINNET_OPTION_ETAG, &etag) && !linnet_bytes_equal(etag, sent))
        return false;
    return update_options(calls->options, &size, calls->options_size, response->options) &&
           linnet_cached_copy(entry, linnet_view(calls->options, size), &call->body, &calls->config.memory) == 0;
}

void linnet_call_validated(linnet_call_state *call, const linnet_response *response)
{
    linnet_response whole = *response;

    if (!revive(call, &response->message)) {
        linnet_body_clear(&call->body, &call->calls->config.memory);
        call->etag_size = 0;
        call->phase = LINNET_CALL_ASKING;
        linnet_upload_begin(&call->upload, call->upload.szx); /* of a FETCH: from its first block */
        linnet_call_proceed(call);                            /* for all of it */
        return;
    }
    whole.message.code = LINNET_CONTENT;
    whole.message.options = linnet_body_options(&call->body);
    whole.message.payload = linnet_body_payload(&call->body);
    linnet_call_remember(call, &whole);
    deliver_body(call, &whole);
}

void linnet_call_spoil(const linnet_call_state *call, const linnet_response *response)
{
    linnet_cache *cache = &call->calls->cache;
    linnet_code code = response->message.code;
    uint64_t now = linnet_call_now(call);

    if (!linnet_cache_is_on(cache) || is_safe(call->request.code) || !linnet_code_is_request(call->request.code))
        return;
    if (response->error == 0 && !linnet_code_is_success(code))
        return;
    /* 5.9.1.1, 5.9.1.2, 5.9.1.4. Without a response nobody knows what was done. */
    linnet_cache_spoil(cache, linnet_call_target(call), now);
    if (response->error == 0 && code == LINNET_CREATED)
        linnet_cache_spoil(cache, linnet_call_location(call, &response->message), now);
}
