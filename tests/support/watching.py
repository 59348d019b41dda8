"""Clients that observe (RFC 7641), in the background: what each shows can be waited for while the test goes on.

    with watch(scene, "/obs") as watcher:
        watcher.shows("a notification")
"""

import contextlib
import json
import re
import signal
import socket

from support import programs
from support.programs import PATIENCE, PEERS, Server

FOREVER = 3600  # seconds that coap-client is told to observe; the test ends it before


def _linnet(uri, ask, count, port):
    command = [programs.linnet_path(), "observe", *(["--count", count] if count else [])]
    command += [] if ask["confirmable"] else ["--non"]
    command += ["--accept", ask["accept"]] if ask["accept"] is not None else []
    return [*command, *(["--local-port", port] if port else []), uri]


def _libcoap(uri, ask, count, port):
    """It counts no notifications, but seconds; then it deregisters with Observe 1."""
    command = ["stdbuf", "-oL", "coap-client-notls", "-w", "-s", 8 if count else FOREVER, "-B", FOREVER]
    command += [] if ask["confirmable"] else ["-N"]
    command += ["-A", ask["accept"]] if ask["accept"] is not None else []
    command += ["-T", ask["token"]] if ask["token"] else []  # else each of its runs begins with the same one
    return [*command, *(["-p", port] if port else []), uri]


def _node(uri, ask, count, port):
    order = {"uri": uri, "count": count, "port": port, **ask}
    return ["node", PEERS / "watch.js", json.dumps(order)]


CLIENTS = {"linnet": _linnet, "libcoap": _libcoap, "node-coap": _node}


class Watcher:
    def __init__(self, command):
        self.program = Server(*command)

    def shows(self, text):
        """Waits until the client's user has been shown a text; of several lines, the last."""
        lines = [line for line in text.splitlines() if line.strip()]
        self.program.wait_for(re.escape(lines[-1]))

    @property
    def text(self):
        return self.program.output

    def finish(self):
        """Waits for the end that --count brings; the exit status."""
        self.program.process.wait(PATIENCE)
        return self.program.process.returncode

    def interrupt(self):
        """Ctrl-C, and the exit status."""
        self.program.process.send_signal(signal.SIGINT)
        return self.finish()

    def kill(self):
        """As when the power fails: nothing more is sent."""
        self.program.kill()


@contextlib.contextmanager
def watch(scene, path, count=None, confirmable=True, accept=None, port=None, token=None):
    ask = {"confirmable": confirmable, "accept": accept, "token": token}
    watcher = Watcher(CLIENTS[scene.client](scene.uri + scene.path(path), ask, count, port))
    try:
        yield watcher
    finally:
        if watcher.program.is_running:
            watcher.kill()


def free_port():
    """A port for a client that is to come back with the same one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
