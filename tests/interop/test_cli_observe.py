"""linnet observe: notifications as lines, as JSON, for commands; and how it ends."""

import json
import re
import signal
import socket
import subprocess
import threading

import pytest
from cli_tools import complaint, demo, interrupt_when, linnet, on_terminal
from support import coap, programs
from support.programs import PATIENCE

OBSERVE = 6


class Subject:
    """A server with one resource, whose states are given: (code, Observe or None, payload). The first answers the
    registration; each of the others is sent, confirmable, when the one before has been acknowledged."""

    def __init__(self, *states, lost_farewells=0):
        self.states, self.requests, self.left = list(states), [], threading.Event()
        self.lost_farewells = lost_farewells
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.uri = f"coap://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            datagram, peer = self._socket.recvfrom(2048)
            message = coap.decode(datagram)
            if message.is_request:
                self.requests.append(message)
            if message.is_request and message.number(OBSERVE) == 1:
                self.lost_farewells -= 1
                if self.lost_farewells >= 0:
                    continue
                self.left.set()
                bye = coap.Message(coap.ACK, coap.code("2.05"), message.mid, message.token, (), b"bye")
                self._socket.sendto(bye.encode(), peer)
                continue
            if message.is_request:
                self._send(coap.ACK, message.mid, peer)
            if not self.left.is_set():
                self._send(coap.CON, 0x4000 + len(self.states), peer)

    def _send(self, type, mid, peer):
        if self.states:
            code, observe, payload = self.states.pop(0)
            options = () if observe is None else ((OBSERVE, coap.uint(observe)),)
            answer = coap.Message(type, coap.code(code), mid, self.requests[0].token, options, payload)
            self._socket.sendto(answer.encode(), peer)


def states(*payloads):
    return [("2.05", number + 1, payload) for number, payload in enumerate(payloads)]


@pytest.fixture(scope="module")
def uri():
    with demo() as place:
        yield place


def test_each_notification_is_a_line_in_a_pipe():
    subject = Subject(*states(b"one", b"two\n", b"", b"four"))
    watched = linnet("observe", subject.uri, "--count", "4")
    assert (watched.returncode, watched.stdout, watched.stderr) == (0, b"one\ntwo\n\nfour\n", b"")


def test_raw_notifications_have_nothing_between_them():
    subject = Subject(*states(b"\x00\x01", b"\x02\n", b"\x03"))
    watched = linnet("observe", subject.uri, "--count", "3", "--format", "raw")
    assert (watched.returncode, watched.stdout) == (0, b"\x00\x01\x02\n\x03")


def test_notifications_are_json_objects_one_a_line():
    subject = Subject(*states(b"one", b"two"))
    watched = linnet("observe", subject.uri, "-c", "2", "--format", "json")
    told = [json.loads(line) for line in watched.stdout.splitlines()]
    assert [(one["code"], one["observe"], one["payload"]) for one in told] == [("2.05", 1, "one"), ("2.05", 2, "two")]


def test_notifications_are_laid_out_on_a_terminal():
    subject = Subject(*states(b"one", b"\xff"))
    shown, status = on_terminal("observe", subject.uri, "-c", "2", color="1")
    assert status == 0 and shown.startswith("one\n00000000  ff")


def test_notifications_go_to_a_file(tmp_path):
    subject = Subject(*states(b"one", b"two"))
    assert linnet("observe", subject.uri, "-c", "2", "-o", tmp_path / "out").stdout == b""
    assert (tmp_path / "out").read_bytes() == b"one\ntwo\n"


def test_a_file_is_kept_where_no_notification_comes(uri, tmp_path):
    (tmp_path / "out").write_bytes(b"of yesterday")
    assert linnet("observe", f"{uri}/nothing", "-o", tmp_path / "out").returncode == 1
    assert (tmp_path / "out").read_bytes() == b"of yesterday"


def test_a_command_and_a_file_do_not_go_together(uri, tmp_path):
    (tmp_path / "out").write_bytes(b"of yesterday")
    for options in (("-o", tmp_path / "out"), ("--format", "json")):
        line, hint = complaint(linnet("observe", f"{uri}/time", "-c", "1", "--observe-exec", "cat", *options), 2)
        assert "--observe-exec" in line and "cat >> FILE" in hint
    assert (tmp_path / "out").read_bytes() == b"of yesterday"


def test_the_server_is_told_when_there_were_enough():
    subject = Subject(*states(b"one", b"two"))
    assert linnet("observe", subject.uri, "--count", "2").returncode == 0
    assert subject.left.wait(PATIENCE)
    first, last = subject.requests[0], subject.requests[-1]
    assert (first.number(OBSERVE), last.number(OBSERVE)) == (0, 1) and first.token == last.token


def test_ctrl_c_tells_the_server_and_ends_with_130():
    subject = Subject(*states(b"one"))
    command = [programs.linnet_path(), "observe", subject.uri]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert interrupt_when(process, process.stdout, rb"one\n") == "one\n"
    assert process.returncode == 130 and subject.left.wait(PATIENCE)


