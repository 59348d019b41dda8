#include "dtls_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

const linnet_credentials scene_psk = {.identity = {(const uint8_t *)"password", 8},
                                      .psk = {(const uint8_t *)"sesame", 6}};

scene_keys scene_x509;

int scene_make_keys(void **state)
{
    (void)state;
    test_identity_make(&scene_x509.authority, NULL, NULL, -1000, 100000);
    test_identity_make(&scene_x509.server, "server.example", &scene_x509.authority, -1000, 100000);
    test_identity_make(&scene_x509.client, "client.example", &scene_x509.authority, -1000, 100000);
    scene_x509.of_server = (linnet_credentials){.certificate = scene_x509.server.certificate,
                                                .private_key = scene_x509.server.private_key,
                                                .trusted = scene_x509.authority.certificate};
    scene_x509.of_client = (linnet_credentials){.certificate = scene_x509.client.certificate,
                                                .private_key = scene_x509.client.private_key,
                                                .trusted = scene_x509.authority.certificate};
    return 0;
}

int scene_free_keys(void **state)
{
    (void)state;
    test_identity_free(&scene_x509.authority);
    test_identity_free(&scene_x509.server);
    test_identity_free(&scene_x509.client);
    return 0;
}

pair *scene_open(const linnet_credentials *server, const linnet_credentials *client)
{
    pair *self = calloc(1, sizeof *self);
    assert_non_null(self);
    pair_open(self, server, client);
    return self;
}

void scene_close(pair *self)
{
    pair_close(self);
    free(self);
}

void scene_expect_talk(pair *self)
{
    size_t heard[2] = {self->delivered[0], self->delivered[1]};
    pair_fate *fate = self->fate;
    self->fate = NULL;
    assert_int_equal(self->connected, 0);
    assert_true(pair_say(self, PAIR_TO_SERVER, "question"));
    pair_run(self, 1);
    assert_int_equal(self->delivered[PAIR_TO_SERVER], heard[PAIR_TO_SERVER] + 1);
    assert_true(pair_say(self, PAIR_TO_CLIENT, "answer"));
    pair_run(self, 1);
    assert_int_equal(self->delivered[PAIR_TO_CLIENT], heard[PAIR_TO_CLIENT] + 1);
    self->fate = fate;
}

unsigned scene_treat_nth(pair *self, pair_datagram *datagram, void *context)
{
    const nth *which = context;
    if (datagram->to != which->to || self->sent[datagram->to] != which->number)
        return 1;
    datagram->due += which->delay;
    return which->copies;
}

unsigned scene_keep_copy(pair *self, pair_datagram *datagram, void *context)
{
    pair_datagram *copies = context;
    (void)self;
    if (datagram->to == PAIR_TO_SERVER)
        copies[0] = *datagram;
    return 1;
}

pair *scene_open_connected(void)
{
    pair *self = scene_open(&scene_psk, &scene_psk);
    pair_connect(self, NULL);
    pair_run(self, 40);
    assert_int_equal(self->connected, 0);
    return self;
}
