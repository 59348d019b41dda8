/* Between Python's values and those of the library. */
#include "coap.h"

#include "py/objint.h"
#include "py/objstr.h"

#include <errno.h>
#include <string.h>

const char *linnet_mp_text(mp_obj_t text)
{
    size_t size;
    const char *data = mp_obj_str_get_data(text, &size);
    if (memchr(data, 0, size))
        mp_raise_ValueError(MP_ERROR_TEXT("embedded null character"));
    return data;
}

const char *linnet_mp_text_or_null(mp_obj_t text) { return text == mp_const_none ? NULL : linnet_mp_text(text); }

/* An int in the fewest octets, at least one, the lowest first. By Python's own operators, so of any size. */
static vstr_t octets_of_int(mp_obj_t number)
{
    vstr_t octets;
    if (mp_obj_int_sign(number) < 0)
        mp_raise_ValueError(MP_ERROR_TEXT("the number is negative"));
    vstr_init(&octets, sizeof(mp_uint_t));
    do {
        mp_obj_t lowest = mp_binary_op(MP_BINARY_OP_AND, number, MP_OBJ_NEW_SMALL_INT(0xff));
        vstr_add_byte(&octets, (byte)mp_obj_get_int(lowest));
        number = mp_binary_op(MP_BINARY_OP_RSHIFT, number, MP_OBJ_NEW_SMALL_INT(8));
    } while (mp_obj_int_sign(number) != 0);
    return octets;
}

static linnet_bytes view_of(const vstr_t *octets) { return linnet_view((const uint8_t *)octets->buf, octets->len); }

/* Other threads may change a bytearray while the library copies it, so it is copied first. */
static linnet_bytes octets_of_buffer(mp_obj_t value)
{
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(value, &buffer, MP_BUFFER_READ);
    if (!mp_obj_is_str_or_bytes(value)) {
        vstr_t copy;
        vstr_init(&copy, buffer.len + 1);
        vstr_add_strn(&copy, buffer.buf, buffer.len);
        return view_of(&copy);
    }
    return linnet_view(buffer.buf, buffer.len);
}

static bool is_number(mp_obj_t value) { return mp_obj_is_int(value) || mp_obj_is_bool(value); }

static mp_obj_t as_int(mp_obj_t value)
{
    return mp_obj_is_bool(value) ? MP_OBJ_NEW_SMALL_INT(value == mp_const_true) : value;
}

linnet_bytes linnet_mp_octets(mp_obj_t value)
{
    if (!is_number(value))
        return octets_of_buffer(value);
    vstr_t octets = octets_of_int(as_int(value));
    return view_of(&octets);
}

linnet_bytes linnet_mp_token(mp_obj_t token)
{
    linnet_bytes octets = linnet_mp_octets(token);
    if (octets.size > 8)
        mp_raise_ValueError(MP_ERROR_TEXT("a token has 8 bytes at most"));
    if (!is_number(token))
        return octets;
    vstr_t turned;
    vstr_init(&turned, octets.size);
    for (size_t i = octets.size; i > 0; i--)
        vstr_add_byte(&turned, octets.data[i - 1]);
    return view_of(&turned);
}

linnet_bytes linnet_mp_key(mp_obj_t key)
{
    if (key == mp_const_none)
        return linnet_view(NULL, 0);
    linnet_bytes octets = octets_of_buffer(key);
    if (octets.size == 0)
        mp_raise_ValueError(MP_ERROR_TEXT("psk is empty"));
    if (octets.size > LINNET_PSK_MAX)
        mp_raise_ValueError(MP_ERROR_TEXT("psk has 64 bytes at most"));
    return octets;
}

mp_obj_t linnet_mp_bytes(linnet_bytes octets) { return mp_obj_new_bytes(octets.data, octets.size); }

/* By Python's own comparison, since an int may be longer than any of C. `most` is below 2^32. */
int64_t linnet_mp_number(mp_obj_t number, int64_t least, int64_t most, int64_t otherwise)
{
    if (number == mp_const_none)
        return otherwise;
    if (!is_number(number))
        mp_raise_TypeError(MP_ERROR_TEXT("an int is needed"));
    number = as_int(number);
    if (mp_binary_op(MP_BINARY_OP_LESS, number, mp_obj_new_int_from_ll(least)) == mp_const_true ||
        mp_binary_op(MP_BINARY_OP_MORE, number, mp_obj_new_int_from_ll(most)) == mp_const_true)
        mp_raise_ValueError(MP_ERROR_TEXT("the number is out of range"));
    return mp_obj_int_sign(number) < 0 ? (int64_t)mp_obj_get_int(number) : (int64_t)mp_obj_int_get_uint_checked(number);
}

static const mp_obj_type_t *exception_of(int error)
{
    switch (error) {
    case LINNET_EINVAL:
    case LINNET_ETOOBIG:
    case LINNET_EURI:
    case LINNET_EADDRESS:
    case LINNET_ERESOLVE:
    case LINNET_ECREDENTIALS:
        return &mp_type_ValueError;
    case LINNET_ENOMEM:
        return &mp_type_MemoryError;
    case LINNET_EUNSUPPORTED:
        return &mp_type_NotImplementedError;
    default:
        return &mp_type_RuntimeError;
    }
}

void linnet_mp_check(int error, const char *subject)
{
    int reason = errno;
    if (error == 0)
        return;
    /* An address that another program has is no bad address. */
    if (error == LINNET_ESYSTEM || (error == LINNET_EADDRESS && (reason == EADDRINUSE || reason == EACCES)))
        mp_raise_OSError(reason);
    if (subject)
        mp_raise_msg_varg(exception_of(error), MP_ERROR_TEXT("%s: %s"), subject, linnet_error_text(error));
    mp_raise_msg_varg(exception_of(error), MP_ERROR_TEXT("%s"), linnet_error_text(error));
}
