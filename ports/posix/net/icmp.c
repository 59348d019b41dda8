/* Without an error queue nobody says which datagram an error is of: requests to where nothing listens time out. */
#include "net/icmp.h"

#include <sys/socket.h>

/* Asking clears the error, so the next call and the next poll are not told of it. */
bool linnet_icmp_read(const linnet_socket *socket, uint16_t number, linnet_icmp_report *report)
{
    int pending;
    socklen_t length = sizeof pending;
    (void)number, (void)report;
    getsockopt(socket->descriptor, SOL_SOCKET, SO_ERROR, &pending, &length);
    return false;
}
