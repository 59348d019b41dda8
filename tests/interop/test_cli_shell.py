"""linnet shell: scripts through a pipe, and a person at a terminal."""

import contextlib
import os
import pty
import re
import select
import socket
import time

import pytest
from cli_tools import demo, linnet
from support import coap, programs
from support.programs import PATIENCE


@pytest.fixture(scope="module")
def uri():
    with demo() as place:
        yield place


def run_script(*lines, at=()):
    return linnet("shell", *at, stdin="\n".join(lines).encode())


# Scripts


def test_a_script_runs_the_commands_from_where_it_stands(uri):
    ran = run_script("cd seg1", "get seg2/seg3", "cd ..", "get /seg1/seg2/seg3", "pwd", at=[uri])
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert ran.stdout.decode().splitlines() == ["This path has three segments."] * 2 + [f"{uri}/"]


def test_options_payloads_and_quotes_are_those_of_the_commands(uri):
    ran = run_script("put other/block -e 'two words' --content-format text  # a comment",
                     'get --format json other/block', at=[uri])
    assert ran.returncode == 0 and b'"payload":"two words"' in ran.stdout


def test_the_exit_status_is_that_of_the_last_line(uri):
    assert run_script("get nothing", "get test", at=[uri]).returncode == 0
    assert run_script("get test", "get nothing", at=[uri]).returncode == 1
    assert run_script("get nothing", "", "# the end", "exit", "get test", at=[uri]).returncode == 1
    assert run_script("nonsense", at=[uri]).returncode == 2
    assert run_script("get 'open", at=[uri]).returncode == 2


def test_another_server_is_opened(uri):
    ran = run_script(f"open {uri}/seg1", "pwd", "get seg2/seg3")
    assert ran.returncode == 0 and ran.stdout.decode().startswith(f"{uri}/seg1\n")


def test_ls_shows_what_is_below(uri):
    top, below = (run_script(f"ls {path}", at=[uri]).stdout.decode().splitlines() for path in ("", "/seg1"))
    assert {"test", "large", "seg1/"} <= set(top) and below == ["seg2/"]


def test_discover_ping_and_observe_need_no_uri(uri):
    assert b"/link1" in run_script("discover rt=Type2", at=[uri]).stdout
    assert b"1 sent, 1 answered" in run_script("cd seg1", "ping -c 1", at=[uri]).stdout
    assert run_script("cd obs", "observe --count 1", at=[uri]).stdout.startswith(b"change ")


def test_each_command_starts_with_its_own_options(uri):
    ran = run_script("get --format json test", "get test", at=[uri])
    assert ran.stdout.splitlines()[1] == b"This is /test."


def test_mistakes_are_explained():
    assert b"did you mean 'get'" in run_script("gte x").stderr
    assert b"open coap://" in run_script("cd x").stderr
    assert b"unknown command 'serve'" in run_script("serve --demo").stderr


# At a terminal


class Person:
    """Types at a shell, and reads what it shows."""

    def __init__(self, uri, state):
        self.shown = ""
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.environ.update({"TERM": "xterm", "NO_COLOR": "1", "LC_ALL": "C.UTF-8", "XDG_STATE_HOME": str(state)})
            os.execv(programs.linnet_path(), [programs.linnet_path(), "shell", uri])

    def read_until(self, pattern):
        """Everything up to what matches; it is taken off what is shown."""
        end = time.monotonic() + PATIENCE
        while not (match := re.search(pattern, self.shown)):
            assert time.monotonic() < end, self.shown
            if select.select([self.terminal], [], [], 1)[0]:
                with contextlib.suppress(OSError):
                    self.shown += os.read(self.terminal, 4096).decode(errors="replace")
        before, self.shown = self.shown[: match.end()], self.shown[match.end() :]
        return before

    def type(self, keys):
        os.write(self.terminal, keys.encode())

    def leave(self):
        """Ctrl-D, again if need be: between two lines the terminal is not the editor's, and may take it for itself."""
        end, ended = time.monotonic() + PATIENCE, 0
        while not ended:
            assert time.monotonic() < end, self.shown
            with contextlib.suppress(OSError):
                self.type("\x04")
            with contextlib.suppress(OSError):
                if select.select([self.terminal], [], [], 0.2)[0]:
                    self.shown += os.read(self.terminal, 4096).decode(errors="replace")
            ended, status = os.waitpid(self.pid, os.WNOHANG)
        os.close(self.terminal)
        return os.waitstatus_to_exitcode(status)


@pytest.fixture
def person(uri, tmp_path):
    one = Person(uri, tmp_path)
    one.read_until(re.escape(uri) + "/> ")
    return one


def test_the_prompt_shows_where_one_is(person, uri):
    person.type("cd seg1\r")
    person.read_until(re.escape(uri) + "/seg1> ")
    assert person.leave() == 0


def test_tab_completes_commands_paths_and_options(person):
    person.type("disc\t")
    person.read_until("over ")
    person.type("\x15ge\t")
    person.read_until("t ")
    person.type("seg1/\t")
    person.read_until("seg2/")
    person.type("\t\r")
    person.read_until("This path has three segments")
    person.type("get lin\t")
    person.read_until("k")
    person.type("\t")
    person.read_until("link1   link2   link3")
    person.type("\x15get --for\t")
    person.read_until("mat ")
    person.type("\x15")
    assert person.leave() == 0


def test_tab_inserts_nothing_but_a_path(tmp_path):
    """What a server lists may hold a quote, or command the terminal."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(PATIENCE)
        person = Person(f"coap://127.0.0.1:{server.getsockname()[1]}", tmp_path)
        person.read_until("> ")

        def answer(payload):
            datagram, peer = server.recvfrom(2048)
            asked = coap.decode(datagram)
            message = coap.Message(coap.ACK, coap.code("2.05"), asked.mid, asked.token, ((12, b"\x28"),), payload)
            server.sendto(message.encode(), peer)
            return asked.values(11)

        person.type("get l\t")
        assert answer("</lamp>,</la'>,</la\u009b31m>".encode()) == [b".well-known", b"core"]
        person.type("\r")
        assert answer(b"it is on") == [b"lamp"]
        assert "\u009b" not in person.read_until("it is on")
        assert person.leave() == 0


def test_ctrl_c_ends_a_request_and_not_the_shell(person):
    person.type("get separate\r")
    person.read_until("separate\r\n")
    time.sleep(0.2)
    person.type("\x03")
    person.read_until("> ")
    person.type("half a line\x03")
    person.read_until(r"\^C\s+\S+> ")
    person.type("get test\r")
    person.read_until(r"This is /test[^>]*> ")
    assert person.leave() == 0


def test_the_history_is_kept_for_its_owner_only(person, tmp_path):
    person.type("get test\r")
    person.read_until("This is /test")
    person.read_until("> ")
    assert person.leave() == 0
    history = tmp_path / "linnet" / "history"
    assert "get" in history.read_text() and history.stat().st_mode & 0o77 == 0


def test_the_last_line_comes_back_in_the_next_shell(uri, tmp_path):
    for keys in ("get test\r", "\x10\r"):
        person = Person(uri, tmp_path)
        person.read_until("> ")
        person.type(keys)
        person.read_until("This is /test")
        person.read_until("> ")
        assert person.leave() == 0
