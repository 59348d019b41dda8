/* Two hashes over octets: one for entity-tags made from content, which stay the same when a server starts again, and a
 * keyed one for paths, since strangers may choose those (`linnet serve --dynamic`). */
#ifndef LINNET_SERVER_HASH_H
#define LINNET_SERVER_HASH_H

#include <linnet/site.h>

#define LINNET_HASH_START 0x811c9dc5u

/* Goes on from `hash`, so octets can come piece by piece; the same octets in other pieces give another hash. */
uint32_t linnet_hash_octets(uint32_t hash, linnet_bytes octets);

/* Multilinear over the words of all segments so far, with `key`; see engine/hash.h. */
typedef struct linnet_path_hash {
    const linnet_path_key *key;
    uint64_t sum;
    unsigned at; /* the key's word for the next one */
} linnet_path_hash;

static inline linnet_path_hash linnet_path_hash_begin(const linnet_site *site)
{
    return (linnet_path_hash){.key = site->path_key};
}
void linnet_path_hash_add(linnet_path_hash *hash, linnet_bytes segment);
static inline uint32_t linnet_path_hash_value(const linnet_path_hash *hash) { return (uint32_t)(hash->sum >> 32); }

extern const linnet_path_key linnet_known_path_key;

#endif
