/* Asking a group, and waiting until everybody has had the time to answer. */
#include "cli/group.h"

#include "cli/command.h"
#include "cli/complain.h"
#include "cli/interrupt.h"
#include "cli/text.h"

#include <ctype.h>
#include <stdlib.h>

#define WAIT_MS 3600000u

typedef struct group {
    linnet_client *client;
    group_show *show;
    void *context;
    unsigned answers;
    bool broken; /* the answers cannot be shown */
    bool over;
    int error;
} group;

bool group_is(const char *uri)
{
    linnet_uri parsed;
    if (linnet_uri_parse(&parsed, linnet_text(uri)) != 0 || !parsed.host_is_literal || parsed.host.size < 2)
        return false;
    if (memchr(parsed.host.data, ':', parsed.host.size))
        return tolower(parsed.host.data[0]) == 'f' && tolower(parsed.host.data[1]) == 'f' && parsed.host.size > 4 &&
               parsed.host.data[4] == ':';
    int first = atoi((const char *)parsed.host.data);
    return first >= 224 && first <= 239;
}

char *group_uri_of(const linnet_response *response)
{
    char text[LINNET_ADDRESS_TEXT];
    const linnet_address *peer = &response->path.peer;
    linnet_address_host_text(peer, text);
    size_t host = strcspn(text, "%");
    const char *zone = text[host] ? text + host + 1 : NULL;
    const char *brackets = linnet_address_is_ipv4(peer) ? "" : "[]";
    char *port = peer->port == 5683 ? text_format("%s", "") : text_format(":%u", peer->port);
    char *uri = text_format("coap://%.1s%.*s%s%s%s%s", brackets, (int)host, text, zone ? "%25" : "", zone ? zone : "",
                            *brackets ? "]" : "", port);
    free(port);
    return uri;
}

static void end(group *self, int error)
{
    self->over = true;
    self->error = error;
    linnet_client_stop(self->client);
}

static void on_response(const linnet_response *response, void *context)
{
    group *self = context;
    if (!response->more) {
        end(self, response->error);
    } else if (self->broken) {
        return;
    } else if (response->error) {
        char *member = group_uri_of(response);
        complain("%s has not finished its answer: %s", member, linnet_error_text(response->error));
        free(member);
    } else {
        self->answers++;
        self->broken = !self->show(response, self->context);
        if (self->broken)
            linnet_client_stop(self->client);
    }
}

static int conclude(const group *self, const linnet_client_config *config, const char *uri, double seconds)
{
    if (interrupted())
        return EXIT_INTERRUPTED;
    if (self->error == LINNET_ENETWORK && !config->multicast_interface) {
        complain("there is no route to the group of %s", uri);
        hint("--interface says on which network to ask; 'ip link' lists them");
        return EXIT_NO_ANSWER;
    }
    if (self->error && self->error != LINNET_ETIMEOUT) /* which is how it ends when all goes well */
        return complain_request(self->error, uri, 0, seconds);
    if (self->broken)
        return EXIT_NO_ANSWER;
    if (self->answers)
        return EXIT_DONE;
    complain("nobody in that group has answered within %.3g s", seconds);
    hint("servers join it: 'linnet serve --join GROUP'; --interface says on which network to ask, --timeout waits "
         "longer");
    return EXIT_NO_ANSWER;
}

static int wait(group *self, const linnet_client_config *config, const char *uri)
{
    uint64_t started = linnet_clock();
    while (!self->over && !self->broken && !interrupted())
        if (linnet_client_run(self->client, WAIT_MS) != 0)
            return complain_request(LINNET_ESYSTEM, uri, 0, 0);
    return conclude(self, config, uri, (double)(linnet_clock() - started) / 1e6);
}

int group_ask(const linnet_client_config *config, const linnet_client_request *asked, group_show *show, void *context)
{
    group self = {.show = show, .context = context};
    linnet_client_request request = *asked;
    int error = linnet_client_open(&self.client, config);
    if (error)
        return complain_opening(error, config, request.uri);
    interrupt_watch_client(self.client);
    request.type = LINNET_NON; /* RFC 7252 8.1 */
    request.on_response = on_response;
    request.on_block = NULL;
    request.on_wait = NULL;
    request.context = &self;
    error = linnet_client_send(self.client, &request, NULL);
    int status = error ? complain_request(error, request.uri, 0, 0) : wait(&self, config, request.uri);
    interrupt_watch_client(NULL);
    self.show = NULL;
    self.broken = true; /* closing ends what is open */
    linnet_client_close(self.client);
    return status;
}
