/* A request from Python's arguments. */
#include "coap.h"

enum { PATH, FORMAT, PAYLOAD, TOKEN, OPTIONS };

linnet_module_request linnet_mp_request(mp_int_t method, const mp_arg_val_t *given)
{
    linnet_module_request request = {
        .method = (unsigned)method,
        .uri_path = linnet_mp_text_or_null(given[PATH].u_obj),
        .content_format = (int32_t)linnet_mp_number(given[FORMAT].u_obj, -1, UINT16_MAX, LINNET_MODULE_UNSET),
        .no_options = !given[OPTIONS].u_bool,
    };
    if (given[PAYLOAD].u_obj != mp_const_none)
        request.payload = linnet_mp_octets(given[PAYLOAD].u_obj);
    if (given[TOKEN].u_obj != mp_const_none)
        request.token = linnet_mp_token(given[TOKEN].u_obj);
    return request;
}
