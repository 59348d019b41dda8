/* The table of commands, with the texts of their help, and the overview. */
#include "cli/command.h"

#include "cli/complain.h"
#include "cli/suggest.h"
#include "cli/terminal.h"

#include <stdio.h>
#include <string.h>

#define ABOUT_OUTPUT                                                                                                   \
    "\nThe payload of the response goes to standard output: laid out for reading on a\n"                               \
    "terminal, untouched into a pipe or file. Remarks and errors go to standard error."

static const command commands[] = {
    {"get", "ask for the representation of a resource", "URI",
     "Asks for the representation of a resource (RFC 7252 5.8.1).\n" ABOUT_OUTPUT, request_options,
     "  linnet get coap://localhost/time\n"
     "  linnet get coaps://localhost/secure --psk password:sesame\n"
     "  linnet get --accept json coap://[2001:db8::1]/sensors/temperature\n"
     "  linnet get localhost/large --output large.txt\n"
     "  linnet get -v coap://localhost/test        # shows both messages\n",
     request_run},
    {"put", "replace or create a resource", "URI",
     "Replaces the representation of a resource, or creates it (RFC 7252 5.8.3).\n" ABOUT_OUTPUT, request_options,
     "  linnet put --payload 'on' coap://localhost/lamp\n"
     "  linnet put --payload @state.json --content-format json coap://localhost/state\n"
     "  date | linnet put --payload @- coap://localhost/other/block\n"
     "  linnet put --if-none-match -e first coap://localhost/create1\n",
     request_run},
    {"post", "let a resource process a payload", "URI",
     "Lets a resource process the payload; what that means is the resource's affair\n"
     "(RFC 7252 5.8.2). Where that created a resource, its place is shown.\n" ABOUT_OUTPUT,
     request_options,
     "  linnet post --payload 'hello' coap://localhost/test\n"
     "  linnet post --payload @reading.cbor --content-format cbor coap://localhost/readings\n"
     "  linnet post --non -e 23.5 coap://localhost/log\n",
     request_run},
    {"delete", "remove a resource", "URI", "Removes a resource (RFC 7252 5.8.4).\n" ABOUT_OUTPUT, request_options,
     "  linnet delete coap://localhost/create1\n"
     "  linnet delete --if-match 0x0001 coap://localhost/validate\n"
     "  linnet delete --timeout 5 coap://localhost/test\n",
     request_run},
    {"fetch", "ask for a part of a resource, by a payload", "URI",
     "Asks for what the payload describes (RFC 8132 section 2): a GET with parameters.\n" ABOUT_OUTPUT, request_options,
     "  linnet fetch --payload @query.cbor --content-format cbor coap://localhost/store\n"
     "  linnet fetch -e '[\"a\",\"b\"]' -t json -A json coap://localhost/store\n"
     "  linnet fetch -e '[]' -t senml-etch+json coap://localhost/sensors --format raw\n",
     request_run},
    {"patch", "change a part of a resource", "URI",
     "Changes a part of a resource as the payload says (RFC 8132 section 3).\n" ABOUT_OUTPUT, request_options,
     "  linnet patch -e '{\"on\":true}' --content-format merge-patch+json coap://localhost/lamp\n"
     "  linnet patch --payload @change.json -t json-patch+json coap://localhost/state\n"
     "  linnet patch --if-match 0x1f20 -e '{\"n\":2}' -t merge-patch+json coap://localhost/state\n",
     request_run},
    {"ipatch", "the same, where once is as good as twice", "URI",
     "Changes a part of a resource, where doing so twice is as good as once (RFC 8132\n"
     "section 3: idempotent).\n" ABOUT_OUTPUT,
     request_options,
     "  linnet ipatch -e '{\"on\":true}' --content-format merge-patch+json coap://localhost/lamp\n"
     "  linnet ipatch --payload @change.json -t merge-patch+json coap://localhost/state\n"
     "  linnet ipatch --non -e '{\"n\":2}' -t merge-patch+json coap://localhost/state\n",
     request_run},
    {"observe", "follow a resource as it changes", "URI",
     "Asks a server for every new state of a resource (RFC 7641) and prints each, until\n"
     "Ctrl-C or SIGTERM, which tell the server. One that is silent or was restarted is asked\n"
     "again by itself. With --payload the request is a FETCH (RFC 8132). Ends with status 1\n"
     "when the resource cannot be observed, or is no more.",
     observe_options,
     "  linnet observe coap://localhost/time\n"
     "  linnet observe --count 3 --format json localhost/time | jq -r .payload\n"
     "  linnet observe localhost/time | while read -r now; do echo \"it is $now\"; done\n"
     "  linnet observe localhost/lamp --observe-exec 'echo $LINNET_CODE; cat'\n"
     "  linnet observe --duration 60 localhost/obs --output changes.txt\n",
     observe_run},
    {"ping", "measure the round-trip time to a CoAP server", "URI",
     "Sends empty confirmable messages (RFC 7252 4.3), which every CoAP server answers with\n"
     "Reset, and shows how long that took. Each is sent once, so losses show. The path of\n"
     "the URI does not matter. Ends with Ctrl-C, or after --count messages.",
     ping_options,
     "  linnet ping localhost\n"
     "  linnet ping --count 5 --interval 0.2 coap://192.0.2.1:5700\n"
     "  linnet ping -c 1 -W 0.5 coap://[::1] && echo 'it is there'\n",
     ping_run},
    {"discover", "list the resources of a server, or of all in a group", "URI [FILTER...]",
     "Asks a server for its resources, /.well-known/core (RFC 6690), and shows them as a\n"
     "table. A FILTER such as rt=light or href=/sensors/* leaves out those that do not\n"
     "match. Where the URI has a path, that is asked instead. A multicast address asks all\n"
     "servers of that group (224.0.1.187, ff02::fd: All CoAP Nodes), for 10 seconds.",
     discover_options,
     "  linnet discover coap://localhost\n"
     "  linnet discover localhost rt=Type1\n"
     "  linnet discover 'coap://localhost?href=/link*'\n"
     "  linnet discover --format json localhost | jq -r '.[].href'\n"
     "  linnet discover coap://224.0.1.187 --timeout 6\n",
     discover_run},
    {"shell", "ask a server again and again, at a prompt", "[URI]",
     "A prompt for the other commands, with history and completion (Tab) of commands,\n"
     "options and the paths that the server lists. URIs may be paths there: 'get lamp',\n"
     "'cd /house', 'put ../switch -e on', 'ls'. Ctrl-C ends what runs, Ctrl-D the shell;\n"
     "'help' shows more. Lines from a pipe or file are run as a script, without a prompt;\n"
     "the exit status is that of the last.",
     shell_options,
     "  linnet shell coap://localhost\n"
     "  linnet shell coap://[2001:db8::1]/sensors\n"
     "  echo 'put lamp -e on' | linnet shell localhost\n",
     shell_run},
    {"serve", "run a server", "",
     "Runs a CoAP server until Ctrl-C or SIGTERM. When it is ready it prints one line per\n"
     "address on standard error: listening on coap://127.0.0.1:5683",
     serve_options,
     "  linnet serve --demo\n"
     "  linnet serve --dynamic --bind [::1] --bind 192.0.2.1:5700\n"
     "  linnet serve --demo --psk password:sesame   # coaps, too\n"
     "  linnet serve --demo --join 224.0.1.187 --join ff02::fd%eth0\n"
     "  linnet serve --demo --log-level info --loss 30  # a lossy network, to try clients\n",
     serve_run},
    {"bench", "measure how fast a server answers", "URI",
     "Asks a server as fast as it answers, from as many UDP ports and with as many requests\n"
     "in flight as you say, and tells how many responses came a second, of which codes, and\n"
     "how long they took. More than one request in flight to a server is against RFC 7252\n"
     "4.7 (NSTART): measure servers of your own. Ends after --duration, --count, or Ctrl-C.",
     bench_options,
     "  linnet bench coap://localhost/time\n"
     "  linnet bench --clients 8 --window 16 --duration 5 localhost/time\n"
     "  linnet bench --method put -e 21.5 --count 100000 localhost/test\n"
     "  linnet bench --psk password:sesame --format json coaps://localhost/time | jq .p99_ms\n",
     bench_run},
    {"decode", "explain a message, octet by octet", "HEX...|-|FILE",
     "Explains what each octet of a CoAP message means: given as hex (spaces and colons are\n"
     "fine), on standard input (-) as hex or as it is, in a FILE as it is, or every CoAP\n"
     "message of a capture (pcap, pcapng). A malformed message is explained up to where it\n"
     "breaks; the exit status is 1 then.",
     decode_options,
     "  linnet decode 40017d34bb74656d7065726174757265\n"
     "  linnet decode 60:45:7d:34 ff 32322e332043\n"
     "  tcpdump -w - udp port 5683 -c 10 | linnet decode -\n"
     "  linnet decode --summary --port 5683 --port 5700 capture.pcapng\n"
     "  linnet decode --format json 40017d34 | jq .code\n",
     decode_run},
};

