/* Explains the fixed part of a message: header and token (RFC 7252 section 3). */
#include "cli/explain.h"

#include "cli/print.h"
#include "cli/text.h"

#include <stdlib.h>

void explanation_add(explanation *self, size_t offset, size_t size, const char *bits, char *meaning)
{
    self->rows = memory_resize(self->rows, (self->count + 1) * sizeof *self->rows);
    self->rows[self->count++] = (explanation_row){offset, size, bits, meaning};
}

bool explanation_break(explanation *self, size_t at, char *problem)
{
    if (self->problem) {
        free(problem);
        return false;
    }
    self->problem = problem;
    self->problem_at = at;
    return false;
}

static const char *const type_meanings[] = {"CON, confirmable", "NON, non-confirmable", "ACK, acknowledgement",
                                            "RST, reset"};

static bool explain_first_octet(explanation *self)
{
    uint8_t octet = self->datagram.data[0];
    unsigned version = octet >> 6, token_size = octet & 15u;
    static const char *const version_bits[] = {"00......", "01......", "10......", "11......"};
    static const char *const type_bits[] = {"..00....", "..01....", "..10....", "..11...."};
    static const char *const token_bits[] = {"....0000", "....0001", "....0010", "....0011", "....0100", "....0101",
                                             "....0110", "....0111", "....1000", "....1001", "....1010", "....1011",
                                             "....1100", "....1101", "....1110", "....1111"};
    explanation_add(self, 0, 1, version_bits[version], text_format("version %u", version));
    if (version != 1)
        return explanation_break(self, 0, text_format("version %u is unknown: to be ignored silently", version));
    explanation_add(self, 0, 1, type_bits[octet >> 4 & 3], text_format("type %s", type_meanings[octet >> 4 & 3]));
    if (token_size == 15)
        return explanation_break(self, 0, text_format("a token length of 15 is reserved"));
    explanation_add(self, 0, 1, token_bits[token_size],
                    token_size > 12 ? text_format("%u octet%s of token length follow%s (RFC 8974)", token_size - 12,
                                                  token_size == 13 ? "" : "s", token_size == 13 ? "s" : "")
                                    : text_format("token of %u octet%s%s", token_size, token_size == 1 ? "" : "s",
                                                  token_size > LINNET_TOKEN_MAX ? " (RFC 8974)" : ""));
    return true;
}

static const char *code_class_meaning(linnet_code code)
{
    switch (LINNET_CODE_CLASS(code)) {
    case 0:
        return code ? "request" : "no request or response";
    case 2:
        return "success";
    case 4:
        return "client error";
    case 5:
        return "server error";
    case 7:
        return "signalling (RFC 8323), not for UDP";
    default:
        return NULL;
    }
}

static bool explain_code(explanation *self)
{
    linnet_code code = self->datagram.data[1];
    char dotted[5];
    const char *name = linnet_code_name(code), *meaning = code_class_meaning(code);
    linnet_code_text(code, dotted);
    explanation_add(self, 1, 1, NULL,
                    text_format("code %s %s: %s", dotted,
                                name   ? name
                                : code ? "unassigned"
                                       : "Empty",
                                meaning ? meaning : "reserved class"));
    if (!meaning || LINNET_CODE_CLASS(code) == 7)
        return explanation_break(
            self, 1, text_format("codes of class %u are not for messages over UDP", LINNET_CODE_CLASS(code)));
    return true;
}

/* RFC 8974 2.1: octets of length before the token, where the header's four bits do not tell it. Leaves in *at where the
 * token begins. */
static bool explain_token_length(explanation *self, size_t *at, size_t *size)
{
    const uint8_t *octets = self->datagram.data + 4;
    size_t there = self->datagram.size - 4, extra = *size < 13 ? 0 : *size - 12;
    if (extra > there)
        return explanation_break(
            self, self->datagram.size,
            text_format("the token length should have %zu octets, only %zu are there", extra, there));
    if (extra == 1)
        *size = octets[0] + 13u;
    else if (extra == 2)
        *size = ((size_t)octets[0] << 8 | octets[1]) + 269u;
    if (extra)
        explanation_add(self, 4, extra, NULL, text_format("token of %zu octets", *size));
    *at = 4 + extra;
    return true;
}

static bool explain_token(explanation *self, size_t *end)
{
    linnet_bytes datagram = self->datagram;
    size_t size = datagram.data[0] & 15u;
    size_t at = 0;
    if (!explain_token_length(self, &at, &size))
        return false;
    size_t there = datagram.size - at < size ? datagram.size - at : size;
    if (there)
        explanation_add(self, at, there, NULL, text_format("token"));
    *end = at + size;
    if (there < size)
        return explanation_break(self, datagram.size,
                                 text_format("the token should have %zu octets, only %zu are there", size, there));
    return true;
}

/* RFC 7252 4.1: an Empty message has four octets and no more. */
static bool explain_empty(explanation *self)
{
    linnet_bytes datagram = self->datagram;
    if (datagram.data[1] != LINNET_EMPTY || datagram.size == 4)
        return true;
    explanation_add(self, 4, datagram.size - 4, NULL, text_format("octets that should not be there"));
    return explanation_break(self, 4, text_format("an Empty message ends behind the message ID"));
}

static void explain_message(explanation *self)
{
    linnet_bytes datagram = self->datagram;
    if (datagram.size == 0 || !explain_first_octet(self)) {
        explanation_break(self, 0, text_format("there is nothing"));
        return;
    }
    if (datagram.size < 2 || !explain_code(self)) {
        explanation_break(self, datagram.size,
                          text_format("the header has four octets, only %zu are there", datagram.size));
        return;
    }
    if (datagram.size < 4) {
        if (datagram.size == 3)
            explanation_add(self, 2, 1, NULL, text_format("half of the message ID"));
        explanation_break(self, datagram.size,
                          text_format("the header has four octets, only %zu are there", datagram.size));
        return;
    }
    unsigned id = (unsigned)datagram.data[2] << 8 | datagram.data[3];
    explanation_add(self, 2, 2, NULL, text_format("message ID 0x%04x (%u)", id, id));
    size_t end;
    if (explain_empty(self) && explain_token(self, &end))
        explain_options(self, end);
}

void explain(explanation *self, linnet_bytes datagram)
{
    *self = (explanation){.datagram = datagram};
    explain_message(self);
    int error = linnet_message_parse(&self->message, datagram);
    self->readable = error == 0;
    if (error) /* should a rule be missing above, the library's judgement still counts */
        explanation_break(self, datagram.size, text_format("%s", linnet_error_text(error)));
}

void explanation_clear(explanation *self)
{
    for (size_t i = 0; i < self->count; i++)
        free(self->rows[i].meaning);
    free(self->rows);
    free(self->problem);
    *self = (explanation){0};
}
