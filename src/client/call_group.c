/* Calls to a group (RFC 7252 section 8): each member's answer is a call of its own, which goes on by unicast where the
 * answer has more blocks or wants an Echo (RFC 7959 2.8, RFC 9175 2.3). */
#include "client/call.h"

#include <linnet/error.h>

static void tell(const linnet_call_state *group, const linnet_response *response)
{
    linnet_response copy = *response;

    copy.more = true;
    group->request.on_response(&copy, group->request.context);
}

/* The answer of a member is complete, or cannot be completed. */
static void member_ended(const linnet_response *response, void *context)
{
    linnet_call_state *group = context;
    linnet_calls *calls = group->calls;
    linnet_call id = linnet_call_id(group);

    tell(group, response);
    if (linnet_call_find(calls, id) == group && group->over && !group->members)
        linnet_call_fail(group, LINNET_ETIMEOUT);
}

static int member_block(const linnet_response *response, uint64_t offset, linnet_bytes octets, void *context)
{
    const linnet_call_request *request = &((linnet_call_state *)context)->request;

    return request->on_block(response, offset, octets, request->context);
}

static int member_read(void *context, uint64_t offset, uint8_t *data, size_t size, size_t *given)
{
    const linnet_call_request *request = &((linnet_call_state *)context)->request;

    return request->read_body(request->context, offset, data, size, given);
}

static void join_group(linnet_call_state *call, linnet_call_state *group)
{
    call->group = group;
    call->next_member = group->members;
    call->member_link = &group->members;
    if (call->next_member)
        call->next_member->member_link = &call->next_member;
    group->members = call;
}

/* A call that stands where the group's request has been sent to this one server. */
static linnet_call_state *open_member(linnet_call_state *group, const linnet_response *response)
{
    linnet_call_state *member = linnet_call_take(group->calls, &response->path);
    linnet_call_request request = group->request;

    if (!member)
        return NULL;
    request.type = LINNET_CON;
    request.has_token = false;
    request.on_response = member_ended;
    request.on_block = group->request.on_block ? member_block : NULL;
    request.read_body = group->request.read_body ? member_read : NULL;
    request.on_wait = NULL;
    request.busy_until = 0;
    request.context = group;
    if (linnet_call_copy(member, &request) != 0) {
        linnet_call_give(member);
        return NULL;
    }
    member->first = false;
    linnet_call_expect(member);
    join_group(member, group);
    return member;
}

/* Without memory for a call, an answer in one message is all there can be. */
static void tell_alone(const linnet_call_state *group, const linnet_response *response)
{
    linnet_response alone = *response;
    linnet_block block;
    bool is_cut = linnet_block_of(&response->message, LINNET_OPTION_BLOCK2, &block) && block.more;

    if (!group->raw && (is_cut || group->request.on_block))
        alone.error = LINNET_EBUSY;
    tell(group, &alone);
}

void linnet_call_group_answered(linnet_call_state *call, linnet_leg *leg, const linnet_response *response)
{
    linnet_call_state *member;

    if (response->more && linnet_call_is_by_q_block(call, &response->message))
        return; /* others may answer better */
    if (response->more) {
        call->last_code = response->message.code;
        member = open_member(call, response);
        if (member)
            linnet_call_receive(member, response);
        else
            tell_alone(call, response);
        return;
    }
    leg->exchange = 0;
    call->over = true;
    if (response->error != LINNET_ETIMEOUT || !call->members)
        linnet_call_fail(call, response->error);
}

void linnet_call_leave_group(linnet_call_state *call)
{
    if (!call->group)
        return;
    *call->member_link = call->next_member;
    if (call->next_member)
        call->next_member->member_link = call->member_link;
    call->group = NULL;
}

void linnet_call_drop_members(linnet_call_state *call)
{
    while (call->members) {
        linnet_call_state *member = call->members;
        linnet_leg_stop(member->current);
        linnet_call_give(member);
    }
}
