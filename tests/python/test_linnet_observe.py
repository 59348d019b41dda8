"""Observation from Python: of the demo server, of sites in Python, of a socket that the test answers from."""

import asyncio
import gc

import pytest

from linnet import *
from linnet import error, resource
from linnet_support import AsyncSocket, demo_server, in_loop, serving
from support import coap
from support.programs import PATIENCE


class Counter(resource.ObservableResource):
    """Its state is a number; it knows how often it was told how many observe it."""

    def __init__(self, state=0):
        super().__init__()
        self.state = state
        self.counts = []
        self.asked = 0
        self.changed = asyncio.Event()

    async def render_get(self, request):
        self.asked += 1
        return Message(payload=str(self.state).encode())

    def update_observation_count(self, newcount):
        self.counts.append(newcount)
        self.changed.set()

    def set(self, state):
        self.state = state
        self.updated_state()

    async def until(self, count):
        while not self.counts or self.counts[-1] != count:
            self.changed.clear()
            await asyncio.wait_for(self.changed.wait(), PATIENCE)


async def next_of(notifications):
    return await asyncio.wait_for(notifications.__anext__(), PATIENCE)


@pytest.mark.waits
@in_loop
async def test_notifications_come_by_async_for():
    with demo_server() as demo_uri:
        await watch_twice(demo_uri)


async def watch_twice(demo_uri):
    async with await Context.create_client_context() as context:
        request = context.request(Message(code=GET, uri=f"{demo_uri}/obs", observe=0))
        assert (await request.response).opt.observe is not None
        numbers = []
        async for notification in request.observation:
            numbers.append(notification.opt.observe)
            assert notification.payload and notification.get_request_uri() == f"{demo_uri}/obs"
            if len(numbers) == 2:
                break
        assert numbers[0] < numbers[1]


@in_loop
async def test_only_the_newest_state_is_given_to_who_is_slow():
    counter = Counter()
    async with serving({"c": counter}) as (_, context, uri):
        request = context.request(Message(code=GET, uri=f"{uri}/c", observe=0))
        assert (await request.response).payload == b"0"
        counter.set(1)
        notifications = aiter(request.observation)
        assert (await next_of(notifications)).payload == b"1"
        for state in 2, 3, 4:
            counter.set(state)
            await asyncio.sleep(0.02)
        assert (await next_of(notifications)).payload == b"4"


@in_loop
async def test_a_server_counts_who_observes_and_cancelling_is_told():
    counter = Counter()
    async with serving({"c": counter}) as (_, context, uri):
        requests = [context.request(Message(code=GET, uri=f"{uri}/c", observe=0)) for _ in range(2)]
        for request in requests:
            await request.response
        await counter.until(2)
        requests[0].observation.cancel()
        assert requests[0].observation.cancelled
        await counter.until(1)
        assert [each async for each in requests[0].observation] == []
        counter.set(1)
        assert (await next_of(aiter(requests[1].observation))).payload == b"1"


@in_loop
async def test_an_observation_that_nobody_holds_is_cancelled():
    counter = Counter()
    async with serving({"c": counter}) as (_, context, uri):
        request = context.request(Message(code=GET, uri=f"{uri}/c", observe=0))
        await request.response
        observation = request.observation
        assert observation is request.observation
        del request
        gc.collect()
        counter.set(1)
        assert (await next_of(aiter(observation))).payload == b"1", "who has the observation has the request"
        del observation
        await counter.until(0)


@in_loop
async def test_a_cancelled_task_ends_its_observation():
    counter = Counter()
    async with serving({"c": counter}) as (_, context, uri):
        async def watch():
            request = context.request(Message(code=GET, uri=f"{uri}/c", observe=0))
            await request.response
            async for _ in request.observation:
                pass

        task = asyncio.create_task(watch())
        await counter.until(1)
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        del task
        await counter.until(0)


@in_loop
async def test_callbacks_keep_an_observation_alive_and_hear_of_its_end():
    counter, heard, ends = Counter(), [], []
    async with serving({"c": counter}) as (site, context, uri):
        request = context.request(Message(code=GET, uri=f"{uri}/c", observe=0))
        request.observation.register_callback(lambda notification: heard.append(notification.payload))
        request.observation.register_errback(ends.append)
        await request.response
        del request
        gc.collect()
        counter.set(1)
        while not heard:
            await asyncio.sleep(0.01)
        site.remove_resource(["c"])
        while not ends:
            await asyncio.sleep(0.01)
        assert heard[0] == b"1" and isinstance(ends[0], error.ObservationCancelled)