#define COMMAND_COUNT (sizeof commands / sizeof *commands)

const command *command_table(size_t *count)
{
    if (count)
        *count = COMMAND_COUNT;
    return commands;
}

const command *command_find(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

void command_unknown(const char *name)
{
    const char *names[COMMAND_COUNT + 1];
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        names[i] = commands[i].name;
    names[COMMAND_COUNT] = "help";
    const char *meant = suggest(name, names, COMMAND_COUNT + 1);
    complain(*name == '-' ? "unknown option '%s'" : "unknown command '%s'", name);
    if (meant)
        hint("did you mean 'linnet %s'?", meant);
    fputs("commands:", stderr);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(stderr, " %s", names[i]);
    fputs(" help\n", stderr);
}

void command_overview(bool to_error)
{
    FILE *out = to_error ? stderr : stdout;
    const palette *ink = ink_for(out);
    fprintf(out,
            "CoAP (RFC 7252) on the command line: ask servers, watch messages, run a server.\n\n"
            "%susage:%s linnet COMMAND [OPTIONS] [ARGUMENTS]\n\n%scommands:%s\n",
            ink->strong, ink->end, ink->strong, ink->end);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(out, "  %s%-10s%s %s\n", ink->name, commands[i].name, ink->end, commands[i].summary);
    fprintf(out, "  %s%-10s%s %s\n", ink->name, "help", ink->end,
            "this text, or 'linnet help COMMAND' for one of them");
    fprintf(out,
            "\n%sexamples:%s\n"
            "  linnet serve --demo                        # in one terminal\n"
            "  linnet discover localhost                  # in another\n"
            "  linnet get coap://localhost/time\n"
            "\n%sexit status:%s\n"
            "  0    a response of class 2: done\n"
            "  1    a response of class 4 or 5, an incomplete one, or a malformed message\n"
            "  2    the command line cannot be understood\n"
            "  3    no answer, Reset, a network error, or the output cannot be written\n"
            "  130  ended by Ctrl-C\n"
            "\n'linnet COMMAND --help' shows options and examples; 'linnet --version' the version.\n",
            ink->strong, ink->end, ink->strong, ink->end);
}
