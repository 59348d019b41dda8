/*
 * Concise problem details (RFC 9290) for clients that accept them: what would be a diagnostic payload becomes the title
 * in a CBOR map of one entry, { -1 (title): "..." }. Without a text the title is the name of the code.
 */
#include "wire/problem.h"
#include "server/transfer.h"

#include <linnet/error.h>

void linnet_reply_explain(linnet_reply *reply)
{
    uint8_t head[LINNET_PROBLEM_HEAD];
    linnet_bytes text = linnet_reply_held(reply);
    size_t start = linnet_reply_options_size(reply);

    if (linnet_code_is_success(reply->code) || reply->content_format >= 0 || reply->incoming->deferred)
        return; /* it is a payload of the handler's own */
    if (text.size == 0)
        text = linnet_text(linnet_code_name(reply->code));
    if (text.size == 0)
        return;
    size_t size = linnet_problem_head(head, text.size);
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
