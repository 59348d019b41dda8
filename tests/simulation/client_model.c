/* See client_model.h. */
#include "simulation/client_model.h"

uint32_t model_random(model *self, uint32_t below)
{
    self->random = self->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(self->random >> 33) % below;
}

size_t model_representation(uint32_t version, uint8_t octets[MODEL_BODY_MAX])
{
    size_t size = 4 + (version * 977u) % 3000u;

    fill_pattern(octets, size, version);
    octets[0] = (uint8_t)(version >> 8);
    octets[1] = (uint8_t)version;
    return size;
}

/* Loses it, or puts it on its way, once or twice. */
static void carry(model *self, bool to_server, linnet_bytes datagram)
{
    unsigned copies = model_random(self, 100) < self->loss ? 0 : 1;

    copies += copies > 0 && model_random(self, 100) < self->doubled;
    for (size_t i = 0; i < MODEL_FLIGHT && copies > 0; i++) {
        model_datagram *on = &self->flight[i];
        if (on->when != 0)
            continue;
        on->when = self->client->now + self->delay + 1000 + model_random(self, 300000);
        on->to_server = to_server;
        on->size = datagram.size;
        memcpy(on->octets, datagram.data, datagram.size);
        copies--;
    }
}

static void from_client(test_client *client, linnet_bytes datagram, void *context)
{
    (void)client;
    carry(context, true, datagram);
}

model *model_open(test_client *client, uint64_t seed, unsigned loss, unsigned doubled)
{
    model *self = calloc(1, sizeof *self);

    self->client = client;
    self->random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    self->loss = loss;
    self->doubled = doubled;
    self->version = 1;
    self->max_age = 20;
    self->szx = (uint8_t)(2 + model_random(self, 5));
    client->random = seed + 77;
    client->wire = from_client;
    client->wire_context = self;
    return self;
}

void model_close(model *self)
{
    client_close(self->client);
    free(self);
}

static uint8_t smaller_of(uint8_t a, uint8_t b) { return a < b ? a : b; }

static bool block_option(const linnet_message *request, uint16_t number, linnet_block *block)
{
    linnet_bytes value;

    return linnet_option_get(request->options, number, 0, &value) && linnet_block_parse(block, value) == 0;
}

/* Content, cut as Block2 asks. */
static void write_content(model *self, linnet_writer *writer, const linnet_block *asked, bool notifies)
{
    uint8_t body[MODEL_BODY_MAX];
    size_t size = model_representation(self->version, body), offset, rest;
    linnet_block block = {.szx = self->szx};

    if (asked) {
        block.szx = smaller_of(asked->szx, self->szx);
        block.number = asked->number << (asked->szx - block.szx);
    }
    offset = (size_t)block.number << (block.szx + 4);
    rest = offset < size ? size - offset : 0;
    block.more = rest > (size_t)16 << block.szx;
    linnet_writer_option_uint(writer, LINNET_OPTION_ETAG, self->version + 0x100);
    if (notifies)
        linnet_writer_option_uint(writer, LINNET_OPTION_OBSERVE, self->sequence & 0xffffff);
    linnet_writer_option_uint(writer, LINNET_OPTION_MAX_AGE, self->max_age);
    if (block.more || block.number > 0)
        linnet_writer_option_uint(writer, LINNET_OPTION_BLOCK2, linnet_block_value(block));
    linnet_writer_payload(writer, linnet_view(body + offset, block.more ? (size_t)16 << block.szx : rest));
}

static model_upload *find_upload(model *self, uint32_t tag, bool make)
{
    for (size_t i = 0; i < MODEL_UPLOADS; i++)
        if (self->uploads[i].used && self->uploads[i].tag == tag)
            return &self->uploads[i];
    for (size_t i = 0; make && i < MODEL_UPLOADS; i++)
        if (!self->uploads[i].used)
            return &self->uploads[i];
    return NULL;
}

/* Takes a block; the code of the answer, and in *block1 what it says. */
static linnet_code take_block(model *self, const linnet_message *request, linnet_block *block1)
{
    linnet_bytes value = {NULL, 0};
    size_t offset = (size_t)linnet_block_offset(*block1);
    model_upload *to;

    (void)linnet_option_get(request->options, LINNET_OPTION_REQUEST_TAG, 0, &value);
    to = find_upload(self, linnet_option_uint(value), block1->number == 0);
    if (!to || (block1->number > 0 && to->size != offset))
        return LINNET_REQUEST_ENTITY_INCOMPLETE;
    assert_true(offset + request->payload.size <= MODEL_BODY_MAX);
    to->used = true;
    to->tag = linnet_option_uint(value);
    memcpy(to->octets + offset, request->payload.data, request->payload.size);
    to->size = offset + request->payload.size;
    to->whole = !block1->more;
    self->executed += to->whole;
    block1->szx = smaller_of(block1->szx, self->szx);
    return block1->more ? LINNET_CONTINUE : LINNET_CHANGED;
}

