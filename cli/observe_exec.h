/* --observe-exec: a command of the user's for each notification, one after the other, while the client goes on. */
#ifndef CLI_OBSERVE_EXEC_H
#define CLI_OBSERVE_EXEC_H

#include <linnet.h>
#include <sys/types.h>

typedef struct observe_job observe_job;

/* A line of notifications that wait for the command. */
typedef struct observe_exec {
    const char *command; /* for sh -c; NULL: none */
    const char *uri;
    observe_job *first, **last;
    size_t waiting;
    pid_t running; /* 0: none */
} observe_exec;

void observe_exec_begin(observe_exec *line, const char *shell_command, const char *uri);
/* Puts a notification into the line. Of too many that wait the oldest is left out, with a remark. */
void observe_exec_add(observe_exec *line, const linnet_response *response);
/* Starts what is due; never waits. To be called after each addition and each SIGCHLD. False after a complaint. */
bool observe_exec_turn(observe_exec *line);
/* Waits until all have run; not after Ctrl-C. False after a complaint. */
bool observe_exec_finish(observe_exec *line);
/* Forgets those that wait. */
void observe_exec_end(observe_exec *line);

#endif
