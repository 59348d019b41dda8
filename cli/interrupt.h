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

/* Whether Ctrl-C was pressed. */
bool interrupted(void);

#endif
