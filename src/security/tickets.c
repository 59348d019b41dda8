/* The sessions that a client may take up again. A few of each keyring: who has more servers pays for full handshakes.
 */
#include "security/keyring.h"

#include <stdlib.h>

static bool is_name(const char *a, const char *b) { return a == b || (a && b && strcmp(a, b) == 0); }

static bool is_for(const linnet_ticket *ticket, const linnet_address *peer, const char *name)
{
    return ticket->session.data && linnet_address_equal(&ticket->peer, peer) && is_name(ticket->name, name);
}

const linnet_ticket *linnet_keyring_ticket(const linnet_keyring *keyring, const linnet_address *peer, const char *name)
{
    for (size_t i = 0; i < LINNET_TICKETS; i++)
        if (is_for(&keyring->tickets[i], peer, name))
            return &keyring->tickets[i];
    return NULL;
}

static void forget(linnet_ticket *ticket)
{
    if (ticket->session.data)
        gnutls_memset(ticket->session.data, 0, ticket->session.size);
    gnutls_free(ticket->session.data);
    free(ticket->name);
    *ticket = (linnet_ticket){.name = NULL};
}

void linnet_keyring_keep_ticket(linnet_keyring *keyring, const linnet_address *peer, const char *name,
                                gnutls_datum_t *session)
{
    linnet_ticket *place = (linnet_ticket *)(uintptr_t)linnet_keyring_ticket(keyring, peer, name);
    char *copy = name ? strdup(name) : NULL;
    if (!place)
        place = &keyring->tickets[keyring->next_ticket++ % LINNET_TICKETS];
    forget(place);
    *place = (linnet_ticket){.peer = *peer, .name = copy, .session = *session};
    *session = (gnutls_datum_t){NULL, 0};
    if (name && !copy)
        forget(place); /* it would do for any name */
}

void linnet_keyring_forget_tickets(linnet_keyring *keyring)
{
    for (size_t i = 0; i < LINNET_TICKETS; i++)
        forget(&keyring->tickets[i]);
}
