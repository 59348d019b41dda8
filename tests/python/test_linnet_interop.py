"""The Python package with libcoap and with the npm package `coap`, each in both roles."""

import asyncio
import contextlib

from linnet import *
from linnet import resource
from linnet_support import free_port, in_loop, serving
from support import programs
from support.players import Ask, libcoap_client, node_client
from support.programs import PEERS, PATIENCE, Server

LARGE = b"0123456789abcdef" * 300


class Value(resource.ObservableResource):
    def __init__(self, content):
        super().__init__()
        self.content = content

    async def render_get(self, request):
        return Message(payload=self.content, content_format=0)

    async def render_put(self, request):
        self.content = request.payload
        self.updated_state()
        return Message()

    async def render_post(self, request):
        return Message(code=CREATED, location_path=["made", "here"], payload=request.payload.upper())

    async def render_delete(self, request):
        return Message()


class Slow(resource.Resource):
    async def render_get(self, request):
        await asyncio.sleep(0.1)
        return Message(payload=b"separate")


def resources():
    return {"value": Value(b"first"), "large": Value(LARGE), "slow": Slow()}


@contextlib.contextmanager
def libcoap_server():
    port = free_port()
    server = Server("coap-server-notls", "-A", "127.0.0.1", "-p", port, "-d", "100")
    try:
        programs.wait_until_it_answers("127.0.0.1", port)
        yield f"coap://127.0.0.1:{port}"
    finally:
        server.kill()


@contextlib.contextmanager
def node_server():
    port = free_port()
    server = Server("node", PEERS / "server.js", "127.0.0.1", port, ready="listening on coap://")
    try:
        yield f"coap://127.0.0.1:{port}"
    finally:
        server.kill()


async def ask(context, code, uri, **more):
    return await asyncio.wait_for(context.request(Message(code=code, uri=uri, **more)).response, PATIENCE)


async def in_thread(function, *arguments):
    return await asyncio.get_running_loop().run_in_executor(None, function, *arguments)


@in_loop
async def test_python_asks_libcoap():
    with libcoap_server() as uri:
        async with await Context.create_client_context() as context:
            assert b"libcoap" in (await ask(context, GET, uri)).payload
            core = await ask(context, GET, f"{uri}/.well-known/core")
            assert core.opt.content_format == 40 and b"</time>" in core.payload
            assert (await ask(context, PUT, f"{uri}/new", payload=b"made")).code is CREATED
            assert (await ask(context, GET, f"{uri}/new")).payload == b"made"
            assert (await ask(context, PUT, f"{uri}/big", payload=LARGE)).code.is_successful()
            assert (await ask(context, GET, f"{uri}/big")).payload == LARGE
            assert (await ask(context, DELETE, f"{uri}/new")).code is DELETED
            assert (await ask(context, GET, f"{uri}/new")).code is NOT_FOUND
            separate = await ask(context, GET, f"{uri}/async?1")
            assert separate.mtype is CON and separate.payload == b"done"
            request = context.request(Message(code=GET, uri=f"{uri}/time", observe=0))
            await request.response
            notification = await asyncio.wait_for(aiter(request.observation).__anext__(), PATIENCE)
            assert notification.opt.observe is not None and notification.payload
            request.observation.cancel()


@in_loop
async def test_libcoap_asks_python():
    async with serving(resources()) as (site, _, uri):
        site.add_resource([".well-known", "core"], resource.WKCResource(site.get_resources_as_linkheader))

        async def coap_client(method, path, payload="", **more):
            return await in_thread(libcoap_client, uri, Ask(method, path, payload, **more))

        assert (await coap_client("GET", "/value")).text.strip() == "first"
        assert (await coap_client("GET", "/large", block_size=64)).text.strip() == LARGE.decode()
        assert (await coap_client("GET", "/slow")).text.strip() == "separate"
        await coap_client("PUT", "/value", "x" * 3000, block_size=256)
        assert (await coap_client("GET", "/value", confirmable=False)).text.strip() == "x" * 3000
        assert (await coap_client("POST", "/value", "shout")).text.strip() == "SHOUT"
        assert "4.04" in (await coap_client("GET", "/none")).remarks
        assert "4.05" in (await coap_client("PUT", "/slow", "x")).remarks
        assert "</large>; obs" in (await coap_client("GET", "/.well-known/core")).text


@in_loop
async def test_libcoap_observes_python():
    watched = Value(b"one")
    async with serving({"value": watched}) as (_, _, uri):
        observer = Server("stdbuf", "-oL", "coap-client-notls", "-w", "-s", "20", "-m", "get", f"{uri}/value")
        try:
            await in_thread(observer.wait_for, "one")
            watched.content = b"two"
            watched.updated_state()
            await in_thread(observer.wait_for, "two")
        finally:
            observer.kill()


@in_loop
async def test_python_asks_node_coap():
    with node_server() as uri:
        async with await Context.create_client_context() as context:
            assert (await ask(context, GET, f"{uri}/test")).payload == b"the test resource"
            assert (await ask(context, GET, f"{uri}/large")).payload == b"x" * 1000
            assert (await ask(context, PUT, f"{uri}/six", payload=b"from Python")).code.is_successful()
            assert (await ask(context, GET, f"{uri}/six")).payload == b"from Python"
            assert len((await ask(context, GET, f"{uri}/large-lines")).payload) > 1024
            request = context.request(Message(code=GET, uri=f"{uri}/obs", observe=0))
            assert (await asyncio.wait_for(request.response, PATIENCE)).code is CONTENT
            assert (await asyncio.wait_for(aiter(request.observation).__anext__(), PATIENCE)).payload
            request.observation.cancel()


@in_loop
async def test_node_coap_asks_python():
    async with serving(resources()) as (_, _, uri):
        async def node(method, path, payload="", **more):
            return await in_thread(node_client, uri, Ask(method, path, payload, **more))

        assert (await node("GET", "/value")).text == "first"
        assert (await node("GET", "/large")).text == LARGE.decode()
        assert (await node("GET", "/slow")).text == "separate"
        assert (await node("PUT", "/value", "by node")).remarks == "2.04"
        assert (await node("GET", "/value", confirmable=False)).text == "by node"
        assert (await node("DELETE", "/value")).remarks == "2.02"
        assert (await node("POST", "/value", "shout")).text == "SHOUT"
        assert (await node("GET", "/none")).remarks == "4.04"
