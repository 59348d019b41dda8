/* What bench/load is asked to do. */
#ifndef BENCH_LOAD_OPTIONS_H
#define BENCH_LOAD_OPTIONS_H

#include <getopt.h>
#include <linnet/code.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

enum { SECONDS_MAX = 60 };

static struct {
    uint16_t port;
    pid_t process;
    uint32_t clients, window, outstanding, first;
    uint64_t requests; /* 0: as many as the time allows */
    double seconds, warm_up;
    const char *path;
    linnet_code method;
    size_t payload;
    bool non, trains, interleave, in_turn;
} want = {.clients = 64, .window = 1, .seconds = 1, .warm_up = 0.2, .path = "time", .method = LINNET_GET};

static const struct option options[] = {
    {"port", 1, NULL, 'p'},    {"clients", 1, NULL, 'c'}, {"window", 1, NULL, 'w'},   {"outstanding", 1, NULL, 'o'},
    {"seconds", 1, NULL, 's'}, {"warm-up", 1, NULL, 'u'}, {"requests", 1, NULL, 'r'}, {"path", 1, NULL, 'P'},
    {"put", 1, NULL, 'b'},     {"non", 0, NULL, 'n'},     {"trains", 0, NULL, 't'},   {"interleave", 0, NULL, 'i'},
    {"first", 1, NULL, 'f'},   {"pid", 1, NULL, 'd'},     {NULL, 0, NULL, 0}};

static const char usage[] =
    "usage: load --port PORT [OPTION...]\n"
    "  --clients N      64: client addresses\n"
    "  --window N       1: requests outstanding for each client\n"
    "  --outstanding N  at most so many in all; fewer than clients times window: the clients take turns\n"
    "  --seconds S      1 (at most 60)        --warm-up S  0.2: not measured\n"
    "  --requests N     end after so many; measured from the start\n"
    "  --path PATH      time\n"
    "  --put N          PUT N octets, instead of GET\n"
    "  --non            non-confirmable requests\n"
    "  --trains         send what one client has to send as one train (UDP_SEGMENT), receive merged (UDP_GRO)\n"
    "  --interleave     requests of one client do not follow each other\n"
    "  --first N        0: number of the first client address; others make clients that the server has not seen\n"
    "  --pid PID        the server, for its CPU time and memory\n";

static uint32_t number(const char *text)
{
    long value = strtol(text, NULL, 10);
    if (value >= 0 && value <= 10000000)
        return (uint32_t)value;
    fprintf(stderr, "load: %s is out of range\n", text);
    exit(2);
}

static void read_option(int letter, const char *value)
{
    switch (letter) {
    case 'p':
        want.port = (uint16_t)number(value);
        break;
    case 'c':
        want.clients = number(value);
        break;
    case 'w':
        want.window = number(value);
        break;
    case 'o':
        want.outstanding = number(value);
        break;
    case 's':
        want.seconds = atof(value);
        break;
    case 'u':
        want.warm_up = atof(value);
        break;
    case 'r':
        want.requests = number(value);
        break;
    case 'P':
        want.path = value;
        break;
    case 'b':
        want.method = LINNET_PUT, want.payload = number(value);
        break;
    case 'n':
        want.non = true;
        break;
    case 't':
        want.trains = true;
        break;
    case 'i':
        want.interleave = true;
        break;
    case 'f':
        want.first = number(value);
        break;
    case 'd':
        want.process = (pid_t)number(value);
        break;
    default:
        fputs(usage, stderr);
        exit(2);
    }
}

static void read_options(int count, char **words)
{
    int letter;
    while ((letter = getopt_long(count, words, "", options, NULL)) != -1)
        read_option(letter, optarg);
    if (want.port == 0 || want.clients == 0 || want.window == 0 || optind < count)
        read_option('?', NULL);
    want.seconds = want.seconds < SECONDS_MAX ? want.seconds : SECONDS_MAX;
    want.warm_up = want.requests > 0 ? 0 : want.warm_up < SECONDS_MAX ? want.warm_up : SECONDS_MAX;
}

#endif
