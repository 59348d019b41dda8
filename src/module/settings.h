/* Every limit of a module that its configuration does not name, in one place. ports/small has another one. */
#ifndef LINNET_MODULE_SETTINGS_H
#define LINNET_MODULE_SETTINGS_H

#include "net/settings.h"

#include <linnet/config.h>
#include <linnet/module.h>

enum {
    /* linnet_module_config.max_resources and max_value_size where they are 0. */
    LINNET_MODULE_RESOURCES = 1000,
    LINNET_MODULE_VALUE_SIZE = 65536,
    /* The path of a resource that a client creates, with its slashes; a longer one is answered 4.00. */
    LINNET_MODULE_PATH = 2048,
    /* Requests of one session that have not ended. */
    LINNET_MODULE_SESSION_REQUESTS = LINNET_MODULE_REQUESTS
};

/* Of the server: the library's own. */
#define LINNET_MODULE_SERVER_LIMITS                                                                                    \
    {                                                                                                                  \
        .exchanges = 0                                                                                                 \
    }

/* A session speaks to one server, so the rest of a client's tables is of no use to it. An observation has two exchanges
 * where it registers again; of DTLS there may be a session that is dying, and its successor. An ID is known before it
 * is known which address of a name answers, so all share one space. */
#define LINNET_MODULE_SESSION_LIMITS                                                                                   \
    {                                                                                                                  \
        .exchanges = 2 * LINNET_MODULE_SESSION_REQUESTS + 64, .answer_log_size = 65536, .answer_log_index = 1024,      \
        .executed_requests = 64, .message_id_spaces = 1, .peers = LINNET_RESOLVE_ADDRESSES, .source_ports = 1,         \
        .sessions = 2 * LINNET_RESOLVE_ADDRESSES, .handshakes = 2 * LINNET_RESOLVE_ADDRESSES                           \
    }

#endif
