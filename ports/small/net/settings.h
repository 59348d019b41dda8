/* Stands in for src/net/settings.h, where each limit is explained: for a device with tens of kilobytes to spare, as an
 * ESP32 beside MicroPython. */
#ifndef LINNET_NET_SETTINGS_H
#define LINNET_NET_SETTINGS_H

enum {
    LINNET_NET_BATCH = 1,
    LINNET_NET_ROUNDS = 16,
    LINNET_NET_RECEIVE_SIZE = 1280,
    LINNET_POLLER_EVENTS = 8,
    /* What is longer arrives truncated: 4.13, whatever limits.message_size says. */
    LINNET_NET_BUFFER_SIZE = 1280,
    LINNET_NET_SOCKET_BUFFER = 1 << 13,
    LINNET_NET_SEND_TRIES = 4,
    LINNET_NET_SEND_WAIT_MS = 1,
    LINNET_NET_GROUP_DATAGRAM = 1232,
    LINNET_NET_GROUP_SIZE = 65000,
    LINNET_NET_INTERFACES = 8,
    LINNET_NET_REPORTS = 1,
    LINNET_NET_LINE = 8,
    LINNET_NET_HANDSHAKE = 0, /* there is no DTLS */
    LINNET_NET_RANDOM = 64,
    LINNET_NET_THREAD_STACK = 4096,
    LINNET_NET_ENTRIES = 4,
    LINNET_NET_LINGER_US = 0, /* who sleeps saves its battery */
    LINNET_NET_CREDIT = 4,
    LINNET_NET_SHARE = 500,
    LINNET_NET_PORT_TRIES = 4,
    LINNET_NET_SOURCE_PORTS = 1,
    LINNET_RESOLVE_NAMES = 1,
    LINNET_RESOLVE_ADDRESSES = 2,
    LINNET_RESOLVE_THREADS = 1,
    LINNET_RESOLVE_MS = 60000,
    LINNET_RESOLVE_LIMIT_MS = 247000,
    LINNET_SERVER_BUCKETS = 16
};

#endif
