/* The resources of ETSI's CoAP plugtest descriptions CORE_01 to CORE_31 (and BLOCK_01 for /large). */
#include "cli/demo.h"
#include "cli/demo_later.h"
#include "cli/print.h"
#include "cli/text.h"

#include <stdlib.h>

#define SEPARATE_DELAY_MS 2000 /* CORE_09: "a couple of seconds" */

/* CORE_01: shows what kind of message asked. */
static void get_test(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)context;
    const linnet_message *message = linnet_request_message(request);
    char *token = text_hex(message->token, "");
    char *text = text_format("This is /test.\ntype: %s\nmessage ID: 0x%04x\ntoken: %s\n", type_text(message->type),
                             message->id, *token ? token : "none");
    linnet_reply_text(reply, text);
    free(token);
    free(text);
}

/* CORE_03: the payload is taken, and forgotten. */
static void put_test(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    linnet_reply_code(reply, LINNET_CHANGED);
}

/* CORE_18. */
static void post_test(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    linnet_reply_code(reply, LINNET_CREATED);
    linnet_reply_location(reply, "location1/location2/location3");
}

/* CORE_02. */
static void delete_test(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    linnet_reply_code(reply, LINNET_DELETED);
}

/* CORE_09, 11, 16, 17. */
static void get_separate(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    later_answer(reply, SEPARATE_DELAY_MS, "This answer took two seconds.\n");
}

/* CORE_13. */
static void get_segments(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    linnet_reply_text(reply, "This path has three segments.\n");
}

/* CORE_14: the arguments, one a line. */
static void get_query(linnet_request *request, linnet_reply *reply, void *context)
{
    char *text;
    size_t size;
    linnet_bytes argument;
    FILE *out = open_memstream(&text, &size);
    (void)context;
    if (!out) {
        linnet_reply_error(reply, LINNET_INTERNAL_SERVER_ERROR, NULL);
        return;
    }
    fputs("Arguments:\n", out);
    for (size_t i = 0; linnet_request_option(request, LINNET_OPTION_URI_QUERY, i, &argument); i++)
        fprintf(out, "%.*s\n", LINNET_PRINTF(argument));
    if (fclose(out) == 0)
        linnet_reply_payload(reply, LINNET_TEXT, linnet_view(text, size));
    free(text);
}

/* CORE_19. */
static void post_location_query(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    linnet_reply_code(reply, LINNET_CREATED);
    linnet_reply_location(reply, "?first=1&second=2");
}

/* CORE_20; any other format is refused by the library, as the reply is not in it. */
static void get_multi_format(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)context;
    if (linnet_request_accept(request) == LINNET_XML)
        linnet_reply_payload(reply, LINNET_XML, linnet_text("<message>one of two formats</message>\n"));
    else
        linnet_reply_text(reply, "One of two formats.\n");
}

/* DTLS_01: who the session says that it is. */
static void get_secure(linnet_request *request, linnet_reply *reply, void *context)
{
    static const char *const words[] = {"nobody", "somebody", "the pre-shared key of", "a raw public key",
                                        "certificate"};
    linnet_identity peer = linnet_request_peer(request);
    (void)context;
    bool has_name = peer.security == LINNET_SECURED_PSK || peer.security == LINNET_SECURED_CERTIFICATE;
    char *name = text_quote(has_name ? peer.name : linnet_text(""));
    char *text = text_format("This is /secure, asked for by %s%s%s.\n", words[peer.security], has_name ? " " : "",
                             has_name ? name : "");
    linnet_reply_text(reply, text);
    free(text);
    free(name);
}

#define VALUE(text)                                                                                                    \
    {                                                                                                                  \
        (const uint8_t *)(text), sizeof(text) - 1                                                                      \
    }

const demo_resource demo_plugtest[] = {
    {"test", {.get = get_test, .put = put_test, .post = post_test, .del = delete_test}},
    {"separate", {.get = get_separate}},
    {"seg1/seg2/seg3", {.get = get_segments}},
    {"query", {.get = get_query}},
    {"location-query", {.post = post_location_query}},
    {"multi-format",
     {.get = get_multi_format, .attributes = (const linnet_attribute[]){{"ct", "0 41"}}, .attribute_count = 1}},
    {"validate", {.stored = true, .writable = true, .value = VALUE("Validate me.\n")}},
    {"secure", {.get = get_secure, .secured_only = true}},
    {"create1", {.stored = true, .writable = true, .absent = true}},
    {"large",
     {.stored = true,
      .value = {(const uint8_t *)demo_long_text, DEMO_LONG_TEXT_SIZE},
      .attributes = (const linnet_attribute[]){{"sz", "1536"}},
      .attribute_count = 1}},
    {NULL, {0}},
};
