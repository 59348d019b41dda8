"""What the tests of the package linnet share: a demo server, sites in the test's own process, raw datagrams."""

import asyncio
import contextlib
import functools
import os
import socket

from linnet import Context, resource
from support import programs
from support.programs import PATIENCE, Server, hostport


@contextlib.contextmanager
def demo_server(host="127.0.0.1", *options):
    """A fresh demo server on a port that is free."""
    command = [programs.linnet_path(), "serve", "--demo", "--bind", hostport(host, 0), *options]
    server = Server(*command)
    try:
        port = server.wait_for(r"listening on coap://\S+:(\d+)").group(1)
        yield f"coap://{hostport(host, port)}"
        assert server.stop() == 0, server.output
    finally:
        if server.is_running:
            server.kill()


def free_port():
    """A port that nobody has at the moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def in_loop(test):
    """The test is a coroutine, run in a loop of its own, with an end."""

    @functools.wraps(test)
    def run(*arguments, **named):
        return asyncio.run(asyncio.wait_for(test(*arguments, **named), PATIENCE * 2))

    return run


@contextlib.asynccontextmanager
async def serving(resources, **settings):
    """Serves {path: resource} in this process; gives the site, its context and its URI."""
    site = resource.Site()
    for path, each in resources.items():
        site.add_resource(path.split("/") if path else [], each)
    async with await Context.create_server_context(site, bind=("127.0.0.1", 0), **settings) as context:
        yield site, context, f"coap://127.0.0.1:{context.server_addresses[0][1]}"


class AsyncSocket:
    """A UDP socket that a test reads and writes octets with, in the loop of what it tests."""

    def __init__(self, port=None):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind(("127.0.0.1", 0))
        if port:
            self._socket.connect(("127.0.0.1", port))
        self.port = self._socket.getsockname()[1]
        self.peer = None

    def send(self, octets):
        if self.peer:
            self._socket.sendto(octets, self.peer)
        else:
            self._socket.send(octets)

    async def receive(self, patience=PATIENCE):
        loop = asyncio.get_running_loop()
        readable = asyncio.Event()  # not every loop has sock_recvfrom()
        loop.add_reader(self._socket, readable.set)
        try:
            await asyncio.wait_for(readable.wait(), patience)
        finally:
            loop.remove_reader(self._socket)
        octets, self.peer = self._socket.recvfrom(65536)
        return octets

    async def hears_nothing(self, seconds):
        with contextlib.suppress(asyncio.TimeoutError):
            raise AssertionError(f"there came {await self.receive(seconds)!r}")

    def close(self):
        self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def open_descriptors():
    """How many descriptors this process has open."""
    return len(os.listdir("/proc/self/fd"))


def resident_kib():
    """The memory that this process has in use, in KiB."""
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))
