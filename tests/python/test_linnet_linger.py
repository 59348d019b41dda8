"""Answers that are about to come are waited for without falling asleep: what that leaves to the others in the loop."""

import asyncio
import select

import pytest

from linnet import *
from linnet import _linnet, resource
from linnet.protocol import _OWN_PARAMETERS
from linnet_support import AsyncSocket, in_loop, serving
from support.programs import PATIENCE


class Ticker:
    """Another callback of the loop, which runs once in each of its turns."""

    def __init__(self):
        self.ticks = 0
        self._loop = asyncio.get_running_loop()
        self._tick()

    def _tick(self):
        self.ticks += 1
        self._handle = self._loop.call_soon(self._tick)

    def stop(self):
        self._handle.cancel()


async def ask_in_turn(context, message, times):
    for _ in range(times):
        future = context.request(message).response
        assert not future.done(), "nobody who awaits it would let the others run"
        assert (await future).code is CONTENT


@in_loop
async def test_others_run_between_one_answer_and_the_next_request(demo_uri):
    async with await Context.create_client_context() as context:
        ticker = Ticker()
        await ask_in_turn(context, Message(code=GET, uri=f"{demo_uri}/time"), 500)
        ticker.stop()
        assert ticker.ticks >= 500


@in_loop
async def test_others_run_while_many_ask_the_same_server(demo_uri):
    most, tasks, each = 0, 32, 50
    async with await Context.create_client_context() as context:
        ticker, seen, since = Ticker(), 0, 0

        async def ask():
            nonlocal most, seen, since
            for _ in range(each):
                assert (await context.request(Message(code=GET, uri=f"{demo_uri}/time")).response).code is CONTENT
                if ticker.ticks != seen:
                    seen, since = ticker.ticks, 0
                since += 1
                most = max(most, since)

        await asyncio.gather(*(ask() for _ in range(tasks)))
        ticker.stop()
    assert most <= tasks, "each of those who ask has one turn, and then the loop"


class CountingLoop:
    """What the extension wants of a loop; callbacks are run by hand."""

    def __init__(self):
        self.soon = []

    def call_soon(self, callback):
        self.soon.append(callback)

    def call_later(self, delay, callback):
        return self

    def create_future(self):
        return asyncio.get_running_loop().create_future()

    def add_reader(self, descriptor, callback):
        pass

    def remove_reader(self, descriptor):
        pass

    def is_closed(self):
        return False

    def cancel(self):
        pass


@in_loop
async def test_where_no_answer_comes_it_is_waited_for_once():
    with AsyncSocket() as silent:
        loop = CountingLoop()
        client = _linnet.Client(loop, transmission=_OWN_PARAMETERS, linger_us=1000)
        message = Message(code=GET, uri=f"coap://127.0.0.1:{silent.port}/")
        client.request(message, 0, 0, 0, True, None)
        assert len(loop.soon) == 1, "it left at once, and its answer may come"
        for _ in range(2):  # the first may be cut short by a timer that is set for the first time
            for callback in loop.soon[:]:
                loop.soon.remove(callback)
                callback()
        assert loop.soon == [], "it has not come: the descriptor tells when it does"
        assert len(await silent.receive()) > 0 and client.pending == 1
        client.close()


def ended(requests):
    return sum(request._outcome is not None for request in requests)


@in_loop
async def test_one_turn_takes_no_more_answers_than_there_are_requests_under_way(demo_uri):
    loop = CountingLoop()
    client = _linnet.Client(loop, transmission=_OWN_PARAMETERS, linger_us=1_000_000)
    asked = [client.request(Message(code=GET, uri=f"{demo_uri}/time"), 0, 0, 0, True, None) for _ in range(100)]
    answered = ended(asked)
    assert answered < 100, "each that was made has taken one at most"
    while answered < 100:
        if loop.soon:
            loop.soon.pop()()
        else:  # the machine was busy with something else
            assert select.select([client.fileno()], [], [], PATIENCE)[0]
            client._process()
        now = ended(asked)
        assert now - answered <= 1, "NSTART is 1, and between two answers the loop's others have their turn"
        answered = now
    client.close()


@in_loop
async def test_it_can_be_switched_off(demo_uri):
    async with await Context.create_client_context(linger_us=0) as context:
        await ask_in_turn(context, Message(code=GET, uri=f"{demo_uri}/time"), 5)
        await asyncio.gather(*(ask_in_turn(context, Message(code=GET, uri=f"{demo_uri}/time"), 5) for _ in range(5)))
    loop = CountingLoop()
    client = _linnet.Client(loop, transmission=_OWN_PARAMETERS, linger_us=0xFFFFFFFF)
    client.request(Message(code=GET, uri=f"{demo_uri}/time"), 0, 0, 0, True, None)
    for callback in loop.soon:  # timers that are set for the first time
        callback()
    assert len(loop.soon) <= 1, "nobody looks again by himself"
    client.close()


@pytest.mark.parametrize("microseconds", (-1, 1_000_001, 2**32))
@in_loop
async def test_no_more_than_a_second_of_it(microseconds):
    with pytest.raises(ValueError, match="linger_us"):
        await Context.create_client_context(linger_us=microseconds)
    with pytest.raises(ValueError, match="linger_us"):
        await Context.create_server_context(resource.Site(), bind=("127.0.0.1", 0), server_settings={"linger_us": microseconds})


class Hello(resource.Resource):
    def render_get(self, request):
        return Message(payload=b"hello")


@in_loop
async def test_a_site_and_its_client_in_one_loop_do_without():
    """The answer cannot come while the loop is kept waiting: that is found out, and soon not tried any more."""
    for settings in ({}, {"linger_us": 0}):
        async with serving({"hello": Hello()}, server_settings=settings, **settings) as (_, context, uri):
            await asyncio.wait_for(ask_in_turn(context, Message(code=GET, uri=f"{uri}/hello"), 200), PATIENCE)


@in_loop
async def test_a_callback_of_an_observation_is_not_called_inside_of_a_request(demo_uri):
    inside, told, wrong = False, 0, []

    def on_change(_):
        nonlocal told
        told += 1
        if inside:
            wrong.append(told)

    async with await Context.create_client_context() as context:
        watching = context.request(Message(code=GET, uri=f"{demo_uri}/obs", observe=0))
        await watching.response
        watching.observation.register_callback(on_change)
        for number in range(200):
            inside = True
            changed = context.request(Message(code=PUT, uri=f"{demo_uri}/obs", payload=b"%d" % number))
            inside = False
            assert (await changed.response).code is CHANGED
        watching.observation.cancel()
    assert told > 0 and not wrong
