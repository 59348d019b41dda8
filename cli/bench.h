/* What `linnet bench` has counted, and how it is told. */
#ifndef CLI_BENCH_H
#define CLI_BENCH_H

#include "cli/histogram.h"

#include <linnet.h>
#include <stdio.h>

enum { BENCH_CLIENTS_MOST = 1000, BENCH_WINDOW_MOST = 1000 };

typedef struct bench_counts {
    uint64_t codes[256]; /* responses, by their code */
    uint64_t responses;
    uint64_t failures; /* requests that no response came to */
    uint64_t repeats;  /* confirmable messages that were sent again */
    uint64_t octets;   /* of payload that came */
    uint64_t least_us, most_us;
    histogram round_trips; /* microseconds */
    int error;             /* the last that failed; 0: none did */
} bench_counts;

void bench_count(bench_counts *counts, const linnet_response *response);

/* How it was asked. */
typedef struct bench_plan {
    const char *uri;
    unsigned long clients, window;
    double seconds; /* that it took */
} bench_plan;

/* A table for people. */
void bench_print(FILE *out, const bench_plan *plan, const bench_counts *counts);
/* The same as one JSON object. */
void bench_print_json(FILE *out, const bench_plan *plan, const bench_counts *counts);

#endif
