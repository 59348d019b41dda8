/* The report of `linnet bench`. */
#include "cli/bench.h"
#include "cli/print.h"
#include "cli/text.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdlib.h>

static const struct {
    unsigned per_mille;
    const char *label, *key;
} percentiles[] = {
    {500, "median", "p50_ms"}, {900, "90 %", "p90_ms"}, {990, "99 %", "p99_ms"}, {999, "99.9 %", "p999_ms"}};

enum { PERCENTILES = sizeof percentiles / sizeof *percentiles };

void bench_count(bench_counts *counts, const linnet_response *response)
{
    uint64_t took = response->round_trip_us;
    if (response->error != 0) {
        counts->failures++;
        counts->error = response->error;
        return;
    }
    counts->repeats += response->retransmissions;
    counts->codes[response->message.code]++;
    counts->octets += response->message.payload.size;
    if (counts->responses++ == 0 || took < counts->least_us)
        counts->least_us = took;
    if (took > counts->most_us)
        counts->most_us = took;
    histogram_add(&counts->round_trips, took);
}

static double percentile_ms(const bench_counts *counts, unsigned i)
{
    return (double)histogram_percentile(&counts->round_trips, percentiles[i].per_mille) / 1000;
}

static double rate(const bench_plan *plan, uint64_t count)
{
    return plan->seconds > 0 ? (double)count / plan->seconds : 0;
}

void bench_print(FILE *out, const bench_plan *plan, const bench_counts *counts)
{
    uint64_t all = counts->responses + counts->failures;
    fprintf(out, "%s: %lu client%s x %lu request%s for %.1f s\n\n", plan->uri, plan->clients,
            plan->clients == 1 ? "" : "s", plan->window, plan->window == 1 ? "" : "s", plan->seconds);
    fprintf(out, "responses     %" PRIu64 ", %.0f a second, %.1f kB/s of payload\n", counts->responses,
            rate(plan, counts->responses), rate(plan, counts->octets) / 1000);
    for (unsigned code = 0; code < 256; code++) {
        if (counts->codes[code] == 0)
            continue;
        char *text = code_text((linnet_code)code);
        fprintf(out, "              %s: %" PRIu64 "\n", text, counts->codes[code]);
        free(text);
    }
    fprintf(out, "no response   %" PRIu64 ", %.3g %%%s%s\n", counts->failures,
            all ? 100.0 * (double)counts->failures / (double)all : 0, counts->error ? "; the last: " : "",
            counts->error ? linnet_error_text(counts->error) : "");
    fprintf(out, "sent again    %" PRIu64 "\n", counts->repeats);
    if (counts->responses == 0)
        return;
    fprintf(out, "round trip    least %.3f", (double)counts->least_us / 1000);
    for (unsigned i = 0; i < PERCENTILES; i++)
        fprintf(out, ", %s %.3f", percentiles[i].label, percentile_ms(counts, i));
    fprintf(out, ", most %.3f ms\n", (double)counts->most_us / 1000);
}

void bench_print_json(FILE *out, const bench_plan *plan, const bench_counts *counts)
{
    cJSON *object = cJSON_CreateObject();
    char dotted[5];
    cJSON_AddStringToObject(object, "uri", plan->uri);
    cJSON_AddNumberToObject(object, "clients", (double)plan->clients);
    cJSON_AddNumberToObject(object, "window", (double)plan->window);
    cJSON_AddNumberToObject(object, "seconds", plan->seconds);
    cJSON_AddNumberToObject(object, "responses", (double)counts->responses);
    cJSON_AddNumberToObject(object, "per_second", rate(plan, counts->responses));
    cJSON_AddNumberToObject(object, "failures", (double)counts->failures);
    cJSON_AddNumberToObject(object, "retransmissions", (double)counts->repeats);
    cJSON_AddNumberToObject(object, "payload_octets", (double)counts->octets);
    cJSON *codes = cJSON_AddObjectToObject(object, "codes");
    for (unsigned code = 0; code < 256; code++)
        if (counts->codes[code] > 0)
            cJSON_AddNumberToObject(codes, linnet_code_text((linnet_code)code, dotted), (double)counts->codes[code]);
    if (counts->responses > 0) {
        cJSON_AddNumberToObject(object, "min_ms", (double)counts->least_us / 1000);
        for (unsigned i = 0; i < PERCENTILES; i++)
            cJSON_AddNumberToObject(object, percentiles[i].key, percentile_ms(counts, i));
        cJSON_AddNumberToObject(object, "max_ms", (double)counts->most_us / 1000);
    }
    char *text = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    if (!text)
        out_of_memory();
    fprintf(out, "%s\n", text);
    free(text);
}
