/* A small table of names, and a short-lived thread for each look-up. A thread owns its question and its answer; what it
 * shares with the loop is the mailbox alone, so it may well outlive the client that asked. */
#include "net/resolve.h"

#include "net/thread.h"

#include <linnet/error.h>
#include <linnet/loop.h>
#include <stdlib.h>

typedef struct look_up {
    linnet_letter letter;
    linnet_mailbox *mailbox;
    size_t index; /* of the name in the table: while it is being looked up it stays there */
    int count;    /* or an error */
    linnet_address addresses[LINNET_RESOLVE_ADDRESSES];
    char text[LINNET_NAME_MAX + 1];
} look_up;

static void ring_init(linnet_waiter *head) { *head = (linnet_waiter){.next = head, .previous = head}; }

void linnet_waiter_add(linnet_waiter *head, linnet_waiter *waiter)
{
    waiter->next = head;
    waiter->previous = head->previous;
    waiter->previous->next = waiter;
    head->previous = waiter;
}

void linnet_resolver_forget(linnet_waiter *waiter)
{
    if (!waiter->next)
        return;
    waiter->next->previous = waiter->previous;
    waiter->previous->next = waiter->next;
    waiter->next = waiter->previous = NULL;
}

/* Tells all in the ring. A waiter that is told may add and remove others, so each is taken out first. */
static void tell(linnet_waiter *head, int error, const linnet_address *addresses, size_t count)
{
    while (head->next != head) {
        linnet_waiter *waiter = head->next;
        linnet_resolver_forget(waiter);
        waiter->done(waiter, error, addresses, count);
    }
}

void linnet_resolver_init(linnet_resolver *resolver, linnet_mailbox *mailbox, uint32_t keep_ms)
{
    *resolver = (linnet_resolver){.mailbox = mailbox, .deadline = UINT64_MAX};
    resolver->keep = (keep_ms ? keep_ms : (uint32_t)LINNET_RESOLVE_MS) * UINT64_C(1000);
}

uint64_t linnet_waiters_move(linnet_waiter *from, linnet_waiter *to, uint64_t due)
{
    uint64_t earliest = UINT64_MAX;
    for (linnet_waiter *waiter = from->next, *next; waiter != from; waiter = next) {
        next = waiter->next;
        if (waiter->deadline <= due) {
            linnet_resolver_forget(waiter);
            linnet_waiter_add(to, waiter);
        } else if (waiter->deadline < earliest) {
            earliest = waiter->deadline;
        }
    }
    return earliest;
}

void linnet_resolver_close(linnet_resolver *resolver, int error)
{
    for (size_t i = 0; resolver->names && i < LINNET_RESOLVE_NAMES; i++) {
        if (resolver->names[i].state != LINNET_NAME_FREE)
            tell(&resolver->names[i].waiters, error, NULL, 0);
    }
    free(resolver->names);
    resolver->names = NULL;
    resolver->deadline = UINT64_MAX;
}

static void start_queued(linnet_resolver *resolver);

/* In the loop's thread: the letter of a thread that has done its work. */
static void take_answer(linnet_letter *letter, void *owner)
{
    linnet_resolver *resolver = linnet_resolver_of(owner);
    look_up answer = *(look_up *)(void *)letter;
    linnet_name *name = &resolver->names[answer.index];
    linnet_waiter waiting;
    free(letter);
    resolver->running--;
    /* Whoever asks while the others are told finds the name already settled. A failure is not remembered. */
    ring_init(&waiting);
    linnet_waiters_move(&name->waiters, &waiting, UINT64_MAX);
    name->state = answer.count > 0 ? LINNET_NAME_KNOWN : LINNET_NAME_FREE;
    name->expires = answer.count > 0 ? linnet_clock() + resolver->keep : 0; /* a free place is the first to be taken */
    name->count = answer.count > 0 ? (size_t)answer.count : 0;
    memcpy(name->addresses, answer.addresses, sizeof name->addresses);
    start_queued(resolver);
    tell(&waiting, answer.count > 0 ? 0 : LINNET_ERESOLVE, answer.addresses, name->count);
}

static void *run(void *argument)
{
    look_up *job = argument;
    linnet_mailbox *mailbox = job->mailbox;
    job->count = linnet_name_look_up(job->text, job->addresses);
    linnet_mailbox_post(mailbox, &job->letter);
    linnet_mailbox_release(mailbox);
    return NULL;
}

