"""linnet bench: what it counts, how it ends, and what it refuses. How fast anything is, is not tested."""

import json
import socket
import subprocess

import pytest
from cli_tools import complaint, demo, interrupt_when, linnet
from support import programs, secured


@pytest.fixture(scope="module")
def uri():
    with demo() as place:
        yield place


def bench(*arguments):
    done = linnet("bench", "--format", "json", *arguments)
    return done.returncode, json.loads(done.stdout)


def test_as_many_requests_are_sent_as_were_wanted(uri):
    status, told = bench(f"{uri}/time", "--count", "500", "--clients", "3", "--window", "4")
    assert status == 0
    assert told["responses"] == 500 and told["codes"] == {"2.05": 500} and told["failures"] == 0
    assert told["min_ms"] <= told["p50_ms"] * 1.02 and told["p50_ms"] <= told["p99_ms"] <= told["max_ms"] * 1.02


def test_it_ends_when_the_time_is_over(uri):
    status, told = bench(f"{uri}/time", "--duration", "0.3")
    assert status == 0 and told["responses"] > 0 and told["seconds"] >= 0.3


def test_bodies_go_in_blocks_both_ways(uri):
    status, told = bench(f"{uri}/large", "--count", "10", "--window", "2")
    assert status == 0 and told["payload_octets"] >= 10 * 1280
    status, told = bench(f"{uri}/other/block", "--method", "put", "-e", "x" * 3000, "--count", "10")
    assert status == 0 and told["codes"] == {"2.04": 10}


def test_a_resource_that_is_not_there_ends_with_1(uri):
    status, told = bench(f"{uri}/nothing", "--count", "20")
    assert status == 1 and told["codes"] == {"4.04": 20}


def test_secured_sessions_are_measured():
    with secured.demo(*secured.PSK) as place:
        status, told = bench(f"{place.uri}/time", "--count", "50", "--clients", "2", *secured.PSK)
    assert status == 0 and told["responses"] == 50


def test_a_table_is_for_people(uri):
    told = linnet("bench", f"{uri}/time", "--count", "10")
    assert told.returncode == 0
    text = told.stdout.decode()
    assert "1 client x 1 request" in text and "2.05 Content: 10" in text and "median" in text


def test_lost_messages_are_counted(uri):
    status, told = bench(f"{uri}/time", "--loss", "50", "--non", "--timeout", "0.1", "--count", "20", "--window", "10")
    assert status == 0 and told["failures"] + told["responses"] == 20 and told["failures"] > 0


def test_a_port_where_nothing_listens_ends_with_3_at_once():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
    line, hint = complaint(linnet("bench", f"127.0.0.1:{port}", "--clients", "4"), 3)
    assert "nothing listens" in line and "serve --demo" in hint


def test_ctrl_c_ends_it_with_what_was_counted(uri):
    command = [programs.linnet_path(), "bench", "-v", f"{uri}/time", "--duration", "60"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        interrupt_when(process, process.stderr, rb"2\.05 Content")
        assert process.returncode == 130 and b"2.05 Content" in process.stdout.read()


@pytest.mark.parametrize(
    "arguments, said, advised",
    (
        (["--method", "gte", "localhost"], "gte", "ipatch"),
        (["--format", "xml", "localhost"], "xml", "json"),
        (["--clients", "2", "--local-port", "5000", "localhost"], "--local-port", "--clients"),
        (["coap://224.0.1.187"], "group", "discover"),
        ([], "which URI?", "--help"),
    ),
)
def test_usage_errors_end_with_2(arguments, said, advised):
    line, hint = complaint(linnet("bench", *arguments), 2)
    assert said in line and advised in hint
