/* What Coap.socket() gives: an object to poll with `select`. It has a duplicate of the server's descriptor, so that
 * closing it takes nothing from the module; or the descriptor itself, where there are no duplicates (lwIP), until the
 * module is closed. */
#include "coap.h"

#include "py/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/poll.h>
#include <unistd.h>

typedef struct coap_socket {
    mp_obj_base_t base;
    int descriptor; /* -1: closed */
    bool borrowed;  /* it is the module's own */
} coap_socket;

mp_obj_t linnet_mp_socket_new(int descriptor)
{
    coap_socket *made = m_malloc_with_finaliser(sizeof *made);
    *made = (coap_socket){.base = {.type = &linnet_mp_socket_type}, .descriptor = -1};
    made->descriptor = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    if (made->descriptor < 0 && (errno == EMFILE || errno == ENFILE))
        mp_raise_OSError(errno);
    made->borrowed = made->descriptor < 0;
    if (made->borrowed)
        made->descriptor = descriptor;
    return MP_OBJ_FROM_PTR(made);
}

void linnet_mp_socket_close(mp_obj_t self)
{
    coap_socket *of = MP_OBJ_TO_PTR(self);
    if (of->descriptor >= 0 && !of->borrowed)
        close(of->descriptor);
    of->descriptor = -1;
}

static mp_obj_t close_socket(mp_obj_t self)
{
    linnet_mp_socket_close(self);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(close_obj, close_socket);

static mp_obj_t fileno_of(mp_obj_t self)
{
    return MP_OBJ_NEW_SMALL_INT(((coap_socket *)MP_OBJ_TO_PTR(self))->descriptor);
}
static MP_DEFINE_CONST_FUN_OBJ_1(fileno_obj, fileno_of);

static mp_uint_t poll_now(int descriptor, mp_uint_t events)
{
    struct pollfd file = {
        .fd = descriptor,
        .events = (short)(((events & MP_STREAM_POLL_RD) ? POLLIN : 0) | ((events & MP_STREAM_POLL_WR) ? POLLOUT : 0))};
    if (poll(&file, 1, 0) <= 0)
        return 0;
    return (mp_uint_t)(((file.revents & POLLIN) ? MP_STREAM_POLL_RD : 0) |
                       ((file.revents & POLLOUT) ? MP_STREAM_POLL_WR : 0) |
                       ((file.revents & POLLERR) ? MP_STREAM_POLL_ERR : 0));
}

/* Ports poll descriptors where they can, and ask the object where they cannot. */
static mp_uint_t control(mp_obj_t self, mp_uint_t request, uintptr_t argument, int *error)
{
    coap_socket *of = MP_OBJ_TO_PTR(self);
    if (request == MP_STREAM_CLOSE) {
        linnet_mp_socket_close(self);
        return 0;
    }
    *error = of->descriptor < 0 ? EBADF : EINVAL;
    if (of->descriptor < 0)
        return MP_STREAM_ERROR;
    if (request == MP_STREAM_GET_FILENO)
        return (mp_uint_t)of->descriptor;
    return request == MP_STREAM_POLL ? poll_now(of->descriptor, argument) : MP_STREAM_ERROR;
}

static const mp_stream_p_t protocol = {.ioctl = control};

static const mp_rom_map_elem_t entries[] = {
    {MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&close_obj)},
    {MP_ROM_QSTR(MP_QSTR_close), MP_ROM_PTR(&close_obj)},
    {MP_ROM_QSTR(MP_QSTR_fileno), MP_ROM_PTR(&fileno_obj)},
};
static MP_DEFINE_CONST_DICT(dict, entries);

MP_DEFINE_CONST_OBJ_TYPE(linnet_mp_socket_type, MP_QSTR_CoapSocket, MP_TYPE_FLAG_NONE, protocol, &protocol, locals_dict,
                         &dict);
