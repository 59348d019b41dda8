"""Requests to a demo server, and to a socket that the test answers from."""

import asyncio
import gc
import logging
import sys

import pytest

import linnet
from linnet import *
from linnet import error
from linnet.numbers import TransportTuning
from linnet_support import AsyncSocket, free_port, in_loop, open_descriptors, serving
from support import coap, programs


@in_loop
async def test_a_response_says_all_about_itself(demo_uri):
    async with await Context.create_client_context() as context:
        request = context.request(Message(code=GET, uri=f"{demo_uri}/time"))
        assert isinstance(request.response, asyncio.Future) and not request.response.done()
        response = await request.response
        assert response is await request.response, "the future stays the same"
        assert response.code is CONTENT and response.mtype is ACK and len(response.token) == 8
        assert response.opt.content_format == 0 and len(response.payload) == 16
        assert response.get_request_uri() == f"{demo_uri}/time" and response.request is request.request
        assert response.remote.uri_base == demo_uri and not response.remote.is_multicast


@in_loop
async def test_bodies_go_block_by_block_both_ways(demo_uri):
    body = bytes(range(256)) * 256
    async with await Context.create_client_context() as context:
        put = await context.request(Message(code=PUT, uri=f"{demo_uri}/other/block", payload=body)).response
        assert put.code is CHANGED and put.opt.block1 is None
        got = await context.request(Message(code=GET, uri=f"{demo_uri}/other/block")).response
        assert got.payload == body and got.opt.block2 is None


@in_loop
async def test_block_options_ask_for_a_size_or_for_one_block(demo_uri):
    async with await Context.create_client_context() as context:
        whole = await context.request(Message(code=GET, uri=f"{demo_uri}/large", block2=(0, False, 2))).response
        assert len(whole.payload) > 1024
        one = Message(code=GET, uri=f"{demo_uri}/large", block2=(1, False, 2))
        block = await context.request(one, handle_blockwise=False).response
        assert block.payload == whole.payload[64:128] and block.opt.block2 == (1, True, 2)


@in_loop
async def test_a_thousand_requests_at_once_are_all_answered(demo_uri):
    async with await Context.create_client_context(nstart=64) as context:
        asked = [context.request(Message(code=GET, uri=f"{demo_uri}/time")).response for _ in range(1000)]
        assert {response.code for response in await asyncio.gather(*asked)} == {CONTENT}


@in_loop
async def test_slow_answers_do_not_hold_up_quick_ones_of_other_servers(demo_uri):
    with AsyncSocket() as slow:
        async with await Context.create_client_context() as context:
            waiting = context.request(Message(code=GET, uri=f"coap://127.0.0.1:{slow.port}/")).response
            await slow.receive()
            assert (await context.request(Message(code=GET, uri=f"{demo_uri}/time")).response).code is CONTENT
            assert not waiting.done()
            waiting.cancel()


@in_loop
async def test_several_contexts_do_not_know_of_each_other(demo_uri):
    contexts = [await Context.create_client_context() for _ in range(3)]
    await contexts[0].shutdown()
    for context in contexts[1:]:
        assert (await context.request(Message(code=GET, uri=f"{demo_uri}/time")).response).code is CONTENT
        await context.shutdown()


def test_one_context_serves_several_runs_of_one_loop(demo_uri):
    loop = asyncio.new_event_loop()
    run = loop.run_until_complete

    async def open_context():
        return await Context.create_client_context()

    context = run(open_context())
    for _ in range(3):
        assert run(context.request(Message(code=GET, uri=f"{demo_uri}/time")).response).code is CONTENT
    run(context.shutdown())
    loop.close()


@in_loop
async def test_an_error_response_is_a_response_or_raised_or_made(demo_uri):
    async with await Context.create_client_context() as context:
        missing = Message(code=GET, uri=f"{demo_uri}/nothing")
        assert (await context.request(missing).response).code is NOT_FOUND
        with pytest.raises(error.NotFound) as raised:
            await context.request(missing).response_raising
        assert raised.value.coapmessage.code is NOT_FOUND
        refused = Message(code=GET, uri=f"coap://127.0.0.1:{free_port()}/")
        assert (await context.request(refused).response_nonraising).code.class_ == 5
        assert (await context.request(missing).response_nonraising).code is NOT_FOUND


