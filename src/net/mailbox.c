/* A list under a mutex, and a poller that is rung when it is no longer empty. */
#include "net/mailbox.h"

#include <linnet/error.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct linnet_mailbox {
    pthread_mutex_t mutex;
    linnet_letter *first;
    linnet_letter **end;
    linnet_poller *poller;
    bool closed;
    void *owner;
    atomic_size_t holders;
};

linnet_mailbox *linnet_mailbox_create(linnet_poller *poller, void *owner)
{
    linnet_mailbox *mailbox = calloc(1, sizeof *mailbox);
    if (!mailbox)
        return NULL;
    if (pthread_mutex_init(&mailbox->mutex, NULL) != 0) { /* some systems allocate it */
        free(mailbox);
        return NULL;
    }
    mailbox->end = &mailbox->first;
    mailbox->poller = poller;
    mailbox->owner = owner;
    atomic_init(&mailbox->holders, 1);
    return mailbox;
}

void linnet_mailbox_hold(linnet_mailbox *mailbox) { atomic_fetch_add(&mailbox->holders, 1); }

void linnet_mailbox_release(linnet_mailbox *mailbox)
{
    if (!mailbox || atomic_fetch_sub(&mailbox->holders, 1) > 1)
        return;
    pthread_mutex_destroy(&mailbox->mutex);
    free(mailbox);
}

static void free_letters(linnet_letter *letter)
{
    while (letter) {
        linnet_letter *next = letter->next;
        free(letter);
        letter = next;
    }
}

/* It is rung under the lock, because linnet_mailbox_close() is what keeps the poller from being closed meanwhile. */
static void append(linnet_mailbox *mailbox, linnet_letter *letter)
{
    bool was_empty = mailbox->first == NULL;
    letter->next = NULL;
    *mailbox->end = letter;
    mailbox->end = &letter->next;
    if (was_empty)
        linnet_poller_ring(mailbox->poller);
}

int linnet_mailbox_post(linnet_mailbox *mailbox, linnet_letter *letter)
{
    pthread_mutex_lock(&mailbox->mutex);
    bool closed = mailbox->closed;
    if (!closed)
        append(mailbox, letter);
    pthread_mutex_unlock(&mailbox->mutex);
    if (closed)
        free(letter);
    return closed ? LINNET_ECLOSED : 0;
}

static linnet_letter *take(linnet_mailbox *mailbox, bool close)
{
    pthread_mutex_lock(&mailbox->mutex);
    linnet_letter *first = mailbox->first;
    mailbox->first = NULL;
    mailbox->end = &mailbox->first;
    mailbox->closed |= close;
    pthread_mutex_unlock(&mailbox->mutex);
    return first;
}

void linnet_mailbox_open(linnet_mailbox *mailbox)
{
    linnet_letter *letter = take(mailbox, false);
    while (letter) {
        linnet_letter *next = letter->next;
        letter->open(letter, mailbox->owner);
        letter = next;
    }
}

void linnet_mailbox_close(linnet_mailbox *mailbox)
{
    if (mailbox)
        free_letters(take(mailbox, true));
}
