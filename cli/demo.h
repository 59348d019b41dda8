/* The demo server's resources: those of the guided tour, and those that ETSI's CoAP plugtest descriptions name. */
#ifndef CLI_DEMO_H
#define CLI_DEMO_H

#include <linnet.h>

/* One resource of a table; a NULL path ends it. */
typedef struct demo_resource {
    const char *path;
    linnet_resource_config config;
} demo_resource;

/* Adds all of them; 0 or the error of linnet_server_add(). */
int demo_add(linnet_server *server);

/* Lets time pass for what changes with it; part of demo_add(). */
int demo_observe_start(linnet_server *server);

/* The tables: the tour; the plugtest's descriptions of the core, of blocks, of links, of observation. */
extern const demo_resource demo_tour[], demo_plugtest[], demo_large[], demo_links[], demo_observe[];

/* A text that takes more than one message. */
extern const char demo_long_text[];
#define DEMO_LONG_TEXT_SIZE 1536u

#endif
