/* Ctrl-C and SIGTERM, brought to the client or server that runs. */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <linnet.h>

/* From now on Ctrl-C ends the process with 130; where a client is watched, the first only makes its calls return. */
void interrupt_catch(void);
/* NULL: no longer; to be called before it is closed. */
void interrupt_watch_client(linnet_client *client);
/* For servers, SIGTERM as well. */
void interrupt_watch_server(linnet_server *server);

/* From now on SIGTERM, too, makes the calls of the watched client return, for what has to be ended in order; and when
 * that is done: where it came, the process ends by it, with all output written. */
void interrupt_put_off_termination(void);
void interrupt_terminate(void);

/* Whether the end of a child process makes the calls of the watched client return, too. */
void interrupt_on_child(bool wanted);

/* From now on Ctrl-C ends what runs, never the process: for `linnet shell`. */
void interrupt_spare_process(void);

/* Whether Ctrl-C was pressed, or SIGTERM put off; and that what it was meant for has ended. */
bool interrupted(void);
void interrupt_forget(void);

#endif
