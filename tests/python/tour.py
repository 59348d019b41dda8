"""Documents that show a terminal, typed again line for line: shell commands behind "$ ", Python behind ">>> ". Each runs
in a real terminal, in a network namespace where the demo server has the standard port; outputs are compared."""

import contextlib
import os
import pty
import re
import select
import subprocess
import time
from dataclasses import dataclass

from support import programs
from support.programs import PATIENCE, Server

PROMPTS = (">>> ", "... ")

# What differs from run to run: in a document and in what came it is put into one form before both are compared.
VOLATILE = (
    (r"\x1b\[[0-9;?]*[a-zA-Z]", ""),
    (r"0x[0-9a-f]+(beef\w*)?", "0xADDRESS"),
    (r"\(ID \d+, token b(['\"]).*?\1\)(?= remote)", "(ID N, token T)"),
    (r"remote <[^>]*>", "remote <R>"),
    (r"(?<=remote <R>), \d+ option\(s\)", ""),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?( UTC)?", "TIME"),
    (r"\b18\d byte", "18N byte"),  # "186 bytes or so"
    (r"cb=\[[^\]]*\]", "cb=[C]"),
)


def normal(text):
    for pattern, replacement in VOLATILE:
        text = re.sub(pattern, replacement, text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


@dataclass
class Step:
    """What is typed, and what the document shows below it."""

    prompt: str
    lines: list
    shown: str


def steps(text):
    """The steps of a text in which a line with a prompt is typed and the lines up to the next blank one are output."""
    found, lines = [], text.splitlines()
    while lines:
        line = lines.pop(0)
        prompt = next((prompt for prompt in ("$ ", ">>> ") if line.startswith(prompt)), None)
        if prompt is None:
            continue
        typed, shown = [line[len(prompt):]], []
        while lines and lines[0].startswith("..."):
            typed.append(lines.pop(0)[4:])
        while lines and lines[0].strip() and not lines[0].startswith(("$ ", ">>> ")):
            shown.append(lines.pop(0))
        found.append(Step(prompt, typed, "\n".join(shown)))
    return found


class Network:
    """A network namespace with a loopback, the demo server on port 5683 of it."""

    def __enter__(self):
        serve = f"ip link set lo up && exec {programs.linnet_path()} serve --demo"
        self.server = Server("unshare", "--net", "sh", "-c", serve, ready="listening on coap://")
        return self

    def inside(self, *command):
        return ["nsenter", f"--net=/proc/{self.server.process.pid}/ns/net", *command]

    def shell(self, command):
        """What a command prints."""
        done = programs.run(*self.inside("sh", "-c", command))
        return done.stdout + done.stderr

    def __exit__(self, *_):
        self.server.stop()


class Terminal:
    """An interactive Python on a terminal of its own."""

    def __init__(self, network, *command):
        self._terminal, end = pty.openpty()
        environment = {**os.environ, "TERM": "dumb", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONSTARTUP": "", "COLUMNS": "500"}
        self.process = subprocess.Popen(network.inside(*command), stdin=end, stdout=end, stderr=end, env=environment,
                                        start_new_session=True)
        os.close(end)
        self._seen = ""
        self.read_to_prompt()

    def read_to_prompt(self):
        """All that comes before the next prompt."""
        until = time.monotonic() + PATIENCE
        while not self._seen.endswith(PROMPTS):
            ready, _, _ = select.select([self._terminal], [], [], max(0, until - time.monotonic()))
            assert ready, f"no prompt came after {self._seen!r}"
            try:
                self._seen += os.read(self._terminal, 65536).decode().replace("\r\n", "\n")
            except OSError as problem:
                raise AssertionError(f"Python ended: {self._seen}") from problem
        seen, self._seen = self._seen, ""
        return seen.removesuffix(">>> ").removesuffix("... ")

    def type(self, lines):
        """Types lines, and the empty one that ends a block; what Python says to the last."""
        block = len(lines) > 1
        for line in [*lines, ""] if block else lines:
            os.write(self._terminal, line.encode() + b"\n")
            said = self.read_to_prompt()
        return said.split("\n", 1)[1] if "\n" in said else ""  # the terminal shows what is typed

    def close(self):
        with contextlib.suppress(OSError):
            os.write(self._terminal, b"exit()\n")
        try:
            self.process.wait(PATIENCE)
        finally:
            self.process.kill()
            os.close(self._terminal)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def compare(step, came, expected=None):
    """Three dots in what the document shows stand for anything."""
    shown = normal(step.shown if expected is None else expected)
    pattern = re.escape(shown).replace(r"\.\.\.", "(.|\n)*")
    came = normal(came)
    assert re.fullmatch(pattern, came), f"{step.lines}\nshown:\n{shown}\ncame:\n{came}"
