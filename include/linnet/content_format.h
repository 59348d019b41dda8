/* Content-Formats (RFC 7252 12.3): the registry as a table, with short names for people. */
#ifndef LINNET_CONTENT_FORMAT_H
#define LINNET_CONTENT_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LINNET_NO_FORMAT (-1) /* "no Content-Format option" wherever a format is an int */

enum {
    LINNET_TEXT = 0, /* text/plain; charset=utf-8 */
    LINNET_LINK_FORMAT = 40,
    LINNET_XML = 41,
    LINNET_OCTET_STREAM = 42,
    LINNET_EXI = 47,
    LINNET_JSON = 50,
    LINNET_CBOR = 60,
    LINNET_SENML_JSON = 110,
    LINNET_SENML_CBOR = 112,
    LINNET_PROBLEM_DETAILS = 257 /* RFC 9290 */
};

typedef struct linnet_content_format {
    uint16_t number;
    const char *media_type; /* "application/senml+json", with parameters where the registry has them */
    const char *coding;     /* content coding, "deflate"; NULL for none */
    const char *short_name; /* "senml+json"; never NULL; unique */
} linnet_content_format;

/* NULL when the number is not registered. Static. */
const linnet_content_format *linnet_content_format_find(uint16_t number);

/* Accepts a decimal number 0-65535, a media type, or a short name, in any case. The number, or -1. */
int32_t linnet_content_format_parse(const char *text);

/* The whole table, sorted by number. */
const linnet_content_format *linnet_content_format_table(size_t *count);

#ifdef __cplusplus
}
#endif
#endif
