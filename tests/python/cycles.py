"""Uses all of `network.Coap`, round after round, and prints as JSON by how much everything has grown meanwhile. Fails
where something is left behind.

usage: cycles.py ROUNDS

The first rounds fill caches and are not counted. Then so many rounds are run three times, and the middle one of the
three growths counts: what is left behind in each round is in all of them, what a cache takes is not. `references` needs
a debug build of Python.
"""

import gc
import json
import os
import queue
import socket
import sys
import tracemalloc

from network import Coap

GET, PUT, DELETE = Coap.REQUEST_GET, Coap.REQUEST_PUT, Coap.REQUEST_DELETE


# What may grow in one round without being a leak: what is counted itself takes a little.
MOST_A_ROUND = {"descriptors": 0, "threads": 0, "resident": 20_000, "traced": 20, "references": 0.8}


class Broken(Exception):
    pass


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def use_resources():
    one = Coap.add_resource("one", media_type=0, max_age=1, value="x" * 1000, etag=True)
    one.add_attribute("title", "one")
    one.add_attribute("title", "another")
    one.callback(15, True)
    for value in (1 << 100, b"", bytearray(5), "text"):
        one.value(value)
        one.value()
    one.set_details(mediatype=50)
    one.get_details()
    repr(Coap.get_resource("one"))
    two = Coap.add_resource("two")
    Coap.remove_resource("two")
    return one, two


def fail(function, *arguments, **keywords):
    """Errors have references, too."""
    try:
        function(*arguments, **keywords)
    except (TypeError, ValueError, RuntimeError, OSError):
        return
    raise AssertionError(f"{function} did not fail")


def use_wrongly(session, two):
    fail(two.value)
    fail(two.value, -1)
    fail(Coap.add_resource, "made/here")
    fail(Coap.add_resource, "three", value=1.5)
    fail(Coap.new_client_session, "no address")
    fail(Coap.remove_client_session, "127.0.0.1", 1)
    fail(Coap.init, "127.0.0.1")
    fail(Coap.read, -1)
    fail(session.send_request, GET, token="too long a token")
    fail(session.send_request, GET, token="t", payload=1.5)
    fail(session.send_request, 3, token="t", payload="x")


def ask(session, told, method, path, **more):
    session.send_request(method, uri_path=path, token="t", **more)
    return told.get(timeout=30)


def one_round(port):
    told = queue.Queue()
    Coap.init("127.0.0.1", port=port, dynamic_resources=True)
    Coap.register_response_handler(lambda *response: told.put(response))
    Coap.register_failure_handler(lambda *failure: told.put(failure))
    Coap.register_new_resource_handler(lambda resource: resource.set_details(etag=True))
    one, two = use_resources()
    session = Coap.new_client_session("127.0.0.1", port)
    assert ask(session, told, GET, "one")[0] == 69
    assert ask(session, told, PUT, "made/here", payload=b"x" * 3000)[0] == 65
    assert ask(session, told, GET, "made/here")[4] == b"x" * 3000
    assert ask(session, told, DELETE, "one")[0] == 66
    assert ask(Coap.new_client_session("127.0.0.1", free_port()), told, GET, "nowhere")[1] == b"t"
    fail(one.value)
    use_wrongly(session, two)
    session.cancel(session.observe("made/here", token="o"))
    assert len(Coap.get_client_sessions()) == 2
    Coap.socket().fileno()
    Coap.read(1)
    Coap.register_response_handler(raise_broken)
    session.send_request(GET, uri_path="made/here")
    Coap.read(1000)
    Coap.deinit()


def raise_broken(*_):
    raise Broken


def counts():
    gc.collect()
    with open("/proc/self/statm", encoding="ascii") as numbers:
        pages = int(numbers.read().split()[1])
    return {
        "descriptors": len(os.listdir("/proc/self/fd")),
        "resident": pages * os.sysconf("SC_PAGE_SIZE"),
        "traced": tracemalloc.get_traced_memory()[0],
        "threads": len(os.listdir("/proc/self/task")),
        "references": sys.gettotalrefcount() if hasattr(sys, "gettotalrefcount") else 0,
    }


def main():
    rounds = int(sys.argv[1])
    sys.unraisablehook = lambda told: None if told.exc_type is Broken else sys.__unraisablehook__(told)
    port = free_port()
    tracemalloc.start()
    seen = []
    for _ in range(4):
        for _ in range(rounds):
            one_round(port)
        seen.append(counts())
    grown = {name: sorted(b[name] - a[name] for a, b in zip(seen, seen[1:]))[1] for name in seen[0]}
    print(json.dumps(grown))
    sys.exit(any(number > MOST_A_ROUND[name] * rounds for name, number in grown.items()))


main()
