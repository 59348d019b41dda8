/* The rules of RFC 7252 5.4 for a request: an option that is critical and unknown, of a wrong length or repeated
 * where it may not be stops the request; an elective one is as if it were not there. */
#include "engine/options.h"

#define NONE (-1)

bool linnet_option_is_proper(const linnet_option *option, bool repeated)
{
    const linnet_option_definition *definition = linnet_option_find(option->number);

    return definition && option->value.size >= definition->min_size && option->value.size <= definition->max_size &&
           (!repeated || definition->repeatable);
}

static linnet_code read_block(bool *has, linnet_block *block, linnet_bytes value)
{
    *has = true;
    return linnet_block_parse(block, value) == 0 ? LINNET_EMPTY : LINNET_BAD_REQUEST; /* SZX 7: RFC 7959 2.2 */
}

/* 0, or the code that ends the request. `before` is where the walk stood before this option. */
static linnet_code read_proper(linnet_request_options *found, const linnet_option *option, linnet_option_cursor before)
{
    switch (option->number) {
    case LINNET_OPTION_URI_PATH:
        if (found->path_segments == 0)
            found->path = before;
        if (found->path_segments < UINT8_MAX)
            found->path_segments++;
        break;
    case LINNET_OPTION_CONTENT_FORMAT:
        found->content_format = (int32_t)linnet_option_uint(option->value);
        break;
    case LINNET_OPTION_ACCEPT:
        found->accept = (int32_t)linnet_option_uint(option->value);
        break;
    case LINNET_OPTION_IF_MATCH:
        found->has_if_match = true;
        break;
    case LINNET_OPTION_IF_NONE_MATCH:
        found->has_if_none_match = true;
        break;
    case LINNET_OPTION_ETAG:
        found->has_etag = true;
        break;
    case LINNET_OPTION_OBSERVE:
        found->has_observe = true;
        found->observe = linnet_option_uint(option->value);
        break;
    case LINNET_OPTION_ECHO:
        found->echo = option->value;
        break;
    case LINNET_OPTION_URI_QUERY:
        found->has_query = true;
        break;
    case LINNET_OPTION_HOP_LIMIT:
        found->hop_limit = (int16_t)linnet_option_uint(option->value);
        return found->hop_limit == 0 ? LINNET_BAD_REQUEST : LINNET_EMPTY; /* RFC 8768 section 3 */
    case LINNET_OPTION_BLOCK1:
        return read_block(&found->has_block1, &found->block1, option->value);
    case LINNET_OPTION_BLOCK2:
        return read_block(&found->has_block2, &found->block2, option->value);
    case LINNET_OPTION_PROXY_URI:
    case LINNET_OPTION_PROXY_SCHEME:
        found->has_proxy = true;
        break;
    case LINNET_OPTION_URI_HOST:
    case LINNET_OPTION_URI_PORT:
        break;
    default:
        return linnet_option_is_critical(option->number) ? LINNET_BAD_OPTION : LINNET_EMPTY;
    }
    return LINNET_EMPTY;
}

linnet_code linnet_request_options_read(linnet_request_options *found, const linnet_message *request)
{
    linnet_option_cursor cursor = {.rest = request->options};
    linnet_option_cursor before = cursor;
    linnet_code code = LINNET_EMPTY;
    linnet_option option;
    bool first = true;

    *found = (linnet_request_options){.content_format = NONE, .accept = NONE, .hop_limit = NONE};
    for (; linnet_option_next(&cursor, &option); before = cursor, first = false) {
        if (linnet_option_is_proper(&option, !first && option.number == before.number))
            code = read_proper(found, &option, before);
        else
            code = linnet_option_is_critical(option.number) ? LINNET_BAD_OPTION : LINNET_EMPTY;
        if (code != LINNET_EMPTY) {
            found->rejected = option.number;
            return code;
        }
    }
    found->highest = cursor.number;
    /* 5.10.2: a proxy is asked for, and there is none. */
    return found->has_proxy ? LINNET_PROXYING_NOT_SUPPORTED : LINNET_EMPTY;
}
