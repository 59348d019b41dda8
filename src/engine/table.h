/* A hash table of things that carry their own link. The key is a keyed 64-bit hash already, so peers cannot make long
 * chains; the number of buckets is fixed by the limit of what is kept in the table. */
#ifndef LINNET_ENGINE_TABLE_H
#define LINNET_ENGINE_TABLE_H

#include <stddef.h>
#include <stdint.h>

typedef struct linnet_node {
    struct linnet_node *next;
    uint64_t key;
} linnet_node;

typedef struct linnet_table {
    linnet_node **buckets; /* zeroed memory of the owner */
    uint32_t mask;         /* count of buckets - 1; the count is a power of two */
} linnet_table;

void linnet_table_add(linnet_table *table, linnet_node *node, uint64_t key);
/* Does nothing when the node is not in the table. */
void linnet_table_remove(linnet_table *table, const linnet_node *node);
/* NULL when there is none. */
linnet_node *linnet_table_find(const linnet_table *table, uint64_t key);

/* What a node is embedded in. */
#define LINNET_CONTAINER(pointer, type, member) ((type *)(void *)((uint8_t *)(pointer)-offsetof(type, member)))

#endif
