/* How other threads reach a loop: letters that its thread opens at its next turn. The mailbox outlives the loop for as
 * long as somebody holds it, so posting to a loop that is gone is an error and never an accident. */
#ifndef LINNET_NET_MAILBOX_H
#define LINNET_NET_MAILBOX_H

#include "net/poller.h"

#include <stdbool.h>

typedef struct linnet_letter {
    struct linnet_letter *next;
    /* Opens it in the loop's thread. The letter is the start of one block that malloc() gave; `open` frees it. A letter
     * that is never opened is freed by the mailbox. */
    void (*open)(struct linnet_letter *letter, void *owner);
} linnet_letter;

typedef struct linnet_mailbox linnet_mailbox;

/* Held once by its maker. `poller` is rung when it is no longer empty, until it is closed. NULL: no memory. */
linnet_mailbox *linnet_mailbox_create(linnet_poller *poller, void *owner);
void linnet_mailbox_hold(linnet_mailbox *mailbox);
void linnet_mailbox_release(linnet_mailbox *mailbox);

/* From any thread. LINNET_ECLOSED: the letter was freed. */
int linnet_mailbox_post(linnet_mailbox *mailbox, linnet_letter *letter);
/* Opens the letters that are there now. */
void linnet_mailbox_open(linnet_mailbox *mailbox);
/* Frees the letters and takes no more. */
void linnet_mailbox_close(linnet_mailbox *mailbox);

#endif
