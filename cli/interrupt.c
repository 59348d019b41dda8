/* Signal handlers: they only call what may be called from one. */
#include "cli/interrupt.h"

#include "cli/command.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static volatile sig_atomic_t count;
static volatile sig_atomic_t terminated;
static linnet_client *volatile watched_client;
static linnet_server *volatile watched_server;
static volatile sig_atomic_t spared; /* the process */

static void on_signal(int number)
{
    linnet_client *client = watched_client;
    linnet_server *server = watched_server;
    /* SIGTERM is never impatient: who pressed Ctrl-C may well be followed by a script that ends its server. */
    if (number == SIGINT)
        count = count + 1;
    else
        terminated = 1;
    if (!spared && number == SIGINT && (count > 1 || (!client && !server)))
        _exit(EXIT_INTERRUPTED); /* asked twice, or nothing there that could end in order */
    if (client)
        linnet_client_stop(client);
    if (server)
        linnet_server_stop(server);
}

/* Without SA_RESTART, so that waiting calls return. */
static void catch_signal(int number) { sigaction(number, &(struct sigaction){.sa_handler = on_signal}, NULL); }

void interrupt_catch(void) { catch_signal(SIGINT); }

void interrupt_watch_client(linnet_client *client) { watched_client = client; }

void interrupt_watch_server(linnet_server *server)
{
    watched_server = server;
    catch_signal(SIGINT);
    catch_signal(SIGTERM);
}

void interrupt_put_off_termination(void) { catch_signal(SIGTERM); }

void interrupt_terminate(void)
{
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
    if (!terminated)
        return;
    fflush(NULL);
    raise(SIGTERM);
}

static void on_child(int number)
{
    (void)number;
    linnet_client *client = watched_client;
    if (client)
        linnet_client_stop(client);
}

void interrupt_on_child(bool wanted)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    if (wanted)
        action = (struct sigaction){.sa_handler = on_child, .sa_flags = SA_NOCLDSTOP};
    sigaction(SIGCHLD, &action, NULL);
}

void interrupt_spare_process(void)
{
    spared = 1;
    catch_signal(SIGINT);
}

bool interrupted(void) { return count > 0 || terminated; }

void interrupt_forget(void) { count = 0; }
