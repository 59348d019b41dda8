/* Freshness of requests (RFC 9175 2.3), where a resource asks for it: the delayed request of an attacker is not run. */
#ifndef LINNET_SERVER_FRESH_H
#define LINNET_SERVER_FRESH_H

#include "server/reply.h"

/* Whether the request may run: its resource does not ask, or it has an Echo that was given out a short time ago. A
 * block of a body needs one like any other request. */
bool linnet_request_is_fresh(const linnet_request *request);
/* Puts an Echo into the 4.01, for the client to return. */
void linnet_reply_ask_freshness(linnet_reply *reply);

#endif
