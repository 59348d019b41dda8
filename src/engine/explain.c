/* What a refusal says, for endpoints that name linnet_explain_refusal(): the diagnostic payload of a 4.02 (RFC 7252
 * 5.4.1), problem details for clients that accept them, or nothing where the client wants that. */
#include "wire/problem.h"

#include <linnet/content_format.h>
#include <linnet/endpoint.h>

#define TITLE_SIZE 40u
#define DIGITS 5u /* of 65535 */

static const char about_option[] = "Unknown or malformed option ";

_Static_assert(sizeof about_option - 1 + DIGITS <= TITLE_SIZE, "the text fits");

/* Whether an option of the request is there with a value; one of a wrong length is ignored (RFC 7252 5.4.3). */
static bool find(const linnet_message *request, uint16_t number, size_t most_octets, uint32_t *value)
{
    linnet_bytes octets;

    if (!linnet_option_get(request->options, number, 0, &octets) || octets.size > most_octets)
        return false;
    *value = linnet_option_uint(octets);
    return true;
}

/* RFC 7967 2.1: a bit for each class. */
static bool is_unwanted(const linnet_refusal *refusal)
{
    uint32_t classes;

    return find(refusal->request, LINNET_OPTION_NO_RESPONSE, 1, &classes) &&
           (classes >> (LINNET_CODE_CLASS(refusal->code) - 1u) & 1u);
}

static size_t name_option(uint16_t option, uint8_t title[TITLE_SIZE])
{
    size_t size = sizeof about_option - 1;
    uint16_t unit = 10000;

    memcpy(title, about_option, size);
    while (unit > 1 && option < unit)
        unit /= 10u;
    for (; unit > 0; unit /= 10u)
        title[size++] = (uint8_t)('0' + option / unit % 10u);
    return size;
}

static linnet_bytes title_of(const linnet_refusal *refusal, uint8_t title[TITLE_SIZE])
{
    if (refusal->code == LINNET_BAD_OPTION)
        return linnet_view(title, name_option(refusal->option, title));
    return linnet_text(linnet_code_name(refusal->code));
}

size_t linnet_explain_refusal(const linnet_refusal *refusal, uint8_t *body, size_t capacity)
{
    uint8_t title[TITLE_SIZE];
    uint8_t problem[LINNET_PROBLEM_HEAD + TITLE_SIZE];
    linnet_bytes text = title_of(refusal, title);
    linnet_writer writer;
    uint32_t accept;
    int size;

    if (is_unwanted(refusal))
        return LINNET_SAY_NOTHING;
    linnet_writer_begin_options(&writer, body, capacity);
    if (find(refusal->request, LINNET_OPTION_ACCEPT, 2, &accept) && accept == LINNET_PROBLEM_DETAILS &&
        text.size <= TITLE_SIZE) {
        size_t head = linnet_problem_head(problem, text.size);
        memcpy(problem + head, text.data, text.size);
        text = linnet_view(problem, head + text.size);
        linnet_writer_option_uint(&writer, LINNET_OPTION_CONTENT_FORMAT, LINNET_PROBLEM_DETAILS);
    } else if (refusal->code != LINNET_BAD_OPTION) {
        return 0;
    }
    linnet_writer_payload(&writer, text);
    size = linnet_writer_end(&writer);
    return size > 0 ? (size_t)size : 0; /* what does not fit is left out */
}
