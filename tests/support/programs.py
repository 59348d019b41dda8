"""Starting and ending real programs: servers that say when they are ready, clients that run to their end."""

import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PEERS = ROOT / "tests/interop/peers"
NPM = ROOT / "build/npm/node_modules"
ENVIRONMENT = dict(os.environ)  # taken once: pytest changes its own at each test, and tests run side by side
PATIENCE = 30  # seconds until something counts as hung; no test's verdict is a time


def linnet_path():
    return os.environ.get("LINNET", str(ROOT / "build/linnet"))


def environment():
    return {**ENVIRONMENT, "NODE_PATH": str(NPM), "NO_COLOR": "1", "LC_ALL": "C.UTF-8"}


def run(*command, stdin=b"", patience=PATIENCE):
    """Runs a program to its end; its output is text."""
    done = subprocess.run(
        [str(part) for part in command], input=stdin, capture_output=True, timeout=patience, env=environment()
    )
    done.stdout, done.stderr = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
    return done


class Server:
    """A running server program. Its output is kept for the message of a test that fails."""

    def __init__(self, *command, ready=None):
        self.command = [str(part) for part in command]
        self._lines, self._changed = [], threading.Condition()
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment()
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if ready:
            self.wait_for(ready)

    def _read(self):
        for line in self.process.stdout:
            with self._changed:
                self._lines.append(line.decode(errors="replace").rstrip())
                self._changed.notify_all()
        with self._changed:
            self._lines.append("(its output ended)")
            self._changed.notify_all()

    @property
    def output(self):
        with self._changed:
            return "\n".join(self._lines)

    def wait_for(self, pattern, times=1):
        """The match of `pattern` in a line of its output, or the second and so on, waiting for it."""

        def found():
            matches = [match for match in (re.search(pattern, line) for line in self._lines) if match]
            return matches[times - 1] if len(matches) >= times else None

        with self._changed:
            ended = self._changed.wait_for(lambda: found() or "(its output ended)" in self._lines, PATIENCE)
            match = found() if ended else None
        if match is None:
            self.kill()
            raise AssertionError(f"{' '.join(self.command)} did not print {pattern!r}:\n{self.output}")
        return match

    @property
    def is_running(self):
        return self.process.poll() is None

    def stop(self):
        """Ends it with SIGTERM and returns its exit status; it must still have been running."""
        assert self.is_running, f"{self.command[0]} ended by itself:\n{self.output}"
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.command[0]} did not end on SIGTERM:\n{self.output}") from None
        self._reader.join(PATIENCE)
        return self.process.returncode

    def kill(self):
        self.process.kill()
        self.process.wait()
        self._reader.join(PATIENCE)


def wait_until_it_answers(host, port):
    """Pings a server that does not say when it is ready."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.settimeout(0.2)
            probe.connect((host, port))
            try:
                probe.send(b"\x40\x00\x12\x34")
                if probe.recv(64) == b"\x70\x00\x12\x34":
                    return
            except (ConnectionRefusedError, socket.timeout):
                time.sleep(0.02)
    raise AssertionError(f"nothing answers a ping on port {port}")


def hostport(host, port):
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
