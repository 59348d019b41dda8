/* Feeds octets to the message parser. An accepted message is built again from its parts, and must come out the same
 * octet by octet, for CoAP has one encoding only; then its options are edited there and back. */
#include <stdlib.h>
#include <string.h>

#include <linnet/message.h>
#include <linnet/uri.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLDS(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            abort();                                                                                                   \
    } while (0)

static uint8_t buffer[1 << 17];
static uint8_t edited[1 << 17];

static void rebuild(const linnet_message *message, linnet_bytes datagram)
{
    linnet_writer writer;
    linnet_option_cursor cursor = {.rest = message->options};
    linnet_option option;

    linnet_writer_begin(&writer, buffer, sizeof buffer, (linnet_type)message->type, message->code, message->id,
                        message->token);
    while (linnet_option_next(&cursor, &option))
        linnet_writer_option(&writer, option.number, option.value);
    linnet_writer_payload(&writer, message->payload);
    HOLDS(linnet_writer_end(&writer) == (int)datagram.size);
    HOLDS(linnet_bytes_equal(linnet_view(buffer, datagram.size), datagram));
}

/* Inserts an option that is not there and removes it: the list must be what it was. */
static void edit(linnet_bytes options, uint16_t number)
{
    linnet_bytes value;
    size_t size = options.size;

    if (size)
        memcpy(edited, options.data, size);
    if (linnet_option_get(options, number, 0, &value)) {
        HOLDS(linnet_options_remove(edited, &size, number) > 0);
        HOLDS(!linnet_option_get(linnet_view(edited, size), number, 0, &value));
        HOLDS(linnet_options_check(linnet_view(edited, size)));
        return;
    }
    HOLDS(linnet_options_insert(edited, &size, sizeof edited, number, linnet_text("a value of 19 bytes")) == 0);
    HOLDS(linnet_option_get(linnet_view(edited, size), number, 0, &value));
    HOLDS(linnet_options_remove(edited, &size, number) == 1);
    HOLDS(linnet_bytes_equal(linnet_view(edited, size), options));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    linnet_message message;
    char text[256];

    if (size > 65535)
        return 0;
    linnet_bytes datagram = linnet_view(data, size);
    if (linnet_message_parse(&message, datagram) == 0) {
        rebuild(&message, datagram);
        edit(message.options, message.id);
        edit(message.options, message.code);
        linnet_utf8_valid(message.payload);
        int length = linnet_uri_compose(text, sizeof text, LINNET_COAP, "192.0.2.1", 5683, message.options);
        HOLDS(length < 0 || (size_t)length == strlen(text));
    }
    /* Octets that nobody checked: the walk ends, and editing leaves them alone or well-formed. */
    if (!linnet_options_check(datagram)) {
        size_t left = size;
        memcpy(edited, data, size);
        HOLDS(linnet_options_insert(edited, &left, sizeof edited, 65535, linnet_text("x")) < 0 && left == size);
    }
    return 0;
}
