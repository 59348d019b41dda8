"""Nothing grows: not with requests, nor with contexts, nor with tasks that are cancelled. `./dev soak` does the same a
million times (LINNET_REQUESTS). Who sends so many requests has a server of its own: a later client may get the same port
from the kernel, and a server that has seen all Message IDs from there takes its request for a duplicate (RFC 7252 4.5)."""

import asyncio
import gc
import os
import subprocess
import sys
import tracemalloc

import pytest

import linnet
from linnet import *
from linnet import error, resource
from linnet_support import AsyncSocket, demo_server, in_loop, open_descriptors, resident_kib, serving

pytestmark = pytest.mark.last  # nothing else runs in this process then

REQUESTS = int(os.environ.get("LINNET_REQUESTS", "100000"))
ROOM_KIB = 8192  # what allocators and the library's own pools, which fill as they are used, may keep
ROOM_BYTES = 100_000  # of Python's own objects


class Value(resource.ObservableResource):
    def __init__(self):
        super().__init__()
        self.content = b"value"

    def render_get(self, request):
        return Message(payload=self.content, content_format=0)

    async def render_put(self, request):
        if request.payload == b"bad":
            raise error.BadRequest("bad")
        return Message()


async def many(context, uri, count, **message):
    for _ in range(count // 500 + 1):
        await asyncio.gather(*(context.request(Message(uri=uri, **message)).response for _ in range(500)))


async def settled(action):
    """How much Python's objects and the process grew from one run of `action` to a later one like it."""
    await action()  # pools and caches fill
    gc.collect()
    tracemalloc.start()
    await action()
    gc.collect()
    objects, memory, descriptors = tracemalloc.get_traced_memory()[0], resident_kib(), open_descriptors()
    await action()
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - objects
    tracemalloc.stop()
    return grown, resident_kib() - memory, open_descriptors() - descriptors


def assert_nothing_grew(grown):
    assert grown[0] < ROOM_BYTES and grown[1] < ROOM_KIB and grown[2] == 0, grown


@in_loop
async def test_requests_leave_nothing_behind_without_tracing():
    with demo_server() as server:
        async with await Context.create_client_context(nstart=64) as context:
            uri = f"{server}/time"
            await many(context, uri, REQUESTS // 4, code=GET)
            before = resident_kib()
            await many(context, uri, REQUESTS, code=GET)
            assert resident_kib() - before < ROOM_KIB


@in_loop
async def test_requests_and_answers_of_every_kind_leave_nothing_behind():
    value = Value()
    async with serving({"v": value}) as (_, server, uri):
        async with await Context.create_client_context(nstart=64) as context:
            async def every_kind():
                await many(context, f"{uri}/v?a=1", 1000, code=GET, accept=0)
                await many(context, f"{uri}/v", 1000, code=PUT, payload=b"x" * 100, etags=[b"e"])
                await many(context, f"{uri}/v", 500, code=PUT, payload=b"bad")
                await many(context, f"{uri}/none", 500, code=GET)
                for _ in range(20):
                    await context.request(Message(code=PUT, uri=f"{uri}/v", payload=b"y" * 20000)).response

            assert_nothing_grew(await settled(every_kind))


@in_loop
async def test_failed_requests_leave_nothing_behind():
    async with await Context.create_client_context() as context:
        async def fail():
            for _ in range(500):
                for uri in "coaps://localhost/", "coap://127.0.0.1:0/":
                    with pytest.raises(error.Error):
                        await context.request(Message(code=GET, uri=uri)).response
                with pytest.raises(error.Error):
                    Message(code=GET, uri="coap://")
                with pytest.raises(TypeError):
                    Message(code=GET, uri="coap://h/", payload=5)

        assert_nothing_grew(await settled(fail))


@in_loop
async def test_cancelled_tasks_leave_nothing_behind():
    with AsyncSocket() as silent:
        async with await Context.create_client_context(nstart=1000) as context:
            async def cancel_many():
                async def ask():
                    await context.request(Message(code=GET, uri=f"coap://127.0.0.1:{silent.port}/")).response

                tasks = [asyncio.create_task(ask()) for _ in range(500)]
                await asyncio.sleep(0.01)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                await asyncio.sleep(0)
                assert context._client.pending == 0

            assert_nothing_grew(await settled(cancel_many))


@in_loop
async def test_observations_leave_nothing_behind():
    value = Value()
    async with serving({"v": value}) as (_, context, uri):
        async def observe():
            for _ in range(200):
                request = context.request(Message(code=GET, uri=f"{uri}/v", observe=0))
                await request.response
                value.updated_state()
                await aiter(request.observation).__anext__()

        assert_nothing_grew(await settled(observe))


@in_loop
async def test_secured_sessions_good_and_bad_leave_nothing_behind():
    def keys(key):
        return {"coaps://*": {"dtls": {"psk": key, "client-identity": b"me"}}}

    async def open_and_close():
        for i in range(15):
            async with serving({"v": Value()}, server_credentials=keys(b"right")) as (_, context, _):
                uri = f"{context.server_uris[1]}/v"
                for key in b"right", b"wrong":
                    async with await Context.create_client_context(client_credentials=keys(key)) as client:
                        response = await client.request(Message(code=GET, uri=uri)).response_nonraising
                        assert response.code.is_successful() == (key == b"right")
                        client.request(Message(code=GET, uri=uri, observe=0)).response

    assert_nothing_grew(await settled(open_and_close))


@in_loop
async def test_contexts_leave_nothing_behind():
    async def open_and_close():
        for i in range(30):
            async with serving({"v": Value()}) as (_, context, uri):
                assert (await context.request(Message(code=GET, uri=f"{uri}/v")).response).code is CONTENT
                context.request(Message(code=GET, uri=f"{uri}/v", observe=0)).response

    assert_nothing_grew(await settled(open_and_close))


def test_messages_leave_nothing_behind():
    def make():
        for _ in range(5000):
            message = Message(code=GET, uri="coap://localhost/a/b?c", payload=b"x" * 200, accept=0, etags=[b"1"])
            message.opt.uri_path += ("c" * 100,)
            Message.decode(message.copy(mtype=CON, mid=1).encode()).opt.option_list()
            repr(message), message.opt, message.remote, message.get_request_uri()

    make()
    gc.collect()
    tracemalloc.start()
    make()
    before = tracemalloc.get_traced_memory()[0], resident_kib()
    make()
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - before[0]
    tracemalloc.stop()
    assert grown < ROOM_BYTES and resident_kib() - before[1] < ROOM_KIB


def test_scripts_leave_nothing_behind(demo_uri):
    for _ in range(3):
        linnet.get(f"{demo_uri}/time")
    before = open_descriptors(), resident_kib()
    for _ in range(100):
        linnet.get(f"{demo_uri}/time")
    assert open_descriptors() == before[0] and resident_kib() - before[1] < ROOM_KIB


def test_the_module_is_gone_when_python_ends_and_may_be_loaded_twice(demo_uri):
    script = f"""
import asyncio, importlib, sys, linnet
from linnet import *
first = linnet._linnet
async def forgotten():
    context = await Context.create_client_context()
    context.request(Message(code=GET, uri="{demo_uri}/obs", observe=0)).response
    await context.request(Message(code=GET, uri="{demo_uri}/time")).response
asyncio.run(forgotten())
for name in [name for name in sys.modules if name.startswith("linnet")]:
    del sys.modules[name]
import linnet as again
assert again._linnet is not first
assert again.get("{demo_uri}/time").code == 69
assert linnet.get("{demo_uri}/time").code == 69
"""
    done = subprocess.run([sys.executable, "-X", "dev", "-W", "error::ResourceWarning", "-c", script],
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
