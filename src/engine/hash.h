/* A keyed hash over a few 32-bit words. Multilinear hashing is strongly universal: without the key nobody can find
 * two inputs that collide, so peers cannot crowd a table, and 64 bits of it may stand for the input itself. It costs
 * two multiplications a word, on a microcontroller too. */
#ifndef LINNET_ENGINE_HASH_H
#define LINNET_ENGINE_HASH_H

#include <linnet/address.h>
#include <linnet/message.h>

#define LINNET_HASH_WORDS 16u

/* Secret and random. */
typedef struct linnet_hash_key {
    uint64_t word[LINNET_HASH_WORDS + 3];
} linnet_hash_key;

/* At most LINNET_HASH_WORDS words; inputs that are compared must have the same count. */
uint64_t linnet_hash_words(const linnet_hash_key *key, const uint32_t *words, size_t count);

/* A peer as seen from one of our sockets, with one word of the caller's: a message ID, a purpose. */
uint64_t linnet_hash_peer(const linnet_hash_key *key, const linnet_path *path, uint32_t word);

/* The two endpoints of a datagram, our local address included, with one word of the caller's. */
uint64_t linnet_hash_ends(const linnet_hash_key *key, const linnet_path *path, uint32_t word);

/* What a duplicate is known by (RFC 7252 4.5): both ends, since a client may use one message ID towards two addresses
 * of ours (4.2), and the message ID. A message that is sent again is the same to the octet; a print of code and token
 * tells it from one of a new client on the port of a former, whose message IDs it cannot know. */
uint64_t linnet_hash_message(const linnet_hash_key *key, const linnet_path *path, const linnet_message *message);

/* The network that a peer is in, whatever its port: the address of IPv4; of IPv6 the /64 that a single host has. */
uint64_t linnet_hash_network(const linnet_hash_key *key, const linnet_path *path);

/* Goes on with a hash: takes in octets of any number, and what they are - an option's number, say. */
uint64_t linnet_hash_chain(const linnet_hash_key *key, uint64_t chain, uint16_t what, linnet_bytes octets);

/* A peer as seen from one of our sockets, with a token. */
uint64_t linnet_hash_token(const linnet_hash_key *key, const linnet_path *path, linnet_bytes token);

#endif
