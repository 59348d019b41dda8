/* The machine's own limit: answers every CoAP request on the loopback with a fixed piggybacked answer and knows nothing
 * else of CoAP. What a real server costs beyond this is its own doing.
 *
 *     responder PORT [group] [merge]
 *
 * "group" sends neighbouring answers to one peer as one train (UDP_SEGMENT), "merge" also receives trains (UDP_GRO).
 * It ends when it is killed, or after ten minutes. */
#include "process.h"

#include <errno.h>
#include <linnet/code.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/time.h>

enum {
    BATCH = 64,
    TRAIN = 64,          /* datagrams in one train at most: UDP_MAX_SEGMENTS of older kernels */
    BUFFER = 65536 + 64, /* not a power of two: buffers must not share their cache lines' places */
    ANSWER = 64,         /* header, token and the text below */
    ANSWERS = BATCH * TRAIN,
    LIFETIME = 600 /* seconds */
};

static const char text[] = "\xffJan 01 00:00:00"; /* payload marker and payload, as long as libcoap's /time */

typedef struct answer {
    uint8_t octets[ANSWER];
    size_t size;
    size_t from; /* index of the message that asked */
} answer;

static uint8_t buffers[BATCH][BUFFER];
static struct sockaddr_in peers[BATCH];
static uint8_t control_in[BATCH][64];
static uint8_t control_out[ANSWERS][CMSG_SPACE(sizeof(uint16_t))];
static struct mmsghdr incoming[BATCH], outgoing[ANSWERS];
static struct iovec in_parts[BATCH], out_parts[ANSWERS];
static answer answers[ANSWERS];
static size_t answer_count;

/* Type, token and message ID of the request; 2.05 with the text, or 2.04 to what is not a GET. */
static void answer_to(const uint8_t *request, size_t size, size_t from)
{
    size_t head = 4u + (request[0] & 15u);
    if (size < head || head > 12 || request[1] == 0 || answer_count == ANSWERS)
        return;
    answer *made = &answers[answer_count++];
    bool get = request[1] == LINNET_GET;
    bool confirmable = (request[0] & 0x30) == 0;
    memcpy(made->octets, request, head);
    made->octets[0] = (uint8_t)((request[0] & 0xcf) | (confirmable ? 0x20 : 0x10));
    made->octets[1] = get ? LINNET_CONTENT : LINNET_CHANGED;
    if (get)
        memcpy(made->octets + head, text, sizeof text - 1);
    made->size = head + (get ? sizeof text - 1 : 0);
    made->from = from;
}

/* The size of each datagram of a merged train, or the whole of what came. */
static size_t cut_of(struct msghdr *header, size_t size)
{
    int cut = 0;
    for (struct cmsghdr *control = CMSG_FIRSTHDR(header); control; control = CMSG_NXTHDR(header, control)) {
        if (control->cmsg_level == IPPROTO_UDP && control->cmsg_type == UDP_GRO)
            memcpy(&cut, CMSG_DATA(control), sizeof cut);
    }
    return cut > 0 ? (size_t)cut : size;
}

static void answer_all(size_t count)
{
    answer_count = 0;
    for (size_t i = 0; i < count; i++) {
        size_t size = incoming[i].msg_len, cut = cut_of(&incoming[i].msg_hdr, size);
        for (size_t at = 0; at < size; at += cut)
            answer_to(buffers[i] + at, size - at < cut ? size - at : cut, i);
    }
}

static void set_segment(struct msghdr *header, uint8_t *memory, size_t size)
{
    uint16_t cut = (uint16_t)size;
    header->msg_control = memory;
    header->msg_controllen = CMSG_SPACE(sizeof cut);
    struct cmsghdr *control = CMSG_FIRSTHDR(header);
    control->cmsg_level = IPPROTO_UDP;
    control->cmsg_type = UDP_SEGMENT;
    control->cmsg_len = CMSG_LEN(sizeof cut);
    memcpy(CMSG_DATA(control), &cut, sizeof cut);
}

/* How many answers from `first` on can go as one train. */
static size_t train(size_t first, bool group)
{
    size_t length = 1;
    const struct sockaddr_in *peer = &peers[answers[first].from];
    while (group && length < TRAIN && first + length < answer_count) {
        const answer *next = &answers[first + length];
        if (next->size != answers[first].size || memcmp(&peers[next->from], peer, sizeof *peer) != 0)
            break;
        length++;
    }
    return length;
}

static unsigned compose(bool group)
{
    unsigned count = 0;
    for (size_t first = 0; first < answer_count; count++) {
        size_t length = train(first, group);
        struct msghdr *header = &outgoing[count].msg_hdr;
        for (size_t i = first; i < first + length; i++)
            out_parts[i] = (struct iovec){answers[i].octets, answers[i].size};
        *header = (struct msghdr){.msg_name = &peers[answers[first].from],
                                  .msg_namelen = sizeof peers[0],
                                  .msg_iov = &out_parts[first],
                                  .msg_iovlen = length};
        if (length > 1)
            set_segment(header, control_out[count], answers[first].size);
        first += length;
    }
    return count;
}

static void send_all(int descriptor, unsigned count)
{
    for (unsigned at = 0; at < count;) {
        int sent = sendmmsg(descriptor, outgoing + at, count - at, 0);
        at += sent > 0 ? (unsigned)sent : 1; /* what does not go is lost */
    }
}

/* Makes the first `count` places ready for the next datagrams. */
static void prepare(size_t count, bool merge)
{
    for (size_t i = 0; i < count; i++) {
        in_parts[i] = (struct iovec){buffers[i], BUFFER};
        incoming[i].msg_hdr = (struct msghdr){.msg_name = &peers[i],
                                              .msg_namelen = sizeof peers[i],
                                              .msg_iov = &in_parts[i],
                                              .msg_iovlen = 1,
                                              .msg_control = merge ? control_in[i] : NULL,
                                              .msg_controllen = merge ? sizeof control_in[i] : 0};
    }
}

int main(int count, char **words)
{
    bool group = false, merge = false;
    int on = 1;
    if (count < 2 || atoi(words[1]) <= 0) {
        fprintf(stderr, "usage: responder PORT [group] [merge]\n");
        return 2;
    }
    for (int i = 2; i < count; i++) {
        group |= strcmp(words[i], "group") == 0;
        merge |= strcmp(words[i], "merge") == 0;
    }
    int descriptor = udp_socket(INADDR_LOOPBACK, (uint16_t)atoi(words[1]));
    if (merge && setsockopt(descriptor, IPPROTO_UDP, UDP_GRO, &on, sizeof on) != 0)
        give_up("UDP_GRO");
    alarm(LIFETIME);
    prepare(BATCH, merge);
    for (;;) {
        int received = recvmmsg(descriptor, incoming, BATCH, MSG_WAITFORONE, NULL);
        if (received < 0 && errno != EINTR && errno != ECONNREFUSED)
            give_up("recvmmsg");
        size_t taken = received > 0 ? (size_t)received : 0;
        answer_all(taken);
        send_all(descriptor, compose(group));
        prepare(taken, merge);
    }
}
