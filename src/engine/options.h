/* What one walk over a request's options finds: whether it may be executed at all (RFC 7252 5.4), and the values that
 * every layer above wants, so that nobody walks them again. */
#ifndef LINNET_ENGINE_OPTIONS_H
#define LINNET_ENGINE_OPTIONS_H

#include <linnet/block.h>
#include <linnet/code.h>
#include <linnet/message.h>

typedef struct linnet_request_options {
    linnet_option_cursor path; /* positioned before the first Uri-Path; ends with the last */
    uint8_t path_segments;     /* 255 and more count as 255 */
    bool has_if_match;
    bool has_if_none_match;
    bool has_etag;
    bool has_query;
    bool has_proxy; /* Proxy-Uri or Proxy-Scheme */
    bool has_block1;
    bool has_block2;
    bool has_observe;
    linnet_block block1;
    linnet_block block2;
    uint32_t observe;
    linnet_bytes echo;      /* of size 0 without */
    int32_t content_format; /* or -1 */
    int32_t accept;         /* or -1 */
    int16_t hop_limit;      /* or -1 */
    uint16_t highest;       /* the number of the last option: above it there is nothing to look for */
    bool q_body;            /* the payload came in blocks by Q-Block1 */
    bool q_missing;         /* blocks of a response that was given are asked for, by Q-Block2, and nothing else */
    const struct linnet_q_options *q; /* Q-Block1 and Q-Block2 (q_block.h); NULL: it has neither */
    uint16_t rejected;                /* the option that stopped the walk, when the code is not 0 */
} linnet_request_options;

/* LINNET_EMPTY: the request may be executed. Else the code to answer with: 4.02, 4.00, 5.05. */
linnet_code linnet_request_options_read(linnet_request_options *found, const linnet_message *request);

/* Whether an option is one that the registry accepts: its length, and its being repeated or not. Elective options
 * that are not are to be ignored (5.4.3, 5.4.5). `repeated`: the same number came before. */
bool linnet_option_is_proper(const linnet_option *option, bool repeated);

#endif
