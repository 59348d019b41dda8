/*
 * Responses in blocks that cannot be made again (RFC 7959 2.7, 3.3): a POST must not run twice, so what it answered is
 * kept while the client fetches it, by requests with the same options and a Block2 that asks for more. GET needs none
 * of this: its handler runs again; nor does FETCH, unless its body came in blocks.
 */
#include "server/finish.h"
#include "server/transfer.h"

#include "engine/transfers.h"

#include <linnet/error.h>

static void serve_kept(linnet_request *request, linnet_reply *reply, void *context)
{
    const linnet_transfer *kept = context;
    linnet_option_cursor cursor = {.rest = linnet_view(kept->data + kept->size, kept->options_size)};
    linnet_option option;

    (void)request;
    linnet_reply_code(reply, kept->code);
    while (linnet_option_next(&cursor, &option))
        if (option.number != LINNET_OPTION_BLOCK1 && option.number != LINNET_OPTION_BLOCK2 &&
            option.number != LINNET_OPTION_SIZE2)
            linnet_reply_put(reply, option.number, option.value);
    linnet_reply_payload(reply, kept->content_format, linnet_view(kept->data, kept->size));
}

static linnet_transfer *find(const linnet_request *request)
{
    linnet_transfers *transfers = request->site->transfers;
    const linnet_incoming *incoming = request->incoming;

    return linnet_transfers_find(
        transfers, linnet_transfers_key(transfers, incoming->path, incoming->message, LINNET_TRANSFER_RESPONSE),
        incoming->now);
}

linnet_code linnet_kept_find(linnet_request *request, const char **diagnostic)
{
    linnet_code method = request->message->code;
    linnet_transfer *kept;

    if (method == LINNET_GET || request->incoming->options->has_block1 || !request->site->transfers)
        return LINNET_EMPTY;
    kept = find(request);
    if (kept) {
        linnet_transfers_touch(request->site->transfers, kept, request->incoming->now);
        request->handler = serve_kept;
        request->context = kept;
        return LINNET_EMPTY;
    }
    if (method == LINNET_FETCH && !request->incoming->options->q_missing)
        return LINNET_EMPTY;
    *diagnostic = "That response is not kept any more";
    return LINNET_REQUEST_ENTITY_INCOMPLETE;
}

bool linnet_kept_is_found(const linnet_request *request) { return request->handler == serve_kept; }

static void drop(linnet_reply *reply)
{
    if (reply->kept)
        linnet_transfers_give(reply->request->site->transfers, reply->kept);
    reply->kept = NULL;
}

/* A place for the response, with room for its options. */
static bool open_place(linnet_reply *reply, size_t size)
{
    linnet_transfers *transfers = reply->request->site->transfers;
    const linnet_incoming *incoming = reply->incoming;
    uint64_t key = linnet_transfers_key(transfers, incoming->path, incoming->message, LINNET_TRANSFER_RESPONSE);

    drop(reply);
    if (size > UINT32_MAX / 2)
        return false;
    reply->kept = linnet_transfers_take(transfers, incoming->path, key, incoming->now);
    if (!reply->kept)
        return false;
    reply->kept->is_response = true;
    transfers->responses++;
    if (linnet_transfers_reserve(transfers, reply->kept, (uint32_t)(size + incoming->capacity)))
        return true;
    drop(reply);
    return false;
}

static bool keep(linnet_reply *reply, linnet_bytes payload)
{
    if (!open_place(reply, payload.size))
        return false;
    memcpy(reply->kept->data, payload.data, payload.size);
    reply->kept->size = (uint32_t)payload.size;
    return true;
}

static size_t window(linnet_reply *reply, linnet_bytes payload, size_t room, size_t *offset)
{
    size_t held = linnet_slicing_plain.window(reply, payload, room, offset);

    if (held < payload.size && !keep(reply, payload))
        return SIZE_MAX; /* as what does not fit */
    return held;
}

static bool shrink(linnet_reply *reply)
{
    if (reply->held == reply->total && !keep(reply, linnet_reply_held(reply)))
        return false;
    return linnet_slicing_plain.shrink(reply);
}

/* Reads a part of a streamed response behind what is there. */
static int read_part(linnet_reply *reply, linnet_reader *read, void *context, uint32_t size, size_t *given)
{
    linnet_transfer *kept = reply->kept;
    size_t room = (size_t)size + reply->incoming->capacity;

    if (room > UINT32_MAX / 2 || !linnet_transfers_reserve(reply->request->site->transfers, kept, (uint32_t)room))
        return LINNET_ETOOBIG;
    int error = read(context, kept->size, kept->data + kept->size, size - kept->size, given);
    if (error == 0 && *given > size - kept->size)
        error = LINNET_EINVAL;
    kept->size += error ? 0 : (uint32_t)*given;
    return error;
}

#define PART 1024u

/* The reader may not be asked again when this request is over, so all of it is kept. */
static int gather(linnet_reply *reply, int32_t content_format, uint64_t size, linnet_reader *read, void *context)
{
    bool known = size != LINNET_UNKNOWN_SIZE;
    size_t given = 1;
    int error = 0;

    if (known && size > UINT32_MAX / 2)
        return linnet_reply_spoil(reply, LINNET_ETOOBIG);
    if (!open_place(reply, known ? (size_t)size : PART))
        return linnet_reply_spoil(reply, LINNET_ETOOBIG);
    if (known && size > 0)
        error = read_part(reply, read, context, (uint32_t)size, &given);
    while (!known && !error && given > 0)
        error = read_part(reply, read, context, reply->kept->size + PART, &given);
    if (error)
        return linnet_reply_spoil(reply, error);
    reply->slicing = &linnet_slicing_plain;
    return linnet_reply_payload(reply, content_format, linnet_view(reply->kept->data, reply->kept->size));
}

const linnet_slicing linnet_slicing_keeping = {.window = window, .shrink = shrink, .gather = gather};

bool linnet_kept_allow(linnet_reply *reply)
{
    const linnet_request *request = reply->request;
    linnet_code method = request->message->code;
    linnet_transfer *before;

    if (!request->site->transfers || linnet_kept_is_found(request) || method == LINNET_GET ||
        (method == LINNET_FETCH && !linnet_body_is_put_together(request->incoming->options)))
        return false;
    before = request->site->transfers->responses > 0 ? find(request) : NULL;
    if (before)
        linnet_transfers_give(request->site->transfers, before); /* that of an earlier request like this one */
    return true;
}

void linnet_kept_settle(linnet_reply *reply)
{
    linnet_transfer *kept = reply->kept;

    if (!linnet_code_is_success(reply->code) || reply->held == reply->total || reply->incoming->deferred) {
        drop(reply);
        return;
    }
    kept->code = reply->code;
    kept->content_format = reply->content_format;
    kept->options_size = (uint16_t)linnet_reply_options_size(reply);
    if (kept->options_size > 0)
        memcpy(kept->data + kept->size, reply->options.start, kept->options_size);
}
