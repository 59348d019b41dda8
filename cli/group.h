/* Requests to a group (RFC 7252 section 8): one question, the answers of many. */
#ifndef CLI_GROUP_H
#define CLI_GROUP_H

#include <linnet.h>

/* Whether the host of the URI is a multicast address. */
bool group_is(const char *uri);

/* Who answered, as a URI to ask it alone: "coap://192.0.2.1", "coap://[fe80::1%252]:5700". To be freed. */
char *group_uri_of(const linnet_response *response);

/* Shows the answer of one member, which has come as a whole; false: no more of them, after a complaint. */
typedef bool group_show(const linnet_response *response, void *context);

/* Asks, and shows each answer as it comes until the time is over. Returns the exit status: EXIT_DONE when somebody has
 * answered. request->on_response and its context are set here. */
int group_ask(const linnet_client_config *config, const linnet_client_request *request, group_show *show,
              void *context);

#endif
