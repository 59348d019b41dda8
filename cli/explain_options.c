/* Explains options and payload (RFC 7252 3.1), with what the registry says of each option. */
#include "cli/explain.h"
#include "cli/print.h"
#include "cli/text.h"

#include <stdlib.h>

/* Where the reader of the options is. */
typedef struct walk {
    explanation *into;
    size_t at;
    unsigned number;
    unsigned previous; /* number of the option before, UINT_MAX: none */
} walk;

static const char *nibble_bits(unsigned nibble, bool high)
{
    static const char *const highs[] = {"0000....", "0001....", "0010....", "0011....", "0100....", "0101....",
                                        "0110....", "0111....", "1000....", "1001....", "1010....", "1011....",
                                        "1100....", "1101....", "1110....", "1111...."};
    static const char *const lows[] = {"....0000", "....0001", "....0010", "....0011", "....0100", "....0101",
                                       "....0110", "....0111", "....1000", "....1001", "....1010", "....1011",
                                       "....1100", "....1101", "....1110", "....1111"};
    return high ? highs[nibble] : lows[nibble];
}

static size_t extension_size(unsigned nibble) { return nibble == 13 ? 1 : nibble == 14 ? 2 : 0; }

/* The number that a nibble and the octets at `at` mean; they are there. */
static unsigned extended(linnet_bytes datagram, unsigned nibble, size_t at)
{
    if (nibble == 13)
        return datagram.data[at] + 13u;
    if (nibble == 14)
        return ((unsigned)datagram.data[at] << 8 | datagram.data[at + 1]) + 269u;
    return nibble;
}

/* "option number: 13 + the next octet" for a nibble whose number goes on behind the first octet. */
static char *goes_on(const char *what, unsigned nibble)
{
    return nibble == 13 ? text_format("%s: 13 + one more octet", what) : text_format("%s: 269 + two more octets", what);
}

static char *number_meaning(const walk *w, unsigned delta)
{
    char *label = option_label((uint16_t)w->number);
    char *meaning = text_format("option %u + %u = %u: %s", w->number - delta, delta, w->number, label);
    free(label);
    return meaning;
}

static char *length_meaning(unsigned length)
{
    return text_format("value of %u octet%s", length, length == 1 ? "" : "s");
}

/* The head of an option: two nibbles, then the octets that either goes on in. */
static void add_head(walk *w, size_t head, unsigned delta, unsigned length)
{
    unsigned delta_nibble = w->into->datagram.data[head] >> 4, length_nibble = w->into->datagram.data[head] & 15u;
    size_t delta_size = extension_size(delta_nibble), length_size = extension_size(length_nibble);
    explanation_add(w->into, head, 1, nibble_bits(delta_nibble, true),
                    delta_size ? goes_on("option number", delta_nibble) : number_meaning(w, delta));
    explanation_add(w->into, head, 1, nibble_bits(length_nibble, false),
                    length_size ? goes_on("length", length_nibble) : length_meaning(length));
    if (delta_size)
        explanation_add(w->into, head + 1, delta_size, NULL, number_meaning(w, delta));
    if (length_size)
        explanation_add(w->into, head + 1 + delta_size, length_size, NULL, length_meaning(length));
}

/* What a receiver does with an option that it cannot accept (RFC 7252 5.4.1, 5.4.3, 5.4.5). */
static const char *consequence(unsigned number)
{
    return linnet_option_is_critical((uint16_t)number) ? "a request is answered 4.02" : "ignored";
}

static void add_remarks(walk *w, unsigned length)
{
    const linnet_option_definition *definition = linnet_option_find((uint16_t)w->number);
    if (!definition)
        explanation_add(w->into, w->at, 0, NULL,
                        text_format("not registered, %s: where unknown, %s",
                                    linnet_option_is_critical((uint16_t)w->number) ? "critical" : "elective",
                                    consequence(w->number)));
    else if (length < definition->min_size || length > definition->max_size)
        explanation_add(w->into, w->at, 0, NULL,
                        text_format("its length should be %u to %u: %s", definition->min_size, definition->max_size,
                                    consequence(w->number)));
    else if (!definition->repeatable && w->previous == w->number)
        explanation_add(w->into, w->at, 0, NULL,
                        text_format("repeated, which it may not be: %s", consequence(w->number)));
}

static void add_value(walk *w, unsigned length)
{
    linnet_bytes value = linnet_view(w->into->datagram.data + w->at, length);
    char *label = option_label((uint16_t)w->number);
    char *text = option_value_text((uint16_t)w->number, value);
    explanation_add(w->into, w->at, length, NULL, text_format("%s: %s", label, text));
    free(label);
    free(text);
}

static bool explain_one(walk *w)
{
    linnet_bytes datagram = w->into->datagram;
    size_t head = w->at;
    unsigned delta_nibble = datagram.data[head] >> 4, length_nibble = datagram.data[head] & 15u;
    size_t delta_size = extension_size(delta_nibble), length_size = extension_size(length_nibble);
    if (delta_nibble == 15 || length_nibble == 15) {
        explanation_add(w->into, head, 1, NULL, text_format("start of an option"));
        return explanation_break(w->into, head, text_format("15 is reserved for the payload marker, ff"));
    }
    if (datagram.size - head - 1 < delta_size + length_size) {
        explanation_add(w->into, head, datagram.size - head, NULL, text_format("start of an option"));
        return explanation_break(w->into, datagram.size, text_format("the message ends within the head of an option"));
    }
    unsigned delta = extended(datagram, delta_nibble, head + 1);
    unsigned length = extended(datagram, length_nibble, head + 1 + delta_size);
    w->number += delta;
    if (w->number > UINT16_MAX) {
        explanation_add(w->into, head, 1 + delta_size, NULL, text_format("option %u + %u", w->number - delta, delta));
        return explanation_break(w->into, head, text_format("%u is too large for an option number", w->number));
    }
    add_head(w, head, delta, length);
    w->at = head + 1 + delta_size + length_size;
    size_t there = datagram.size - w->at;
    if (there < length) {
        if (there)
            explanation_add(w->into, w->at, there, NULL, text_format("the start of the value"));
        return explanation_break(w->into, datagram.size,
                                 text_format("the value should have %u octets, only %zu are there", length, there));
    }
    if (length)
        add_value(w, length);
    add_remarks(w, length);
    w->at += length;
    w->previous = w->number;
    return true;
}

static void explain_payload(explanation *self, size_t marker)
{
    linnet_bytes payload = linnet_view(self->datagram.data + marker + 1, self->datagram.size - marker - 1);
    explanation_add(self, marker, 1, NULL, text_format("payload marker"));
    if (payload.size == 0) {
        explanation_break(self, marker, text_format("behind the payload marker there has to be a payload"));
        return;
    }
    bool text = linnet_utf8_valid(payload) && payload.size <= 200;
    char *quoted = text ? text_quote(payload) : text_format("%s", "");
    explanation_add(self, marker + 1, payload.size, NULL,
                    text_format("payload of %zu octet%s%s%s", payload.size, payload.size == 1 ? "" : "s",
                                text ? ": " : "", quoted));
    free(quoted);
}

void explain_options(explanation *self, size_t offset)
{
    walk w = {self, offset, 0, UINT32_MAX};
    while (w.at < self->datagram.size) {
        if (self->datagram.data[w.at] == 0xff) {
            explain_payload(self, w.at);
            return;
        }
        if (!explain_one(&w))
            return;
    }
}
