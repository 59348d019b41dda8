/* A UDP socket that is connected to itself, so only what it sends itself comes in. */
#include "net/waker.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static int connect_to_itself(int descriptor)
{
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof own;
    if (bind(descriptor, (const struct sockaddr *)&own, size) != 0 ||
        getsockname(descriptor, (struct sockaddr *)&own, &size) != 0 ||
        connect(descriptor, (const struct sockaddr *)&own, size) != 0)
        return -1;
    return fcntl(descriptor, F_SETFL, O_NONBLOCK);
}

int linnet_waker_open(void)
{
    int descriptor = socket(AF_INET, SOCK_DGRAM, 0);
    if (descriptor < 0 || connect_to_itself(descriptor) == 0)
        return descriptor;
    int number = errno;
    close(descriptor);
    errno = number;
    return -1;
}

void linnet_waker_ring(int waker)
{
    int number = errno;
    if (send(waker, "", 1, 0) < 0)
        errno = 0; /* no room: then it is readable */
    errno = number;
}

/* What came before the connecting may be of others, but there is an end to it: the receive buffer. */
bool linnet_waker_hush(int waker)
{
    char octet;
    bool rung = false;
    while (recv(waker, &octet, sizeof octet, 0) >= 0)
        rung = true;
    return rung;
}
