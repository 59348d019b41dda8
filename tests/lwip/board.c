/* A board with Linnet on lwIP, on a TAP device: board DEVICE ADDRESS PEER. It serves the groups of all CoAP nodes, and
 * resources that clients create; and for each change of the resource "ask", it asks the peer for what the new value
 * names and says what came. */
#include "stack.h"

#include <linnet.h>
#include <stdio.h>
#include <string.h>

typedef struct board {
    linnet_module_session *session;
    linnet_module_resource *ask;
    char asked[64];
} board;

static void on_response(const linnet_module_response *response, void *context)
{
    (void)context;
    printf("answer %u.%02u %.*s\n", response->code >> 5, response->code & 31u, LINNET_PRINTF(response->payload));
    fflush(stdout);
}

static void on_failure(linnet_module_session *session, uint16_t id, linnet_bytes token, int reason, void *context)
{
    (void)session, (void)id, (void)token, (void)context;
    printf("failed: %s\n", linnet_error_text(reason));
    fflush(stdout);
}

static void ask_again(board *own)
{
    char path[sizeof own->asked] = "";
    size_t size = 0;
    linnet_module_resource_value(own->ask, path, sizeof path - 1, &size);
    if (strcmp(path, own->asked) == 0)
        return;
    memcpy(own->asked, path, sizeof path);
    linnet_module_request get = {.method = LINNET_MODULE_GET, .uri_path = path, .content_format = LINNET_MODULE_UNSET};
    linnet_module_send(own->session, &get, NULL);
}

static int serve(linnet_module *module, const char *peer)
{
    board own = {0};
    linnet_bytes none = {0};
    int error = linnet_module_open_session(module, peer, 5683, none, NULL, &own.session);
    if (error == 0)
        error = linnet_module_add_resource(module, "ask", 0, LINNET_MODULE_UNSET, linnet_text(""), false, &own.ask);
    if (error != 0)
        return error;
    linnet_module_resource_allow(own.ask, LINNET_MODULE_GET | LINNET_MODULE_PUT, true);
    linnet_module_on_response(module, on_response, &own);
    linnet_module_on_failure(module, on_failure, &own);
    printf("ready\n");
    fflush(stdout);
    for (;;) {
        error = linnet_module_read(module, 0);
        if (error != 0 && error != LINNET_ECANCELLED)
            return error;
        ask_again(&own);
    }
}

int main(int argc, char **argv)
{
    linnet_module *module;
    linnet_module_config config = {.address = "::",
                                   .service_discovery = true,
                                   .dynamic_resources = true,
                                   .no_thread = true,
                                   .transmission = {.leisure_ms = 200}};
    stack_start();
    if (argc != 4 || !stack_add_tap(argv[1], argv[2]))
        return 2;
    int error = linnet_module_open(&module, &config);
    if (error == 0)
        error = serve(module, argv[3]);
    fprintf(stderr, "cannot serve: %s\n", linnet_error_text(error));
    return 1;
}
