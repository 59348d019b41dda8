/* What the simulations of secured sessions share: keys, a pair of ends, and what is done to single datagrams. */
#ifndef TESTS_DTLS_SCENE_H
#define TESTS_DTLS_SCENE_H

#include "support/secured_pair.h"
#include "support/test_certificates.h"

extern const linnet_credentials scene_psk; /* of both roles */

typedef struct scene_keys {
    test_identity authority, server, client;
    linnet_credentials of_server, of_client;
} scene_keys;
extern scene_keys scene_x509;

/* cmocka's group set-up and tear-down. */
int scene_make_keys(void **state);
int scene_free_keys(void **state);

pair *scene_open(const linnet_credentials *server, const linnet_credentials *client);
void scene_close(pair *self);
/* With a session by scene_psk. */
pair *scene_open_connected(void);
/* A question and an answer, over a wire that does nothing to them. */
void scene_expect_talk(pair *self);

/* For pair.fate: something happens to the n-th datagram towards one end. */
typedef struct nth {
    int to;
    size_t number;
    unsigned copies;
    uint64_t delay;
} nth;

unsigned scene_treat_nth(pair *self, pair_datagram *datagram, void *context);
/* For pair.fate: keeps the last datagram towards the server in the pair_datagram that is the context. */
unsigned scene_keep_copy(pair *self, pair_datagram *datagram, void *context);

#endif
