/* The module's server: where it listens, its list of resources, and those that clients create. */
#include "module/module.h"

#include "module/settings.h"
#include "net/server.h"

#include <linnet/error.h>
#include <linnet/uri.h>
#include <stdio.h>
#include <stdlib.h>

/* As "/a/b". False: not every list of segments is the path of a resource. */
static bool read_path(const linnet_request *request, char path[LINNET_MODULE_PATH])
{
    size_t size = 0, count = 0;
    linnet_bytes segment;
    for (; linnet_request_segment(request, count, &segment); count++) {
        if (size + 1 + segment.size >= LINNET_MODULE_PATH ||
            (segment.size > 0 && memchr(segment.data, '/', segment.size)) ||
            (segment.size > 0 && memchr(segment.data, '\0', segment.size)))
            return false;
        path[size++] = '/';
        if (segment.size > 0)
            memcpy(path + size, segment.data, segment.size);
        size += segment.size;
    }
    path[size] = '\0';
    return !(count == 1 && size == 1); /* one empty segment would be taken for the root, which has none */
}

static void tell_created(linnet_module *module, linnet_module_resource *resource)
{
    if (module->on_resource)
        module->on_resource(resource, module->resource_context);
}

/* What the handler has set is in the response. */
static void answer_created(linnet_module_resource *resource, linnet_reply *reply)
{
    uint8_t etag[4];
    if (resource->gone) {
        linnet_reply_error(reply, LINNET_FORBIDDEN, NULL);
        return;
    }
    linnet_reply_code(reply, LINNET_CREATED);
    if (!resource->config.no_etag)
        linnet_reply_etag(reply, linnet_view(etag, linnet_option_from_uint(resource->resource.etag, etag)));
    if (resource->max_age >= 0)
        linnet_reply_max_age(reply, (uint32_t)resource->max_age);
}

static void create(linnet_module *module, const char *path, const linnet_request *request, linnet_reply *reply)
{
    linnet_module_resource *resource;
    int error = linnet_module_make_resource(module, path, linnet_request_content_format(request), LINNET_MODULE_UNSET,
                                            linnet_request_payload(request), &resource);
    if (error != 0) {
        linnet_reply_error(reply, LINNET_SERVICE_UNAVAILABLE, "No memory for the resource");
        return;
    }
    module->created++;
    resource->by_client = true;
    resource->allowed = LINNET_MODULE_GET | LINNET_MODULE_PUT | LINNET_MODULE_POST | LINNET_MODULE_DELETE |
                        LINNET_MODULE_FETCH | LINNET_MODULE_PATCH | LINNET_MODULE_IPATCH;
    linnet_module_apply(resource);
    tell_created(module, resource);
    answer_created(resource, reply);
    linnet_module_resource_release(resource);
}

static void serve_unknown(linnet_request *request, linnet_reply *reply, void *context)
{
    linnet_module *module = context;
    linnet_code method = linnet_request_method(request);
    char path[LINNET_MODULE_PATH];

    if (method != LINNET_PUT && !(method == LINNET_POST && module->create_by_post)) {
        linnet_reply_error(reply, LINNET_NOT_FOUND, NULL);
    } else if (!read_path(request, path)) {
        linnet_reply_error(reply, LINNET_BAD_REQUEST, "No resource can have this path");
    } else if (linnet_request_payload(request).size > module->max_value_size) {
        linnet_reply_error(reply, LINNET_REQUEST_ENTITY_TOO_LARGE, NULL);
        linnet_reply_option_uint(reply, LINNET_OPTION_SIZE1, module->max_value_size);
    } else if (module->created >= module->max_resources) {
        linnet_reply_error(reply, LINNET_SERVICE_UNAVAILABLE, "There are too many resources");
    } else {
        create(module, path, request, reply);
    }
}

/* The list of the firmware had the program's resources and nothing else. */
static int hide_list(linnet_server *server)
{
    linnet_resource_config config = linnet_discovery_config;
    config.hidden = true;
    (void)linnet_server_remove(server, LINNET_DISCOVERY_PATH);
    return linnet_server_add(server, LINNET_DISCOVERY_PATH, &config);
}

