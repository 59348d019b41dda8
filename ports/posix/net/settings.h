/* Stands in for src/net/settings.h, where each limit is explained: for devices with little memory and few sockets. */
#ifndef LINNET_NET_SETTINGS_H
#define LINNET_NET_SETTINGS_H

enum {
    LINNET_NET_BATCH = 4,
    LINNET_NET_ROUNDS = 16,
    LINNET_NET_RECEIVE_SIZE = 2048,
    /* What is longer arrives truncated: 4.13, whatever limits.message_size says. */
    LINNET_NET_BUFFER_SIZE = 4096,
    LINNET_NET_SOCKET_BUFFER = 1 << 14,
    LINNET_NET_SEND_TRIES = 4,
    LINNET_NET_SEND_WAIT_MS = 1,
    /* Nothing is grouped: for gso_train.c alone. */
    LINNET_NET_GROUP_DATAGRAM = 1232,
    LINNET_NET_GROUP_SIZE = 65000,
    LINNET_NET_REPORTS = 1,
    LINNET_NET_LINGER_US = 0, /* the one core has better things to do */
    LINNET_NET_CREDIT = 4,
    LINNET_NET_SHARE = 500,
    LINNET_NET_PORT_TRIES = 16,
    LINNET_NET_SOURCE_PORTS = 4,
    LINNET_RESOLVE_NAMES = 16,
    LINNET_RESOLVE_ADDRESSES = 4,
    LINNET_RESOLVE_THREADS = 1,
    LINNET_RESOLVE_MS = 60000,
    LINNET_RESOLVE_LIMIT_MS = 247000,
    LINNET_SERVER_BUCKETS = 64
};

#endif
