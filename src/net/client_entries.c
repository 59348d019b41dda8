/* The requests that have not ended, by number: index and generation. They stand in chunks that never move, since the
 * engine and the resolver hold pointers to them. */
#include "net/client.h"

#include <stdlib.h>

enum { CHUNK = LINNET_NET_ENTRIES };

static bool grow(linnet_client *client)
{
    linnet_entry **chunks = realloc(client->chunks, (client->chunk_count + 1) * sizeof(linnet_entry *));
    if (!chunks)
        return false;
    client->chunks = chunks;
    linnet_entry *chunk = calloc(CHUNK, sizeof *chunk);
    if (!chunk)
        return false;
    for (size_t i = CHUNK; i-- > 0;) {
        chunk[i].client = client;
        chunk[i].index = (uint32_t)(client->chunk_count * CHUNK + i);
        chunk[i].next_free = client->free_entries;
        client->free_entries = &chunk[i];
    }
    client->chunks[client->chunk_count++] = chunk;
    return true;
}

linnet_entry *linnet_entry_take(linnet_client *client)
{
    if (!client->free_entries && !grow(client))
        return NULL;
    linnet_entry *entry = client->free_entries;
    client->free_entries = entry->next_free;
    entry->generation++;
    entry->live = true;
    entry->inner = 0;
    entry->parcel = NULL;
    entry->keyring = NULL;
    entry->session = 0;
    entry->notified = entry->renewed = false;
    entry->failures = 0;
    client->pending++;
    return entry;
}

void linnet_entry_give(linnet_entry *entry)
{
    linnet_client *client = entry->client;
    linnet_resolver_forget(&entry->rider);
    free(entry->parcel);
    entry->parcel = NULL;
    linnet_keyring_release(entry->keyring);
    entry->keyring = NULL;
    entry->live = false;
    entry->next_free = client->free_entries;
    client->free_entries = entry;
    client->pending--;
}

linnet_exchange linnet_entry_exchange(const linnet_entry *entry)
{
    return (linnet_exchange)entry->generation << 32 | (entry->index + 1u);
}

linnet_entry *linnet_entry_find(const linnet_client *client, linnet_exchange exchange)
{
    size_t index = (uint32_t)exchange - 1u; /* of 0, which names none, this is past the end */
    if ((uint32_t)exchange == 0 || index / CHUNK >= client->chunk_count)
        return NULL;
    linnet_entry *entry = &client->chunks[index / CHUNK][index % CHUNK];
    return entry->live && entry->generation == exchange >> 32 ? entry : NULL;
}

void linnet_entries_free(linnet_client *client)
{
    for (size_t i = 0; i < client->chunk_count; i++)
        free(client->chunks[i]);
    free(client->chunks);
}
