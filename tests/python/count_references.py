"""Counts every reference of the process, in python3-dbg with an extension that was built for it: each round does all that
the package can do, and a round more leaves no reference more. `./dev soak` runs it."""

import array
import asyncio
import contextlib
import gc
import sys

from linnet import *

ROUNDS = 8
WRONG = (
    {"payload": 5}, {"mtype": 9}, {"nope": 1}, {"accept": "x"}, {"uri_path": 5}, {"observe": 2**40}, {"block1": (1,)},
    {"uri": "coap://"}, {"uri": "x"}, {"uri": 5}, {"token": b"123456789"}, {"uri_path": "ab"}, {"if_match": [5]},
)


class Value(resource.ObservableResource):
    def render_get(self, request):
        return Message(payload=b"x", content_format=0, etag=b"e")

    async def render_put(self, request):
        if request.payload == b"bad":
            raise error.BadRequest()
        return Message(payload=b"y" * 2000)

    def render_post(self, request):
        raise error.Forbidden()

    async def render_delete(self, request):
        return "no message"


class Large(resource.Resource):
    async def render_get(self, request):
        return Message(payload=bytes(5000))


class Below(resource.Resource, resource.PathCapable):
    async def render(self, request):
        return Message(code=CONTENT, payload="/".join(request.opt.uri_path).encode())


def messages():
    message = Message(code=GET, uri="coap://h:1/a/b?c", accept=0, etags=[b"a"], payload=b"x" * 100)
    repr(message), repr(message.opt), message.remote.hostinfo, message.get_request_uri(), message.copy(uri="coap://i/")
    list(message.opt.option_list()), message.opt.get_option(11), message.transport_tuning, message.request
    Message.decode(message.copy(mtype=CON, mid=1).encode())
    for given in WRONG:
        with contextlib.suppress(Exception):
            Message(code=GET, **given)
    for octets in b"", b"\x40\x01\0\0\xff", b"\x80\0\0\0":
        with contextlib.suppress(error.UnparsableMessage):
            Message.decode(octets)
    message.request, message.remote, message.opt = None, None, message.opt


async def requests(context, uri, value):
    async def ask(code, path, **more):
        return await context.request(Message(code=code, uri=uri + path, **more)).response

    answer = await ask(GET, "/v?a", accept=0)
    repr(answer), answer.opt.content_format, answer.remote.hostinfo, answer.token, answer.get_request_uri()
    for code, path, payload in ((PUT, "/v", bytes(3000)), (PUT, "/v", b"bad"), (POST, "/v", b""), (GET, "/large", b""),
                                (GET, "/below/x/y", b""), (GET, "/none", b""), (FETCH, "/v", b"")):
        await ask(code, path, payload=payload)
    for wrong in "coaps://x/", "http://x/", "coap://224.0.1.187/":
        with contextlib.suppress(Exception):
            await context.request(Message(code=GET, uri=wrong, mtype=CON)).response
    context.request(Message(code=GET, uri=uri + "/v")).response.cancel()
    assert [each.code async for each in context.request(Message(code=GET, uri=uri + "/v")).responses] == [CONTENT]


async def observations(context, uri, value):
    request = context.request(Message(code=GET, uri=uri + "/v", observe=0))
    await request.response
    value.updated_state()
    await aiter(request.observation).__anext__()
    value.updated_state(Message(payload=b"given", content_format=0))
    await aiter(request.observation).__anext__()
    heard = context.request(Message(code=GET, uri=uri + "/v", observe=0))
    heard.observation.register_callback(lambda notification: None)
    await heard.response
    heard.observation.cancel()
    assert [each async for each in heard.observation] == []


async def one_round():
    site, value = resource.Site(), Value()
    for path, each in (("v", value), ("large", Large()), ("below", Below())):
        site.add_resource([path], each)
    async with await Context.create_server_context(site, bind=("127.0.0.1", 0)) as context:
        context.log.disabled = True
        uri = f"coap://127.0.0.1:{context.server_addresses[0][1]}"
        for _ in range(20):
            messages()
            await requests(context, uri, value)
            await observations(context, uri, value)
            await asyncio.sleep(0.001)
        site.remove_resource(["v"])
        context.request(Message(code=GET, uri=uri + "/large")).response


def main():
    counts = array.array("q", bytes(8 * ROUNDS))  # which refers to nothing
    for i in range(ROUNDS):
        asyncio.run(one_round())
        gc.collect()
        gc.collect()
        counts[i] = sys.gettotalrefcount()
    print("references after each round:", *counts)
    return 0 if counts[-1] <= counts[ROUNDS // 2] else 1


if __name__ == "__main__":
    sys.exit(main())
