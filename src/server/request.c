/* What a handler reads of its request. */
#include "server/request.h"

void linnet_request_open(linnet_request *request, linnet_site *site, linnet_incoming *incoming)
{
    *request =
        (linnet_request){.incoming = incoming, .message = incoming->message, .site = site, .outer = site->serving};
    site->serving = request;
}

void linnet_request_close(linnet_request *request) { request->site->serving = request->outer; }

linnet_code linnet_request_method(const linnet_request *request) { return request->message->code; }

linnet_bytes linnet_request_payload(const linnet_request *request) { return request->message->payload; }

int32_t linnet_request_content_format(const linnet_request *request)
{
    return request->incoming->options->content_format;
}

int32_t linnet_request_accept(const linnet_request *request) { return request->incoming->options->accept; }

/* What is wrong in length or repetition is treated as unrecognized (RFC 7252 5.4.3, 5.4.5), and "unrecognized options
 * of class "elective" MUST be silently ignored" (5.4.1). What the registry does not know has no rule to break: whoever
 * asks for it knows it. */
static bool is_heeded(const linnet_option *option, bool repeated)
{
    return linnet_option_is_proper(option, repeated) || !linnet_option_find(option->number);
}

uint64_t linnet_request_offset(const linnet_request *request)
{
    return request->streaming ? linnet_block_offset(request->incoming->options->block1) : 0;
}

bool linnet_request_more(const linnet_request *request)
{
    return request->streaming && request->incoming->options->block1.more;
}

bool linnet_request_option(const linnet_request *request, uint16_t number, size_t index, linnet_bytes *value)
{
    linnet_option_cursor cursor = {.rest = request->message->options};
    linnet_option option;
    bool repeated = false;

    while (linnet_option_next(&cursor, &option) && option.number <= number) {
        if (option.number != number)
            continue;
        if (is_heeded(&option, repeated) && index-- == 0) {
            *value = option.value;
            return true;
        }
        repeated = true;
    }
    return false;
}

bool linnet_request_query(const linnet_request *request, const char *name, linnet_bytes *value)
{
    linnet_option_cursor cursor = {.rest = request->message->options};
    linnet_option option;
    size_t size = strlen(name);

    while (linnet_option_next(&cursor, &option) && option.number <= LINNET_OPTION_URI_QUERY) {
        linnet_bytes argument = option.value;
        if (option.number != LINNET_OPTION_URI_QUERY || argument.size < size || memcmp(argument.data, name, size) != 0)
            continue;
        if (argument.size == size) {
            *value = linnet_view(argument.data + size, 0);
            return true;
        }
        if (argument.data[size] == '=') {
            *value = linnet_view(argument.data + size + 1, argument.size - size - 1);
            return true;
        }
    }
    return false;
}

bool linnet_request_segment(const linnet_request *request, size_t index, linnet_bytes *value)
{
    linnet_option_cursor path = request->incoming->options->path;
    linnet_bytes segment;

    for (size_t before = request->depth; linnet_path_next(&path, &segment);) {
        if (before > 0) {
            before--;
        } else if (index-- == 0) {
            *value = segment;
            return true;
        }
    }
    return false;
}

const linnet_message *linnet_request_message(const linnet_request *request) { return request->message; }

linnet_identity linnet_request_peer(const linnet_request *request)
{
    const linnet_site *site = request->site;
    const linnet_path *path = request->incoming->path;

    if (path->peer.session == 0)
        return (linnet_identity){.security = LINNET_NOT_SECURED};
    if (request->resource) /* from now on its observers share no representation: what one is given is not for another */
        request->resource->observable.is_personal = true;
    return site->identify ? site->identify(site->identify_context, path)
                          : (linnet_identity){.security = LINNET_SECURED_ANONYMOUS};
}

const linnet_path *linnet_request_path(const linnet_request *request) { return request->incoming->path; }

bool linnet_request_notifies(const linnet_request *request) { return request->incoming->subject; }
