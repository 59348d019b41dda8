/* A datagram explained octet by octet: a list of what each run of octets, or each run of bits, means. */
#ifndef CLI_EXPLAIN_H
#define CLI_EXPLAIN_H

#include "cli/terminal.h"

#include <linnet.h>

typedef struct explanation_row {
    size_t offset, size; /* the octets; 0 octets: a remark on those before */
    const char *bits;    /* which of an octet's bits: "01......"; NULL: all of them */
    char *meaning;
} explanation_row;

typedef struct explanation {
    linnet_bytes datagram; /* the caller's */
    explanation_row *rows;
    size_t count;
    char *problem; /* why it is malformed; NULL when it is not */
    size_t problem_at;
    linnet_message message; /* as far as it could be read; `readable` says whether wholly */
    bool readable;
} explanation;

/* `datagram` has to stay until explanation_clear(). */
void explain(explanation *self, linnet_bytes datagram);
void explanation_clear(explanation *self);

/* "CON GET /temperature, message ID 0x7d34, token 0x20, 17 octets". To be freed. */
char *explanation_summary(const explanation *self);

void explanation_print(FILE *out, const explanation *self, const palette *ink);

/* Adds a row. `meaning` becomes the explanation's. */
void explanation_add(explanation *self, size_t offset, size_t size, const char *bits, char *meaning);
/* Notes the first problem. Always false. */
bool explanation_break(explanation *self, size_t at, char *problem);

/* The options and the payload, which start at `offset`. */
void explain_options(explanation *self, size_t offset);

#endif
