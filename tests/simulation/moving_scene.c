#include "moving_scene.h"

#include "security/sessions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

pair *moving_pair(uint32_t server, uint32_t client, const linnet_credentials *of_server,
                  const linnet_credentials *of_client)
{
    pair *self = calloc(1, sizeof *self);
    assert_non_null(self);
    self->connection_ids[PAIR_TO_SERVER] = server;
    self->connection_ids[PAIR_TO_CLIENT] = client;
    self->answers_pings = true;
    pair_open(self, of_server, of_client);
    return self;
}

pair *moving_connected(uint32_t server, uint32_t client)
{
    pair *self = moving_pair(server, client, &scene_psk, &scene_psk);
    pair_connect(self, NULL);
    pair_run(self, 40);
    scene_expect_talk(self);
    return self;
}

linnet_path moving_elsewhere(const pair *self)
{
    linnet_path way = self->client_way;
    way.peer.port = MOVING_ELSEWHERE;
    way.peer.ip[12] = 198;
    return way;
}

void moving_expect_unmoved(pair *self)
{
    size_t heard = self->delivered[PAIR_TO_CLIENT];
    assert_true(pair_say(self, PAIR_TO_CLIENT, "still there?"));
    pair_run(self, 1);
    assert_int_equal(self->delivered[PAIR_TO_CLIENT], heard + 1);
}

unsigned moving_divert(pair *self, pair_datagram *datagram, void *context)
{
    moving_thief *who = context;
    (void)self;
    if (datagram->to == PAIR_TO_CLIENT) {
        who->went += linnet_address_equal(&datagram->target.peer, &who->to.peer) ? datagram->size : 0;
    } else if (who->diverts) {
        datagram->way = who->to;
        who->came += datagram->size;
    }
    return 1;
}

void moving_prove(pair *self)
{
    uint8_t large[800] = {1};
    linnet_session *session = linnet_session_find(self->ends[PAIR_TO_SERVER], self->server_path.peer.session);
    assert_true(session && session->moved);
    assert_true(pair_say_octets(self, PAIR_TO_CLIENT, linnet_view(large, sizeof large)));
    pair_wait(self, 1);
    assert_true(session->more->move->is_proved);
}