@in_loop
async def test_a_resource_that_cannot_be_observed_says_so():
    class Plain(resource.Resource):
        async def render_get(self, request):
            return Message(payload=b"plain")

    async with serving({"p": Plain()}) as (_, context, uri):
        request = context.request(Message(code=GET, uri=f"{uri}/p", observe=0))
        assert (await request.response).payload == b"plain"
        assert [each async for each in request.observation] == []
        ends = []
        request.observation.register_errback(ends.append)
        assert isinstance(ends[0], error.NotObservable)
        assert context.request(Message(code=GET, uri=f"{uri}/p")).observation is None


@in_loop
async def test_a_notification_larger_than_a_message_comes_whole():
    counter = Counter("x" * 5000)
    async with serving({"c": counter}) as (_, context, uri):
        request = context.request(Message(code=GET, uri=f"{uri}/c", observe=0))
        assert len((await request.response).payload) == 5000
        counter.set("y" * 7000)
        assert (await next_of(aiter(request.observation))).payload == b"y" * 7000


@in_loop
async def test_updated_state_may_give_the_message_itself():
    counter = Counter()
    async with serving({"c": counter}) as (_, context, uri):
        request = context.request(Message(code=GET, uri=f"{uri}/c", observe=0))
        await request.response
        asked = counter.asked
        counter.updated_state(Message(payload=b"given", max_age=7))
        notification = await next_of(aiter(request.observation))
        assert (notification.payload, notification.opt.max_age, counter.asked) == (b"given", 7, asked)
        assert (await context.request(Message(code=GET, uri=f"{uri}/c")).response).payload == b"0"


@in_loop
async def test_a_render_that_fails_ends_the_observation_with_its_error():
    class Failing(Counter):
        async def render_get(self, request):
            if self.state == 1:
                raise error.Forbidden("no more")
            return await super().render_get(request)

    failing = Failing()
    async with serving({"f": failing}) as (_, context, uri):
        request = context.request(Message(code=GET, uri=f"{uri}/f", observe=0))
        await request.response
        failing.set(1)
        assert [each.code async for each in request.observation] == [FORBIDDEN]


@pytest.mark.waits
@in_loop
async def test_an_observation_that_is_lost_is_registered_again():
    with AsyncSocket() as server:
        async with await Context.create_client_context() as context:
            request = context.request(Message(code=GET, uri=f"coap://127.0.0.1:{server.port}/x", observe=0))
            first = coap.decode(await server.receive())
            observe = ((coap.OBSERVE, b"\x05"), (coap.MAX_AGE, b""))
            server.send(coap.Message(coap.ACK, coap.code("2.05"), first.mid, first.token, observe, b"one").encode())
            assert (await request.response).payload == b"one"
            # Max-Age 0 is over at once: RFC 7641 3.3.1 lets the client register again after some time.
            again = coap.decode(await server.receive())
            assert again.token == first.token and (coap.OBSERVE, b"") in again.options
            observe = ((coap.OBSERVE, b"\x06"),)
            server.send(coap.Message(coap.ACK, coap.code("2.05"), again.mid, again.token, observe, b"two").encode())
            assert (await next_of(aiter(request.observation))).payload == b"two"


@in_loop
async def test_shutting_down_ends_an_observation_with_its_reason():
    counter = Counter()
    async with serving({"c": counter}) as (_, _, uri):
        context = await Context.create_client_context()
        request = context.request(Message(code=GET, uri=f"{uri}/c", observe=0))
        await request.response
        waiting = asyncio.create_task(next_of(aiter(request.observation)))
        await asyncio.sleep(0)
        await context.shutdown()
        with pytest.raises(error.LibraryShutdown):
            await waiting
        await counter.until(0)


@in_loop
async def test_a_hundred_observe_and_each_change_is_asked_for_once():
    counter = Counter()
    async with serving({"c": counter}) as (_, context, uri):
        clients = [await Context.create_client_context() for _ in range(5)]
        requests = [each.request(Message(code=GET, uri=f"{uri}/c", observe=0)) for each in clients for _ in range(20)]
        await asyncio.gather(*(request.response for request in requests))
        await counter.until(100)
        counter.asked = 0
        counter.set(1)
        for request in requests:
            assert (await next_of(aiter(request.observation))).payload == b"1"
        assert counter.asked == 1
        for client in clients:
            await client.shutdown()
