"""Contexts, and the requests that they send.

>>> import asyncio
>>> from linnet import *
>>> async def main():
...     context = await Context.create_client_context()
...     request = context.request(Message(code=GET, uri="coap://localhost/time", observe=0))
...     first = await request.response
...     async for notification in request.observation:
...         break  # the time, once more
...     request.observation.cancel()
...     await context.shutdown()
...     return first.code == notification.code
>>> asyncio.run(main())
True
"""

import asyncio
import logging
from collections import deque

from . import _linnet, error
from .credentials import credentials_map
from .message import Message
from .numbers.codes import INTERNAL_SERVER_ERROR
from .numbers.constants import COAP_PORT, MCAST_ALL, transmission_of
from .remote import join_authority

_OWN_PARAMETERS = (0, 0, 0, 0, 0, 0)
_RESPONSES_MOST = 65536


class Request(_linnet.Request):
    """A request under way: what Context.request() returns. Cancelling the future cancels the request."""

    __slots__ = ()

    @property
    def response_raising(self):
        """To be awaited: the response, if it is a success; else the error of its code is raised.

        >>> import asyncio
        >>> from linnet import *
        >>> async def main():
        ...     async with await Context.create_client_context() as context:
        ...         try:
        ...             await context.request(Message(code=GET, uri="coap://localhost/nothing")).response_raising
        ...         except error.NotFound as problem:
        ...             return problem.code
        >>> asyncio.run(main())
        <Response Code 132 "4.04 Not Found">
        """
        return self._response_raising()

    async def _response_raising(self):
        response = await self.response
        if not response.code.is_successful():
            raise error.from_response(response)
        return response

    @property
    def response_nonraising(self):
        """To be awaited: the response, or one of class 5 made here where none came."""
        return self._response_nonraising()

    async def _response_nonraising(self):
        try:
            return await self.response
        except error.RenderableError as problem:
            return problem.to_message()
        except error.TimeoutError as problem:
            return error.GatewayTimeout(str(problem)).to_message()
        except Exception as problem:  # whatever it is, the caller wants a message
            return Message(code=INTERNAL_SERVER_ERROR, payload=str(problem).encode())


class ClientObservation:
    """The notifications of a request: `async for` gives the newest that was not yet given. It ends when the server
    ends it. A server that is silent, or has started anew, is asked again by itself. Whoever drops request and
    observation drops the observation at the server, too."""

    def __init__(self, request):
        self._request = request
        self._count = 1 if request._latest is not None else 0
        self._waiting = []
        self._callbacks = []
        self._errbacks = []

    @property
    def cancelled(self):
        """Whether there will be no more."""
        return self._request._failure is not None

    def cancel(self):
        """Ends the observation, here and at the server.

        >>> import asyncio
        >>> from linnet import *
        >>> async def main():
        ...     async with await Context.create_client_context() as context:
        ...         request = context.request(Message(code=GET, uri="coap://localhost/time", observe=0))
        ...         await request.response
        ...         request.observation.cancel()
        ...         return [notification async for notification in request.observation]
        >>> asyncio.run(main())
        []
        """
        self._request.cancel()

    def __aiter__(self):
        return _Notifications(self)

    def register_callback(self, callback):
        """Calls `callback` with each notification; `async for` does the same, and with it errors are not forgotten."""
        if self.cancelled:
            return
        self._callbacks.append(callback)
        self._request._keep(self)
        if self._request._latest is not None:
            callback(self._request._latest)

    def register_errback(self, callback):
        """Calls `callback` with the exception that ends the observation."""
        if self.cancelled:
            callback(self._request._failure)
            return
        self._errbacks.append(callback)
        self._request._keep(self)

    def _push(self, notification):
        self._count += 1
        self._wake()
        for callback in list(self._callbacks):
            callback(notification)

    def _end(self, failure):
        self._wake()
        self._callbacks.clear()
        errbacks, self._errbacks = self._errbacks, []
        for callback in errbacks:
            callback(failure)

    def _wake(self):
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def _wait(self):
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        try:
            await future
        finally:
            if future in self._waiting:
                self._waiting.remove(future)


