/* The client of Pycom's documents, not blocking: module_client_polling 192.168.0.101 192.168.0.102. It reads for a
 * while at a time, and makes its second session while the first one is being served. */
#include <linnet.h>
#include <stdio.h>

enum { REQUESTS = 5, READ_MS = 3000 };

static unsigned ended;

static void on_response(const linnet_module_response *response, void *context)
{
    (void)context;
    printf("%s: Code: %u, ID: %u, Payload: %.*s\n", linnet_module_session_address(response->session),
           (unsigned)response->code, (unsigned)response->id, LINNET_PRINTF(response->payload));
    ended++;
}

static void on_failure(linnet_module_session *session, uint16_t id, linnet_bytes token, int reason, void *context)
{
    (void)token, (void)context;
    printf("%s: ID: %u, %s\n", linnet_module_session_address(session), (unsigned)id, linnet_error_text(reason));
    ended++;
}

static int ask(linnet_module_session *session, unsigned method, const char *path, const char *token, const char *value)
{
    linnet_module_request request = {.method = method,
                                     .uri_path = path,
                                     .content_format = LINNET_MODULE_UNSET,
                                     .token = linnet_text(token),
                                     .payload = linnet_text(value)};
    uint16_t id;
    int error = linnet_module_send(session, &request, &id);

    if (error == 0)
        printf("%u\n", (unsigned)id);
    return error;
}

/* Requests with the same token, or without any, follow each other. */
static int ask_both(linnet_module *module, const char *first, const char *second)
{
    linnet_module_session *one = NULL, *two = NULL;
    int error = linnet_module_open_session(module, first, 0, linnet_text(NULL), NULL, &one);

    if (error == 0)
        error = ask(one, LINNET_MODULE_GET, ".well-known/core", "session1", NULL);
    if (error == 0)
        error = ask(one, LINNET_MODULE_GET, "time", "session1", NULL);
    if (error == 0)
        error = linnet_module_read(module, READ_MS);
    if (error == 0)
        error = linnet_module_open_session(module, second, 0, linnet_text(NULL), NULL, &two);
    if (error == 0)
        error = ask(two, LINNET_MODULE_GET, ".well-known/core", NULL, NULL);
    if (error == 0)
        error = ask(two, LINNET_MODULE_GET, "resource1", NULL, NULL);
    if (error == 0)
        error = ask(two, LINNET_MODULE_POST, "resource1", NULL, "new_value");
    while (error == 0 && ended < REQUESTS)
        error = linnet_module_read(module, READ_MS);
    linnet_module_session_release(one);
    linnet_module_session_release(two);
    return error;
}

int main(int argc, char **argv)
{
    linnet_module *module;
    int error = linnet_module_open(&module, &(linnet_module_config){.no_thread = true});

    if (error == 0) {
        linnet_module_on_response(module, on_response, NULL);
        linnet_module_on_failure(module, on_failure, NULL);
        error = ask_both(module, argc > 1 ? argv[1] : "192.168.0.101", argc > 2 ? argv[2] : "192.168.0.102");
    }
    if (error != 0)
        fprintf(stderr, "cannot ask: %s\n", linnet_error_text(error));
    linnet_module_close(module);
    return error != 0;
}
