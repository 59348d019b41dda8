/* Answers that are given some time after the request, by one thread for all of them. */
#ifndef CLI_DEMO_LATER_H
#define CLI_DEMO_LATER_H

#include <linnet/request.h>

/* Defers the reply and gives `text` (static) as its answer after that time. */
void later_answer(linnet_reply *reply, unsigned milliseconds, const char *text);

/* Ends the thread and drops what it still has; before the server is closed. */
void later_stop(void);

#endif
