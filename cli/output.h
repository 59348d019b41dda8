/* Where payloads go: standard output, or the file of --output; errors of writing are not lost. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <linnet/bytes.h>
#include <stdio.h>

typedef enum output_format { OUTPUT_AUTO, OUTPUT_PRETTY, OUTPUT_RAW, OUTPUT_JSON } output_format;

typedef struct output {
    FILE *stream;
    const char *name; /* of the file; NULL: standard output */
} output;

/* Opens `name` ("-" or NULL: standard output), emptying it. False after a complaint. */
bool output_open(output *output, const char *name);
void output_write(const output *output, linnet_bytes bytes);
/* Closes it. False after a complaint when anything could not be written. */
bool output_close(output *output);

#endif
