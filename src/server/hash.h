/* A hash over octets, not keyed: for paths, which the owner of a site chooses, and for entity-tags made from content.
 */
#ifndef LINNET_SERVER_HASH_H
#define LINNET_SERVER_HASH_H

#include <linnet/bytes.h>

#define LINNET_HASH_START 0x811c9dc5u

/* Goes on from `hash`, so octets can come piece by piece; the same octets in other pieces give another hash. */
uint32_t linnet_hash_octets(uint32_t hash, linnet_bytes octets);

#endif
