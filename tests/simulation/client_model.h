/* A model of a server, and a network between it and a client that loses, doubles and reorders datagrams. All of it
 * follows from a seed. The server is the simplest that is right: it remembers what it answered, keeps one upload for
 * each Request-Tag, and tells its one observer of changes without waiting for acknowledgements. */
#ifndef TEST_CLIENT_MODEL_H
#define TEST_CLIENT_MODEL_H

#include "unit/client_support.h"

#define MODEL_BODY_MAX 8192
#define MODEL_FLIGHT 256
#define MODEL_ANSWERS 256
#define MODEL_UPLOADS 4

typedef struct model_datagram {
    uint64_t when; /* 0: free */
    bool to_server;
    size_t size;
    uint8_t octets[1300];
} model_datagram;

typedef struct model_upload {
    bool used, whole;
    uint32_t tag;
    size_t size;
    uint8_t octets[MODEL_BODY_MAX];
} model_upload;

typedef struct model {
    test_client *client;
    uint64_t random;
    unsigned loss, doubled; /* percent */
    uint64_t delay;         /* of each datagram, at least */
    model_datagram flight[MODEL_FLIGHT];
    struct {
        bool used;
        uint16_t id;
        size_t size;
        uint8_t octets[1300];
    } answers[MODEL_ANSWERS];
    size_t next_answer;
    model_upload uploads[MODEL_UPLOADS];
    uint8_t szx;      /* the largest block that it gives and takes */
    uint32_t version; /* of what GET gives */
    uint32_t max_age;
    uint32_t sequence;
    bool observed;
    uint8_t token[8];
    uint16_t next_id;
    unsigned executed; /* PUT bodies that became whole */
} model;

model *model_open(test_client *client, uint64_t seed, unsigned loss, unsigned doubled);
/* Closes the client too. */
void model_close(model *self);
uint32_t model_random(model *self, uint32_t below);
/* Lets the next thing happen, at `until` at the latest. False: it is `until`. */
bool model_step(model *self, uint64_t until);
/* Another representation; the observer is told. */
void model_change(model *self);
/* The server forgets everything but its representation. */
void model_restart(model *self);
/* The representation: its version in the first octets, and from it all others. Returns the size. */
size_t model_representation(uint32_t version, uint8_t octets[MODEL_BODY_MAX]);

#endif
