/* Puts the demo's resources on a server. */
#include "cli/demo.h"

/* Lines of 64 octets, so that a lost or repeated block of any size is seen at once. */
#define LINE(number) "line " number " of a text that does not fit into one message...........\n"
#define FOUR_LINES(tens) LINE(tens "1") LINE(tens "2") LINE(tens "3") LINE(tens "4")

const char demo_long_text[] =
    FOUR_LINES("1") FOUR_LINES("2") FOUR_LINES("3") FOUR_LINES("4") FOUR_LINES("5") FOUR_LINES("6");
_Static_assert(sizeof demo_long_text == DEMO_LONG_TEXT_SIZE + 1, "24 lines of 64 octets");

static int add_table(linnet_server *server, const demo_resource *table)
{
    for (; table->path; table++) {
        linnet_resource_config config = table->config;
        if (!config.context)
            config.context = server;
        int error = linnet_server_add(server, table->path, &config);
        if (error)
            return error;
    }
    return 0;
}

int demo_add(linnet_server *server)
{
    int error = add_table(server, demo_tour);
    if (!error)
        error = add_table(server, demo_plugtest);
    if (!error)
        error = add_table(server, demo_large);
    if (!error)
        error = add_table(server, demo_links);
    if (!error)
        error = add_table(server, demo_observe);
    return error ? error : demo_observe_start(server);
}
