/* The exchanges of RFC 7252 appendix A, figures 16 to 22, octet for octet, as client and as server. The octets are in
 * tests/vectors; an endpoint's own message IDs are set to those of the figures. */
#include "engine/endpoint.h"

#include "engine_support.h"
#include <stdio.h>

#define TEMPERATURE "\xbbtemperature"

static const char *file_name(void) { return LINNET_TEST_DIR "/vectors/rfc7252_appendix_a.tsv"; }

typedef struct exchange_figure {
    uint8_t octets[6][64]; /* in the order of the figure */
    size_t size[6];
    size_t count;
} exchange_figure;

static size_t read_hex(const char *hex, uint8_t *octets)
{
    size_t size = 0;
    unsigned octet;

    for (; sscanf(hex, "%2x", &octet) == 1; hex += 2)
        octets[size++] = (uint8_t)octet;
    return size;
}

static exchange_figure read_figure(int number)
{
    FILE *file = fopen(file_name(), "r");
    char line[512], direction[32], hex[256];
    exchange_figure figure = {.count = 0};
    int found;

    assert_non_null(file);
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "%d\t%31[^\t]\t%255[0-9a-f]", &found, direction, hex) == 3 && found == number) {
            figure.size[figure.count] = read_hex(hex, figure.octets[figure.count]);
            figure.count++;
        }
    fclose(file);
    assert_true(figure.count > 0);
    return figure;
}

static linnet_bytes message(const exchange_figure *figure, size_t index)
{
    assert_true(index < figure->count);
    return linnet_view(figure->octets[index], figure->size[index]);
}

static void serve_temperature(void *context, linnet_incoming *incoming)
{
    test_port *port = context;

    port->served++;
    if (port->defer && !incoming->exchange) {
        assert_int_equal(linnet_endpoint_defer(incoming, &port->deferred), 0);
        return;
    }
    memcpy(incoming->body,
           "\xff"
           "22.3 C",
           7);
    incoming->size = 7;
    incoming->code = LINNET_CONTENT;
}

/* The next message ID towards anyone. */
static void set_id(test_port *port, unsigned id)
{
    for (uint32_t i = 0; i <= port->endpoint->ids.mask; i++)
        port->endpoint->ids.spaces[i] = (linnet_id_space){.started = true, .next = (uint16_t)id};
}

static test_port *open_server(unsigned id)
{
    test_port *port = test_port_open((linnet_endpoint_config){.serve = serve_temperature});

    set_id(port, id);
    return port;
}

static void give(test_port *port, uint64_t now, const exchange_figure *figure, size_t index)
{
    linnet_bytes datagram = message(figure, index);

    test_receive(port, now, 1, datagram.data, datagram.size);
}

static void assert_gave(const test_port *port, size_t sent, const exchange_figure *figure, size_t index)
{
    linnet_bytes datagram = message(figure, index);

    assert_sent(port, sent, datagram.data, datagram.size);
}

/* Launches the request of a figure, whose token is the octet 0x20 up, or none. */
static void ask(test_port *port, test_ending *ending, const exchange_figure *figure, unsigned id)
{
    linnet_message request;
    linnet_outgoing outgoing = {.code = LINNET_GET, .has_token = true, .done = test_done, .context = ending};

    assert_int_equal(linnet_message_parse(&request, message(figure, 0)), 0);
    outgoing.type = (linnet_type)request.type;
    outgoing.token = request.token;
    outgoing.options = linnet_view(TEMPERATURE, sizeof TEMPERATURE - 1);
    set_id(port, id);
    test_send_request(port, SECOND, 1, &outgoing);
    assert_gave(port, port->count - 1, figure, 0);
}

static void assert_temperature(const test_ending *ending)
{
    assert_int_equal(ending->count, 1);
    assert_int_equal(ending->error, 0);
    assert_int_equal(ending->response.message.code, LINNET_CONTENT);
    assert_int_equal(ending->payload_size, 6);
    assert_memory_equal(ending->payload, "22.3 C", 6);
}

static void figures_16_17_18_piggybacked_as_server(void **state)
{
    (void)state;
    for (int number = 16; number <= 18; number++) {
        exchange_figure figure = read_figure(number);
        test_port *port = open_server(0);
        /* Figure 18: the first request was lost; figure 19 is below. */
        give(port, 5 * SECOND, &figure, 0);
        assert_gave(port, 0, &figure, 1);
        test_port_close(port);
    }
}

