/* The resources of the guided tour: a welcome, the time, a slow answer, a long text, who asks. */
#include "cli/demo.h"
#include "cli/demo_later.h"

#include <stdio.h>
#include <time.h>

#define RINGS_DELAY_MS 3000
#define TIME_MAX_AGE 5 /* seconds; those who observe it are told as often, see demo_observe.c */

static const char welcome[] = "Welcome to Linnet's demo server.\n"
                              "See /.well-known/core for all it has, or begin with /time, /whoami and\n"
                              "/other/separate.\n";

static const char welcome_links[] = "</time>;ct=0,</whoami>;ct=0,</other/separate>,</other/block>,"
                                    "</.well-known/core>;ct=40";

static const char rings[] =
    "Three rings for the elven kings under the sky, seven rings for dwarven lords in their halls "
    "of stone, nine rings for mortal men doomed to die, one ring for the dark lord on his dark "
    "throne.";

static const char fresh[] = "Fresh requests only.\n";

static void get_welcome(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)context;
    if (linnet_request_accept(request) == LINNET_LINK_FORMAT)
        linnet_reply_payload(reply, LINNET_LINK_FORMAT, linnet_text(welcome_links));
    else
        linnet_reply_text(reply, welcome);
}

static void get_time(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    char text[32];
    struct tm local;
    time_t now = time(NULL);
    localtime_r(&now, &local);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M", &local);
    linnet_reply_text(reply, text);
    linnet_reply_max_age(reply, TIME_MAX_AGE);
}

static void get_rings(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    later_answer(reply, RINGS_DELAY_MS, rings);
}

/* "DTLS with a pre-shared key: me". A name may be any octets, and the answer is text. */
static void describe(const linnet_identity *who, char *text, size_t size)
{
    static const char *const kinds[] = {"none", "DTLS, and you showed nothing", "DTLS with a pre-shared key",
                                        "DTLS with your raw public key", "DTLS with your certificate"};
    bool is_text = who->security == LINNET_SECURED_PSK || who->security == LINNET_SECURED_CERTIFICATE;
    snprintf(text, size, "%s%s%.*s", kinds[who->security], is_text ? ": " : "",
             is_text ? (int)(who->name.size < 128 ? who->name.size : 128) : 0, (const char *)who->name.data);
    for (char *at = text; *at; at++)
        if (*at < ' ' || *at > '~')
            *at = '?';
}

static void get_whoami(linnet_request *request, linnet_reply *reply, void *context)
{
    const linnet_path *path = linnet_request_path(request);
    linnet_identity who = linnet_request_peer(request);
    linnet_address local = {0};
    char peer_text[LINNET_ADDRESS_TEXT], local_text[LINNET_ADDRESS_TEXT], security[192], text[512];
    linnet_server_address(context, path->socket, &local); /* for the port; the address may be "any" */
    memcpy(local.ip, path->local_ip, sizeof local.ip);
    describe(&who, security, sizeof security);
    snprintf(text, sizeof text, "protocol: CoAP over %s\nyour address: %s\nmy address: %s\nsecurity: %s\n",
             who.security == LINNET_NOT_SECURED ? "UDP" : "DTLS", linnet_address_text(&path->peer, peer_text),
             linnet_address_text(&local, local_text), security);
    linnet_reply_text(reply, text);
    linnet_reply_max_age(reply, 0);
}

const demo_resource demo_tour[] = {
    {"", {.get = get_welcome, .title = "Welcome"}},
    {"time", {.get = get_time, .list_format = true, .observable = true}},
    {"whoami", {.get = get_whoami}},
    {"fresh",
     {.stored = true, .writable = true, .value = {(const uint8_t *)fresh, sizeof fresh - 1}, .fresh_ms = 10000}},
    {"other/separate", {.get = get_rings}},
    {"other/block",
     {.stored = true, .writable = true, .value = {(const uint8_t *)demo_long_text, DEMO_LONG_TEXT_SIZE}}},
    {NULL, {0}},
};
