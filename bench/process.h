/* What the benchmarks ask of the system: the clock, the CPU time and memory of another process, and a UDP socket. */
#ifndef BENCH_PROCESS_H
#define BENCH_PROCESS_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static inline uint64_t nanoseconds(clockid_t clock)
{
    struct timespec time = {0};
    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* CPU time of all threads of a process in nanoseconds: what /proc/PID/stat rounds to hundredths of a second. */
static inline uint64_t cpu_nanoseconds(pid_t process)
{
    clockid_t clock;
    return process > 0 && clock_getcpuclockid(process, &clock) == 0 ? nanoseconds(clock) : 0;
}

/* Resident memory in KiB. */
static inline long resident_kib(pid_t process)
{
    char path[64];
    long size = 0, resident = 0;
    snprintf(path, sizeof path, "/proc/%ld/statm", (long)process);
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    if (fscanf(file, "%ld %ld", &size, &resident) != 2)
        resident = 0;
    fclose(file);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static inline _Noreturn void give_up(const char *what)
{
    perror(what);
    exit(1);
}

/* A UDP socket on `address`:`port` with room for bursts. */
static inline int udp_socket(uint32_t address, uint16_t port)
{
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int room = 4 << 20;
    struct sockaddr_in local = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(address)};
    if (descriptor < 0 || bind(descriptor, (const struct sockaddr *)&local, sizeof local) != 0)
        give_up("socket");
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    return descriptor;
}

#endif