static int start_thread(look_up *job)
{
    pthread_t thread;
    if (linnet_thread_start(&thread, run, job) != 0)
        return LINNET_ENOMEM;
    pthread_detach(thread);
    return 0;
}

static int start(linnet_resolver *resolver, size_t index)
{
    look_up *job = malloc(sizeof *job);
    if (!job)
        return LINNET_ENOMEM;
    *job = (look_up){.letter.open = take_answer, .mailbox = resolver->mailbox, .index = index};
    memcpy(job->text, resolver->names[index].text, sizeof job->text);
    linnet_mailbox_hold(resolver->mailbox);
    if (start_thread(job) != 0) {
        linnet_mailbox_release(resolver->mailbox);
        free(job);
        return LINNET_ENOMEM;
    }
    resolver->names[index].state = LINNET_NAME_RUNNING;
    resolver->running++;
    return 0;
}

/* Ends the waiting for a name that nobody looks up. */
static void give_up(linnet_name *name, int error)
{
    linnet_waiter waiting;
    ring_init(&waiting);
    linnet_waiters_move(&name->waiters, &waiting, UINT64_MAX);
    name->state = LINNET_NAME_FREE;
    tell(&waiting, error, NULL, 0);
}

static void start_queued(linnet_resolver *resolver)
{
    for (size_t i = 0; i < LINNET_RESOLVE_NAMES && resolver->running < LINNET_RESOLVE_THREADS; i++) {
        int error = resolver->names[i].state == LINNET_NAME_QUEUED ? start(resolver, i) : 0;
        if (error != 0 && resolver->running > 0)
            return; /* the next answer tries again */
        if (error != 0)
            give_up(&resolver->names[i], error);
    }
}

/* The name's place, or one to take for it: a free one, else the one that expires first. NULL: all are being looked up.
 */
static linnet_name *find_place(linnet_resolver *resolver, const char *text)
{
    linnet_name *best = NULL;
    for (linnet_name *name = resolver->names; name < resolver->names + LINNET_RESOLVE_NAMES; name++) {
        bool idle = name->state == LINNET_NAME_FREE || name->state == LINNET_NAME_KNOWN;
        if (name->state != LINNET_NAME_FREE && strcmp(name->text, text) == 0)
            return name;
        if (idle && (!best || name->expires < best->expires))
            best = name;
    }
    if (best)
        best->state = LINNET_NAME_FREE;
    return best;
}

static int begin(linnet_resolver *resolver, linnet_name *name, const char *text)
{
    size_t index = (size_t)(name - resolver->names);
    ring_init(&name->waiters);
    memcpy(name->text, text, strlen(text) + 1); /* it came from linnet_name_from_uri(), so it fits */
    name->expires = 0;
    name->state = LINNET_NAME_QUEUED;
    if (resolver->running >= LINNET_RESOLVE_THREADS)
        return 0;
    int error = start(resolver, index);
    if (error != 0)
        name->state = LINNET_NAME_FREE;
    return error;
}

int linnet_resolver_ask(linnet_resolver *resolver, uint64_t now, const char *text, linnet_waiter *waiter,
                        const linnet_name **known)
{
    if (!resolver->names)
        resolver->names = calloc(LINNET_RESOLVE_NAMES, sizeof *resolver->names);
    if (!resolver->names)
        return LINNET_ENOMEM;
    linnet_name *name = find_place(resolver, text);
    if (!name)
        return LINNET_EBUSY;
    if (name->state == LINNET_NAME_KNOWN && name->expires > now) {
        *known = name;
        return 1;
    }
    int error =
        name->state == LINNET_NAME_QUEUED || name->state == LINNET_NAME_RUNNING ? 0 : begin(resolver, name, text);
    if (error != 0)
        return error;
    linnet_waiter_add(&name->waiters, waiter);
    if (waiter->deadline < resolver->deadline)
        resolver->deadline = waiter->deadline;
    return 0;
}

void linnet_resolver_advance(linnet_resolver *resolver, uint64_t now)
{
    linnet_waiter late;
    if (now < resolver->deadline)
        return;
    ring_init(&late);
    resolver->deadline = UINT64_MAX;
    for (linnet_name *name = resolver->names; name < resolver->names + LINNET_RESOLVE_NAMES; name++) {
        if (name->state != LINNET_NAME_QUEUED && name->state != LINNET_NAME_RUNNING)
            continue;
        uint64_t next = linnet_waiters_move(&name->waiters, &late, now);
        resolver->deadline = next < resolver->deadline ? next : resolver->deadline;
    }
    tell(&late, LINNET_ETIMEOUT, NULL, 0);
}
