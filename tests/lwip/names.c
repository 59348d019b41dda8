/* POSIX names of socket calls, as lwIP's own functions: the programs here are linked with --wrap for each, so that
 * nothing of theirs reaches the sockets of the kernel. Counts what is open. */
#include "stack.h"

#include <lwip/if_api.h>
#include <lwip/sockets.h>
#include <stdarg.h>
#include <stdatomic.h>

static atomic_int open_sockets;

int stack_open_sockets(void) { return atomic_load(&open_sockets); }

int __wrap_socket(int family, int type, int protocol);
int __wrap_close(int descriptor);
int __wrap_bind(int descriptor, const struct sockaddr *name, socklen_t size);
int __wrap_connect(int descriptor, const struct sockaddr *name, socklen_t size);
int __wrap_getsockname(int descriptor, struct sockaddr *name, socklen_t *size);
int __wrap_getsockopt(int descriptor, int level, int name, void *value, socklen_t *size);
int __wrap_setsockopt(int descriptor, int level, int name, const void *value, socklen_t size);
int __wrap_fcntl(int descriptor, int command, ...);
int __wrap_poll(struct pollfd *files, nfds_t count, int timeout);
ssize_t __wrap_send(int descriptor, const void *data, size_t size, int flags);
ssize_t __wrap_sendto(int descriptor, const void *data, size_t size, int flags, const struct sockaddr *to,
                      socklen_t to_size);
ssize_t __wrap_recv(int descriptor, void *data, size_t size, int flags);
ssize_t __wrap_recvmsg(int descriptor, struct msghdr *header, int flags);
char *__wrap_if_indextoname(unsigned index, char *name);
unsigned __wrap_if_nametoindex(const char *name);

int __wrap_socket(int family, int type, int protocol)
{
    int descriptor = lwip_socket(family, type, protocol);
    atomic_fetch_add(&open_sockets, descriptor >= 0);
    return descriptor;
}

int __wrap_close(int descriptor)
{
    int result = lwip_close(descriptor);
    atomic_fetch_sub(&open_sockets, result == 0);
    return result;
}

int __wrap_bind(int descriptor, const struct sockaddr *name, socklen_t size)
{
    return lwip_bind(descriptor, name, size);
}

int __wrap_connect(int descriptor, const struct sockaddr *name, socklen_t size)
{
    return lwip_connect(descriptor, name, size);
}

int __wrap_getsockname(int descriptor, struct sockaddr *name, socklen_t *size)
{
    return lwip_getsockname(descriptor, name, size);
}

int __wrap_getsockopt(int descriptor, int level, int name, void *value, socklen_t *size)
{
    return lwip_getsockopt(descriptor, level, name, value, size);
}

int __wrap_setsockopt(int descriptor, int level, int name, const void *value, socklen_t size)
{
    return lwip_setsockopt(descriptor, level, name, value, size);
}

int __wrap_fcntl(int descriptor, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    int value = va_arg(arguments, int);
    va_end(arguments);
    return lwip_fcntl(descriptor, command, value);
}

int __wrap_poll(struct pollfd *files, nfds_t count, int timeout) { return lwip_poll(files, count, timeout); }

ssize_t __wrap_send(int descriptor, const void *data, size_t size, int flags)
{
    return lwip_send(descriptor, data, size, flags);
}

ssize_t __wrap_sendto(int descriptor, const void *data, size_t size, int flags, const struct sockaddr *to,
                      socklen_t to_size)
{
    return lwip_sendto(descriptor, data, size, flags, to, to_size);
}

ssize_t __wrap_recv(int descriptor, void *data, size_t size, int flags)
{
    return lwip_recv(descriptor, data, size, flags);
}

ssize_t __wrap_recvmsg(int descriptor, struct msghdr *header, int flags)
{
    return lwip_recvmsg(descriptor, header, flags);
}

char *__wrap_if_indextoname(unsigned index, char *name) { return lwip_if_indextoname(index, name); }
unsigned __wrap_if_nametoindex(const char *name) { return lwip_if_nametoindex(name); }
