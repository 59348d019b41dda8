"""Running the command as its users do: through pipes, on a terminal, with Ctrl-C."""

import contextlib
import os
import pty
import re
import signal
import subprocess

from support import programs
from support.programs import PATIENCE, Server


def linnet(*arguments, stdin=b"", **more):
    """Runs the command to its end; its output is octets, as a pipe has them."""
    command = [programs.linnet_path(), *(str(part) for part in arguments)]
    environment = {**programs.ENVIRONMENT, "LC_ALL": "C.UTF-8"}
    return subprocess.run(command, input=stdin, capture_output=True, timeout=PATIENCE, env=environment, **more)


def on_terminal(*arguments, color=None):
    """Runs the command on a terminal. Returns what the terminal shows and the exit status."""
    environment = {key: value for key, value in programs.ENVIRONMENT.items() if key != "NO_COLOR"}
    environment.update({"TERM": "xterm", "LC_ALL": "C.UTF-8"}, **({"NO_COLOR": color} if color else {}))
    outer, inner = pty.openpty()
    command = [programs.linnet_path(), *(str(part) for part in arguments)]
    process = subprocess.Popen(command, stdin=inner, stdout=inner, stderr=inner, env=environment)
    os.close(inner)
    shown = b""
    with contextlib.suppress(OSError):  # how Linux says that the other end of a terminal is closed
        while part := os.read(outer, 4096):
            shown += part
    os.close(outer)
    return shown.replace(b"\r\n", b"\n").decode(), process.wait(PATIENCE)


def serve(*options):
    return Server(programs.linnet_path(), "serve", "--bind", "127.0.0.1:0", *options, ready="listening on coap://")


def uri_of(running):
    return running.wait_for(r"listening on (coap://\S+)")[1]


@contextlib.contextmanager
def demo(*options):
    """The URI of a demo server on any free port; it has to end in order."""
    running = serve("--demo", *options)
    yield uri_of(running)
    assert running.stop() == 0, running.output


def complaint(result, status):
    """The lines of standard error of a run that failed: one that complains, and one with a hint."""
    lines = result.stderr.decode().splitlines()
    assert result.returncode == status, (result, lines)
    assert result.stdout == b""
    assert len(lines) == 2 and lines[1].startswith("hint: "), lines
    return lines


def interrupt_when(process, stream, pattern):
    """Presses Ctrl-C once the command has written `pattern`; returns all it wrote there."""
    text = b""
    while not re.search(pattern, text):
        part = os.read(stream.fileno(), 4096)
        assert part, text
        text += part
    process.send_signal(signal.SIGINT)
    rest = stream.read()
    process.wait(PATIENCE)
    return (text + rest).decode()
