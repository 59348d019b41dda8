/* Every limit of the network layer that the public configuration does not name, in one place. */
#ifndef LINNET_NET_SETTINGS_H
#define LINNET_NET_SETTINGS_H

enum {
    /* Datagrams taken or given to the kernel in one call. Past some tens the calls are no longer what costs. */
    LINNET_NET_BATCH = 64,
    /* Full batches read from one socket before the others and the timers get their turn. */
    LINNET_NET_ROUNDS = 4,
    /* The largest datagram that is understood; more is answered 4.13. limits.message_size may raise it. */
    LINNET_NET_RECEIVE_SIZE = 2048,
    /* What is taken of what poll() or epoll has found, in one turn. */
    LINNET_POLLER_EVENTS = 64,
    /* What the kernel may hand over at once: the largest UDP payload, or a train that it has merged (UDP_GRO). */
    LINNET_NET_BUFFER_SIZE = 65536,
    /* SO_RCVBUF, for bursts; the kernel cuts it to net.core.rmem_max. */
    LINNET_NET_SOCKET_BUFFER = 4 << 20,
    /* How often one datagram is offered to the kernel before it counts as lost. More than once, because the kernel
     * reports errors of earlier datagrams at the next call and does not send the one at hand then. */
    LINNET_NET_SEND_TRIES = 4,
    /* How long to wait for room in the send buffer before the rest of a batch counts as lost. */
    LINNET_NET_SEND_WAIT_MS = 1,
    /* Grouped sends (UDP_SEGMENT): datagrams that fit every IPv6 path (1280 octets), and no more than one IP packet in
       all. */
    LINNET_NET_GROUP_DATAGRAM = 1232,
    LINNET_NET_GROUP_SIZE = 65000,
    /* Interfaces that are tried where a group is joined on all, and the system cannot list them. */
    LINNET_NET_INTERFACES = 64,
    /* ICMP reports taken from one socket in one turn. */
    LINNET_NET_REPORTS = 64,
    /* Octets of a line of the processor's caches; slots begin with one. */
    LINNET_NET_LINE = 64,
    /* Octets of the largest datagram of a DTLS handshake (LINNET_DTLS_DATAGRAM); 0 where there is no DTLS. */
    LINNET_NET_HANDSHAKE = 1232,
    /* Octets of random numbers taken from the system at a time: a token must not cost a system call. */
    LINNET_NET_RANDOM = 4096,
    /* Octets of a thread's stack; 0: as the system has it. */
    LINNET_NET_THREAD_STACK = 0,
    /* Requests of a client that are made room for at a time. */
    LINNET_NET_ENTRIES = 256,
    /* linger_us where it is 0: two or three times what an answer takes that comes from the same host at once. 0: none.
     */
    LINNET_NET_LINGER_US = 50,
    /* How often it may be looked in vain before that has to be earned (patience.h). */
    LINNET_NET_CREDIT = 4,
    /* Looking in vain takes one of so many parts of the time, and as much again as looking has saved. */
    LINNET_NET_SHARE = 500,
    /* Ports tried for ":0" where several addresses need the same one. */
    LINNET_NET_PORT_TRIES = 16,

    /* linnet_limits.source_ports where it is 0. */
    LINNET_NET_SOURCE_PORTS = 512,

    /* Names that a client remembers, and addresses of each. */
    LINNET_RESOLVE_NAMES = 64,
    LINNET_RESOLVE_ADDRESSES = 8,
    /* Look-ups at the same time, each a thread; others wait for one to end. */
    LINNET_RESOLVE_THREADS = 4,
    /* linnet_client_config.resolve_ms where it is 0. */
    LINNET_RESOLVE_MS = 60000,
    /* What a look-up may take where the request says nothing: EXCHANGE_LIFETIME (RFC 7252 4.8.2). */
    LINNET_RESOLVE_LIMIT_MS = 247000,

    /* A server's table of resources at first, a power of two. */
    LINNET_SERVER_BUCKETS = 1024
};

#endif
