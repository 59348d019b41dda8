"""Bodies of many blocks through the command: whole, from and to files, interrupted and gone on with."""

import json
import os
import signal
import socket
import subprocess
import threading

import pytest
from cli_tools import demo, linnet, on_terminal, serve, uri_of
from support import coap, programs
from support.programs import PATIENCE

ETAG, BLOCK2, SIZE2 = 4, 23, 28


@pytest.fixture(scope="module")
def uri():
    with demo() as place:
        yield place


class SlowServer:
    """Answers GET in blocks of 64 octets, up to one that it keeps silent about. Its body and ETag can be changed."""

    def __init__(self, body, etag=b"\x01"):
        self.body, self.etag, self.silent_from = body, etag, None
        self.restless = False  # another ETag with each answer
        self.asked = []  # the numbers of blocks
        self.stalled = threading.Event()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.uri = f"coap://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            datagram, peer = self._socket.recvfrom(2048)
            answer = self._answer(coap.decode(datagram))
            if answer:
                self._socket.sendto(answer.encode(), peer)

    def _answer(self, request):
        value = int.from_bytes((request.values(BLOCK2) or [b""])[0], "big")
        szx = min(value & 7, 2) if request.values(BLOCK2) else 2
        offset = (value >> 4) * (16 << (value & 7)) if request.values(BLOCK2) else 0
        size = 16 << szx
        self.asked.append(offset // size)
        if self.restless:
            self.etag = len(self.asked).to_bytes(2, "big")
        if self.silent_from is not None and offset >= self.silent_from:
            self.stalled.set()
            return None
        if offset >= len(self.body):
            return coap.Message(coap.ACK, coap.code("4.00"), request.mid, request.token)
        part = self.body[offset : offset + size]
        more = offset + size < len(self.body)
        options = [(BLOCK2, coap.uint(offset // size << 4 | more << 3 | szx)), (SIZE2, coap.uint(len(self.body)))]
        if self.etag:
            options.insert(0, (ETAG, self.etag))
        return coap.Message(coap.ACK, coap.code("2.05"), request.mid, request.token, tuple(options), part)


@pytest.fixture
def slow():
    return SlowServer(os.urandom(4000))


def stop_in_the_middle(slow, file, *options, at=2048):
    """A download to a file that Ctrl-C ends when the server has fallen silent. Returns what it said."""
    slow.silent_from = at
    slow.stalled.clear()
    command = [programs.linnet_path(), "get", slow.uri, "--output", file, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert slow.stalled.wait(PATIENCE)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=PATIENCE)[1].decode()
    assert process.returncode == 130
    slow.silent_from = None
    slow.asked.clear()
    return said


def note_of(file):
    return file.with_name(file.name + ".linnet-part")


# Whole bodies


@pytest.mark.parametrize("size", (16, 64, 1024))
def test_an_answer_of_many_blocks_is_whole(uri, size):
    whole = linnet("get", f"{uri}/large")
    assert (whole.returncode, whole.stderr) == (0, b"") and len(whole.stdout) == 1536
    assert linnet("get", f"{uri}/large", "--block-size", size).stdout == whole.stdout


def test_one_block_can_be_asked_for(uri):
    whole = linnet("get", f"{uri}/large").stdout
    part = linnet("get", f"{uri}/large", "--option", "Block2=1/0/512")
    assert (part.returncode, part.stdout) == (0, whole[512:1024])
    assert b"block 1 of 512 octets; more follow" in part.stderr
    assert linnet("get", f"{uri}/large", "--option", "Block2=1/0/1024").stdout == whole[1024:]


def test_an_answer_of_many_blocks_is_laid_out_as_a_whole(uri):
    shown, status = on_terminal("get", f"{uri}/large", color="1")
    assert status == 0 and shown == linnet("get", f"{uri}/large").stdout.decode()
    told = linnet("get", "--format", "json", f"{uri}/large").stdout
    assert b'"name":"Block2"' not in told and told.count(b"\n") == 1


def test_what_standard_output_had_before_is_not_taken_back(slow, tmp_path):
    """The representation changes in mid-transfer, and the file is not the command's alone."""
    slow.silent_from, log = 2048, tmp_path / "log"
    log.write_bytes(b"of somebody else's\n")
    with log.open("ab") as out:
        command = [programs.linnet_path(), "get", "--format", "raw", slow.uri]
        with subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE) as process:
            assert slow.stalled.wait(PATIENCE)
            slow.etag, slow.silent_from = b"\x02", None
            said = process.communicate(timeout=PATIENCE)[1]
    assert log.read_bytes().startswith(b"of somebody else's\n")
    assert process.returncode == 3 and b"changed while it was being read" in said and b"--output FILE" in said


@pytest.mark.parametrize("size", (0, 64, 1024, 1025, 20000))
def test_a_body_comes_from_a_file_and_goes_to_one(uri, tmp_path, size):
    octets = os.urandom(size)
    (tmp_path / "there").write_bytes(octets)
    place = f"{uri}/other/block"
    assert linnet("put", place, "-f", tmp_path / "there").returncode == 0
    assert linnet("get", place, "-o", tmp_path / "back", "-b", 256).returncode == 0
    assert (tmp_path / "back").read_bytes() == octets
    assert sorted(tmp_path.iterdir()) == [tmp_path / "back", tmp_path / "there"]


def test_a_body_comes_through_a_pipe(uri):
    octets = os.urandom(5000)
    assert linnet("put", f"{uri}/other/block", "-e", "@-", "-b", 128, stdin=octets).returncode == 0
    assert linnet("get", f"{uri}/other/block").stdout == octets


def test_a_file_is_not_held_in_memory(uri, tmp_path):
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(1 << 30)
    command = [programs.linnet_path(), "put", f"{uri}/other/block", "-f", tmp_path / "huge"]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        assert b"4.13" in process.stderr.read()  # more than that resource takes
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 1 and used.ru_maxrss < 256 << 10  # KiB


def test_a_list_of_many_resources_is_discovered_whole():
    running = serve("--dynamic")
    place = uri_of(running)
    script = "".join(f"put a-resource-with-a-long-name-{number:03} -e x\n" for number in range(100))
    assert linnet("shell", place, stdin=script.encode()).returncode == 0
    listed = linnet("discover", "--format", "json", place)
    assert len(json.loads(listed.stdout)) == 101 and len(linnet("get", f"{place}/.well-known/core").stdout) > 3000
    assert running.stop() == 0


def test_a_value_that_changes_faster_than_it_is_read_is_given_up_and_said_so(slow, tmp_path):
    slow.restless = True
    result = linnet("get", slow.uri, "--output", tmp_path / "file")
    assert result.returncode == 3
    assert b"changes faster than it can be read" in result.stderr and b"--block-size" in result.stderr
    assert slow.asked == [0, 1] * 5, "once, and four times again"


# Interrupted downloads


def test_an_interrupted_download_says_how_to_go_on(slow, tmp_path):
    file = tmp_path / "part"
    said = stop_in_the_middle(slow, file)
    assert "has the first 2048 octets" in said and "--resume" in said
    assert file.read_bytes() == slow.body[:2048]
    assert note_of(file).read_text() == f"{slow.uri}\n01\n"


@pytest.mark.parametrize("options, first", (([], 32), (["--block-size", "64"], 32), (["--block-size", "512"], 32)))
def test_a_download_goes_on_where_it_was_interrupted(slow, tmp_path, options, first):
    file = tmp_path / "part"
    stop_in_the_middle(slow, file)
    resumed = linnet("get", slow.uri, "--output", file, "--resume", *options)
    assert (resumed.returncode, resumed.stderr) == (0, b"")
    assert slow.asked[0] == first and file.read_bytes() == slow.body
    assert not note_of(file).exists()


def test_a_download_goes_on_twice(slow, tmp_path):
    file = tmp_path / "part"
    stop_in_the_middle(slow, file, at=1024)
    said = stop_in_the_middle(slow, file, "--resume", at=3072)
    assert "has the first 3072 octets" in said
    assert linnet("get", slow.uri, "-o", file, "--resume").returncode == 0
    assert slow.asked[0] == 48 and file.read_bytes() == slow.body


def test_what_is_behind_the_last_whole_block_is_fetched_again(slow, tmp_path):
    file = tmp_path / "part"
    stop_in_the_middle(slow, file)
    with file.open("ab") as more:
        more.write(b"torn")
    assert linnet("get", slow.uri, "-o", file, "--resume").returncode == 0
    assert file.read_bytes() == slow.body


@pytest.mark.parametrize("size", (4000, 1000))
def test_another_representation_is_fetched_from_its_start(slow, tmp_path, size):
    file = tmp_path / "part"
    stop_in_the_middle(slow, file)
    slow.body, slow.etag = os.urandom(size), b"\x02"
    resumed = linnet("get", slow.uri, "-o", file, "--resume")
    assert resumed.returncode == 0 and b"starting over" in resumed.stderr
    assert file.read_bytes() == slow.body and not note_of(file).exists()


def test_without_an_etag_a_download_starts_over(slow, tmp_path):
    file, slow.etag = tmp_path / "part", b""
    said = stop_in_the_middle(slow, file)
    assert "has the first 2048 octets" in said and "--resume" not in said
    assert linnet("get", slow.uri, "-o", file, "--resume").returncode == 0
    assert slow.asked[0] == 0 and file.read_bytes() == slow.body


def test_a_note_about_another_uri_is_not_taken(slow, tmp_path):
    file = tmp_path / "part"
    stop_in_the_middle(slow, file)
    assert linnet("get", f"{slow.uri}/other", "-o", file, "--resume").returncode == 0
    assert slow.asked[0] == 0 and file.read_bytes() == slow.body


def test_resume_with_nothing_there_is_a_plain_download(slow, tmp_path):
    assert linnet("get", slow.uri, "-o", tmp_path / "new", "--resume").returncode == 0
    assert (tmp_path / "new").read_bytes() == slow.body


# Progress


def test_a_fast_transfer_shows_no_progress_and_a_pipe_none_at_all(uri, slow, tmp_path):
    assert on_terminal("get", f"{uri}/large", "-o", tmp_path / "large") == ("", 0)
    slow.silent_from = 2048
    said = linnet("get", slow.uri, "-o", tmp_path / "part", "--timeout", "2").stderr
    assert b"received" not in said


def test_a_slow_transfer_shows_its_progress(slow, tmp_path):
    slow.silent_from = 2048
    threading.Thread(target=wake, args=(slow,), daemon=True).start()
    shown, status = on_terminal("get", slow.uri, "-o", tmp_path / "whole")
    assert status == 0
    assert "received 2.1 kB of 4.0 kB, " in shown and "52 %" in shown and "left" in shown
    assert shown.endswith("\r\033[K")


def wake(slow):
    slow.stalled.wait(PATIENCE)
    slow.silent_from = None