static int bind_server(linnet_module *module, const linnet_module_config *config)
{
    char uri[LINNET_MODULE_URI];
    linnet_module_host host;
    bool secured = config->psk.size > 0;
    uint16_t plain_port = linnet_scheme_port(LINNET_COAP);
    uint16_t port = config->port ? config->port : secured ? linnet_scheme_port(LINNET_COAPS) : plain_port;
    int error = linnet_module_read_host(&host, config->address);
    if (error == 0)
        error = linnet_server_bind(module->server, linnet_module_write_uri(&host, port, secured, uri));
    if (error == 0)
        module->socket = module->server->loop.sockets[0].descriptor;
    if (error == 0 && secured && config->plain_too)
        error = linnet_server_bind(module->server, linnet_module_write_uri(&host, plain_port, false, uri));
    return error;
}

/* Where the groups are asked: at the port of all CoAP nodes (RFC 7252 12.8), and at the server's own. */
static int join(linnet_server *server, const char *group, uint16_t port)
{
    char text[64];
    int error = linnet_server_join(server, group);
    if (error == 0 && port != linnet_scheme_port(LINNET_COAP)) {
        snprintf(text, sizeof text, strchr(group, ':') ? "[%s]:%u" : "%s:%u", group, (unsigned)port);
        error = linnet_server_join(server, text);
    }
    return error;
}

/* The socket that can answer what comes to a group, which is never secured (RFC 7252 section 9); or -1. */
static int plain_socket(const linnet_server *server, linnet_address *own)
{
    for (size_t i = 0; linnet_server_address(server, i, own) == 0; i++)
        if (!linnet_server_is_secured(server, i))
            return (int)i;
    return -1;
}

/* Those of the family that the server speaks: of a host with IPv4 alone, or an address of one family, not both. One of
 * them has to be there. */
static int join_groups(linnet_server *server)
{
    static const char *const groups[] = {"224.0.1.187", "ff02::fd", "ff05::fd"};
    linnet_address own;
    int result = LINNET_EADDRESS;
    int socket = plain_socket(server, &own);
    if (socket < 0)
        return 0; /* a client only, or DTLS alone */
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        bool is_v4 = strchr(groups[i], '.') != NULL;
        if (!server->loop.sockets[socket].any && is_v4 != linnet_address_is_ipv4(&own))
            continue;
        int error = join(server, groups[i], own.port);
        result = error == 0 || result == 0 ? 0 : error;
    }
    return result;
}

int linnet_module_open_server(linnet_module *module, const linnet_module_config *config)
{
    const linnet_credentials credentials = {.psk = config->psk, .hint = linnet_text(config->hint)};
    linnet_server_config settings = {
        .transmission = config->transmission,
        .limits = LINNET_MODULE_SERVER_LIMITS,
        .credentials = config->psk.size > 0 ? &credentials : NULL,
        .trace = linnet_module_note_packet,
        .trace_context = module,
        .unknown = config->dynamic_resources ? serve_unknown : NULL,
        .unknown_context = module,
    };
    int error = linnet_server_open_with(&module->server, &settings);
    if (error == 0)
        error = hide_list(module->server);
    if (error == 0 && config->address)
        error = bind_server(module, config);
    if (error == 0 && config->service_discovery)
        error = join_groups(module->server);
    module->source.number = LINNET_MODULE_SERVER_NUMBER;
    return error != 0 ? error
                      : linnet_poller_nest(&module->poller, &module->server->loop.poller, LINNET_MODULE_SERVER_NUMBER);
}

void linnet_module_close_server(linnet_module *module)
{
    linnet_resource *resource = module->server ? module->server->site.first : NULL;
    while (resource) {
        linnet_resource *next = resource->next;
        linnet_module_resource *own = linnet_module_resource_of(resource);
        if (own)
            linnet_module_drop_resource(own);
        resource = next;
    }
    linnet_wheel_stop(&module->wheel, &module->source.timer);
    if (module->server)
        linnet_poller_unnest(&module->poller, &module->server->loop.poller);
    linnet_server_close(module->server);
    module->server = NULL;
}
