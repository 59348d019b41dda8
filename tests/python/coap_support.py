"""What the tests of `network.Coap` share: a module that is open, peers made of sockets, scripts in processes."""

import os
import pathlib
import queue
import sys
import threading

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILT = pathlib.Path(os.environ.get("LINNET_BUILD", ROOT / "build")) / "python"
for folder in (ROOT / "tests", BUILT):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from network import Coap, CoapClientSession, CoapResource, WLAN  # noqa: E402,F401
from support import coap, programs  # noqa: E402
from support.ports import Ports  # noqa: E402
from support.raw import RawClient, RawServer, new_mid  # noqa: E402

PATIENCE = programs.PATIENCE
GET, PUT, POST, DELETE = Coap.REQUEST_GET, Coap.REQUEST_PUT, Coap.REQUEST_POST, Coap.REQUEST_DELETE
EVERY = GET | PUT | POST | DELETE
HOST = "127.0.0.1"
_ports = Ports()


def free_port():
    return _ports.take(_ports.other)


class Asking(RawClient):
    """A client made of a socket, towards the server of this process."""

    def request(self, method, path, payload=b"", options=(), **more):
        return self.ask(coap.request(method, path, new_mid(), payload=payload, options=options, **more))

    def put_in_blocks(self, path, body, size=16):
        """Sends a body by Block1 and returns the last response."""
        szx = size.bit_length() - 5
        pieces = [body[at : at + size] for at in range(0, len(body), size)]
        for number, piece in enumerate(pieces):
            block = coap.Block(number, number + 1 < len(pieces), szx)
            answer = self.request("PUT", path, piece, ((coap.BLOCK1, block.value),))
        return answer


class Handler:
    """A response or failure handler that keeps what it is told."""

    def __init__(self):
        self._calls = queue.Queue()

    def __call__(self, *arguments):
        self._calls.put(arguments)

    def next(self):
        return self._calls.get(timeout=PATIENCE)

    @property
    def count(self):
        return self._calls.qsize()


@pytest.fixture
def closed():
    """No module is open before the test and after it."""
    Coap.deinit()
    yield
    Coap.deinit()


@pytest.fixture
def port(closed):
    """The port of a server in this process."""
    number = free_port()
    Coap.init(HOST, port=number)
    return number


@pytest.fixture
def dynamic_port(closed):
    """The same, of one where clients may create resources."""
    number = free_port()
    Coap.init(HOST, port=number, dynamic_resources=True)
    return number


@pytest.fixture
def asking(port):
    with Asking(HOST, port) as client:
        yield client


@pytest.fixture
def asking_dynamic(dynamic_port):
    with Asking(HOST, dynamic_port) as client:
        yield client


@pytest.fixture
def peer():
    """A server that the test plays itself."""
    with RawServer(free_port()) as server:
        yield server


@pytest.fixture
def client(closed):
    """A module without a server, and its handlers."""
    Coap.init()
    handlers = Handler(), Handler()
    Coap.register_response_handler(handlers[0])
    Coap.register_failure_handler(handlers[1])
    return handlers


def resource(uri="r", operations=EVERY, **more):
    made = Coap.add_resource(uri, **more)
    made.callback(operations, True)
    return made


def answer(request, code="2.05", token=None, **more):
    """A piggybacked response to a message that a RawServer has received."""
    return coap.Message(coap.ACK, coap.code(code), request.mid, request.token if token is None else token, **more)


def environment(**more):
    return {**programs.environment(), "PYTHONPATH": str(BUILT), **more}


def python(*words):
    """The command of a Python process that can import `network`."""
    return ["env", f"PYTHONPATH={BUILT}", "PYTHONFAULTHANDLER=1", sys.executable, *(str(word) for word in words)]


def run_python(text, *arguments):
    """Runs a program to its end."""
    return programs.run(*python("-c", text, *arguments))


def in_thread(function, *arguments):
    thread = threading.Thread(target=function, args=arguments)
    thread.start()
    return thread


def join(thread):
    thread.join(PATIENCE)
    assert not thread.is_alive(), "the thread hangs"
