/* The IANA registry "CoAP Content-Formats" (July 2026, temporary and draft entries included) as a table, with short
 * names that a person can type: the subtype, or what tells it apart where that is not enough. */
#include <linnet/content_format.h>

#include "wire/ascii.h"

/* Sorted by number. An entry: number, media type with its parameters, content coding, short name. */
static const linnet_content_format table[] = {
    {0, "text/plain; charset=utf-8", NULL, "text"},
    {16, "application/cose; cose-type=\"cose-encrypt0\"", NULL, "cose-encrypt0"},
    {17, "application/cose; cose-type=\"cose-mac0\"", NULL, "cose-mac0"},
    {18, "application/cose; cose-type=\"cose-sign1\"", NULL, "cose-sign1"},
    {19, "application/ace+cbor", NULL, "ace+cbor"},
    {21, "image/gif", NULL, "gif"},
    {22, "image/jpeg", NULL, "jpeg"},
    {23, "image/png", NULL, "png"},
    {40, "application/link-format", NULL, "link"},
    {41, "application/xml", NULL, "xml"},
    {42, "application/octet-stream", NULL, "octets"},
    {47, "application/exi", NULL, "exi"},
    {50, "application/json", NULL, "json"},
    {51, "application/json-patch+json", NULL, "json-patch+json"},
    {52, "application/merge-patch+json", NULL, "merge-patch+json"},
    {60, "application/cbor", NULL, "cbor"},
    {61, "application/cwt", NULL, "cwt"},
    {62, "application/multipart-core", NULL, "multipart-core"},
    {63, "application/cbor-seq", NULL, "cbor-seq"},
    {64, "application/edhoc+cbor-seq", NULL, "edhoc+cbor-seq"},
    {65, "application/cid-edhoc+cbor-seq", NULL, "cid-edhoc+cbor-seq"},
    {96, "application/cose; cose-type=\"cose-encrypt\"", NULL, "cose-encrypt"},
    {97, "application/cose; cose-type=\"cose-mac\"", NULL, "cose-mac"},
    {98, "application/cose; cose-type=\"cose-sign\"", NULL, "cose-sign"},
    {101, "application/cose-key", NULL, "cose-key"},
    {102, "application/cose-key-set", NULL, "cose-key-set"},
    {110, "application/senml+json", NULL, "senml+json"},
    {111, "application/sensml+json", NULL, "sensml+json"},
    {112, "application/senml+cbor", NULL, "senml+cbor"},
    {113, "application/sensml+cbor", NULL, "sensml+cbor"},
    {114, "application/senml-exi", NULL, "senml-exi"},
    {115, "application/sensml-exi", NULL, "sensml-exi"},
    {140, "application/yang-data+cbor; id=sid", NULL, "yang-data+cbor-sid"},
    {256, "application/coap-group+json", NULL, "coap-group+json"},
    {257, "application/concise-problem-details+cbor", NULL, "problem"},
    {258, "application/swid+cbor", NULL, "swid+cbor"},
    {259, "application/pkixcmp", NULL, "pkixcmp"},
    {260, "application/yang-sid+json", NULL, "yang-sid+json"},
    {261, "application/ace-groupcomm+cbor", NULL, "ace-groupcomm+cbor"},
    {262, "application/ace-trl+cbor", NULL, "ace-trl+cbor"},
    {263, "application/eat+cwt", NULL, "eat+cwt"},
    {264, "application/eat+jwt", NULL, "eat+jwt"},
    {265, "application/eat-bun+cbor", NULL, "eat-bun+cbor"},
    {266, "application/eat-bun+json", NULL, "eat-bun+json"},
    {267, "application/eat-ucs+cbor", NULL, "eat-ucs+cbor"},
    {268, "application/eat-ucs+json", NULL, "eat-ucs+json"},
    {269, "application/coap-eap", NULL, "coap-eap"},
    {270, "application/suit-report+cose", NULL, "suit-report+cose"},
    {271, "application/dots+cbor", NULL, "dots+cbor"},
    {272, "application/missing-blocks+cbor-seq", NULL, "missing-blocks+cbor-seq"},
    {273, "application/cmw+cbor", NULL, "cmw+cbor"},
    {274, "application/cmw+json", NULL, "cmw+json"},
    {275, "application/cmw+cose", NULL, "cmw+cose"},
    {276, "application/cmw+jws", NULL, "cmw+jws"},
    {277, "application/scitt-statement+cose", NULL, "scitt-statement+cose"},
    {278, "application/scitt-receipt+cose", NULL, "scitt-receipt+cose"},
    {279, "application/statuslist+cwt", NULL, "statuslist+cwt"},
    {280, "application/pkcs7-mime; smime-type=server-generated-key", NULL, "pkcs7-key"},
    {281, "application/pkcs7-mime; smime-type=certs-only", NULL, "pkcs7-certs"},
    {284, "application/pkcs8", NULL, "pkcs8"},
    {285, "application/csrattrs", NULL, "csrattrs"},
    {286, "application/pkcs10", NULL, "pkcs10"},
    {287, "application/pkix-cert", NULL, "pkix-cert"},
    {290, "application/aif+cbor", NULL, "aif+cbor"},
    {291, "application/aif+json", NULL, "aif+json"},
    {292, "application/aif+cbor; toid=CRI-local-part", NULL, "aif+cbor-cri"},
    {293, "application/sd-cwt", NULL, "sd-cwt"},
    {294, "application/kb+cwt", NULL, "kb+cwt"},
    {295, "application/measured-component+cbor", NULL, "measured-component+cbor"},
    {296, "application/measured-component+json", NULL, "measured-component+json"},
    {297, "application/aif+cbor; toid=oscore-gname; tperm=oscore-gperm", NULL, "aif+cbor-oscore"},
    {298, "application/aif+json; toid=oscore-gname; tperm=oscore-gperm", NULL, "aif+json-oscore"},
    {310, "application/senml+xml", NULL, "senml+xml"},
    {311, "application/sensml+xml", NULL, "sensml+xml"},
    {320, "application/senml-etch+json", NULL, "senml-etch+json"},
    {322, "application/senml-etch+cbor", NULL, "senml-etch+cbor"},
    {340, "application/yang-data+cbor", NULL, "yang-data+cbor"},
    {341, "application/yang-data+cbor; id=name", NULL, "yang-data+cbor-name"},
    {432, "application/td+json", NULL, "td+json"},
    {433, "application/tm+json", NULL, "tm+json"},
    {434, "application/sdf+json", NULL, "sdf+json"},
    {553, "application/dns-message", NULL, "dns-message"},
    {601, "application/uccs+cbor", NULL, "uccs+cbor"},
    {836, "application/voucher+cose", NULL, "voucher+cose"},
    {10000, "application/vnd.ocf+cbor", NULL, "ocf+cbor"},
    {10001, "application/oscore", NULL, "oscore"},
    {10002, "application/javascript", NULL, "javascript"},
    {10003, "application/eat+cwt; eat_profile=\"tag:psacertified.org,2023:psa#tfm\"", NULL, "eat+cwt-psa-tfm"},
    {10004, "application/eat+cwt; eat_profile=\"tag:psacertified.org,2019:psa#legacy\"", NULL, "eat+cwt-psa-legacy"},
    {10005, "application/eat+cwt; eat_profile=2.16.840.1.113741.1.16.1", NULL, "eat+cwt-intel"},
    {10006, "application/vnd.oms.cellular-cose-content+cbor", NULL, "oms-cellular+cbor"},
    {10007, "application/syslog-msg", NULL, "syslog-msg"},
    {10570, "application/toc+cbor", NULL, "toc+cbor"},
    {10571, "application/ce+cbor", NULL, "ce+cbor"},
    {10572, "application/toc+cbor; profile=2.16.840.1.113741.1.16.1", NULL, "toc+cbor-intel"},
    {10573, "application/ce+cbor; profile=2.16.840.1.113741.1.16.1", NULL, "ce+cbor-intel"},
    {11050, "application/json", "deflate", "json-deflate"},
    {11060, "application/cbor", "deflate", "cbor-deflate"},
    {11542, "application/vnd.oma.lwm2m+tlv", NULL, "lwm2m+tlv"},
    {11543, "application/vnd.oma.lwm2m+json", NULL, "lwm2m+json"},
    {11544, "application/vnd.oma.lwm2m+cbor", NULL, "lwm2m+cbor"},
    {12000, "text/plain; charset=utf-8", "zstd", "text-zstd"},
    {12041, "application/xml", "zstd", "xml-zstd"},
    {12050, "application/json", "zstd", "json-zstd"},
    {20000, "text/css", NULL, "css"},
    {20001, "application/vnd.as207960.vas.config+jer", NULL, "vas-config+jer"},
    {20002, "application/vnd.as207960.vas.config+uper", NULL, "vas-config+uper"},
    {20003, "application/vnd.as207960.vas.tap+jer", NULL, "vas-tap+jer"},
    {20004, "application/vnd.as207960.vas.tap+uper", NULL, "vas-tap+uper"},
    {30000, "image/svg+xml", NULL, "svg"},
};

