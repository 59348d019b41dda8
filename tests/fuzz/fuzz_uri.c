/* Feeds text to the URI parser. What it accepts becomes options, the options become a URI again, and that one must be
 * accepted too and mean the same options. */
#include <stdlib.h>
#include <string.h>

#include <linnet/uri.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLDS(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            abort();                                                                                                   \
    } while (0)

enum { OPTIONS_MAX = 1 << 14 };

static linnet_bytes options_of(const linnet_uri *uri, bool with_host, uint8_t *buffer)
{
    linnet_writer writer;

    linnet_writer_begin_options(&writer, buffer, OPTIONS_MAX);
    linnet_uri_write_options(uri, with_host, &writer);
    HOLDS(linnet_writer_end(&writer) >= 0);
    HOLDS(linnet_options_check(linnet_view(buffer, (size_t)linnet_writer_end(&writer))));
    return linnet_view(buffer, (size_t)linnet_writer_end(&writer));
}

/* "MUST NOT be "." or ".."", and what is written has passed as UTF-8. */
static void judge(linnet_bytes options)
{
    linnet_option_cursor cursor = {.rest = options};
    linnet_option option;

    while (linnet_option_next(&cursor, &option)) {
        HOLDS(option.value.size <= 255);
        HOLDS(linnet_utf8_valid(option.value));
        HOLDS(!linnet_bytes_equal(option.value, linnet_text("..")) || option.number != LINNET_OPTION_URI_PATH);
        HOLDS(!linnet_bytes_equal(option.value, linnet_text(".")) || option.number != LINNET_OPTION_URI_PATH);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t first[OPTIONS_MAX], second[OPTIONS_MAX];
    static char text[4 * OPTIONS_MAX];
    linnet_uri uri;
    linnet_uri again;

    if (size > OPTIONS_MAX / 2)
        return 0;
    linnet_bytes input = linnet_view(data, size);
    bool good = linnet_uri_parse(&uri, input) == 0;
    HOLDS(good == (linnet_uri_problem(input)[0] == '\0'));
    if (!good)
        return 0;

    linnet_bytes options = options_of(&uri, true, first);
    judge(options);
    int length = linnet_uri_compose(text, sizeof text, uri.scheme, "2001:db8::1", uri.port, options);
    HOLDS(length > 0 && (size_t)length == strlen(text));
    HOLDS(linnet_uri_parse(&again, linnet_text(text)) == 0);
    HOLDS(again.scheme == uri.scheme && again.port == uri.port);
    /* The host is left out: a name may decode to what looks like an address, and that one sends no Uri-Host. */
    options = options_of(&uri, false, first);
    HOLDS(linnet_bytes_equal(options, options_of(&again, false, second)));
    return 0;
}
