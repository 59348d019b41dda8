/* The options that every command with a request has; in one place, so that they have the same names everywhere. */
#ifndef CLI_REQUEST_OPTIONS_H
#define CLI_REQUEST_OPTIONS_H

#include "cli/options.h"

/* Keys of options without a short letter. */
enum request_key {
    KEY_IF_MATCH = OPTION_LONG,
    KEY_IF_NONE_MATCH,
    KEY_ETAG,
    KEY_HOP_LIMIT,
    KEY_NO_URI_HOST,
    KEY_RETRIES,
    KEY_FORMAT,
    KEY_LOSS,
    KEY_INTERFACE,
    REQUEST_KEYS_END /* the first key of what one command has besides */
};

#define REQUEST_ROWS_WHAT                                                                                              \
    {0, NULL, NULL, "what to send"}, {'e', "payload", "TEXT", "the payload: TEXT, @FILE, or @- for standard input"},   \
        {'f', "payload-file", "FILE", "the same as --payload @FILE"},                                                  \
        {'t', "content-format", "FORMAT",                                                                              \
         "what the payload is: a number, media type, or short name\nsuch as json, cbor, text"},                        \
        {'A', "accept", "FORMAT", "which form the answer is to have"},                                                 \
        {'O', "option", "NUMBER=VALUE",                                                                                \
         "any option, by number or name; numbers where the option is\none, 0x1f for octets, else text"},               \
        {KEY_ETAG, "etag", "TAG",                                                                                      \
         "ask whether this representation is still the current one;\n0x1f for octets (repeatable)"},                   \
        {KEY_IF_MATCH, "if-match", "TAG", "only if it is still this one; '' for any (repeatable)"},                    \
        {KEY_IF_NONE_MATCH, "if-none-match", NULL, "only if there is none yet"},                                       \
        {KEY_HOP_LIMIT, "hop-limit", "NUMBER", "how many proxies may pass it on, 1 to 255"},                           \
        {KEY_NO_URI_HOST, "no-uri-host", NULL, "leave Uri-Host out where the URI has a name"},                         \
    {                                                                                                                  \
        'T', "token", "TOKEN",                                                                                         \
            "0 to 8 octets, text or 0x1f; '' for none; more, up to\n576, for servers that take them (RFC 8974)"        \
    }

#define REQUEST_ROWS_HOW                                                                                               \
    {0, NULL, NULL, "how to send it"}, {'N', "non", NULL, "non-confirmable: sent once, not acknowledged"},             \
        {'b', "block-size", "OCTETS",                                                                                  \
         "transfer what is larger in blocks of 16, 32, 64 and so on\nup to 1024 octets (1024)"},                       \
        {'B', "timeout", "SECONDS",                                                                                    \
         "give up after this time (20 with --non; else what RFC 7252\n4.8.2 gives each message: 45 to 93 without a "   \
         "sign\nof life, 247 with); a server that wants a pause (4.29) is\nasked again within it, or within 93"},      \
        {KEY_RETRIES, "retries", "NUMBER", "repeat a confirmable request up to NUMBER times (4)"},                     \
        {'p', "local-port", "PORT", "send from this UDP port"},                                                        \
        {KEY_INTERFACE, "interface", "NAME", "the network where a group is asked: coap://224.0.1.187"},                \
    {                                                                                                                  \
        KEY_LOSS, "loss", "PERCENT", "for testing: lose this share of datagrams each way"                              \
    }

#define REQUEST_ROW_OUTPUT                                                                                             \
    {                                                                                                                  \
        'o', "output", "FILE", "write the payload to FILE (- is standard output)"                                      \
    }
#define REQUEST_ROW_VERBOSE                                                                                            \
    {                                                                                                                  \
        'v', "verbose", NULL, "show every message on standard error; -vv with its octets"                              \
    }

#endif
