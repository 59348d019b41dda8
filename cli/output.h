/* Where payloads go: standard output, or the file of --output; errors of writing are not lost. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <linnet/bytes.h>
#include <stdio.h>

typedef enum output_format { OUTPUT_AUTO, OUTPUT_PRETTY, OUTPUT_RAW, OUTPUT_JSON } output_format;

typedef struct output {
    FILE *stream;
    const char *name; /* of the file; NULL: standard output */
    int error;        /* why something could not be written; 0: nothing failed, or the system did not say */
} output;

/* Opens `name` ("-" or NULL: standard output), emptying it. False after a complaint. */
bool output_open(output *output, const char *name);
/* Opens a zeroed one when it is first needed: a file is not emptied where nothing comes. */
bool output_need(output *output, const char *name);
/* Both remember why they failed, for output_close() to tell; output_flush() returns whether all is written so far. */
void output_write(output *output, linnet_bytes bytes);
bool output_flush(output *output);
/* Closes it, if it was opened. False after a complaint when anything could not be written. */
bool output_close(output *output);

#endif