static void write_put(model *self, linnet_writer *writer, const linnet_message *request, linnet_bytes token)
{
    linnet_block block1 = {0};
    linnet_code code = LINNET_CHANGED;
    bool has_block1 = block_option(request, LINNET_OPTION_BLOCK1, &block1);

    if (has_block1) {
        uint32_t number = block1.number;
        code = take_block(self, request, &block1);
        block1.number = number;
    }
    linnet_writer_begin(writer, writer->start, (size_t)(writer->end - writer->start), LINNET_ACK, code, request->id,
                        token);
    if (has_block1)
        linnet_writer_option_uint(writer, LINNET_OPTION_BLOCK1, linnet_block_value(block1));
}

static void write_get(model *self, linnet_writer *writer, const linnet_message *request)
{
    linnet_block asked;
    linnet_bytes observe;
    bool registers = linnet_option_get(request->options, LINNET_OPTION_OBSERVE, 0, &observe);

    if (registers) {
        self->observed = linnet_option_uint(observe) == 0;
        memcpy(self->token, request->token.data, 8);
        registers = self->observed;
    }
    linnet_writer_begin(writer, writer->start, (size_t)(writer->end - writer->start), LINNET_ACK, LINNET_CONTENT,
                        request->id, request->token);
    write_content(self, writer, block_option(request, LINNET_OPTION_BLOCK2, &asked) ? &asked : NULL, registers);
}

static bool answer_duplicate(model *self, uint16_t id)
{
    for (size_t i = 0; i < MODEL_ANSWERS; i++)
        if (self->answers[i].used && self->answers[i].id == id) {
            carry(self, false, linnet_view(self->answers[i].octets, self->answers[i].size));
            return true;
        }
    return false;
}

static void serve(model *self, linnet_bytes datagram)
{
    linnet_message request;
    uint8_t octets[1300];
    linnet_writer writer = {.start = octets, .end = octets + sizeof octets};
    size_t i = self->next_answer;
    int size;

    assert_int_equal(linnet_message_parse(&request, datagram), 0);
    if (request.type == LINNET_RST)
        self->observed = false;
    if (!linnet_code_is_request(request.code) || answer_duplicate(self, request.id))
        return;
    if (request.code == LINNET_GET)
        write_get(self, &writer, &request);
    else
        write_put(self, &writer, &request, request.token);
    size = linnet_writer_end(&writer);
    assert_true(size > 0);
    self->next_answer = (i + 1) % MODEL_ANSWERS;
    self->answers[i].used = true;
    self->answers[i].id = request.id;
    self->answers[i].size = (size_t)size;
    memcpy(self->answers[i].octets, octets, (size_t)size);
    carry(self, false, linnet_view(octets, (size_t)size));
}

void model_change(model *self)
{
    uint8_t octets[1300];
    linnet_writer writer;
    int size;

    self->version++;
    self->sequence++;
    if (!self->observed)
        return;
    linnet_writer_begin(&writer, octets, sizeof octets, model_random(self, 2) ? LINNET_CON : LINNET_NON, LINNET_CONTENT,
                        self->next_id++, linnet_view(self->token, 8));
    write_content(self, &writer, NULL, true);
    size = linnet_writer_end(&writer);
    assert_true(size > 0);
    carry(self, false, linnet_view(octets, (size_t)size));
}

void model_restart(model *self)
{
    memset(self->answers, 0, sizeof self->answers);
    memset(self->uploads, 0, sizeof self->uploads);
    self->observed = false;
    self->sequence = 0;
}

static model_datagram *first_in_flight(model *self)
{
    model_datagram *first = NULL;

    for (size_t i = 0; i < MODEL_FLIGHT; i++)
        if (self->flight[i].when != 0 && (!first || self->flight[i].when < first->when))
            first = &self->flight[i];
    return first;
}

static void deliver(model *self, model_datagram *arrived)
{
    model_datagram copy = *arrived;

    arrived->when = 0;
    if (copy.to_server)
        serve(self, linnet_view(copy.octets, copy.size));
    else
        client_receive(self->client, linnet_view(copy.octets, copy.size));
}

bool model_step(model *self, uint64_t until)
{
    test_client *client = self->client;
    uint64_t calls = linnet_calls_deadline(client->calls), due = linnet_endpoint_deadline(client->endpoint);
    model_datagram *first = first_in_flight(self);

    due = calls < due ? calls : due;
    if (first && first->when <= due && first->when <= until) {
        client->now = first->when > client->now ? first->when : client->now;
        deliver(self, first);
        return true;
    }
    if (due > until) {
        client->now = until;
        return false;
    }
    client->now = due > client->now ? due : client->now;
    linnet_endpoint_advance(client->endpoint, client->now);
    linnet_calls_advance(client->calls, client->now);
    return true;
}
