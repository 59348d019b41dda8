"""A server on every address of a machine answers from the address that was asked (IPv4 and IPv6).

It runs in a network namespace of its own with several addresses; this needs root, as the capture does.
"""

import contextlib
import json
import os
import sys

import pytest
from support import programs
from support.programs import PEERS, Server

ASKING = ("10.0.0.9", "fd00:71::9")
ADDRESSES = ("10.0.0.1", "10.0.0.2", "fd00:71::1", "fd00:71::2", *ASKING)
IPV4 = ("127.0.0.1", "127.0.0.2", "127.1.2.3", "10.0.0.1", "10.0.0.2")
IPV6 = ("::1", "fd00:71::1", "fd00:71::2")


def ip(*words):
    done = programs.run("ip", *words)
    assert done.returncode == 0, f"ip {' '.join(words)}: {done.stderr}"


@contextlib.contextmanager
def several_addresses(name):
    """A namespace of its own; gives the words that run a command in it."""
    space = f"linnet-test-{os.getpid()}-{name}"
    ip("netns", "add", space)
    try:
        ip("-n", space, "link", "set", "lo", "up")
        for address in ADDRESSES:
            ip("-n", space, "address", "add", *_with_prefix(address), "dev", "lo")
        yield ["ip", "netns", "exec", space]
    finally:
        ip("netns", "delete", space)


def _with_prefix(address):
    return [f"{address}/64", "nodad"] if ":" in address else [f"{address}/24"]


@contextlib.contextmanager
def server_in(space, *bind):
    command = [*space, programs.linnet_path(), "serve", "--demo", *bind]
    server = Server(*command, ready="listening on coap://")
    try:
        yield server
        assert server.stop() == 0, server.output
    finally:
        if server.is_running:
            server.kill()


def ask_each(space, path, hosts):
    done = programs.run(*space, sys.executable, PEERS / "ask_each.py", 5683, path, *ASKING, *hosts)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# How the server is told to listen, and which addresses reach it then.
BINDS = {
    "by default": ((), IPV4 + IPV6),
    "on 0.0.0.0": (("--bind", "0.0.0.0:5683"), IPV4),
    "on ::": (("--bind", "[::]:5683"), IPV6),
    "on one address": (("--bind", "10.0.0.2:5683"), ("10.0.0.2",)),
    "on two addresses": (("--bind", "10.0.0.2:5683", "--bind", "[fd00:71::2]:5683"), ("10.0.0.2", "fd00:71::2")),
}


@pytest.mark.waits
@pytest.mark.parametrize("path", ("test", "separate"))
@pytest.mark.parametrize("how", BINDS)
def test_a_server_answers_from_the_address_that_was_asked(how, path):
    bind, hosts = BINDS[how]
    with several_addresses(f"{list(BINDS).index(how)}{path}") as space, server_in(space, *bind):
        answers = ask_each(space, path, hosts)
    for host in hosts:
        assert answers[host]["code"] == "2.05"
        assert set(answers[host]["sources"]) == {host}
        assert path == "test" or len(answers[host]["sources"]) == 2, "an acknowledgement and a separate response"


@pytest.mark.waits
def test_linnet_asks_each_address_and_is_told_who_answers():
    with several_addresses("client") as space, server_in(space):
        for host in IPV4 + IPV6:
            uri = f"coap://[{host}]/whoami" if ":" in host else f"coap://{host}/whoami"
            told = programs.run(*space, programs.linnet_path(), "get", uri)
            assert told.returncode == 0, told
            assert host in told.stdout
