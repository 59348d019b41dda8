/*
 * Concise problem details (RFC 9290) for clients that accept them: what would be a diagnostic payload becomes the title
 * in a CBOR map of one entry, { -1 (title): "..." }. Without a text the title is the name of the code.
 */
#include "server/transfer.h"

#include <linnet/error.h>

#define MAP_OF_ONE 0xa1u
#define KEY_TITLE 0x20u /* -1 */
#define TEXT 0x60u      /* major type 3 (RFC 8949 3.1) */
#define TEXT_1 0x78u    /* one octet of length follows */
#define TEXT_2 0x79u    /* two octets follow */
#define LENGTH_DIRECT 23u

static size_t write_head(uint8_t head[5], size_t size)
{
    size_t at = 0;

    head[at++] = MAP_OF_ONE;
    head[at++] = KEY_TITLE;
    if (size <= LENGTH_DIRECT) {
        head[at++] = (uint8_t)(TEXT + size);
    } else if (size <= UINT8_MAX) {
        head[at++] = TEXT_1;
        head[at++] = (uint8_t)size;
    } else {
        head[at++] = TEXT_2;
        head[at++] = (uint8_t)(size >> 8);
        head[at++] = (uint8_t)size;
    }
    return at;
}

void linnet_reply_explain(linnet_reply *reply)
{
    uint8_t head[5];
    linnet_bytes text = linnet_reply_held(reply);
    size_t start = linnet_reply_options_size(reply);

    if (linnet_code_is_success(reply->code) || reply->content_format >= 0 || reply->incoming->deferred)
        return; /* it is a payload of the handler's own */
    if (text.size == 0)
        text = linnet_text(linnet_code_name(reply->code));
    if (text.size == 0)
        return;
    size_t size = write_head(head, text.size);
    /* Behind the options, at their largest, and the marker. */
    size_t at = start + 3 + 1;
    if (at + size + text.size > reply->incoming->capacity)
        return; /* the text without its frame is still better than none */
    memmove(reply->incoming->body + at + size, text.data, text.size);
    memcpy(reply->incoming->body + at, head, size);
    reply->at = at;
    reply->held = reply->total = size + text.size;
    reply->content_format = LINNET_PROBLEM_DETAILS;
}