enum { COUNT = sizeof table / sizeof table[0] };

const linnet_content_format *linnet_content_format_find(uint16_t number)
{
    size_t low = 0;
    size_t high = COUNT;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (table[middle].number == number)
            return &table[middle];
        if (table[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* A decimal number up to 65535, or -1. */
static int32_t parse_number(const char *text)
{
    int32_t number = 0;

    if (*text == '\0')
        return -1;
    for (; *text; text++) {
        if (!linnet_ascii_is_digit((uint8_t)*text))
            return -1;
        number = number * 10 + (*text - '0');
        if (number > UINT16_MAX)
            return -1;
    }
    return number;
}

/* Compares media types in any case; "text/plain;charset=utf-8" is the same with and without the space. */
static bool same_type(const char *a, const char *b)
{
    do {
        while (*a == ' ')
            a++;
        while (*b == ' ')
            b++;
        if (linnet_ascii_lower((uint8_t)*a) != linnet_ascii_lower((uint8_t)*b))
            return false;
    } while (*a++ && *b++);
    return true;
}

int32_t linnet_content_format_parse(const char *text)
{
    int32_t number = parse_number(text);

    if (number >= 0)
        return number;
    for (size_t i = 0; i < COUNT; i++) {
        if (linnet_ascii_same(table[i].short_name, text))
            return table[i].number;
        /* A media type alone does not name the entry that compresses it. */
        if (!table[i].coding && same_type(table[i].media_type, text))
            return table[i].number;
    }
    return linnet_ascii_same(text, "text/plain") ? LINNET_TEXT : -1;
}

const linnet_content_format *linnet_content_format_table(size_t *count)
{
    *count = COUNT;
    return table;
}
