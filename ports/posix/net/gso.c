/* No trains: each datagram is a call. */
#include "net/gso.h"

void linnet_gso_enable(linnet_socket *socket) { socket->segments = false; }
