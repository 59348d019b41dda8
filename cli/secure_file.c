/* Credentials files: one JSON object whose keys are URI patterns, '*' for anything, or names that begin with ':', in
 * the form that aiocoap has:
 *
 *     {"coaps://host*": {"dtls": {"psk": {"ascii": "sesame"}, "client-identity": {"hex": "616c"}}},
 *      "coaps://other*": ":alice",
 *      ":alice": {"dtls": {"psk": {"ascii": "secret"}, "client-identity": {"ascii": "alice"}}}}
 */
#include "cli/complain.h"
#include "cli/secure.h"
#include "cli/text.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>

#define FILE_MOST (16u << 20)
#define REFERENCES_MOST 8 /* one after the other */

static bool complain_value(const char *name, const char *pattern, const char *what)
{
    complain("--credentials %s: '%s': %s", name, pattern, what);
    hint("an entry looks like {\"dtls\": {\"psk\": {\"ascii\": \"...\"}, \"client-identity\": {\"hex\": \"...\"}}}");
    return false;
}

/* {"ascii": "..."} or {"hex": "..."}; 1 to `most` octets. */
static bool read_octets(const cJSON *value, size_t most, linnet_bytes *octets)
{
    const cJSON *ascii = cJSON_GetObjectItem(value, "ascii"), *hex = cJSON_GetObjectItem(value, "hex");
    const char *text = cJSON_GetStringValue(cJSON_IsString(hex) ? hex : ascii);
    uint8_t *data = text ? memory_get(strlen(text) + 1) : NULL;
    size_t size = 0;
    bool good = text != NULL;
    if (good && cJSON_IsString(hex)) {
        good = hex_parse(linnet_text(text), data, &size);
    } else if (good) {
        size = strlen(text);
        memcpy(data, text, size);
    }
    *octets = linnet_view(data, size);
    return good && size > 0 && size <= most;
}

/* What an entry stands for: itself, or the one that it names. */
static const cJSON *resolve(const cJSON *all, const cJSON *value)
{
    for (unsigned i = 0; value && cJSON_IsString(value) && i < REFERENCES_MOST; i++)
        value = cJSON_GetObjectItemCaseSensitive(all, value->valuestring);
    return value;
}

static bool add(secure_settings *settings, const char *name, const char *pattern, const cJSON *value)
{
    const cJSON *dtls = cJSON_GetObjectItem(value, "dtls");
    secure_entry entry = {0};
    if (!cJSON_IsObject(value))
        return complain_value(name, pattern, "neither an object nor the name of one");
    if (!dtls)
        return true; /* for another way to secure it, such as OSCORE */
    bool has_key = read_octets(cJSON_GetObjectItem(dtls, "psk"), LINNET_PSK_MAX, &entry.psk);
    bool has_identity =
        read_octets(cJSON_GetObjectItem(dtls, "client-identity"), LINNET_PSK_IDENTITY_MAX, &entry.identity);
    if (!has_key || !has_identity) {
        free((void *)entry.psk.data);
        free((void *)entry.identity.data);
        return complain_value(name, pattern, has_key ? "no good \"client-identity\"" : "no good \"psk\"");
    }
    secure_entry *added = secure_entry_add(settings, pattern);
    added->psk = entry.psk;
    added->identity = entry.identity;
    return true;
}

static bool read_all(secure_settings *settings, const char *name, linnet_bytes content)
{
    cJSON *all = cJSON_ParseWithLength((const char *)content.data, content.size);
    const cJSON *entry;
    bool good = cJSON_IsObject(all);
    if (!good)
        complain("--credentials %s: not a JSON object", name);
    cJSON_ArrayForEach(entry, all) good = good && add(settings, name, entry->string, resolve(all, entry));
    cJSON_Delete(all);
    return good;
}

bool secure_file_read(secure_settings *settings, const char *name)
{
    linnet_bytes content = {0};
    FILE *file = fopen(name, "rb");
    if (!file || !file_read(file, FILE_MOST, &content)) {
        complain("--credentials %s: %s", name, strerror(errno));
        if (file)
            fclose(file);
        return false;
    }
    fclose(file);
    bool good = read_all(settings, name, content);
    free((void *)content.data);
    return good;
}
