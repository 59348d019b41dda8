/* A CoAP server with its sockets and loop. */
#ifndef LINNET_SERVER_H
#define LINNET_SERVER_H

#include <linnet/config.h>
#include <linnet/credentials.h>
#include <linnet/loop.h>
#include <linnet/resource.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct linnet_server linnet_server;

typedef struct linnet_server_config {
    const char *address; /* as for linnet_server_open(); NULL: none yet, see linnet_server_bind() */
    linnet_transmission transmission;
    linnet_limits limits;
    linnet_trace *trace; /* sees every datagram; NULL: none */
    void *trace_context;
    unsigned loss_percent; /* for tests: drop this share of datagrams in each direction */

    /* How long at most a thread looks for the next datagram before it falls asleep, where one datagram came and was
     * answered: of a peer on the same host the next is there sooner than a sleeping thread is awake. It pays for
     * itself: looking in vain takes a five-hundredth of the time, and what looking has saved. 0: 50; LINNET_NO_LINGER.
     */
    uint32_t linger_us;

    bool no_q_block; /* refuse Q-Block1 and Q-Block2 (q_block.h), 4.02 */
    linnet_q_transmission q_block;

    const linnet_credentials *credentials; /* for coaps:// addresses; NULL: there are none. Copied */
    /* A file where the secured sessions are, so that the next server that listens on the same addresses, bound in the
     * same order, goes on with them: clients need no new handshake. However this one ends: linnet_server_close(), a
     * crash, SIGKILL. When the machine stops before the server was closed, they are gone. The file is made where there
     * is none, for its owner alone, has 256 octets for each session, and holds its keys: nobody else may write to it,
     * and no older state of it may come back (docs/security.md). Who would not be let in any more does not go on:
     * `look_up` is asked for the key of each, before the server is open. Opening fails with LINNET_ESESSIONS and errno:
     * EWOULDBLOCK, another server has it; EINVAL, it is another file; EPERM, others may read or write it, or it is
     * theirs; else what open() or mmap() said. NULL: sessions end with the server, and the clients are told.
     * Without credentials it is not looked at. */
    const char *session_file;

    /* Requests for paths that no resource has (default: 4.04). */
    linnet_handler *unknown;
    void *unknown_context;
} linnet_server_config;

/*
 * Opens a server that listens on `address`: "coap://[::]", "coap://0.0.0.0:5683", "coap://localhost:0"; NULL is
 * "coap://[::]", which is every address, IPv4 and IPv6 (on a host without IPv6: every IPv4 address).
 * LINNET_EURI, LINNET_ESCHEME, LINNET_ERESOLVE, LINNET_EADDRESS, LINNET_ENOMEM, LINNET_ESYSTEM; with settings also
 * LINNET_ECREDENTIALS, LINNET_ESESSIONS, LINNET_EUNSUPPORTED. *server is NULL then.
 */
int linnet_server_open(linnet_server **server, const char *address);
/* The same with settings; `config` is copied, its strings need not live on. */
int linnet_server_open_with(linnet_server **server, const linnet_server_config *config);
/* Listens on one more address: "coap://...", or with credentials "coaps://..." (port 5684), else LINNET_ECREDENTIALS.
 */
int linnet_server_bind(linnet_server *server, const char *address);
/* The index-th (from 0) address that it listens on, with the port that it got; LINNET_ENOENT past the last. */
int linnet_server_address(const linnet_server *server, size_t index, linnet_address *address);

/* Whether it is one of coaps://. */
bool linnet_server_is_secured(const linnet_server *server, size_t index);

/* What was found in session_file when the server was opened. */
typedef struct linnet_found_sessions {
    size_t restored;     /* that go on */
    size_t refused;      /* that do not: the credentials of today would not let their peers in */
    size_t damaged;      /* nor those: they were not whole */
    const char *dropped; /* why none of them goes on, in words: the machine was started anew, the file is a copy,
                          * damaged, or of another version. NULL: they do, or there were none. Static */
} linnet_found_sessions;
linnet_found_sessions linnet_server_found_sessions(const linnet_server *server);

