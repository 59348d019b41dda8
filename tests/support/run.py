"""The one test run: its ports, its capture, its verdicts, and the servers that it starts.

All are made when they are first needed, from whichever thread; end() releases them.
"""

import contextlib
import functools
import json
import threading
from dataclasses import dataclass

from support import programs
from support.capture import Capture
from support.ports import Ports
from support.programs import PEERS, ROOT, Server, hostport

_mutex = threading.RLock()
_made = {}


def _once(make):
    @functools.wraps(make)
    def get():
        with _mutex:
            if make.__name__ not in _made:
                _made[make.__name__] = make()
            return _made[make.__name__]

    return get


@_once
def ports():
    return Ports()


@_once
def capture():
    return Capture(ports())


def port(which):
    """A free port of one of the ranges; from the first one on the capture runs."""
    capture()
    return ports().take(which)


def end():
    with _mutex:
        verdicts.write()
        if "capture" in _made:
            _made["capture"].end()
            _made.pop("capture").remove()
        if "ports" in _made:
            _made.pop("ports").release()


def linnet(*arguments, stdin=b"", patience=programs.PATIENCE):
    """Runs the command under test to its end."""
    return programs.run(programs.linnet_path(), *arguments, stdin=stdin, patience=patience)


@dataclass
class Address:
    """Where a server listens."""

    host: str
    port: int
    program: Server = None

    @property
    def uri(self):
        return f"coap://{hostport(self.host, self.port)}"

    def crash(self):
        """Ends the program at once; it forgets what it knew."""
        self.program.kill()

    def start_again(self, ready="listening on coap://"):
        self.program = Server(*self.program.command, ready=ready)


@contextlib.contextmanager
def demo(host="127.0.0.1", which=None, options=()):
    """A fresh demo server. At the end it must still be running, and end in order on SIGTERM."""
    number = port(which or ports().linnet)
    command = [programs.linnet_path(), "serve", "--demo", "--bind", hostport(host, number), *options]
    address = Address(host, number, Server(*command, ready="listening on coap://"))
    try:
        yield address
        status = address.program.stop()
        assert status == 0, f"linnet serve ended with {status}:\n{address.program.output}"
    finally:
        if address.program.is_running:
            address.program.kill()


@contextlib.contextmanager
def libcoap_server(which, host="127.0.0.1"):
    """coap-server with dynamic resources: PUT creates what is not there."""
    number = port(which)
    server = Server("coap-server-notls", "-A", host, "-p", number, "-d", "100")
    try:
        programs.wait_until_it_answers(host, number)
        yield Address(host, number, server)
    finally:
        server.kill()


@contextlib.contextmanager
def node_server(which, host="127.0.0.1"):
    number = port(which)
    server = Server("node", PEERS / "server.js", host, number, ready="listening on coap://")
    try:
        yield Address(host, number, server)
    finally:
        server.kill()


class Verdicts:
    """What came out of each ETSI description, for docs/conformance.md."""

    def __init__(self):
        self._rows = []
        self._remarks = {}

    def remark(self, description, pair, verdict, text):
        """In place of "passed": the peer did something else, and the test could only see how Linnet takes it."""
        self._remarks[description, pair] = verdict, text

    def add(self, description, pair, outcome, test, remark=""):
        client, server = pair.split(" asks ")
        if outcome == "passed" and (description, pair) in self._remarks:
            outcome, remark = self._remarks[description, pair]
        row = {"id": description, "client": client, "server": server, "verdict": outcome, "test": test}
        if remark:
            row["remark"] = remark
        self._rows.append(row)

    @property
    def rows(self):
        return sorted(self._rows, key=lambda row: (row["id"], row["client"], row["server"], row["test"]))

    def write(self):
        if self._rows:
            (ROOT / "build").mkdir(exist_ok=True)
            (ROOT / "build/conformance.json").write_text(json.dumps(self.rows, indent=1) + "\n")


verdicts = Verdicts()
