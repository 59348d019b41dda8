/* How the command tells people what went wrong: one clear line, and a hint what to try. All on standard error. */
#ifndef CLI_COMPLAIN_H
#define CLI_COMPLAIN_H

#include <linnet/client.h>
#include <stdbool.h>

/* "linnet get: ...", once for each thing that went wrong. */
__attribute__((format(printf, 1, 2))) void complain(const char *format, ...);

/* "hint: ..." below it. */
__attribute__((format(printf, 1, 2))) void hint(const char *format, ...);

/* Something worth knowing that is no error. */
__attribute__((format(printf, 1, 2))) void remark(const char *format, ...);

/* The name that complaints start with: "linnet get". */
void complain_as(const char *name);

/* Explains why `uri` could not be asked: a linnet error, with the name of the host and what to try. `sent` is how often
 * the message was sent (0: not known) and `seconds` how long it took. Returns the exit status. */
int complain_request(int error, const char *uri, unsigned sent, double seconds);

/* Explains why no client could be opened, as complain_request() does. */
int complain_opening(int error, const linnet_client_config *config, const char *uri);

/* Explains a URI that cannot be used; false when there is nothing wrong with it. */
bool complain_uri(const char *uri);

#endif
