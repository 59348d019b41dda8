/* The client of Pycom's documents, blocking: module_client 192.168.0.234. Three requests, one handler for all
 * responses.
 */
#include <linnet.h>
#include <stdio.h>

static unsigned ended;

static void on_response(const linnet_module_response *response, void *context)
{
    (void)context;
    printf("Code: %u\nID: %u\nType: %u\n", (unsigned)response->code, (unsigned)response->id, (unsigned)response->type);
    printf("Token: %.*s\nPayload: %.*s\n", LINNET_PRINTF(response->token), LINNET_PRINTF(response->payload));
    ended++;
}

static void on_failure(linnet_module_session *session, uint16_t id, linnet_bytes token, int reason, void *context)
{
    (void)session, (void)token, (void)context;
    printf("ID: %u: %s\n", (unsigned)id, linnet_error_text(reason));
    ended++;
}

static const linnet_module_request requests[] = {
    {.method = LINNET_MODULE_GET, .uri_path = ".well-known/core", .content_format = LINNET_MODULE_UNSET},
    {.method = LINNET_MODULE_GET, .uri_path = "time", .content_format = LINNET_MODULE_UNSET},
    {.method = LINNET_MODULE_PUT, .uri_path = "time", .content_format = LINNET_TEXT, .payload = {(void *)"ABCD", 4}},
};
enum { REQUESTS = sizeof requests / sizeof requests[0] };

static int ask(linnet_module *module, const char *address)
{
    static const char *const tokens[REQUESTS] = {"token1", "token2", "token3"};
    linnet_module_session *session;
    int error = linnet_module_open_session(module, address, 5683, linnet_text(NULL), NULL, &session);

    for (size_t i = 0; error == 0 && i < REQUESTS; i++) {
        linnet_module_request request = requests[i];
        uint16_t id;
        request.token = linnet_text(tokens[i]);
        error = linnet_module_send(session, &request, &id);
        if (error == 0)
            printf("%u\n", (unsigned)id);
    }
    while (error == 0 && ended < REQUESTS)
        error = linnet_module_read(module, 0); /* until a packet has come */
    linnet_module_session_release(session);
    return error;
}

int main(int argc, char **argv)
{
    linnet_module *module;
    /* Without a thread the handlers run in linnet_module_read() alone, so that counting in them needs no lock. */
    int error = linnet_module_open(&module, &(linnet_module_config){.no_thread = true});

    if (error == 0) {
        linnet_module_on_response(module, on_response, NULL);
        linnet_module_on_failure(module, on_failure, NULL);
        error = ask(module, argc > 1 ? argv[1] : "192.168.0.234");
    }
    if (error != 0)
        fprintf(stderr, "cannot ask: %s\n", linnet_error_text(error));
    linnet_module_close(module);
    return error != 0;
}
