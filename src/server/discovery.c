/* /.well-known/core: the list of resources as links (RFC 6690), filtered by query, written straight into the window of
 * the datagram that is asked for. Nothing is kept between two blocks of a list: it is written again. */
#include "server/hash.h"
#include "server/reply.h"

#include "wire/uri_chars.h"

#include <linnet/link.h>

#define SCRATCH_SIZE 512u /* a filter does not find a target or an attribute that is longer */
#define SMALL_SIZE 1024u  /* no sz= up to here */

/* What is done with each attribute of a resource: write it, compare it, hash it. */
typedef struct link_visitor {
    void (*attribute)(struct link_visitor *visitor, const char *name, const char *value);
    linnet_link_writer *writer;
    linnet_bytes argument; /* the filter */
    bool passes;
    uint32_t hash;
} link_visitor;

static bool is_own(const linnet_resource_config *config, const char *name)
{
    linnet_bytes text = linnet_text(name);

    for (size_t i = 0; i < config->attribute_count; i++)
        if (linnet_bytes_equal(text, linnet_text(config->attributes[i].name)))
            return true;
    return false;
}

/* An attribute that is known without the owner's saying so; one of his with the same name takes its place. */
static void visit_text(link_visitor *visitor, const linnet_resource_config *config, const char *name, const char *value)
{
    if (!is_own(config, name))
        visitor->attribute(visitor, name, value);
}

static void visit_number(link_visitor *visitor, const linnet_resource_config *config, const char *name, uint32_t number)
{
    char text[sizeof "4294967295"];
    char *at = text + sizeof text;

    *--at = '\0';
    do
        *--at = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    visit_text(visitor, config, name, at);
}

static void visit_attributes(link_visitor *visitor, const linnet_resource *resource)
{
    const linnet_resource_config *config = resource->config;
    size_t size = !config->stored ? 0 : resource->initial ? config->value.size : resource->value.size;

    if (config->title)
        visit_text(visitor, config, "title", config->title);
    if (config->resource_type)
        visit_text(visitor, config, "rt", config->resource_type);
    if (config->interface_type)
        visit_text(visitor, config, "if", config->interface_type);
    if ((config->stored || config->list_format) && resource->content_format >= 0)
        visit_number(visitor, config, "ct", (uint32_t)resource->content_format);
    /* "not expected to be included for small resources that can comfortably be carried in a single Maximum
     * Transmission Unit (MTU) but SHOULD be included for resources larger than that" (RFC 6690 3.3). */
    if (size > SMALL_SIZE)
        visit_number(visitor, config, "sz", (uint32_t)size);
    if (config->observable)
        visit_text(visitor, config, "obs", NULL);
    for (size_t i = 0; i < config->attribute_count; i++)
        visitor->attribute(visitor, config->attributes[i].name, config->attributes[i].value);
}

/* The path as a URI reference: "/a%20b". */
static void write_target(linnet_link_writer *writer, const linnet_resource *resource)
{
    static const char digits[] = "0123456789ABCDEF";

    linnet_link_write_raw(writer, linnet_text("/"));
    for (size_t i = 0; i < resource->path_size; i++) {
        uint8_t c = (uint8_t)resource->path[i];
        uint8_t encoded[3] = {'%', (uint8_t)digits[c >> 4], (uint8_t)digits[c & 15]};
        linnet_link_write_raw(writer, linnet_uri_is_path(c) ? linnet_view(&c, 1) : linnet_view(encoded, 3));
    }
}

static void write_attribute(link_visitor *visitor, const char *name, const char *value)
{
    linnet_link_write_attribute(visitor->writer, name, linnet_text(value), value != NULL);
}

static void write_link(linnet_link_writer *writer, const linnet_resource *resource)
{
    link_visitor visitor = {.attribute = write_attribute, .writer = writer};

    /* Not by linnet_link_write(), which wants the target whole: nothing bounds how long it gets when it is encoded. */
    linnet_link_write_raw(writer, linnet_text(writer->total > 0 ? ",<" : "<"));
    write_target(writer, resource);
    linnet_link_write_raw(writer, linnet_text(">"));
    visit_attributes(&visitor, resource);
}

