/* What a server says while it runs, for people or as one JSON object a line. */
#include "cli/serve.h"

#include "cli/print.h"
#include "cli/text.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <time.h>

#define PENDING 256 /* requests whose answers are waited for; of more, the oldest is logged no more */

/* A request that was received and not answered yet. */
typedef struct pending_request {
    linnet_address peer;
    uint8_t token[LINNET_TOKEN_MAX]; /* its front */
    linnet_code method;
    uint16_t id;
    size_t token_size;
    uint64_t received; /* linnet_clock(); 0: the entry is free */
    char *path;
} pending_request;

static pending_request pending[PENDING];
static size_t next_pending;

static const char *const level_names[] = {"error", "warn", "info", "debug"};

static cJSON *json_line(log_level level, const char *event)
{
    char text[64];
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    size_t size = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text + size, sizeof text - size, ".%06ldZ", now.tv_nsec / 1000);
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "time", text);
    cJSON_AddStringToObject(object, "level", level_names[level]);
    cJSON_AddStringToObject(object, "event", event);
    return object;
}

static void print_json_line(cJSON *object)
{
    char *text = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    if (text)
        fprintf(stderr, "%s\n", text);
    free(text);
}

void serve_log_listening(const serve_log *log, const linnet_address *address, bool secured)
{
    char text[LINNET_ADDRESS_TEXT], uri[LINNET_ADDRESS_TEXT + 8];
    snprintf(uri, sizeof uri, "%s://%s", secured ? "coaps" : "coap", linnet_address_text(address, text));
    if (log->json) {
        cJSON *object = json_line(LOG_INFO, "listening");
        cJSON_AddStringToObject(object, "uri", uri);
        print_json_line(object);
    } else {
        fprintf(stderr, "listening on %s\n", uri);
    }
}

void serve_log_failure(const serve_log *log, const linnet_handshake_failure *failure)
{
    char address[LINNET_ADDRESS_TEXT];
    char *identity = failure->identity.size ? text_quote(failure->identity) : text_format("%s", "");
    char *text = text_format("handshake with %s failed: %s%s%s", linnet_address_text(&failure->peer, address),
                             failure->text, *identity ? ": " : "", identity);
    serve_log_event(log, LOG_WARN, "handshake", text);
    free(text);
    free(identity);
}

void serve_log_event(const serve_log *log, log_level level, const char *event, const char *text)
{
    if (level > log->level)
        return;
    if (log->json) {
        cJSON *object = json_line(level, event);
        cJSON_AddStringToObject(object, "text", text);
        print_json_line(object);
    } else {
        fprintf(stderr, "%s\n", text);
    }
}

/* What is kept of a token: enough to tell the requests of one peer apart. */
static linnet_bytes front_of(linnet_bytes token)
{
    return linnet_view(token.data, token.size < LINNET_TOKEN_MAX ? token.size : LINNET_TOKEN_MAX);
}

static void remember(const linnet_path *path, const linnet_message *message)
{
    char text[1024];
    pending_request *entry = &pending[next_pending++ % PENDING];
    free(entry->path);
    *entry = (pending_request){.peer = path->peer, .received = linnet_clock(), .method = message->code};
    entry->id = message->id;
    entry->token_size = message->token.size;
    if (entry->token_size)
        memcpy(entry->token, message->token.data, front_of(message->token).size);
    bool fits = linnet_uri_compose_path(text, sizeof text, LINNET_OPTION_URI_PATH, message->options) >= 0;
    entry->path = text_format("%s", fits ? text : "...");
}

static pending_request *find(const linnet_path *path, linnet_bytes token)
{
    for (size_t i = 1; i <= PENDING; i++) { /* the newest first: most are answered at once */
        pending_request *entry = &pending[(next_pending - i) % PENDING];
        if (entry->received && linnet_address_equal(&entry->peer, &path->peer) && entry->token_size == token.size &&
            linnet_bytes_equal(linnet_view(entry->token, front_of(token).size), front_of(token)))
            return entry;
    }
    return NULL;
}

static void log_answer(const serve_log *log, pending_request *entry, const linnet_message *message)
{
    char address[LINNET_ADDRESS_TEXT], dotted[5];
    uint64_t microseconds = linnet_clock() - entry->received;
    linnet_code_text(message->code, dotted);
    linnet_address_text(&entry->peer, address);
    char *method = code_text(entry->method);
    if (log->json) {
        cJSON *object = json_line(LOG_INFO, "request");
        cJSON_AddStringToObject(object, "method", method);
        cJSON_AddStringToObject(object, "path", entry->path);
        cJSON_AddStringToObject(object, "code", dotted);
        cJSON_AddStringToObject(object, "peer", address);
        cJSON_AddNumberToObject(object, "microseconds", (double)microseconds);
        print_json_line(object);
    } else {
        fprintf(stderr, "%s %s %s from %s, %llu us\n", method, entry->path, dotted, address,
                (unsigned long long)microseconds);
    }
    free(method);
    free(entry->path);
    *entry = (pending_request){0};
}

static void log_message(const serve_log *log, bool sent, const linnet_path *path, linnet_bytes datagram)
{
    char address[LINNET_ADDRESS_TEXT];
    linnet_message message;
    linnet_address_text(&path->peer, address);
    if (log->json) {
        cJSON *object = json_line(LOG_DEBUG, sent ? "sent" : "received");
        char *hex = text_hex(datagram, "");
        cJSON_AddStringToObject(object, "peer", address);
        cJSON_AddStringToObject(object, "datagram", hex);
        print_json_line(object);
        free(hex);
        return;
    }
    fprintf(stderr, "%s %s\n", sent ? "--> to" : "<-- from", address);
    if (linnet_message_parse(&message, datagram) == 0)
        print_message(stderr, &message, "    ", ink_for(stderr));
    else
        fprintf(stderr, "    a malformed message of %zu octets\n", datagram.size);
}

void serve_trace(void *context, bool sent, const linnet_path *path, linnet_bytes datagram)
{
    const serve_log *log = context;
    linnet_message message;
    if (log->level >= LOG_DEBUG)
        log_message(log, sent, path, datagram);
    if (linnet_message_parse(&message, datagram) != 0)
        return;
    pending_request *entry = find(path, message.token);
    if (!sent && linnet_code_is_request(message.code) && !(entry && entry->id == message.id)) { /* else a duplicate */
        if (entry)
            entry->received = 0; /* it was never answered, and its token names another one now */
        remember(path, &message);
    }
    if (sent && linnet_code_is_response(message.code) && entry)
        log_answer(log, entry, &message);
}
