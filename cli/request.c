/* linnet get, post, put, delete, fetch, patch, ipatch: one request and its answer. */
#include "cli/request.h"

#include "cli/complain.h"
#include "cli/interrupt.h"

static int ask(request_settings *settings, linnet_client *client)
{
    linnet_response response = {0};
    uint64_t started = linnet_clock();
    int error = linnet_client_call(client, &settings->request, &response);
    int status;
    if (interrupted())
        status = EXIT_INTERRUPTED;
    else if (error)
        status = complain_request(error, settings->request.uri, settings->trace.sent,
                                  (double)(linnet_clock() - started) / 1e6);
    else
        status = answer_show(settings, &response);
    linnet_response_clear(&response);
    return status;
}

static int open_and_ask(request_settings *settings)
{
    linnet_client *client;
    int error = linnet_client_open(&client, &settings->config);
    if (error)
        return complain_request(error, settings->request.uri, 0, 0);
    interrupt_watch_client(client);
    int status = ask(settings, client);
    interrupt_watch_client(NULL);
    linnet_client_close(client);
    return status;
}

int request_run(const command *self, int argc, char **argv)
{
    request_settings settings = {.request.method = linnet_method_by_name(self->name)};
    int status;
    interrupt_catch();
    if (request_settings_parse(&settings, self, argc, argv, &status))
        status = open_and_ask(&settings);
    request_settings_clear(&settings);
    return status;
}