def test_sigterm_tells_the_server_too_before_it_ends_the_process():
    subject = Subject(*states(b"one"))
    command = [programs.linnet_path(), "observe", subject.uri]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"one\n"
        process.terminate()
        assert process.wait(PATIENCE) == -signal.SIGTERM
    assert subject.left.is_set() and subject.requests[-1].number(OBSERVE) == 1


def test_a_farewell_that_is_lost_is_said_again():
    subject = Subject(*states(b"one"), lost_farewells=1)
    assert linnet("observe", subject.uri, "--count", "1").returncode == 0
    assert subject.left.is_set()
    assert [request.number(OBSERVE) for request in subject.requests] == [0, 1, 1]
    assert subject.requests[1].mid == subject.requests[2].mid


def test_it_ends_after_a_time():
    subject = Subject(*states(b"one"))
    watched = linnet("observe", subject.uri, "--duration", "0.5")
    assert (watched.returncode, watched.stdout) == (0, b"one\n") and subject.left.wait(PATIENCE)


def test_what_cannot_be_observed_is_shown_once_and_ends_with_1(uri):
    plain = linnet("observe", f"{uri}/seg1/seg2/seg3")
    assert (plain.returncode, plain.stdout) == (1, b"This path has three segments.\n")
    assert b"not observable" in plain.stderr


def test_an_error_ends_with_1(uri):
    line, hint = complaint(linnet("observe", f"{uri}/nothing"), 1)
    assert line == "4.04 Not Found" and "discover" in hint


def test_a_resource_that_goes_ends_it_with_1():
    subject = Subject(*states(b"one"), ("4.04", None, b"it is gone"))
    watched = linnet("observe", subject.uri)
    assert (watched.returncode, watched.stdout) == (1, b"one\n") and b"4.04 Not Found: it is gone" in watched.stderr


def test_a_server_that_ends_the_observation_is_told_of():
    subject = Subject(*states(b"one"), ("2.05", None, b"last"))
    watched = linnet("observe", subject.uri)
    assert (watched.returncode, watched.stdout) == (1, b"one\nlast\n") and b"has ended" in watched.stderr


def test_no_answer_ends_with_3():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        line, _ = complaint(linnet("observe", address, "--timeout", "0.5"), 3)
    assert f"no answer from {address}" in line


def test_a_payload_makes_it_a_fetch():
    subject = Subject(*states(b"one"))
    assert linnet("observe", subject.uri, "-c", "1", "-e", "what", "-t", "text").stdout == b"one\n"
    assert (subject.requests[0].code, subject.requests[0].payload) == (coap.code("FETCH"), b"what")


def test_errors_of_writing_end_it():
    subject = Subject(*states(b"one", b"two"))
    full = linnet("observe", subject.uri, "-o", "/dev/full")
    assert full.returncode == 3 and b"No space left" in full.stderr


def test_a_command_runs_for_each_notification():
    subject = Subject(*states(b"$(false) one", b"two"))
    script = 'echo "$LINNET_URI $LINNET_CODE $LINNET_OBSERVE [$LINNET_CONTENT_FORMAT] $(cat)"'
    watched = linnet("observe", subject.uri, "-c", "2", "--observe-exec", script)
    lines = [f"{subject.uri} 2.05 1 [] $(false) one", f"{subject.uri} 2.05 2 [] two"]
    assert (watched.returncode, watched.stdout.decode().splitlines()) == (0, lines)


def test_commands_run_in_order_and_slow_ones_hold_nothing_up():
    subject = Subject(*states(b"one", b"two", b"three"))
    watched = linnet("observe", subject.uri, "-c", "3", "--observe-exec", "sleep 0.3; cat; echo")
    assert (watched.returncode, watched.stdout) == (0, b"one\ntwo\nthree\n")


def test_a_command_inherits_its_own_payload_and_no_other():
    subject = Subject(*states(b"one", b"two", b"three"))
    script = "sleep 0.2; readlink /proc/$$/fd/* | grep -c deleted"
    watched = linnet("observe", subject.uri, "-c", "3", "--observe-exec", script)
    assert (watched.returncode, watched.stdout) == (0, b"1\n1\n1\n")


def test_a_payload_that_there_is_no_room_for_is_told():
    subject = Subject(*states(b"one"))
    command = ["sh", "-c", 'ulimit -n 6; exec "$0" "$@"', programs.linnet_path(), "observe", subject.uri, "-c", "1"]
    watched = subprocess.run([*command, "--observe-exec", "cat"], capture_output=True, timeout=PATIENCE)
    assert watched.returncode == 3 and b"Too many open files" in watched.stderr


def test_what_changes_in_the_demo_is_noticed(uri):
    place = f"{uri}/obs"
    command = [programs.linnet_path(), "observe", place, "--count", "3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        first = process.stdout.readline()
        assert linnet("put", place, "-e", "from a test").returncode == 0
        second = process.stdout.readline()
        assert linnet("put", place, "-e", "again").returncode == 0
        rest = process.communicate(timeout=PATIENCE)[0]
    assert re.match(rb"change \d+\n", first) and second == b"from a test\n" and rest == b"again\n"
    assert process.returncode == 0
