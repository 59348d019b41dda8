/* What can be observed (RFC 7641): the resources of ETSI's descriptions OBS_01 to OBS_14, which change every five
 * seconds, and /time of the tour, which does as well. */
#include "cli/demo.h"

#include <stdio.h>

#define PERIOD_MS 5000
#define NEVER 1000000000u /* in a row of notifications: those of /obs-non are confirmable once a day only */

static const char *const periodic[] = {"time", "obs-large", "obs-pumping"};

static unsigned ticks;

/* Lines of 32 octets: with so many of them the text takes one message, or several. */
static void reply_lines(linnet_reply *reply, unsigned lines)
{
    char text[2048];
    size_t size = 0;
    for (unsigned i = 0; i < lines && size + 33 < sizeof text; i++)
        size += (size_t)snprintf(text + size, sizeof text - size, "change %8u, line %4u ........\n", ticks, i);
    linnet_reply_payload(reply, LINNET_TEXT, linnet_view(text, size));
    linnet_reply_max_age(reply, PERIOD_MS / 1000);
}

/* OBS_13: always more than one message. */
static void get_large(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    reply_lines(reply, 48);
}

/* OBS_14: some sizes "require a Block2 option and others do not". */
static void get_pumping(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    reply_lines(reply, ticks % 2 ? 48 : 2);
}

/* Counts in a stored value for as long as no client has put another there, or deleted it: that is OBS_07 to OBS_09. */
static void count_in(linnet_server *server, const char *path)
{
    linnet_resource *resource = linnet_server_find(server, path);
    char last[32], next[32];
    if (!resource)
        return;
    snprintf(last, sizeof last, "change %u\n", ticks - 1);
    snprintf(next, sizeof next, "change %u\n", ticks);
    linnet_bytes value = linnet_resource_value(resource);
    if (linnet_bytes_equal(value, linnet_text(last)))
        linnet_resource_set(resource, linnet_text(next));
    else if (value.size > 0)
        linnet_resource_changed(resource);
}

static void tick(linnet_server *server, void *context)
{
    (void)context;
    ticks++;
    count_in(server, "obs");
    count_in(server, "obs-non");
    for (size_t i = 0; i < sizeof periodic / sizeof *periodic; i++) {
        linnet_resource *resource = linnet_server_find(server, periodic[i]);
        if (resource)
            linnet_resource_changed(resource);
    }
    linnet_server_after(server, PERIOD_MS, tick, NULL, NULL);
}

int demo_observe_start(linnet_server *server)
{
    ticks = 0;
    return linnet_server_after(server, PERIOD_MS, tick, NULL, NULL);
}

#define VALUE(text)                                                                                                    \
    {                                                                                                                  \
        (const uint8_t *)(text), sizeof(text) - 1                                                                      \
    }
#define COUNTS .stored = true, .writable = true, .observable = true, .value = VALUE("change 0\n"), .max_age = 5

const demo_resource demo_observe[] = {
    {"obs", {COUNTS, .confirm_every = 1}},
    {"obs-non", {COUNTS, .confirm_every = NEVER}},
    {"obs-large", {.get = get_large, .observable = true, .confirm_every = 1, .list_format = true}},
    {"obs-pumping", {.get = get_pumping, .observable = true, .confirm_every = 1, .list_format = true}},
    {NULL, {0}},
};
