/* Attributes of resources, as /.well-known/core shows them. */
#include "module/module.h"

#include <linnet/error.h>
#include <stdlib.h>

/* RFC 6690 section 2: a parmname, which may end in an asterisk (RFC 5987 3.2.1). */
static bool is_name(const char *name)
{
    size_t size = 0;
    for (; name[size] != '\0'; size++) {
        char c = name[size];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        bool is_last_star = c == '*' && size > 0 && name[size + 1] == '\0';
        if (!is_letter && !strchr("!#$&+-.^_`|~", c) && !is_last_star)
            return false;
    }
    return size > 0;
}

static bool is_text(const char *value)
{
    for (; value && *value; value++)
        if ((unsigned char)*value < ' ' || *value == 0x7f)
            return false;
    return true;
}

static linnet_attribute *find(linnet_module_resource *resource, const char *name)
{
    for (size_t i = 0; i < resource->config.attribute_count; i++)
        if (strcmp(resource->attributes[i].name, name) == 0)
            return &resource->attributes[i];
    return NULL;
}

/* One block for both. */
static bool copy(linnet_attribute *to, const char *name, const char *value)
{
    size_t name_size = strlen(name) + 1, value_size = value ? strlen(value) + 1 : 0;
    char *block = malloc(name_size + value_size);
    if (!block)
        return false;
    memcpy(block, name, name_size);
    if (value)
        memcpy(block + name_size, value, value_size);
    *to = (linnet_attribute){.name = block, .value = value ? block + name_size : NULL};
    return true;
}

static int append(linnet_module_resource *resource, linnet_attribute added)
{
    size_t count = resource->config.attribute_count;
    linnet_attribute *grown = realloc(resource->attributes, (count + 1) * sizeof *grown);
    if (!grown)
        return LINNET_ENOMEM;
    grown[count] = added;
    resource->attributes = grown;
    resource->config.attributes = grown;
    resource->config.attribute_count = count + 1;
    return 0;
}

static int set(linnet_module_resource *resource, const char *name, const char *value)
{
    linnet_attribute *present = find(resource, name), added;
    if (!copy(&added, name, value))
        return LINNET_ENOMEM;
    if (present) {
        free((void *)(uintptr_t)present->name);
        *present = added;
        return 0;
    }
    int error = append(resource, added);
    if (error != 0)
        free((void *)(uintptr_t)added.name);
    return error;
}

int linnet_module_resource_attribute(linnet_module_resource *resource, const char *name, const char *value)
{
    if (!name || !is_name(name) || !is_text(value))
        return LINNET_EINVAL;
    if (linnet_module_enter(resource->module) != 0)
        return LINNET_ECLOSED;
    return linnet_module_leave(resource->module, resource->gone ? LINNET_ECLOSED : set(resource, name, value));
}

void linnet_module_free_attributes(linnet_module_resource *resource)
{
    for (size_t i = 0; i < resource->config.attribute_count; i++)
        free((void *)(uintptr_t)resource->attributes[i].name);
    free(resource->attributes);
}
