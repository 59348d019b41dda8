"""A board with Linnet on lwIP, on a TAP device, and Linux on the other side: no socket of the board is the kernel's.

Both are in a network namespace of their own; this needs root, as the capture does. The board is built by ./dev test
(tests/lwip/board.c, with ports/posix and ports/small), as MicroPython's module for ESP32 is.
"""

import contextlib
import os
import pathlib
import re

import pytest
from support import programs
from support.programs import Server

BOARD = pathlib.Path(os.environ.get("LINNET_BUILD", "build"), "small", "tests", "lwip", "lwip_board")
TUN = pathlib.Path("/dev/net/tun")
HERE, THERE = "10.77.0.1", "10.77.0.2"

pytestmark = pytest.mark.skipif(not TUN.exists(), reason="there is no /dev/net/tun")


def ip(*words):
    done = programs.run("ip", *words)
    assert done.returncode == 0, f"ip {' '.join(words)}: {done.stderr}"


@contextlib.contextmanager
def network():
    """The words that run a command beside the TAP device."""
    space = f"linnet-lwip-{os.getpid()}"
    ip("netns", "add", space)
    inside = ["ip", "netns", "exec", space]
    try:
        ip("-n", space, "link", "set", "lo", "up")
        programs.run(*inside, "sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0")
        ip("-n", space, "tuntap", "add", "dev", "tap0", "mode", "tap")
        ip("-n", space, "address", "add", f"{HERE}/24", "dev", "tap0")
        ip("-n", space, "link", "set", "tap0", "up")
        ip("-n", space, "route", "add", "224.0.0.0/4", "dev", "tap0")
        yield inside
    finally:
        ip("netns", "delete", space)


class Board:
    def __init__(self, inside, server):
        self.inside, self.server = inside, server

    def linnet(self, *words):
        return programs.run(*self.inside, programs.linnet_path(), *words)

    def libcoap(self, *words):
        return programs.run(*self.inside, "coap-client-notls", *words)


@pytest.fixture(scope="module")
def board():
    assert BOARD.exists(), f"{BOARD} is not built"
    with network() as inside:
        server = Server(*inside, BOARD, "tap0", THERE, HERE, ready="ready")
        try:
            yield Board(inside, server)
            assert server.is_running, server.output
        finally:
            server.kill()


def test_linnet_gets_the_list_of_a_board(board):
    done = board.linnet("get", f"coap://{THERE}/.well-known/core")
    assert (done.returncode, done.stdout.strip()) == (0, "</ask>;ct=0;obs"), done.stderr


@pytest.mark.parametrize("size", (5, 500, 2000))
def test_what_libcoap_puts_in_blocks_is_given_back(board, tmp_path, size):
    file = tmp_path / "value"
    file.write_text("".join(chr(ord("a") + number % 26) for number in range(size)))
    uri = f"coap://{THERE}/made/of/{size}"
    done = board.libcoap("-m", "put", "-f", str(file), "-B", "5", uri)
    assert done.returncode == 0, done.stderr
    assert board.libcoap("-m", "get", "-B", "5", uri).stdout.strip() == file.read_text()
    assert board.linnet("get", uri).stdout.strip() == file.read_text()


def test_a_value_that_is_too_large_is_refused(board, tmp_path):
    file = tmp_path / "value"
    file.write_bytes(b"x" * 5000)
    done = board.linnet("put", f"coap://{THERE}/large", "-f", str(file))
    assert done.returncode != 0 and "4.13" in done.stdout + done.stderr


@pytest.mark.parametrize("group", ("224.0.1.187", "[ff02::fd%25tap0]", "[ff05::fd]"))
def test_a_board_is_found_by_its_groups(board, group):
    done = board.linnet("get", "--interface", "tap0", "-B", "2", f"coap://{group}/.well-known/core?obs")
    assert "</ask>;ct=0;obs" in done.stdout, done.stderr


@pytest.mark.parametrize("group", ("224.0.1.187", "[ff02::fd%25tap0]", "[ff05::fd]"))
def test_errors_are_not_told_to_a_group(board, group):
    """RFC 7252 8.2; only who knows that he was asked as one of a group can keep to it."""
    done = board.linnet("get", "--interface", "tap0", "-B", "1", f"coap://{group}/no/such/thing")
    assert "4.04" not in done.stdout + done.stderr
    assert "4.04" in (alone := board.linnet("get", f"coap://{THERE}/no/such/thing")).stdout + alone.stderr


def test_a_board_asks_a_server_on_linux(board):
    server = Server(*board.inside, programs.linnet_path(), "serve", "--demo", "--bind", f"coap://{HERE}", ready="listening on")
    try:
        done = board.linnet("put", f"coap://{THERE}/ask", "-e", "no/such/thing")
        assert done.returncode == 0, done.stderr
        board.server.wait_for(re.escape("answer 4.04"))
        board.linnet("put", f"coap://{THERE}/ask", "-e", ".well-known/core")
        board.server.wait_for(r"answer 2\.05 <")
    finally:
        server.kill()
