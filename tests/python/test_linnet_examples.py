"""Every example runs: those in docstrings, in a network where the demo server has the standard port, and the programs of
examples/python."""

import contextlib
import http.server
import sys
import threading

import pytest

import linnet
from linnet import error
from linnet_support import demo_server
from support import programs
from support.programs import PATIENCE, ROOT, Server
from tour import Network

EXAMPLES = ROOT / "examples/python"

DOCTESTS = """
import doctest, importlib, pkgutil, sys
import linnet
failed = tried = 0
silent = []
for found in [linnet.__name__, *(each.name for each in pkgutil.walk_packages(linnet.__path__, "linnet."))]:
    module = importlib.import_module(found)
    result = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    failed, tried = failed + result.failed, tried + result.attempted
    if not result.attempted and not found.rpartition(".")[2].startswith("_") and found != "linnet.server":
        silent.append(found)
print(tried, failed, silent)
"""


@pytest.mark.waits
def test_every_example_of_a_docstring_does_what_it_says():
    with Network() as network:
        done = programs.run(*network.inside(sys.executable, "-c", DOCTESTS), patience=4 * PATIENCE)
    tried, failed, silent = done.stdout.splitlines()[-1].split(" ", 2)
    assert (int(failed), silent) == (0, "[]"), done.stdout + done.stderr
    assert int(tried) > 100


@contextlib.contextmanager
def program(name, *arguments, ready=r"listening on port (\d+)"):
    server = Server(sys.executable, "-u", EXAMPLES / name, *arguments)
    try:
        yield server, server.wait_for(ready)
    finally:
        server.kill()


def test_the_sensor_is_read_and_the_observer_sees_it_change():
    with program("sensor.py", 0) as (_, match):
        uri = f"coap://localhost:{match.group(1)}/temperature"
        assert -50 < float(linnet.get(uri).payload) < 100
        done = programs.run(sys.executable, EXAMPLES / "observer.py", uri, 3)
        assert len([float(line) for line in done.stdout.split()]) == 4, done.stderr


def test_the_poller_asks_all_and_says_what_fails():
    with demo_server() as uri:
        uris = f"{uri}/validate", f"{uri}/nothing", f"{uri}/time"
        done = programs.run(sys.executable, EXAMPLES / "poller.py", 0.01, 2, *uris)
    lines = [line for line in done.stdout.splitlines() if line]
    assert len(lines) == 6 and lines[1] == f"{uris[1]} failed: 4.04 Not Found", done.stdout + done.stderr


class Service(http.server.BaseHTTPRequestHandler):
    """Things by name, as a REST service has them."""

    things = {}

    def answer(self, status, body=b"", kind="application/json"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(200, self.things[self.path]) if self.path in self.things else self.answer(404)

    def do_PUT(self):
        self.things[self.path] = self.rfile.read(int(self.headers["Content-Length"])) + self.headers["Content-Type"].encode()
        self.answer(204)

    def do_DELETE(self):
        self.answer(204 if self.things.pop(self.path, None) else 409)

    def log_message(self, *_):
        pass


def test_the_proxy_speaks_for_a_rest_service():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service) as service:
        threading.Thread(target=service.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{service.server_port}/v1"
        with program("rest_proxy.py", base, 0) as (_, match):
            uri = f"coap://localhost:{match.group(1)}/api"
            assert linnet.put(f"{uri}/lamp?room=1", b"{}", content_format=50).code.dotted == "2.04"
            got = linnet.get(f"{uri}/lamp?room=1")
            assert got.payload == b"{}application/json" and got.opt.content_format == 50
            assert linnet.delete(f"{uri}/lamp?room=1").code.dotted == "2.02"
            for method, problem in ((linnet.delete, error.Conflict), (linnet.get, error.NotFound)):
                with contextlib.suppress(problem):
                    method(f"{uri}/lamp?room=1")
                    raise AssertionError("there is no lamp any more")
        service.shutdown()
