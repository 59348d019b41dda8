/* A progress bar for transfers of many blocks: one line on a terminal, and nothing anywhere else. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* Starts to count the time of a transfer. `wanted` false, or standard error no terminal: nothing is ever shown.
 * Returns whether something may be shown. */
bool progress_begin(bool wanted);
/* `done` octets of `total` (0: not known) are "sent" or "received". The first second shows nothing. */
void progress_show(const char *what, uint64_t done, uint64_t total);
/* Takes the line away, before something else is printed on standard error. It comes back by itself. */
void progress_hide(void);
/* Takes it away for good. */
void progress_end(void);

#endif