static void compare_attribute(link_visitor *visitor, const char *name, const char *value)
{
    uint8_t scratch[SCRATCH_SIZE];
    linnet_link_writer writer;

    if (visitor->passes)
        return;
    linnet_link_writer_begin(&writer, scratch, sizeof scratch, 0);
    linnet_link_write_attribute(&writer, name, linnet_text(value), value != NULL);
    linnet_link link = {.attributes = linnet_view(scratch, linnet_link_writer_size(&writer))};
    visitor->passes = writer.total <= sizeof scratch && linnet_link_matches(&link, visitor->argument);
}

/* "href" filters look at the target (RFC 6690 4.1); it does so without attributes, and all others without a target. */
static bool target_passes(const linnet_resource *resource, linnet_bytes argument)
{
    uint8_t scratch[SCRATCH_SIZE];
    linnet_link_writer writer;

    linnet_link_writer_begin(&writer, scratch, sizeof scratch, 0);
    write_target(&writer, resource);
    linnet_link link = {.target = linnet_view(scratch, linnet_link_writer_size(&writer))};
    return writer.total <= sizeof scratch && linnet_link_matches(&link, argument);
}

static bool passes(const linnet_resource *resource, linnet_bytes argument)
{
    link_visitor visitor = {.attribute = compare_attribute, .argument = argument};

    if (target_passes(resource, argument))
        return true;
    visit_attributes(&visitor, resource);
    return visitor.passes;
}

/* Whether the list that this request asks for has the resource: each argument of the query must let it pass. */
static bool is_listed(const linnet_request *request, const linnet_resource *resource)
{
    linnet_bytes argument;

    if (resource->config->hidden || resource->absent)
        return false;
    if (!request->incoming->options->has_query)
        return true;
    for (size_t i = 0; linnet_request_option(request, LINNET_OPTION_URI_QUERY, i, &argument); i++)
        if (!passes(resource, argument))
            return false;
    return true;
}

static void hash_attribute(link_visitor *visitor, const char *name, const char *value)
{
    visitor->hash = linnet_hash_octets(visitor->hash, linnet_text(name));
    visitor->hash = linnet_hash_octets(visitor->hash, linnet_text(value));
}

/* Changes with the list, for the ETag that blocks need. */
static uint32_t hash_list(const linnet_request *request)
{
    link_visitor visitor = {.attribute = hash_attribute, .hash = LINNET_HASH_START};

    for (const linnet_resource *resource = request->site->first; resource; resource = resource->next) {
        if (!is_listed(request, resource))
            continue;
        visitor.hash = linnet_hash_octets(visitor.hash, linnet_view(resource->path, resource->path_size));
        visit_attributes(&visitor, resource);
    }
    return visitor.hash;
}

static void get_list(linnet_request *request, linnet_reply *reply, void *context)
{
    size_t room = linnet_reply_payload_begin(reply, LINNET_LINK_FORMAT);
    linnet_link_writer writer;

    (void)context;
    if (room > reply->window_size)
        room = reply->window_size;
    linnet_link_writer_begin(&writer, reply->incoming->body + reply->at, room, reply->window_offset);
    for (const linnet_resource *resource = request->site->first; resource; resource = resource->next)
        if (is_listed(request, resource))
            write_link(&writer, resource);

    size_t total = (size_t)writer.total;
    size_t held = linnet_link_writer_size(&writer);
    linnet_reply_payload_end(reply, total, reply->window_offset < total ? reply->window_offset : total, held);
    if (held < total)
        reply->hash = hash_list(request);
}

const linnet_resource_config linnet_discovery_config = {
    .get = get_list, .list_format = true, .content_format = LINNET_LINK_FORMAT};