@in_loop
async def test_what_is_wrong_with_a_request_shows_when_its_response_is_awaited():
    problems = {
        "coaps://localhost/": (error.CredentialsMissingError, "coaps://localhost/"),
        "coap+tcp://localhost/": (error.NoRequestInterface, "UDP"),
        "coap://no-such-host.invalid/": (error.ResolutionError, "host"),
        f"coap://127.0.0.1:{free_port()}/": (error.NetworkError, "refused"),
    }
    async with await Context.create_client_context() as context:
        for uri, (kind, word) in problems.items():
            with pytest.raises(kind, match=word) as raised:
                await context.request(Message(code=GET, uri=uri)).response
            assert raised.value.extra_help()
        with pytest.raises(error.MissingRemoteError):
            await context.request(Message(code=GET)).response
        with pytest.raises(ValueError, match="method"):
            await context.request(Message(uri="coap://localhost/")).response
        with pytest.raises(error.ConToMulticast):
            await context.request(Message(code=GET, uri="coap://224.0.1.187/", mtype=CON)).response
        with pytest.raises(TypeError):
            context.request("coap://localhost/")


@in_loop
async def test_time_outs_are_those_that_one_sets():
    with AsyncSocket() as silent:
        uri = f"coap://127.0.0.1:{silent.port}/"
        async with await Context.create_client_context(timeout=0.05) as context:
            with pytest.raises(error.TimeoutError):
                await context.request(Message(code=GET, uri=uri)).response
            with pytest.raises(error.TimeoutError):
                await context.request(Message(code=GET, uri=uri), timeout=0.01).response
            with pytest.raises(ValueError):
                context.request(Message(code=GET, uri=uri), timeout=-1)


class Quick(TransportTuning):
    ACK_TIMEOUT = 0.02
    MAX_RETRANSMIT = 2


@in_loop
async def test_transmission_parameters_are_those_of_the_message():
    with AsyncSocket() as silent:
        async with await Context.create_client_context() as context:
            tuned = Message(code=GET, uri=f"coap://127.0.0.1:{silent.port}/", transport_tuning=Quick())
            with pytest.raises(error.TimeoutError):
                await context.request(tuned).response
            assert len({await silent.receive() for _ in range(3)}) == 1, "sent once, and again twice"
            await silent.hears_nothing(0.1)


@in_loop
async def test_an_unreliable_request_is_non_confirmable():
    async with await Context.create_client_context() as context:
        for how in {"transport_tuning": Unreliable()}, {"mtype": NON}:
            with AsyncSocket() as peer:
                waiting = context.request(Message(code=GET, uri=f"coap://127.0.0.1:{peer.port}/", **how)).response
                assert coap.decode(await peer.receive()).type == coap.NON
                waiting.cancel()


@in_loop
async def test_nstart_is_one_until_it_is_raised():
    for nstart, sent in (None, 1), (3, 3):
        with AsyncSocket() as peer:
            async with await Context.create_client_context(nstart=nstart) as context:
                for i in range(5):
                    context.request(Message(code=GET, uri=f"coap://127.0.0.1:{peer.port}/{i}"))
                for _ in range(sent):
                    await peer.receive()
                await peer.hears_nothing(0.05)


@in_loop
async def test_an_answer_may_be_asked_of_the_same_remote_again(demo_uri):
    async with await Context.create_client_context() as context:
        first = await context.request(Message(code=GET, uri=f"{demo_uri}/time")).response
        again = Message(code=GET, uri_path=["time"])
        again.remote = first.remote
        assert (await context.request(again).response).code is CONTENT
        unresolved = Message(code=GET, uri_path=["time"])
        unresolved.unresolved_remote = demo_uri.removeprefix("coap://")
        assert (await context.request(unresolved).response).code is CONTENT


@in_loop
async def test_a_cancelled_task_takes_its_request_along():
    with AsyncSocket() as silent:
        async with await Context.create_client_context() as context:
            async def ask():
                await context.request(Message(code=GET, uri=f"coap://127.0.0.1:{silent.port}/")).response

            task = asyncio.create_task(ask())
            await silent.receive()
            assert context._client.pending == 1
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.sleep(0)
            assert context._client.pending == 0


@in_loop
async def test_shutdown_is_quiet_and_ends_what_waits(caplog):
    caplog.set_level(logging.WARNING)
    with AsyncSocket() as silent:
        context = await Context.create_client_context()
        waiting = context.request(Message(code=GET, uri=f"coap://127.0.0.1:{silent.port}/")).response
        forgotten = context.request(Message(code=GET, uri=f"coap://127.0.0.1:{silent.port}/", observe=0)).response
        await context.shutdown()
        await context.shutdown()
        with pytest.raises(error.LibraryShutdown):
            await waiting
        del forgotten, waiting
        gc.collect()
        with pytest.raises(error.LibraryShutdown):
            context.request(Message(code=GET, uri="coap://localhost/"))
    assert caplog.records == []


def test_a_context_that_was_forgotten_with_its_loop_is_freed(demo_uri):
    before = open_descriptors()

    async def forget():
        context = await Context.create_client_context()
        await context.request(Message(code=GET, uri=f"{demo_uri}/time")).response

    for _ in range(5):
        asyncio.run(forget())
    gc.collect()
    assert open_descriptors() == before


