/* What the simulations of Connection IDs and of moving peers share. */
#ifndef TESTS_MOVING_SCENE_H
#define TESTS_MOVING_SCENE_H

#include "dtls_scene.h"

enum { MOVING_ELSEWHERE = 41000 }; /* a port */

/* A pair whose ends have these limits.connection_id; the client answers pings. */
pair *moving_pair(uint32_t server, uint32_t client, const linnet_credentials *of_server,
                  const linnet_credentials *of_client);
/* With a session by scene_psk. */
pair *moving_connected(uint32_t server, uint32_t client);

/* An address where the client is not. */
linnet_path moving_elsewhere(const pair *self);
/* The server speaks to the client where it is. */
void moving_expect_unmoved(pair *self);
/* Asks so much of the client's new address that it has to show that it hears; and it does. */
void moving_prove(pair *self);

/* Somebody on the way, who makes records appear to come from a third address, and counts what goes there. */
typedef struct moving_thief {
    linnet_path to;
    bool diverts;
    size_t came, went;
} moving_thief;

/* For pair.fate, with a moving_thief. */
unsigned moving_divert(pair *self, pair_datagram *datagram, void *context);

#endif
