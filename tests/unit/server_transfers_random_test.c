/* Many clients upload at the same time over a bad network to a server that runs out of everything: what the handler
 * sees is always one client's body, whole and right, and memory stays within its bounds. */
#include "transfer_support.h"

#define CLIENTS 24
#define ROUNDS 60000
#define MOST 3000
#define MEMORY 20000

/* A client knows what it wants to send; the tag tells its transfers apart (RFC 9175 3.3). */
typedef struct client {
    uint8_t body[MOST];
    size_t size;
    size_t sent; /* octets that were acknowledged */
    uint8_t tag;
    bool done; /* the handler saw it */
    uint16_t last_id;
    test_message last; /* to be sent again */
} client;

static client clients[CLIENTS];
static uint32_t numbers;
static unsigned finished, refused;

static uint32_t random_below(uint32_t limit)
{
    numbers = numbers * 1664525u + 1013904223u;
    return (numbers >> 8) % limit;
}

static void check_body(linnet_request *request, linnet_reply *reply, void *context)
{
    client *sender = &clients[linnet_request_path(request)->peer.port - 40000];
    linnet_bytes payload = linnet_request_payload(request);

    (void)reply, (void)context;
    assert_false(sender->done);
    sender->done = true;
    assert_bytes(payload, linnet_view(sender->body, sender->size));
}

static void begin(client *sender)
{
    sender->size = 1 + random_below(MOST);
    sender->sent = 0;
    sender->tag++;
    sender->done = false;
    for (size_t i = 0; i < sender->size; i++)
        sender->body[i] = (uint8_t)random_below(256);
}

/* The block at `start`, in the largest size up to 2 ** (szx + 4) that fits this place. */
static void send_from(client *sender, size_t start, uint8_t szx)
{
    while (szx > 0 && start % ((size_t)16 << szx) != 0)
        szx--;
    size_t size = (size_t)16 << szx;
    bool more = start + size < sender->size;
    uint16_t number = (uint16_t)(sender - clients);
    test_message message = {.method = LINNET_PUT, .path = "a", .port = number, .host = number / 4u, .has_block1 = true};

    message.options[0] = (test_option){true, LINNET_OPTION_REQUEST_TAG, {&sender->tag, 1}};
    message.block1 = (linnet_block){(uint32_t)(start >> (szx + 4)), more, szx};
    message.payload = linnet_view(sender->body + start, more ? size : sender->size - start);
    linnet_code code = tell(&message)->code;
    sender->last = message;
    sender->last_id = rig.last_id;
    if (random_below(8) == 0)
        return; /* the answer is lost */
    if (code == LINNET_CONTINUE) {
        if (start + size > sender->sent)
            sender->sent = start + size;
    } else {
        assert_true(code == LINNET_CHANGED || code == LINNET_REQUEST_ENTITY_INCOMPLETE ||
                    code == LINNET_SERVICE_UNAVAILABLE);
        finished += code == LINNET_CHANGED;
        refused += code != LINNET_CHANGED;
        begin(sender);
    }
}

static void act(client *sender)
{
    uint8_t szx = (uint8_t)random_below(7);
    uint16_t newest = rig.last_id;

    switch (random_below(12)) {
    case 0:
        if (sender->last.path && sender->last.options[0].value.data == &sender->tag && !sender->done &&
            sender->sent > 0) {
            sender->last.id = sender->last_id; /* the network doubles it */
            tell(&sender->last);
            rig.last_id = newest;
        }
        break;
    case 1: /* a block again, as a new message */
        if (!sender->done && sender->sent > 0)
            send_from(sender, random_below((uint32_t)(sender->sent / 16)) * 16u, szx);
        break;
    case 2: /* one that does not follow */
        if (!sender->done && sender->sent + 32 < sender->size)
            send_from(sender, sender->sent / 16 * 16 + 16, 0);
        break;
    case 3:
        if (random_below(20) == 0)
            begin(sender); /* it gives up and comes back */
        break;
    default:
        if (sender->done)
            begin(sender);
        send_from(sender, sender->sent, szx);
    }
}

static void bodies_are_whole_and_right_or_refused(void **state)
{
    static const linnet_resource_config checking = {.put = check_body};

    (void)state;
    for (uint32_t seed = 1; seed <= 3; seed++) {
        numbers = seed;
        memset(clients, 0, sizeof clients);
        reopen_rig(&(linnet_limits){.uploads = 16, .uploads_per_peer = 4 + seed, .upload_memory = MEMORY});
        linnet_resource *resource = add("a", &checking);
        for (size_t i = 0; i < CLIENTS; i++)
            begin(&clients[i]);
        finished = refused = 0;
        for (unsigned round = 0; round < ROUNDS; round++) {
            rig.heap.fails_at = random_below(10) == 0 ? rig.heap.calls + 1 + random_below(3) : 0;
            rig.now += random_below(1000) == 0 ? EXCHANGE_LIFETIME : random_below(100000);
            act(&clients[random_below(random_below(2) ? 4 : CLIENTS)]);
            assert_true(rig.heap.octets <= MEMORY);
            assert_true(rig.heap.blocks <= 16);
        }
        assert_in_range(finished, 100, ROUNDS);
        assert_in_range(refused, 100, ROUNDS);
        drop(resource);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(bodies_are_whole_and_right_or_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
