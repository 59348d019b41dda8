/* What the user wants, checked and copied once. */
#include "client/call.h"

#include <linnet/error.h>

#define DEFAULT_MAX_BODY (16u << 20)
/* What a message has besides a block: header, token, marker, and options of ours and of the user. */
#define OVERHEAD 64u

static bool choose_block_size(linnet_call_state *call)
{
    uint32_t wanted = call->request.block_size ? call->request.block_size : LINNET_BLOCK_MAX;
    size_t message_size = call->calls->config.endpoint->message_size;
    size_t token_size = call->request.token.size;
    size_t overhead = OVERHEAD + (token_size > LINNET_TOKEN_MAX ? token_size : 0);
    uint8_t szx = 0;

    while (szx < 6 && (uint32_t)16 << szx < wanted)
        szx++;
    if ((uint32_t)16 << szx != wanted)
        return false;
    while (szx > 0 && ((size_t)16 << szx) + overhead > message_size)
        szx--;
    call->largest_szx = szx;
    return (call->request.offset & (((uint64_t)16 << szx) - 1u)) == 0;
}

static bool has_option(linnet_bytes options, uint16_t number)
{
    linnet_bytes value;

    return linnet_option_get(options, number, 0, &value);
}

static bool is_consistent(const linnet_call_state *call)
{
    const linnet_call_request *request = &call->request;

    if (!request->on_response || request->token.size > call->calls->config.endpoint->token_size)
        return false;
    /* "multicast requests MUST be Non-confirmable" (RFC 7252 8.1); further blocks are for one server (RFC 7959 2.8). */
    if (call->to_group && (request->type != LINNET_NON || request->observe || request->offset > 0))
        return false;
    /* "A GET request to a multicast group MUST NOT contain an ETag option" (RFC 7252 8.2.1). */
    if (call->to_group && has_option(request->options, LINNET_OPTION_ETAG))
        return false;
    if ((request->no_response & ~LINNET_NO_RESPONSE) != 0 ||
        (request->no_response && (request->observe || request->code == LINNET_EMPTY)))
        return false;
    if (!request->observe)
        return true;
    return (request->code == LINNET_GET || request->code == LINNET_FETCH) && request->offset == 0 && !call->raw;
}

static linnet_bytes put(uint8_t **at, linnet_bytes octets)
{
    linnet_bytes copy = {*at, octets.size};

    if (octets.size > 0)
        memcpy(*at, octets.data, octets.size);
    *at += octets.size;
    return copy;
}

static int copy_octets(linnet_call_state *call)
{
    const linnet_memory *memory = &call->calls->config.memory;
    linnet_call_request *request = &call->request;
    bool long_token = request->token.size > LINNET_TOKEN_MAX;
    size_t size = request->options.size + request->payload.size + (long_token ? request->token.size : 0);
    uint8_t *at = call->octets;

    if (size > LINNET_CALL_INLINE) {
        call->own = memory->resize ? memory->resize(memory->context, NULL, size) : NULL;
        if (!call->own)
            return LINNET_ENOMEM;
        at = call->own;
    }
    request->options = put(&at, request->options);
    request->payload = put(&at, request->payload);
    if (long_token)
        request->token = put(&at, request->token);
    return 0;
}

/* An observation keeps its token over all registrations (RFC 7641 3.3.1), so it is made here and not for each. */
static void choose_token(linnet_call_state *call)
{
    const linnet_port *port = &call->calls->config.endpoint->config.port;
    uint8_t *at = call->token;

    if (call->request.has_token && call->request.token.size > LINNET_TOKEN_MAX)
        return; /* copy_octets() keeps it (RFC 8974) */
    call->token_size = (uint8_t)call->request.token.size;
    if (call->request.has_token) {
        (void)put(&at, call->request.token);
    } else if (call->request.code != LINNET_EMPTY) {
        call->token_size = LINNET_TOKEN_MAX;
        port->random(port->context, call->token, LINNET_TOKEN_MAX);
    }
    call->request.token = linnet_view(call->token, call->token_size);
}

int linnet_call_copy(linnet_call_state *call, const linnet_call_request *request)
{
    call->request = *request;
    call->to_group = linnet_address_is_multicast(&call->path.peer);
    call->raw = request->code == LINNET_EMPTY || has_option(request->options, LINNET_OPTION_BLOCK1) ||
                has_option(request->options, LINNET_OPTION_BLOCK2) ||
                has_option(request->options, LINNET_OPTION_Q_BLOCK1) ||
                has_option(request->options, LINNET_OPTION_Q_BLOCK2);
    if (!is_consistent(call) || !choose_block_size(call))
        return LINNET_EINVAL;
    if (request->read_body)
        call->request.payload.size = 0;
    if (!request->max_body_size)
        call->request.max_body_size = DEFAULT_MAX_BODY;
    choose_token(call);
    linnet_upload_begin(&call->upload, call->largest_szx);
    return copy_octets(call);
}