/*
 * Joins a multicast group: "224.0.1.187" (All CoAP Nodes, RFC 7252 12.8), "ff02::fd%eth0", "[ff05::fd]:5683". Without
 * an interface: on each that is up and can do multicast, and on the loopback where there is no other. Port 5683 if none
 * is given. After linnet_server_bind() of all addresses: requests to the group are answered from one of them, on the
 * same interface if there is one, after a random time up to transmission.leisure_ms; errors and empty answers are kept
 * back (RFC 7252 8.2). Several servers of a host may join the same group. Left when the server closes. LINNET_EADDRESS
 * (no group, no such interface, or it cannot do multicast; then errno says why), LINNET_EEXIST (joined on that
 * interface already), LINNET_ENOMEM, LINNET_ESYSTEM.
 */
int linnet_server_join(linnet_server *server, const char *group);

/* Adds a resource. `path` has any number of segments ("a/b", a leading '/' is the same); "" is the root.
 * LINNET_EEXIST, LINNET_EINVAL (a segment over 255 octets), LINNET_ENOMEM. */
int linnet_server_add(linnet_server *server, const char *path, const linnet_resource_config *config);
/* NULL when there is none. The pointer lives until the resource is removed. */
linnet_resource *linnet_server_find(linnet_server *server, const char *path);
/* Removes it; safe in its own handler. LINNET_ENOENT. */
int linnet_server_remove(linnet_server *server, const char *path);
/* How many observations there are of all its resources (RFC 7641). */
size_t linnet_server_observers(const linnet_server *server);

/* Serves until linnet_server_stop(); 0 then, or LINNET_ESYSTEM. */
int linnet_server_run(linnet_server *server);
/* Makes linnet_server_run() return. From any thread and from signal handlers. */
void linnet_server_stop(linnet_server *server);

/* For a loop of one's own: poll the descriptor for reading until the deadline (linnet_clock() time; UINT64_MAX: none,
 * 0: at once), then call linnet_server_process(), which never waits. */
int linnet_server_descriptor(const linnet_server *server);
uint64_t linnet_server_deadline(const linnet_server *server);
int linnet_server_process(linnet_server *server);
/* The same that looks for up to linger_us where nothing has come yet and the next datagram is likely to come at once,
 * which is what linnet_server_lingers() says. For loops that would go a longer way to sleep and back; what else they
 * have to do waits for that time. */
int linnet_server_linger(linnet_server *server);
bool linnet_server_lingers(linnet_server *server);

/* Runs `function` in the loop's thread soon. From any thread, before linnet_server_close() begins: afterwards there is
 * no server to ask. LINNET_ENOMEM. When the server closes first the function is not called. */
int linnet_server_post(linnet_server *server, void (*function)(linnet_server *server, void *context), void *context);

/* Runs `function` once in the loop's thread, `delay_ms` from now; it may set the next. Only in the loop's thread, or
 * while no loop runs. `id` may be NULL. LINNET_ENOMEM. Timers that are left when the server closes are not run. */
int linnet_server_after(linnet_server *server, uint32_t delay_ms,
                        void (*function)(linnet_server *server, void *context), void *context, uint64_t *id);
/* LINNET_ENOENT: it has run, or was cancelled. In the loop's thread. */
int linnet_server_cancel(linnet_server *server, uint64_t id);

/* Gives a deferred answer; copies `answer`. From any thread, also after linnet_server_close() (LINNET_ECLOSED).
 * Consumes the handle, whatever it returns. LINNET_ENOMEM: the client is not answered. */
int linnet_deferred_answer(linnet_deferred deferred, const linnet_answer *answer);
/* Gives it up: the client is told 5.03. From any thread. */
void linnet_deferred_drop(linnet_deferred deferred);

/* Closes the sockets and frees all; NULL is fine. Not from a handler. */
void linnet_server_close(linnet_server *server);

#ifdef __cplusplus
}
#endif
#endif