class _Notifications:
    """One `async for` over an observation."""

    def __init__(self, observation):
        self._observation = observation
        self._seen = 0

    def __aiter__(self):
        return self

    async def __anext__(self):
        observation = self._observation
        while observation._count == self._seen:
            failure = observation._request._failure
            if isinstance(failure, (error.NotObservable, error.ObservationCancelled, asyncio.CancelledError)):
                raise StopAsyncIteration
            if failure is not None:
                raise failure
            await observation._wait()
        self._seen = observation._count
        return observation._request._latest


class Responses:
    """Every answer to a request, for `async for`: a request to a group has as many as there are members. It ends when
    the time is over, see `timeout` of Context.request().

    >>> import asyncio
    >>> from linnet import *
    >>> async def main():
    ...     async with await Context.create_client_context() as context:
    ...         request = context.request(Message(code=GET, uri="coap://localhost/time"))
    ...         return [response.code.dotted async for response in request.responses]
    >>> asyncio.run(main())
    ['2.05']
    """

    def __init__(self):
        self._answers = deque(maxlen=_RESPONSES_MOST)
        self._ended = False
        self._failure = None
        self._waiting = None

    def _push(self, answer):
        self._answers.append(answer)
        self._wake()

    def _end(self, failure):
        self._ended = True
        self._failure = failure
        self._wake()

    def _wake(self):
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def __aiter__(self):
        return self

    async def __anext__(self):
        while not self._answers and not self._ended:
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
        if self._answers:
            return self._answers.popleft()
        if self._failure is not None:
            raise self._failure
        raise StopAsyncIteration


def _milliseconds(seconds):
    """0 is no limit of its own."""
    if seconds is None:
        return 0
    if not 0 < seconds <= 4294967:
        raise ValueError(f"a time-out of {seconds} seconds")
    return max(1, int(seconds * 1000))


def _linger(microseconds):
    """As the extension takes it: 0 is its default."""
    if microseconds is None:
        return 0
    if not 0 <= microseconds <= 1_000_000:
        raise ValueError(f"linger_us={microseconds}: at most a second")
    return int(microseconds) or 0xFFFFFFFF


def _parameters(tuning):
    return _OWN_PARAMETERS if tuning is None else transmission_of(tuning)[0]