@in_loop
async def test_a_shutdown_from_within_a_callback_waits_for_its_end():
    class Changes(resource.ObservableResource):
        def render_get(self, request):
            return Message()

    changes = Changes()
    async with serving({"changes": changes}) as (_, _, uri):
        context = await Context.create_client_context()
        request = context.request(Message(code=GET, uri=f"{uri}/changes", observe=0))
        closed = asyncio.get_running_loop().create_future()

        def close(notification):
            context._client.close()
            closed.set_result(notification)

        await request.response
        request.observation.register_callback(close)
        changes.updated_state()
        assert (await closed).code is CONTENT
        assert context._client.fileno() == -1


@in_loop
async def test_an_unknown_critical_option_of_a_response_is_refused():
    with AsyncSocket() as peer:
        async with await Context.create_client_context() as context:
            waiting = context.request(Message(code=GET, uri=f"coap://127.0.0.1:{peer.port}/")).response
            asked = coap.decode(await peer.receive())
            answer = coap.Message(coap.ACK, coap.code("2.05"), asked.mid, asked.token, ((65001, b"x"),), b"no")
            peer.send(answer.encode())
            with pytest.raises(error.UnknownCriticalOption):
                await waiting


@in_loop
async def test_the_cache_answers_what_is_still_fresh():
    with AsyncSocket() as peer:
        async with await Context.create_client_context(cache_size=100000) as context:
            message = Message(code=GET, uri=f"coap://127.0.0.1:{peer.port}/x")
            waiting = context.request(message).response
            asked = coap.decode(await peer.receive())
            peer.send(coap.Message(coap.ACK, coap.code("2.05"), asked.mid, asked.token, (), b"kept").encode())
            assert (await waiting).payload == b"kept"
            assert (await context.request(message).response).payload == b"kept"
            await peer.hears_nothing(0.05)


def test_scripts_ask_without_a_loop(demo_uri):
    assert linnet.get(f"{demo_uri}/time").code is CONTENT
    assert linnet.put(f"{demo_uri}/other/block", b"x" * 5000).code is CHANGED
    assert linnet.get(f"{demo_uri}/other/block").payload == b"x" * 5000
    assert linnet.post(f"{demo_uri}/test", b"y").code.is_successful()
    assert linnet.delete(f"{demo_uri}/test").code is DELETED
    with pytest.raises(error.NotFound):
        linnet.get(f"{demo_uri}/nothing")
    for method in linnet.fetch, linnet.patch, linnet.ipatch:
        with pytest.raises(error.MethodNotAllowed):
            method(f"{demo_uri}/time", b"x")
    with pytest.raises(error.NetworkError):
        linnet.get(f"coap://127.0.0.1:{free_port()}/")
    with pytest.raises(error.TimeoutError), AsyncSocket() as silent:
        linnet.get(f"coap://127.0.0.1:{silent.port}/", timeout=0.05)


@in_loop
async def test_a_script_may_ask_from_within_a_running_loop(demo_uri):
    assert linnet.get(f"{demo_uri}/time").code is CONTENT


GROUP = """
import asyncio
from linnet import *

class Name(resource.Resource):
    def __init__(self, name):
        self.name = name

    def render_get(self, request):
        assert request.remote.is_multicast_locally
        return Message(payload=self.name)

async def member(name, host):
    site = resource.Site()
    site.add_resource(["name"], Name(name))
    return await Context.create_server_context(site, bind=(host, None), multicast=["lo"] if ":" in host else
                                               [("224.0.1.187", "lo")])

async def main():
    names = {b"one": "127.0.0.2", b"two": "127.0.0.3", b"three": "127.0.0.4"}
    members = [await member(name, host) for name, host in names.items()]
    client = await Context.create_client_context(multicast_interface="lo")
    request = client.request(Message(code=GET, uri="coap://224.0.1.187/name"), timeout=8)
    heard = {}
    async for response in request.responses:
        heard[response.payload] = response.get_request_uri()
        if len(heard) == 3:
            break
    assert heard == {name: f"coap://{host}/name" for name, host in names.items()}, heard
    request.cancel()
    nobody = client.request(Message(code=GET, uri="coap://224.0.1.187/nothing"), timeout=0.2)
    assert [response async for response in nobody.responses] == []
    try:
        await nobody.response
    except error.TimeoutError:
        print("all heard")
    for context in [client, *members]:
        await context.shutdown()

asyncio.run(main())
"""


@pytest.mark.waits
def test_every_answer_of_a_group_is_given_and_the_time_ends_it():
    network = "ip link set lo up multicast on && ip route add 224.0.0.0/4 dev lo && exec \"$@\""
    done = programs.run("unshare", "--net", "sh", "-ec", network, "sh", sys.executable, "-c", GROUP)
    assert (done.stdout, done.stderr) == ("all heard\n", "")
