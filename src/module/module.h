/*
 * The inside of a linnet_module. Its functions stand in several files: module.c (opening, closing, handlers), loop.c
 * (who waits for packets, and what comes of it), server.c (the server, and what clients create), resource.c and
 * attributes.c (handles), handlers.c (what resources answer), session.c (clients), send.c and call.c (requests), host.c
 * (addresses).
 *
 * Everything here but the counts of handles is touched with the lock held.
 */
#ifndef LINNET_MODULE_MODULE_H
#define LINNET_MODULE_MODULE_H

#include "engine/wheel.h"
#include "module/host.h"
#include "module/lock.h"
#include "net/poller.h"

#include <linnet/client.h>
#include <linnet/module.h>
#include <linnet/server.h>
#include <linnet/site.h>
#include <stdatomic.h>

/* Something to poll: the server, or the client of a session. */
typedef struct linnet_module_source {
    linnet_timer timer;             /* when it has something to do, whatever comes */
    uint64_t number;                /* names it in events; never used again */
    linnet_module_session *session; /* NULL: the server */
    bool busy;                      /* it is being processed: its handlers may run */
} linnet_module_source;

enum { LINNET_MODULE_SERVER_NUMBER = 1 };

struct linnet_module {
    linnet_lock lock;
    atomic_size_t holders; /* the owner, each handle, and each function that may see the end */
    atomic_uint wakes;     /* linnet_module_wake() */
    linnet_poller poller;  /* of all sources; it is rung where there is cause to look again */
    int socket;            /* of the server, or -1 */

    linnet_wheel wheel;
    linnet_module_source source; /* of the server */
    linnet_server *server;
    uint64_t until;    /* when the one who watches stops waiting */
    bool watching;     /* somebody polls without the lock, until then */
    bool leading;      /* a thread is in poll(); others wait for what it finds */
    bool idle;         /* that thread is in linnet_module_wait(): it will do nothing */
    unsigned readers;  /* threads in linnet_module_read() or _process(), for whom others make way */
    unsigned waiters;  /* threads in linnet_module_wait() */
    uint64_t happened; /* packets and calls of handlers */
    uint64_t told;     /* of these, by linnet_module_read() */
    unsigned depth;    /* above 0 inside handlers, and whatever may call one */
    bool closing;      /* takes effect when the lock is left */
    bool closed;
    bool has_thread;
    pthread_t thread;
    const void *thread_self; /* linnet_thread_self() of it */

    linnet_module_session **sessions; /* in order of creation, and so of their numbers */
    size_t session_count;
    size_t session_capacity;
    uint64_t next_number;

    linnet_transmission transmission; /* of sessions */
    bool dynamic_resources;
    bool create_by_post;
    uint32_t max_resources;
    uint32_t max_value_size;
    uint32_t created; /* by clients, and still there */

    linnet_module_response_handler *on_response;
    void *response_context;
    linnet_module_failure_handler *on_failure;
    void *failure_context;
    linnet_module_resource_handler *on_resource;
    void *resource_context;
};

struct linnet_module_resource {
    linnet_resource resource;
    linnet_resource_config config;
    atomic_size_t count;
    linnet_module *module;
    linnet_attribute *attributes; /* `name` begins a block of memory that holds the value too */
    _Atomic(void *) context;
    int64_t max_age;
    unsigned allowed;
    bool numbered;  /* an ETag was given once: its counter is not started again */
    bool by_client; /* module->created counts it */
    bool gone;
    char path[]; /* "/a/b" */
};

typedef struct linnet_module_call linnet_module_call;

struct linnet_module_session {
    linnet_module_source source;
    atomic_size_t count;
    linnet_module *module;
    linnet_client *client;
    linnet_module_host host;
    char *address; /* as it was given */
    uint16_t port;
    bool secured; /* LINNET_MODULE_DTLS */
    _Atomic(void *) context;
    linnet_module_call *first; /* those that have not ended, in the order of sending */
    linnet_module_call *last;
    unsigned calls;
    unsigned held; /* of these wait for another with their token */
    bool gone;
};

/* module.c */

/* LINNET_ECLOSED: the lock is not held, and all is over. */
int linnet_module_enter(linnet_module *module);
/* Whoever leaves last does what closing has left over; `module` may be gone then. Returns `result`. */
int linnet_module_leave(linnet_module *module, int result);

/* loop.c */

/* Has the thread in poll() look again. From signal handlers too. */
void linnet_module_kick(linnet_module *module);
/* The source has been given something to do: sees to it that it is processed in time. */
void linnet_module_arm(linnet_module *module, linnet_module_source *source);
/* Around whatever may call handlers of the source, which are not to close it under its feet: a session that they remove
 * is closed at the end, so the caller holds it. */
void linnet_module_begin_work(linnet_module *module, linnet_module_source *source);
void linnet_module_end_work(linnet_module *module, linnet_module_source *source);
int linnet_module_start_thread(linnet_module *module);
/* A linnet_trace that sees each packet. */
void linnet_module_note_packet(void *context, bool sent, const linnet_path *path, linnet_bytes datagram);

/* server.c */
int linnet_module_open_server(linnet_module *module, const linnet_module_config *config);
/* Takes all resources out; their handles stay. */
void linnet_module_close_server(linnet_module *module);

/* resource.c */

/* With the lock held; `*made` has the handle's own count, which the server has until it is removed. */
int linnet_module_make_resource(linnet_module *module, const char *path, int32_t media_type, int64_t max_age,
                                linnet_bytes value, linnet_module_resource **made);
/* Takes it out of the server. */
void linnet_module_drop_resource(linnet_module_resource *resource);
/* Puts what is allowed and set into the config that the server sees. */
void linnet_module_apply(linnet_module_resource *resource);
/* NULL where the server's resource is not one of the module's. */
linnet_module_resource *linnet_module_resource_of(const linnet_resource *resource);

/* attributes.c */
void linnet_module_free_attributes(linnet_module_resource *resource);

/* handlers.c */
linnet_handler linnet_module_get, linnet_module_fetch, linnet_module_patch, linnet_module_delete;

/* session.c */
/* Closes its client, which must not be busy, and drops the module's count. */
void linnet_module_end_session(linnet_module_session *session);
void linnet_module_close_sessions(linnet_module *module);
linnet_module_session *linnet_module_find_session(const linnet_module *module, uint64_t number);

/* call.c */

/* A request of a session, from sending to its end. */
struct linnet_module_call {
    linnet_module_call *next; /* in the session's list */
    linnet_module_call *previous;
    linnet_module_session *session;
    linnet_exchange exchange;      /* 0: it waits for another with its token */
    linnet_client_request request; /* its views point to the members below and behind them */
    uint8_t token[8];
    uint8_t port[4];
    uint8_t format[4];
    bool silent; /* whoever sent it does not want to hear of it */
    linnet_option options[];
};

/* Checks and copies. LINNET_EINVAL, LINNET_ETOOBIG, LINNET_ENOMEM. */
int linnet_module_make_call(linnet_module_call **made, linnet_module_session *session,
                            const linnet_module_request *request);

/* send.c */
/* Frees the calls that were never sent; the others end with their client. */
void linnet_module_drop_held(linnet_module_session *session);

#endif