static void figures_16_17_piggybacked_as_client(void **state)
{
    (void)state;
    for (int number = 16; number <= 17; number++) {
        exchange_figure figure = read_figure(number);
        test_port *port = test_port_open((linnet_endpoint_config){0});
        test_ending ending = {0};
        ask(port, &ending, &figure, 0x7d34 + (unsigned)number - 16);
        give(port, 2 * SECOND, &figure, 1);
        assert_temperature(&ending);
        test_port_close(port);
    }
}

static void figure_18_the_request_is_lost_and_sent_again(void **state)
{
    exchange_figure figure = read_figure(18);
    test_port *port = test_port_open((linnet_endpoint_config){0});
    test_ending ending = {0};

    (void)state;
    ask(port, &ending, &figure, 0x7d36);
    test_run(port, 5 * SECOND);
    assert_int_equal(port->count, 2);
    assert_gave(port, 1, &figure, 0);
    give(port, 5 * SECOND, &figure, 1);
    assert_temperature(&ending);
    assert_int_equal(ending.response.retransmissions, 1);
    test_port_close(port);
}

static void figure_19_the_acknowledgement_is_lost_and_sent_again(void **state)
{
    exchange_figure figure = read_figure(19);
    test_port *port = open_server(0);

    (void)state;
    give(port, SECOND, &figure, 0);
    give(port, 3 * SECOND, &figure, 0);
    assert_int_equal(port->served, 1);
    assert_gave(port, 0, &figure, 1);
    assert_gave(port, 1, &figure, 1);
    test_port_close(port);
}

static void figure_20_separate_as_server(void **state)
{
    exchange_figure figure = read_figure(20);
    test_port *port = open_server(0xad7b);

    (void)state;
    port->defer = true;
    give(port, SECOND, &figure, 0);
    test_run(port, 2 * SECOND);
    assert_gave(port, 0, &figure, 1);
    assert_int_equal(linnet_endpoint_answer(port->endpoint, 3 * SECOND, port->deferred, serve_temperature, port), 0);
    assert_gave(port, 1, &figure, 2);
    give(port, 4 * SECOND, &figure, 3);
    test_run(port, 200 * SECOND);
    assert_int_equal(port->count, 2);
    test_port_close(port);
}

static void figure_20_separate_as_client(void **state)
{
    exchange_figure figure = read_figure(20);
    test_port *port = test_port_open((linnet_endpoint_config){0});
    test_ending ending = {0};

    (void)state;
    ask(port, &ending, &figure, 0x7d38);
    give(port, 2 * SECOND, &figure, 1);
    test_run(port, 20 * SECOND);
    give(port, 20 * SECOND, &figure, 2);
    assert_gave(port, 1, &figure, 3);
    assert_int_equal(port->count, 2);
    assert_temperature(&ending);
    test_port_close(port);
}

static void figure_21_a_client_that_lost_its_state_rejects_the_response(void **state)
{
    exchange_figure figure = read_figure(21);
    test_port *port = test_port_open((linnet_endpoint_config){0});

    (void)state;
    give(port, SECOND, &figure, 0);
    assert_int_equal(port->count, 1);
    assert_gave(port, 0, &figure, 1);
    test_port_close(port);
}

static void figure_22_non_confirmable_as_server_and_client(void **state)
{
    exchange_figure figure = read_figure(22);
    test_port *server = open_server(0xad7d);
    test_port *client = test_port_open((linnet_endpoint_config){0});
    test_ending ending = {0};

    (void)state;
    give(server, SECOND, &figure, 0);
    assert_gave(server, 0, &figure, 1);
    ask(client, &ending, &figure, 0x7d40);
    give(client, 2 * SECOND, &figure, 1);
    assert_temperature(&ending);
    test_port_close(server);
    test_port_close(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_16_17_18_piggybacked_as_server),
        cmocka_unit_test(figures_16_17_piggybacked_as_client),
        cmocka_unit_test(figure_18_the_request_is_lost_and_sent_again),
        cmocka_unit_test(figure_19_the_acknowledgement_is_lost_and_sent_again),
        cmocka_unit_test(figure_20_separate_as_server),
        cmocka_unit_test(figure_20_separate_as_client),
        cmocka_unit_test(figure_21_a_client_that_lost_its_state_rejects_the_response),
        cmocka_unit_test(figure_22_non_confirmable_as_server_and_client),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
