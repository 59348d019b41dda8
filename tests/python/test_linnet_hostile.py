"""What nobody writes on purpose: objects that go in the middle of an exception, collectors that run in the middle of a
request, numbers that no C type holds, NUL where text ends."""

import asyncio
import gc
import subprocess
import sys

import pytest

import linnet
from linnet import *
from linnet import _linnet, error, resource
from linnet.protocol import _OWN_PARAMETERS
from linnet.remote import UndecidedRemote
from linnet_support import AsyncSocket, in_loop, open_descriptors, serving


@in_loop
async def test_an_observation_may_be_dropped_while_an_exception_is_on_its_way(demo_uri):
    async with await Context.create_client_context() as context:
        requests = [context.request(Message(code=GET, uri=f"{demo_uri}/time", observe=0))]
        assert (await requests[0].response).opt.observe is not None
        await asyncio.sleep(0)
        with pytest.raises(ZeroDivisionError):
            [requests.pop(), 1 / 0]
        assert (await context.request(Message(code=GET, uri=f"{demo_uri}/time")).response).code is CONTENT


SETTINGS = {"nstart": (-1, 2**32), "message_size": (-1, 2**32), "cache_size": (-1, 2**64), "exchanges": (-1, 2**32 + 1),
            "multicast_hops": (-1, 256), "source_ports": (-1, 2**32)}
SERVER_SETTINGS = {"message_size": (-1, 2**32), "amplification": (-1, 2**32), "exchanges": (-1, 2**32),
                   "observers": (-1, 2**32), "upload_memory": (-1, 2**32)}


@pytest.mark.parametrize("name, value", [(name, value) for name, values in SETTINGS.items() for value in values])
@in_loop
async def test_a_setting_that_no_field_holds_is_refused(name, value):
    with pytest.raises((ValueError, OverflowError)):
        await Context.create_client_context(**{name: value})


@pytest.mark.parametrize("name, value", [(name, value) for name, values in SERVER_SETTINGS.items() for value in values])
@in_loop
async def test_a_setting_of_a_server_that_no_field_holds_is_refused(name, value):
    with pytest.raises((ValueError, OverflowError)):
        await Context.create_server_context(resource.Site(), bind=("127.0.0.1", 0), server_settings={name: value})


@pytest.mark.parametrize("most", (-1, 2**64))
@in_loop
async def test_a_body_size_that_no_field_holds_is_refused(most):
    async with await Context.create_client_context(max_body_size=most) as context:
        with pytest.raises((ValueError, OverflowError)):
            context.request(Message(code=GET, uri="coap://127.0.0.1/"))
    site = resource.Site()
    site.add_resource(["a"], resource.Resource())
    with pytest.raises((ValueError, OverflowError)):
        await Context.create_server_context(site, bind=("127.0.0.1", 0), server_settings={"max_body_size": most})


@in_loop
async def test_nul_does_not_end_a_name():
    with AsyncSocket() as other:
        with pytest.raises(error.Error):
            Message(code=GET, uri=f"coap://127.0.0.1\0.example:{other.port}/")
        async with await Context.create_client_context() as context:
            message = Message(code=GET)
            message.remote = UndecidedRemote("coap", f"127.0.0.1\0.example:{other.port}")
            with pytest.raises(ValueError):
                await context.request(message).response
        with pytest.raises(ValueError):
            await Context.create_server_context(resource.Site(), bind=("127.0.0.1\0.example", 0))
        with pytest.raises(ValueError):
            await Context.create_server_context(resource.Site(), bind=("127.0.0.1", 0), multicast=["224.0.1.187\0x"])


@pytest.mark.parametrize("text", ("coap://h\udc80/", "coap://h/\udc80", "coap://h/a?\ud800"))
def test_half_a_surrogate_is_no_uri(text):
    with pytest.raises(ValueError):
        Message(code=GET, uri=text)
    with pytest.raises(ValueError):
        Message(code=GET, uri="coap://h/", uri_path=[text])


class Slow(resource.Resource):
    async def render_get(self, request):
        await asyncio.get_running_loop().create_future()


def test_a_loop_that_is_closed_with_a_handler_at_work_gives_its_sockets_back():
    async def leave():
        site = resource.Site()
        site.add_resource(["slow"], Slow())
        context = await Context.create_server_context(site, bind=("127.0.0.1", 0))
        message = Message(code=GET, uri=f"coap://127.0.0.1:{context.server_addresses[0][1]}/slow")
        asked = context.request(message).response
        await asyncio.sleep(0.05)
        assert not asked.done() and context._server._tasks

    gc.collect()
    before = open_descriptors()
    loop = asyncio.new_event_loop()
    loop.run_until_complete(leave())
    loop.close()
    del loop
    gc.collect()
    gc.collect()
    assert open_descriptors() == before


class Ring:
    """Garbage that only the collector finds; its end removes a resource."""

    def __init__(self, action):
        self.me, self.action = self, action

    def __del__(self):
        self.action()


class Below(resource.Resource, resource.PathCapable):
    """After its first request the collector runs soon: in the midst of the second one."""

    def __init__(self, action, allocations):
        super().__init__()
        self.action, self.allocations = action, allocations

    def _render_at_once(self, request):  # there is little between this and the next request
        answer = Message(payload="/".join(request.opt.uri_path).encode())
        if self.action:
            gc.collect()
            Ring(self.action)
            self.action = None
            gc.set_threshold(gc.get_count()[0] + self.allocations, 1, 1)
        return answer


