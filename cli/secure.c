#include "cli/secure.h"

#include "cli/complain.h"
#include "cli/text.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>

#define KEY_FILE_MOST 65536

static char failure_text[400];

bool secure_takes(int key) { return key == 'u' || key == 'k' || (key >= KEY_PSK_HINT && key < SECURE_KEYS_END); }

static bool take_octets(const char *option, const char *value, size_t most, linnet_bytes *octets)
{
    free((void *)octets->data);
    *octets = (linnet_bytes){0};
    if (!octets_parse(value, octets)) {
        complain("%s %s: behind 0x there have to be hex digits in pairs", option, value);
        return false;
    }
    if (octets->size > 0 && octets->size <= most)
        return true;
    complain("%s: it has to have 1 to %zu octets", option, most);
    return false;
}

static bool take_peer_key(secure_settings *settings, const char *name)
{
    linnet_credentials *credentials = &settings->credentials;
    FILE *file = credentials->trusted_key_count < SECURE_PEER_KEYS_MOST ? fopen(name, "rb") : NULL;
    bool read = file && file_read(file, KEY_FILE_MOST, &settings->peer_keys[credentials->trusted_key_count]);
    int number = errno;
    if (file)
        fclose(file);
    if (read) {
        credentials->trusted_keys = settings->peer_keys;
        credentials->trusted_key_count++;
    } else if (credentials->trusted_key_count == SECURE_PEER_KEYS_MOST) {
        complain("more than %d --peer-key", SECURE_PEER_KEYS_MOST);
    } else {
        complain("--peer-key %s: %s", name, strerror(number));
    }
    return read;
}

static bool take_connection_id(secure_settings *settings, const char *value)
{
    unsigned long size = LINNET_NO_CONNECTION_ID;
    if (value && !option_number("--connection-id", value, 4, 8, &size))
        return false;
    settings->connection_id = (uint32_t)size;
    return true;
}

bool secure_take(secure_settings *settings, int key, const char *value)
{
    linnet_credentials *credentials = &settings->credentials;
    if (key == KEY_CONNECTION_ID || key == KEY_NO_CONNECTION_ID)
        return take_connection_id(settings, value);
    settings->any = true;
    switch (key) {
    case 'u':
        return take_octets("--psk-identity", value, LINNET_PSK_IDENTITY_MAX, &credentials->identity);
    case 'k':
        return take_octets("--psk-key", value, LINNET_PSK_MAX, &credentials->psk);
    case KEY_PSK_HINT:
        return take_octets("--psk-hint", value, LINNET_PSK_IDENTITY_MAX, &credentials->hint);
    case KEY_CERT:
        credentials->certificate_file = value;
        return true;
    case KEY_KEY:
        credentials->private_key_file = value;
        return true;
    case KEY_CA:
        credentials->trusted_file = value;
        return true;
    case KEY_INSECURE:
        credentials->peer_certificate = LINNET_PEER_UNVERIFIED;
        return true;
    case KEY_RPK:
        credentials->raw_public_key = true;
        return true;
    case KEY_PEER_KEY:
        return take_peer_key(settings, value);
    default:
        return secure_file_read(settings, value);
    }
}

/* The longest pattern that fits says most of it. */
static const secure_entry *entry_for(const secure_settings *settings, const char *uri)
{
    const secure_entry *best = NULL;
    for (size_t i = 0; i < settings->entry_count; i++) {
        const secure_entry *entry = &settings->entries[i];
        if (*entry->pattern != ':' && fnmatch(entry->pattern, uri, 0) == 0 &&
            (!best || strlen(entry->pattern) > strlen(best->pattern)))
            best = entry;
    }
    return best;
}

static void note_failure(void *context, const linnet_handshake_failure *failure)
{
    (void)context;
    snprintf(failure_text, sizeof failure_text, "%s", failure->text);
}

static void print_id(const char *before, linnet_bytes id)
{
    fprintf(stderr, id.size > 0 ? "%s Connection ID 0x" : "%s no Connection ID", before);
    for (size_t i = 0; i < id.size; i++)
        fprintf(stderr, "%02x", id.data[i]);
}

static void show_session(void *context, const linnet_handshake_success *success)
{
    char text[LINNET_ADDRESS_TEXT];
    (void)context;
    fprintf(stderr, "=== session with %s: cipher suite 0x%04x", linnet_address_text(&success->peer, text),
            success->suite);
    print_id("; what goes out has", success->others);
    print_id(", what comes in", success->own);
    fputc('\n', stderr);
}

const char *secure_failure(void) { return failure_text; }

const linnet_credentials *secure_for(secure_settings *settings, const char *uri)
{
    const secure_entry *entry = entry_for(settings, uri);
    linnet_uri parsed;
    if (linnet_uri_parse(&parsed, linnet_text(uri)) != 0 || parsed.scheme != LINNET_COAPS)
        return NULL;
    settings->chosen = settings->credentials;
    if (settings->chosen.psk.size == 0 && entry) {
        settings->chosen.psk = entry->psk;
        settings->chosen.identity = entry->identity;
    }
    if (settings->chosen.psk.size == 0 && !settings->chosen.trusted_file && !settings->chosen.trusted_key_count)
        settings->chosen.trust_system = true;
    settings->chosen.failed = note_failure;
    settings->chosen.succeeded = settings->verbose ? show_session : NULL;
    return &settings->chosen;
}

/* A server's keys are those of all entries that have an identity, whatever their pattern. */
static int look_up(void *context, linnet_bytes identity, uint8_t key[LINNET_PSK_MAX])
{
    const secure_settings *settings = context;
    for (size_t i = 0; i < settings->entry_count; i++) {
        const secure_entry *entry = &settings->entries[i];
        if (!linnet_bytes_equal(entry->identity, identity))
            continue;
        memcpy(key, entry->psk.data, entry->psk.size);
        return (int)entry->psk.size;
    }
    return LINNET_ENOENT;
}

const linnet_credentials *secure_server(secure_settings *settings,
                                        void (*failed)(void *context, const linnet_handshake_failure *failure))
{
    settings->chosen = settings->credentials;
    settings->chosen.failed = failed;
    settings->chosen.context = settings;
    if (settings->entry_count > 0)
        settings->chosen.look_up = look_up;
    return settings->any ? &settings->chosen : NULL;
}

void secure_clear(secure_settings *settings)
{
    free((void *)settings->credentials.psk.data);
    free((void *)settings->credentials.identity.data);
    free((void *)settings->credentials.hint.data);
    for (size_t i = 0; i < settings->credentials.trusted_key_count; i++)
        free((void *)settings->peer_keys[i].data);
    for (size_t i = 0; i < settings->entry_count; i++) {
        free(settings->entries[i].pattern);
        free((void *)settings->entries[i].psk.data);
        free((void *)settings->entries[i].identity.data);
    }
    free(settings->entries);
    *settings = (secure_settings){0};
}
