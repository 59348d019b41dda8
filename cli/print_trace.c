/* What a client's datagrams look like while they pass, for -v and -vv. */
#include "cli/complain.h"
#include "cli/print.h"
#include "cli/progress.h"

/* Somebody who waits at a terminal wants to know why. */
static void remark_on_repetition(print_trace_settings *settings, const linnet_path *path, linnet_bytes datagram)
{
    uint32_t id = (uint32_t)datagram.data[2] << 8 | datagram.data[3];
    settings->sent = id == settings->last_sent ? settings->sent + 1 : 1;
    settings->last_sent = id;
    if (settings->sent < 2 || settings->verbosity || !terminal_is(stderr))
        return;
    char address[LINNET_ADDRESS_TEXT];
    progress_hide();
    remark("no answer from %s so far, sent again (%u times now)", linnet_address_text(&path->peer, address),
           settings->sent);
}

void print_trace(void *context, bool sent, const linnet_path *path, linnet_bytes datagram)
{
    print_trace_settings *settings = context;
    uint64_t now = linnet_clock();
    if (!settings->started)
        settings->started = now;
    if (sent && linnet_message_has_id(datagram) && datagram.data[1])
        remark_on_repetition(settings, path, datagram);
    if (!settings->verbosity)
        return;
    const palette *ink = ink_for(stderr);
    char address[LINNET_ADDRESS_TEXT];
    fprintf(stderr, "%s%s %s, %.3f s%s\n", sent ? ink->hint : ink->string, sent ? "--> to" : "<-- from",
            linnet_address_text(&path->peer, address), (double)(now - settings->started) / 1e6, ink->end);
    linnet_message message;
    if (linnet_message_parse(&message, datagram) == 0)
        print_message(stderr, &message, "    ", ink);
    else
        fprintf(stderr, "    a malformed message of %zu octets; -vv shows them, 'linnet decode' explains\n",
                datagram.size);
    if (settings->verbosity > 1)
        print_hexdump(stderr, datagram, ink);
}
