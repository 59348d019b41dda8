/* From what the user wants to a request of the client: options as the documents say, everything copied into one block.
 */
#include "module/module.h"

#include "wire/uri_part.h"

#include <linnet/error.h>
#include <stdlib.h>

enum { TOKEN_MAX = 8, BLOCK_MAX = 1024, OPTIONS_BESIDES = 3 /* Uri-Host, Uri-Port, Content-Format */ };

/* Path and query of a text, the query behind a '?'. */
typedef struct target {
    linnet_bytes path;
    linnet_bytes query;
} target;

static target split(const char *text)
{
    if (text && *text == '/')
        text++;
    const char *mark = text ? strchr(text, '?') : NULL;
    target parts = {.path = linnet_text(text)};
    if (mark) {
        parts.path.size = (size_t)(mark - text);
        parts.query = linnet_text(mark + 1);
    }
    if (parts.path.size == 0)
        parts.path.data = NULL;
    if (parts.query.size == 0)
        parts.query.data = NULL;
    return parts;
}

/* How many options they make, or LINNET_EINVAL: a Uri-Path or Uri-Query is up to 255 octets (RFC 7252 table 4). */
static int count_options(linnet_bytes text, char separator)
{
    linnet_bytes part;
    int count = 0;
    while (linnet_uri_split(&text, separator, &part)) {
        if (part.size > LINNET_URI_PART_MAX)
            return LINNET_EINVAL;
        count++;
    }
    return count;
}

static bool code_of(unsigned method, linnet_code *code)
{
    switch (method) {
    case LINNET_MODULE_GET:
        return *code = LINNET_GET, true;
    case LINNET_MODULE_PUT:
        return *code = LINNET_PUT, true;
    case LINNET_MODULE_POST:
        return *code = LINNET_POST, true;
    case LINNET_MODULE_DELETE:
        return *code = LINNET_DELETE, true;
    case LINNET_MODULE_FETCH:
        return *code = LINNET_FETCH, true;
    case LINNET_MODULE_PATCH:
        return *code = LINNET_PATCH, true;
    case LINNET_MODULE_IPATCH:
        return *code = LINNET_IPATCH, true;
    default:
        return false;
    }
}

static int check(const linnet_module_request *request)
{
    linnet_code code;
    if (!code_of(request->method, &code) || request->token.size > TOKEN_MAX)
        return LINNET_EINVAL;
    if (request->content_format < LINNET_MODULE_UNSET || request->content_format > UINT16_MAX)
        return LINNET_EINVAL;
    if (request->observe && ((code != LINNET_GET && code != LINNET_FETCH) || request->no_options))
        return LINNET_EINVAL;
    /* In blocks it would need options. */
    return request->no_options && request->payload.size > BLOCK_MAX ? LINNET_ETOOBIG : 0;
}

static linnet_bytes put(uint8_t **at, linnet_bytes octets)
{
    linnet_bytes copy = linnet_view(*at, octets.size);
    if (octets.size > 0)
        memcpy(*at, octets.data, octets.size);
    *at += octets.size;
    return copy;
}

static void add_option(linnet_module_call *call, uint16_t number, linnet_bytes value)
{
    call->options[call->request.option_count++] = (linnet_option){.number = number, .value = value};
}

static void add_parts(linnet_module_call *call, uint8_t **at, uint16_t number, linnet_bytes text, char separator)
{
    linnet_bytes part;
    while (linnet_uri_split(&text, separator, &part))
        add_option(call, number, put(at, part));
}

static void add_options(linnet_module_call *call, uint8_t **at, const target *parts, int32_t format)
{
    const linnet_module_session *session = call->session;
    char host[LINNET_NAME_MAX + 1];
    size_t size = linnet_module_write_uri_host(&session->host, host);
    add_option(call, LINNET_OPTION_URI_HOST, put(at, linnet_view(host, size)));
    add_option(call, LINNET_OPTION_URI_PORT,
               linnet_view(call->port, linnet_option_from_uint(session->port, call->port)));
    add_parts(call, at, LINNET_OPTION_URI_PATH, parts->path, '/');
    if (format >= 0)
        add_option(call, LINNET_OPTION_CONTENT_FORMAT,
                   linnet_view(call->format, linnet_option_from_uint((uint32_t)format, call->format)));
    add_parts(call, at, LINNET_OPTION_URI_QUERY, parts->query, '&');
}

static void fill(linnet_module_call *call, uint8_t *at, const target *parts, const linnet_module_request *wanted)
{
    linnet_client_request *request = &call->request;
    uint8_t *token = call->token;
    char uri[LINNET_MODULE_URI];
    linnet_module_write_uri(&call->session->host, call->session->port, call->session->secured, uri);
    (void)code_of(wanted->method, &request->method);
    request->type = LINNET_CON;
    request->uri = (const char *)put(&at, linnet_view(uri, strlen(uri) + 1)).data;
    request->no_uri_host = true;       /* it is among the options */
    request->no_content_format = true; /* so is this, where there is one */
    request->observe = wanted->observe;
    /* Notifications are told from all else by their token, so they have one. */
    request->has_token = !wanted->observe || wanted->token.size > 0;
    request->token = put(&token, wanted->token);
    request->options = call->options;
    if (!wanted->no_options)
        add_options(call, &at, parts, wanted->content_format);
    request->payload = put(&at, wanted->payload);
}

int linnet_module_make_call(linnet_module_call **made, linnet_module_session *session,
                            const linnet_module_request *request)
{
    target parts = split(request->no_options ? NULL : request->uri_path);
    int segments = count_options(parts.path, '/'), arguments = count_options(parts.query, '&');
    int error = segments < 0 || arguments < 0 ? LINNET_EINVAL : check(request);
    if (error != 0)
        return error;
    size_t count = (size_t)segments + (size_t)arguments + OPTIONS_BESIDES;
    size_t size = sizeof **made + count * sizeof(linnet_option);
    size_t octets = LINNET_MODULE_URI + LINNET_NAME_MAX + parts.path.size + parts.query.size + request->payload.size;
    linnet_module_call *call = malloc(size + octets);
    if (!call)
        return LINNET_ENOMEM;
    *call = (linnet_module_call){.session = session};
    fill(call, (uint8_t *)(call->options + count), &parts, request);
    *made = call;
    return 0;
}