class Context:
    """One end of the network: it sends requests, and with a site it answers them. Several in one process do not know of
    each other. Settings of the client side, with both ways to make one:

    - timeout: seconds that a request may take, for those that say nothing else
    - transport_tuning: a TransportTuning for all requests
    - nstart: how many requests to one peer may be under way at once (RFC 7252 4.7: 1, where the network is shared)
    - max_body_size: octets of the largest response body
    - client_credentials: for coaps://, a CredentialsMap, what its load_from_dict() takes, or one for all URIs
    - cache_size: octets of memory for responses that are still fresh; 0: none are kept
    - local_address: "host:port" to send from
    - linger_us: how long at most the loop is kept waiting for an answer that is about to come, see docs/python.md; 0: never
    - multicast_interface, multicast_hops: where requests to groups leave, and how many routers they pass

    >>> import asyncio
    >>> from linnet import *
    >>> async def main():
    ...     context = await Context.create_client_context(timeout=5)
    ...     response = await context.request(Message(code=GET, uri="coap://localhost/other/block")).response
    ...     await context.shutdown()
    ...     return len(response.payload) >= 1029
    >>> asyncio.run(main())
    True
    """

    def __init__(self, loop=None, serversite=None, loggername="coap", client_credentials=None, server_credentials=None,
                 **settings):
        self.loop = loop or asyncio.get_running_loop()
        self.log = logging.getLogger(loggername)
        self.serversite = serversite
        self.client_credentials = credentials_map(client_credentials)
        self.server_credentials = credentials_map(server_credentials)
        self._server = None
        self._client = None
        self._closed = False
        self._timeout = _milliseconds(settings.pop("timeout", None))
        self._max_body_size = settings.pop("max_body_size", None) or 0
        self._client_settings = settings

    @classmethod
    async def create_client_context(cls, *, loggername="coap", loop=None, transports=None, **settings):
        """A context that sends requests. `transports` is taken as programs give it; there is one transport, UDP."""
        context = cls(loop, None, loggername, **settings)
        context._open_client()
        return context

    @classmethod
    async def create_server_context(cls, site, bind=None, *, loggername="coap-server", loop=None, multicast=(),
                                    server_credentials=None, transports=None, server_settings=None, **settings):
        """A context that serves `site`, at every address and port 5683 or where `bind` says: (host, port), either of
        which may be None; port 0 is any that is free, see server_addresses. `multicast` has groups to join: each an
        address, an interface for the All CoAP Nodes groups, or both in a tuple. server_settings: max_body_size of
        requests, message_size, amplification, exchanges, observers, upload_memory, linger_us, plain, handshake_failed.

        With server_credentials, a CredentialsMap or what its load_from_dict() takes, it serves coaps:// too, at the
        port behind that of coap://, 5684; with plain=False in server_settings coaps:// alone. Keys are found by their
        client-identity, and may come and go; certificates and raw public keys are those that are there when it begins. Of
        several certificates a client is shown the one with the host name that it asks for, else the first.
        request.remote.authenticated_claims has the name of the entry whose key the client has, or the subject of its
        certificate. A handshake that fails is told to the log, and to handshake_failed(peer, exception).

        >>> import asyncio
        >>> from linnet import *
        >>> class Hello(resource.Resource):
        ...     async def render_get(self, request):
        ...         return Message(payload=b"hello")
        >>> async def main():
        ...     site = resource.Site()
        ...     site.add_resource(["hello"], Hello())
        ...     async with await Context.create_server_context(site, bind=("127.0.0.1", 0)) as context:
        ...         port = context.server_addresses[0][1]
        ...         return await context.request(Message(code=GET, uri=f"coap://127.0.0.1:{port}/hello")).response
        >>> asyncio.run(main()).payload
        b'hello'
        """
        from .server import SiteServer

        context = cls(loop, site, loggername, server_credentials=server_credentials, **settings)
        credentials = None if server_credentials is None else context.server_credentials
        context._server = SiteServer(context.loop, context.log, site, bind or (None, None), server_settings or {},
                                     credentials)
        try:
            context._server.join(multicast)
        except BaseException:
            context._server.close()
            raise
        return context

    def _open_client(self):
        settings = dict(self._client_settings)
        parameters = list(_parameters(settings.pop("transport_tuning", None)))
        parameters[3] = settings.pop("nstart", None) or parameters[3]
        linger = _linger(settings.pop("linger_us", None))
        self._client = _linnet.Client(self.loop, transmission=tuple(parameters), linger_us=linger, **settings)
        return self._client

    def request(self, request_message, handle_blockwise=True, *, timeout=None):
        """Sends a message; returns a Request at once. What goes wrong shows when its response is awaited. Bodies that
        are too large for one message go block by block; with handle_blockwise False Block options are as they are given.
        `timeout`: seconds that all of it may take."""
        milliseconds = self._timeout if timeout is None else _milliseconds(timeout)
        client = self._client
        if client is None:
            if self._closed:
                raise error.LibraryShutdown("the context was shut down")
            client = self._open_client()
        return client.request(request_message, milliseconds, 0, self._max_body_size, handle_blockwise,
                              self.client_credentials)

    @property
    def server_addresses(self):
        """What a server listens on: a list of (host, port), with the port that it got; those of coaps:// are last."""
        return [address[:2] for address in self._addresses()]

    @property
    def server_uris(self):
        """The same as URIs.

        >>> import asyncio
        >>> from linnet import *
        >>> keys = {":lamp": {"dtls": {"psk": {"ascii": "secret"}, "client-identity": {"ascii": "lamp"}}}}
        >>> async def main():
        ...     site = resource.Site()
        ...     async with await Context.create_server_context(site, ("127.0.0.1", 5700), server_credentials=keys) as it:
        ...         return it.server_uris
        >>> asyncio.run(main())
        ['coap://127.0.0.1:5700', 'coaps://127.0.0.1:5701']
        """
        schemes = {False: "coap", True: "coaps"}
        return [f"{schemes[secured]}://{join_authority(host, port, schemes[secured])}"
                for host, port, secured in self._addresses()]

    def _addresses(self):
        return self._server.addresses() if self._server is not None else []

    async def shutdown(self):
        """Ends every request and observation, and closes all sockets. Handlers that still run are cancelled."""
        self._closed = True
        server, self._server = self._server, None
        client, self._client = self._client, None
        if server is not None:
            await server.shutdown()
        if client is not None:
            client.close()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.shutdown()


__all__ = ["Context", "Request", "ClientObservation", "Responses", "COAP_PORT", "MCAST_ALL"]