@pytest.mark.parametrize("allocations", range(5))
@in_loop
async def test_a_collector_that_runs_inside_a_request_may_take_the_resource_away(allocations):
    removed, before = [], gc.get_threshold()

    def remove():
        removed.append(True)
        site.remove_resource(["below"])

    async with serving({"below": Below(remove, allocations)}) as (site, context, _):
        with AsyncSocket(context.server_addresses[0][1]) as client:
            try:
                # They come together, so that nothing else runs in between; a short tuple is no allocation.
                for number in range(3):
                    client.send(bytes([0x40, 1, 0, number]) + b"\xb5below" + b"\x01a" * 24)
                for number in range(3):
                    answer = await client.receive()
                    assert answer[1] in (CONTENT, NOT_FOUND)
            finally:
                gc.set_threshold(*before)
        gc.collect()
        assert removed == [True]


OBSERVED_AT_EXIT = """
import asyncio, sys
from linnet import *
loop = asyncio.new_event_loop()
async def main():
    context = await Context.create_client_context()
    request = context.request(Message(code=GET, uri=sys.argv[1], observe=0))
    await request.response
    return context, request, context.request(Message(code=GET, uri=sys.argv[1])).response
kept = loop.run_until_complete(main())
print("end")
"""


@pytest.mark.parametrize("closing", ("", "loop.close()", "del loop", "import linnet; linnet.kept = kept"))
def test_an_interpreter_ends_quietly_with_all_under_way(demo_uri, closing):
    done = subprocess.run([sys.executable, "-W", "ignore::ResourceWarning", "-c", OBSERVED_AT_EXIT + closing, f"{demo_uri}/time"], capture_output=True,
                          text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "end\n", "")


FORKED = """
import asyncio, os, sys
from linnet import *
from linnet import resource

class Hello(resource.Resource):
    def render_get(self, request):
        return Message(payload=b"hello")

uri = sys.argv[1]
loop = asyncio.new_event_loop()
run = loop.run_until_complete

async def main():
    site = resource.Site()
    site.add_resource(["hello"], Hello())
    context = await Context.create_server_context(site, bind=("127.0.0.1", 0))
    request = context.request(Message(code=GET, uri=f"{uri}/obs", observe=0))
    assert (await request.response).opt.observe is not None
    return context, request

async def ask(uri, **message):
    return await context.request(Message(uri=uri, **message), timeout=10).response

async def told(payload):
    async for notification in request.observation:
        if notification.payload == payload:
            return

context, request = run(main())
if os.fork() == 0:
    sys.exit(0)
assert os.wait()[1] == 0
assert run(ask(f"{uri}/obs", code=PUT, payload=b"after the child")).code is CHANGED
run(asyncio.wait_for(told(b"after the child"), 10))
port = context.server_addresses[0][1]
assert run(ask(f"coap://127.0.0.1:{port}/hello", code=GET)).payload == b"hello"
run(context.shutdown())
print("end")
"""


def test_a_child_process_that_ends_takes_nothing_from_its_parent(demo_uri):
    done = subprocess.run([sys.executable, "-W", "ignore::ResourceWarning", "-c", FORKED, demo_uri], capture_output=True,
                          text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "end\n", "")


def test_a_client_that_was_never_opened_refuses():
    client = _linnet.Client.__new__(_linnet.Client)
    request = client.request(Message(code=GET, uri="coap://127.0.0.1/"), 0, 0, 0, True, None)
    assert isinstance(request._outcome, error.LibraryShutdown)
    assert client.fileno() == -1 and client.deadline() is None and client.pending == 0
    client._process()
    client.close()
    server = _linnet.Server.__new__(_linnet.Server)
    with pytest.raises(error.LibraryShutdown):
        server.add("a", None, (), False, False, 0)
    assert server.addresses() == [] and not server.remove("a")
    server._process()
    server.close()


def test_opening_that_fails_can_be_tried_again_and_leaves_nothing():
    descriptors = open_descriptors()
    client = _linnet.Client.__new__(_linnet.Client)
    for _ in range(3):
        with pytest.raises(Exception):
            client.__init__(None, local_address="nowhere:1", transmission=_OWN_PARAMETERS)
    client.__init__(None, transmission=_OWN_PARAMETERS)
    client.close()
    client.__init__(None, transmission=_OWN_PARAMETERS)
    client.close()
    token, server = object(), _linnet.Server.__new__(_linnet.Server)
    count = sys.getrefcount(token)
    for _ in range(3):
        with pytest.raises(Exception):
            server.__init__(None, token, token, token, "coap://[nowhere", transmission=_OWN_PARAMETERS)
    server.close()
    assert sys.getrefcount(token) == count and open_descriptors() == descriptors


def test_many_options_of_one_number_are_read_in_time():
    message = Message.decode(b"\x40\x01\x00\x01" + b"\xb0" + b"\x00" * 200_000)
    assert len(message.opt.uri_path) == 200_001


def test_a_long_chain_of_messages_ends():
    last = Message(code=GET)
    for _ in range(300_000):
        further = Message(code=CONTENT)
        further.request = last
        last = further
    del last, further


class Odd(int):
    def bit_length(self):
        return "many"


def test_a_number_that_does_not_know_its_length_is_refused():
    from network import Coap

    Coap.init()
    try:
        session = Coap.new_client_session("127.0.0.1", 5)
        with pytest.raises(TypeError):
            session.send_request(Coap.REQUEST_PUT, payload=Odd(1 << 100))
    finally:
        Coap.deinit()


def test_a_module_in_an_interpreter_of_its_own():
    interpreters = pytest.importorskip("_xxsubinterpreters")
    for _ in range(2):
        number = interpreters.create()
        try:
            interpreters.run_string(number, f"import sys; sys.path[:0] = {sys.path!r}; import linnet;"
                                            "linnet.Message(code=linnet.GET, uri='coap://h/a').opt.uri_path")
        finally:
            interpreters.destroy(number)
    assert linnet.Message(code=GET, uri="coap://h/a").opt.uri_path == ("a",)
