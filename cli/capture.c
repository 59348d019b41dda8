/* Reads captures (pcap, pcapng) with libpcap and hands their CoAP messages on. */
#include "cli/complain.h"
#include "cli/decode.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>

bool capture_recognise(linnet_bytes content)
{
    /* pcap with micro- and nanoseconds in both octet orders, libpcap's "modified" form, pcapng. */
    static const uint8_t magics[][4] = {{0xd4, 0xc3, 0xb2, 0xa1}, {0xa1, 0xb2, 0xc3, 0xd4}, {0x4d, 0x3c, 0xb2, 0xa1},
                                        {0xa1, 0xb2, 0x3c, 0x4d}, {0x34, 0xcd, 0xb2, 0xa1}, {0xa1, 0xb2, 0xcd, 0x34},
                                        {0x0a, 0x0d, 0x0d, 0x0a}};
    for (size_t i = 0; content.size >= 4 && i < sizeof magics / sizeof *magics; i++)
        if (memcmp(content.data, magics[i], 4) == 0)
            return true;
    return false;
}

static bool has_port(const decode *self, const decode_place *place)
{
    for (size_t i = 0; i < self->port_count; i++)
        if (place->from.port == self->ports[i] || place->to.port == self->ports[i])
            return true;
    return false;
}

static bool read_packets(decode *self, const char *name, pcap_t *capture)
{
    struct pcap_pkthdr *header;
    const u_char *data;
    double first = 0;
    unsigned long packets = 0;
    int link_type = pcap_datalink(capture), status;
    while ((status = pcap_next_ex(capture, &header, &data)) == 1) {
        decode_place place = {.packet = ++packets};
        linnet_bytes payload;
        double seconds = (double)header->ts.tv_sec + (double)header->ts.tv_usec / 1e6;
        if (packets == 1)
            first = seconds;
        place.seconds = seconds - first;
        if (capture_dissect(link_type, linnet_view(data, header->caplen), &place, &payload) && has_port(self, &place))
            decode_message(self, payload, &place);
    }
    if (status == PCAP_ERROR) {
        complain("%s, behind packet %lu: %s", name, packets, pcap_geterr(capture));
        return false;
    }
    if (self->messages == 0) {
        complain("%s: no CoAP message in %lu packet%s", name, packets, packets == 1 ? "" : "s");
        hint("--port says which UDP ports to look at; %u is one now", self->ports[0]);
        return false;
    }
    return true;
}

bool capture_read(decode *self, const char *name, linnet_bytes content)
{
    char problem[PCAP_ERRBUF_SIZE];
    FILE *file = fmemopen((void *)content.data, content.size, "r");
    if (!file) {
        complain("%s cannot be read: %s", name, strerror(errno));
        return false;
    }
    pcap_t *capture = pcap_fopen_offline(file, problem); /* closes the file when it is closed itself */
    if (!capture) {
        complain("%s is no capture: %s", name, problem);
        fclose(file);
        return false;
    }
    bool done = read_packets(self, name, capture);
    pcap_close(capture);
    return done;
}
