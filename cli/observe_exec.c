/* Commands run beside the client: a slow one must not keep notifications from being acknowledged. Nothing that comes
 * from the network becomes part of a command: it goes through standard input and the environment. */
#include "cli/observe_exec.h"

#include "cli/complain.h"
#include "cli/interrupt.h"
#include "cli/request.h"
#include "cli/text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAITING_MOST 1000
#define OWN_VARIABLES 4

extern char **environ;

struct observe_job {
    observe_job *next;
    FILE *input; /* the payload; NULL: there is no place for it, as `error` says */
    int error;
    char *variables[OWN_VARIABLES];
};

void observe_exec_begin(observe_exec *line, const char *shell_command, const char *uri)
{
    *line = (observe_exec){.command = shell_command, .uri = uri, .last = &line->first};
}

static void free_job(observe_job *job)
{
    if (job->input)
        fclose(job->input);
    for (int i = 0; i < OWN_VARIABLES; i++)
        free(job->variables[i]);
    free(job);
}

static observe_job *take_first(observe_exec *line)
{
    observe_job *job = line->first;
    line->first = job->next;
    line->waiting--;
    if (!line->first)
        line->last = &line->first;
    return job;
}

/* The payload as a file that only its own command inherits; NULL, and errno, where it cannot be kept. */
static FILE *keep_payload(linnet_bytes payload)
{
    FILE *file = tmpfile();
    if (!file)
        return NULL;
    if (fcntl(fileno(file), F_SETFD, FD_CLOEXEC) == 0 && fwrite(payload.data, 1, payload.size, file) == payload.size &&
        fseek(file, 0, SEEK_SET) == 0)
        return file;
    int error = errno;
    fclose(file);
    errno = error;
    return NULL;
}

static observe_job *make_job(const observe_exec *line, const linnet_response *response)
{
    const linnet_message *message = &response->message;
    observe_job *job = memory_get(sizeof *job);
    char dotted[5];
    int32_t format = answer_content_format(message);
    *job = (observe_job){.input = keep_payload(message->payload)};
    job->error = job->input ? 0 : errno;
    job->variables[0] = text_format("LINNET_URI=%s", line->uri);
    job->variables[1] = text_format("LINNET_CODE=%s", linnet_code_text(message->code, dotted));
    job->variables[2] =
        response->has_observe ? text_format("LINNET_OBSERVE=%u", response->observe) : text_format("LINNET_OBSERVE=");
    job->variables[3] = format == LINNET_NO_FORMAT ? text_format("LINNET_CONTENT_FORMAT=")
                                                   : text_format("LINNET_CONTENT_FORMAT=%d", (int)format);
    return job;
}

void observe_exec_add(observe_exec *line, const linnet_response *response)
{
    observe_job *job = make_job(line, response);
    if (line->waiting == WAITING_MOST) {
        remark("the command is too slow: a notification is left out");
        free_job(take_first(line));
    }
    *line->last = job;
    line->last = &job->next;
    line->waiting++;
}

/* Our variables in front, then the environment without older ones of those names. To be freed. */
static char **make_environment(observe_job *job)
{
    size_t count = 0, used = 0;
    while (environ[count])
        count++;
    char **all = memory_get((count + OWN_VARIABLES + 1) * sizeof *all);
    for (; used < OWN_VARIABLES; used++)
        all[used] = job->variables[used];
    for (size_t i = 0; i < count; i++) {
        bool own = false;
        for (int j = 0; j < OWN_VARIABLES; j++)
            own |= strncmp(environ[i], job->variables[j], strcspn(job->variables[j], "=") + 1) == 0;
        if (!own)
            all[used++] = environ[i];
    }
    all[used] = NULL;
    return all;
}

static int spawn(observe_exec *line, observe_job *job)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t as_usual;
    char *arguments[] = {(char *)"sh", (char *)"-c", (char *)line->command, NULL};
    char **environment = make_environment(job);
    if (posix_spawn_file_actions_init(&actions) != 0 || posix_spawnattr_init(&attributes) != 0)
        out_of_memory();
    sigemptyset(&as_usual);
    sigaddset(&as_usual, SIGPIPE); /* which this command ignores */
    posix_spawnattr_setsigdefault(&attributes, &as_usual);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_adddup2(&actions, fileno(job->input), STDIN_FILENO);
    int error = posix_spawn(&line->running, "/bin/sh", &actions, &attributes, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    free(environment);
    return error;
}

static bool start(observe_exec *line)
{
    observe_job *job = take_first(line);
    int error = job->input ? spawn(line, job) : job->error;
    free_job(job);
    if (!error)
        return true;
    line->running = 0;
    complain("--observe-exec: the command cannot be started: %s", strerror(error));
    return false;
}

bool observe_exec_turn(observe_exec *line)
{
    if (line->running && waitpid(line->running, NULL, WNOHANG) != 0)
        line->running = 0;
    return line->running || !line->first || start(line);
}

bool observe_exec_finish(observe_exec *line)
{
    while ((line->running || line->first) && !interrupted()) {
        if (line->running)
            waitpid(line->running, NULL, 0); /* Ctrl-C ends this, too */
        if (interrupted())
            break;
        line->running = 0;
        if (line->first && !start(line))
            return false;
    }
    return true;
}

void observe_exec_end(observe_exec *line)
{
    while (line->first)
        free_job(take_first(line));
}
