"""A loop that is not asyncio's own: uvloop, Debian's python3-uvloop."""

import asyncio
import gc

import pytest

from linnet import *
from linnet import error, resource
from linnet_support import AsyncSocket, open_descriptors, serving
from support.programs import PATIENCE

uvloop = pytest.importorskip("uvloop", reason="Debian's python3-uvloop is not installed")


def run(test, *arguments):
    loop = uvloop.new_event_loop()
    try:
        return loop.run_until_complete(asyncio.wait_for(test(*arguments), PATIENCE * 2))
    finally:
        loop.close()


async def ask(context, uri, code=GET, **message):
    return await context.request(Message(code=code, uri=uri, **message)).response


def test_requests_in_turn_and_at_once(demo_uri):
    async def both():
        async with await Context.create_client_context() as context:
            for _ in range(50):
                assert (await ask(context, f"{demo_uri}/time")).code is CONTENT
            answers = await asyncio.gather(*(ask(context, f"{demo_uri}/time") for _ in range(200)))
            assert {answer.code for answer in answers} == {CONTENT}
            body = bytes(50_000)
            assert (await ask(context, f"{demo_uri}/other/block", PUT, payload=body)).code is CHANGED
            assert (await ask(context, f"{demo_uri}/other/block")).payload == body

    run(both)


class Light(resource.ObservableResource):
    def __init__(self):
        super().__init__()
        self.state = b"off"

    def render_get(self, request):
        return Message(payload=self.state)

    async def render_put(self, request):
        await asyncio.sleep(0)
        self.state = request.payload
        self.updated_state()
        return Message()


def test_a_site_is_served_and_observed():
    async def watch():
        async with serving({"light": Light()}) as (_, context, uri):
            request = context.request(Message(code=GET, uri=f"{uri}/light", observe=0))
            assert (await request.response).payload == b"off"
            assert (await ask(context, f"{uri}/light", PUT, payload=b"on")).code is CHANGED
            async for notification in request.observation:
                if notification.payload == b"on":
                    break
            request.observation.cancel()
            assert (await ask(context, f"{uri}/nothing")).code is NOT_FOUND

    run(watch)


def test_time_goes_by_and_tasks_are_cancelled():
    async def wait():
        with AsyncSocket() as silent:
            async with await Context.create_client_context() as context:
                message = Message(code=GET, uri=f"coap://127.0.0.1:{silent.port}/")
                with pytest.raises(error.TimeoutError):
                    await context.request(message, timeout=0.05).response
                asked = asyncio.ensure_future(ask(context, message.get_request_uri()))
                await asyncio.sleep(0)
                asked.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await asked
                assert context._client.pending == 0

    run(wait)


def test_a_loop_that_is_closed_too_early_is_left_quietly(demo_uri, capfd):
    async def leave():
        context = await Context.create_client_context()
        request = context.request(Message(code=GET, uri=f"{demo_uri}/time", observe=0))
        await request.response
        return context, request, context.request(Message(code=GET, uri=f"{demo_uri}/time")).response

    run(leave)  # what only once is opened
    gc.collect()
    before = open_descriptors()
    kept = run(leave)
    del kept
    gc.collect()
    assert open_descriptors() <= before
    assert capfd.readouterr().err == ""
