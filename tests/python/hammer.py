"""Threads use one `network.Coap` as fast as they can; prints how often each did what.

usage: hammer.py SECONDS

Fails when a value or a response is not whole, an exception comes that is none of the documented ones, a response is
missing, or the threads do not end. faulthandler tells where they hang.
"""

import faulthandler
import json
import random
import socket
import sys
import threading
import time

from network import Coap

ALL = Coap.REQUEST_GET | Coap.REQUEST_PUT | Coap.REQUEST_DELETE
MOST_WAITING = 50
counts = {}
problems = []
stop = threading.Event()


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def whole(value):
    """Values are one octet many times: a torn one has two."""
    if len(set(value)) > 1 or len(value) not in (1, 10, 100, 900, 3000):
        problems.append(f"not whole: {value[:80]!r}")


def any_value():
    """Of one message each: one that always changes between two blocks of a response cannot be had whole."""
    return bytes([random.randrange(256)]) * random.choice((1, 10, 100, 900))


class Asker:
    """Sends requests and counts what comes of them."""

    def __init__(self, port):
        self.session = Coap.new_client_session("127.0.0.1", port)
        self.room = threading.Semaphore(MOST_WAITING)
        self.sent = self.told = 0

    def send(self, number):
        if not self.room.acquire(timeout=60):
            raise TimeoutError("no response")
        token = number % 997
        if number % 4 == 0:
            self.session.send_request(Coap.REQUEST_PUT, uri_path="shared", payload=any_value(), token=token)
        elif number % 4 == 1:
            large = bytes([number % 256]) * 3000
            self.session.send_request(Coap.REQUEST_PUT, uri_path="large", payload=large, token=token)
        else:
            self.session.send_request(Coap.REQUEST_GET, uri_path=("shared", "constant")[number % 2], token=token)
        self.sent += 1

    def take(self, code, id, type, token, payload):
        self.told += 1
        self.room.release()
        if code == 69:
            whole(payload)
        elif code != 68:
            problems.append(f"code {code}")

    def fail(self, id, token, reason):
        problems.append(reason)
        self.room.release()


def repeat(name, function):
    """Runs it until the end is called, or it fails."""
    counts[name] = 0
    while not stop.is_set():
        try:
            function(counts[name])
            counts[name] += 1
        except Exception as error:  # noqa: BLE001
            problems.append(f"{name}: {error!r}")
            return


def use_value(number):
    one = Coap.get_resource("shared")
    if number % 2:
        one.value(any_value())
    whole(one.value())


def make_and_remove(number):
    """The handle outlives the resource."""
    one = Coap.add_resource("mine", value=number)
    one.callback(ALL, True)
    one.add_attribute("title", str(number))
    Coap.remove_resource("mine")
    try:
        one.value(1)
        problems.append("a removed resource has a value")
    except RuntimeError:
        pass


def open_and_remove(port):
    def run(_):
        session = Coap.new_client_session("127.0.0.2", port)
        session.observe("shared", token="observed")
        Coap.remove_client_session("127.0.0.2", port)

    return run


def drain(asker):
    end = time.monotonic() + 60
    while asker.told < asker.sent and time.monotonic() < end:
        Coap.read(10)
    if asker.told < asker.sent:
        problems.append(f"{asker.sent - asker.told} responses are missing")


def main():
    seconds, port = float(sys.argv[1]), free_port()
    faulthandler.dump_traceback_later(seconds + 100, exit=True)
    sys.unraisablehook = lambda told: problems.append(repr(told.exc_value))
    Coap.init("0.0.0.0", port=port)
    Coap.add_resource("shared", value=b"x").callback(ALL, True)
    Coap.add_resource("large").callback(ALL, True)
    Coap.add_resource("constant", value=b"x" * 3000).callback(ALL, True)
    asker = Asker(port)
    Coap.register_response_handler(lambda *told: asker.take(*told) if told[3] != b"observed" else None)
    Coap.register_failure_handler(asker.fail)
    work = {
        "value": use_value,
        "value, too": use_value,
        "send_request": asker.send,
        "read": lambda _: Coap.read(1),
        "resources": make_and_remove,
        "sessions": open_and_remove(port),
        "list": lambda _: [session.get_details() for session in Coap.get_client_sessions()],
    }
    threads = [threading.Thread(target=repeat, args=item) for item in work.items()]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    stop.set()
    for thread in threads:
        thread.join()
    drain(asker)
    Coap.deinit()
    print(json.dumps(counts))
    for problem in problems[:20]:
        print(problem, file=sys.stderr)
    sys.exit(bool(problems))


main()
