/* Stands in for src/module/settings.h, where each limit is explained: for a device with tens of kilobytes to spare.
 * What a server and a session take of its memory is measured by tests/unit/module_small_test.c. */
#ifndef LINNET_MODULE_SETTINGS_H
#define LINNET_MODULE_SETTINGS_H

#include "net/settings.h"

#include <linnet/config.h>
#include <linnet/module.h>

enum {
    LINNET_MODULE_RESOURCES = 16,
    LINNET_MODULE_VALUE_SIZE = 2048,
    LINNET_MODULE_PATH = 128,
    LINNET_MODULE_SESSION_REQUESTS = 4
};

/* Datagrams to send have room for a block of 512 octets; larger ones are understood (LINNET_NET_BUFFER_SIZE). Answers
 * are kept for duplicates as long as there is room: some three of 512 octets, or twelve of 80. */
#define LINNET_MODULE_SERVER_LIMITS                                                                                    \
    {                                                                                                                  \
        .exchanges = 6, .answer_log_size = 2048, .answer_log_index = 32, .executed_requests = 64,                      \
        .message_id_spaces = 4, .message_size = 640, .peers = 4, .put_off = 4, .observers = 8, .observed = 2,          \
        .uploads = 4, .uploads_per_peer = 2, .upload_memory = 8192, .source_ports = 1, .proved_peers = 8,              \
        .sessions = 1, .handshakes = 1                                                                                 \
    }

#define LINNET_MODULE_SESSION_LIMITS                                                                                   \
    {                                                                                                                  \
        .exchanges = LINNET_MODULE_SESSION_REQUESTS + 2, .answer_log_size = 256, .answer_log_index = 8,                \
        .executed_requests = 8, .message_id_spaces = 1, .message_size = 640, .peers = LINNET_RESOLVE_ADDRESSES,        \
        .put_off = 4, .source_ports = 1, .sessions = 1, .handshakes = 1                                                \
    }

#endif
