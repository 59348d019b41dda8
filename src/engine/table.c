/* Chained buckets; chains are short because the keys are strong hashes. */
#include "engine/table.h"

void linnet_table_add(linnet_table *table, linnet_node *node, uint64_t key)
{
    linnet_node **bucket = &table->buckets[key & table->mask];

    node->key = key;
    node->next = *bucket;
    *bucket = node;
}

void linnet_table_remove(linnet_table *table, const linnet_node *node)
{
    linnet_node **link = &table->buckets[node->key & table->mask];

    while (*link && *link != node)
        link = &(*link)->next;
    if (*link)
        *link = node->next;
}

linnet_node *linnet_table_find(const linnet_table *table, uint64_t key)
{
    linnet_node *node = table->buckets[key & table->mask];

    while (node && node->key != key)
        node = node->next;
    return node;
}
