"""`network.Coap` under MicroPython: the rows of the specification by the same program as under CPython, and the scripts
of the documents by the same tests.

LINNET_MICROPYTHON names a MicroPython (the unix port) that has bindings/micropython; docs/micropython.md says how one
is built. Without it what is for MicroPython is skipped.
"""

import os
import pathlib
import re
import signal
import subprocess

import documents
import pytest
import test_coap_scripts as scripts
from coap_support import HOST, PATIENCE, RawServer, free_port, python
from support import coap, programs
from test_coap_scripts import (  # noqa: F401
    names,
    network,
    test_the_client_of_001_asks_libcoaps_server,
    test_the_client_of_001_asks_linnets_server,
    test_the_client_of_001_asks_the_server_of_001,
    test_the_client_of_001_that_does_not_block_asks_two_servers,
    test_the_example_of_000_asks_a_server_and_is_one,
    test_the_server_and_the_client_of_002_find_each_other,
    test_the_server_of_001_serves_and_tells_of_new_resources,
)

HERE = pathlib.Path(__file__).resolve().parent
ROWS = HERE / "rows"
MICROPYTHON = os.environ.get("LINNET_MICROPYTHON")
ABSENT = "LINNET_MICROPYTHON names no MicroPython with the module"
needs_micropython = pytest.mark.skipif(not MICROPYTHON, reason=ABSENT)
needs_documents = pytest.mark.skipif(not documents.are_here(), reason=documents.ABSENT)


def micropython(*words):
    return [MICROPYTHON, *(str(word) for word in words)]


@pytest.fixture(autouse=True)
def board(monkeypatch, request):
    """The documents' scripts run under MicroPython here, which SIGTERM ends as it does any program."""
    if "network" in request.fixturenames and not MICROPYTHON:
        pytest.skip(ABSENT)
    monkeypatch.setattr(scripts.Script, "board", staticmethod(lambda path: micropython(HERE / "board.py", path)))
    monkeypatch.setattr(scripts.Script, "ends_with", -signal.SIGTERM)


def pytest_generate_tests(metafunc):
    if "row" in metafunc.fixturenames:
        rows = [
            (path.name, name)
            for path in sorted(ROWS.glob("*.py"))
            for name in re.findall(r"^def (row_\w+)", path.read_text(), re.MULTILINE)
        ]
        metafunc.parametrize("row", rows, ids=[f"{file}-{name[4:]}" for file, name in rows])


@pytest.fixture(scope="module")
def told():
    """What the rows of a file said under an interpreter; each file runs once."""
    known = {}

    def run(interpreter, file):
        if (interpreter, file) not in known:
            words = {"CPython": python, "MicroPython": micropython}[interpreter](ROWS / file, _four_ports())
            done = programs.run(*words, patience=4 * PATIENCE)
            results = dict(line.split(": ", 1) for line in done.stdout.splitlines() if line.startswith("row_"))
            known[interpreter, file] = done, results
        return known[interpreter, file]

    return run


def _four_ports():
    """The first of four free ports that follow each other."""
    ports = [free_port()]
    while ports[-4:] != list(range(ports[-1] - 3, ports[-1] + 1)):
        ports.append(free_port())
    return ports[-4]


@pytest.mark.parametrize("interpreter", ("CPython", pytest.param("MicroPython", marks=needs_micropython)))
def test_a_row_of_the_specification_is_kept(told, interpreter, row):
    done, results = told(interpreter, row[0])
    assert results.get(row[1], "nothing was said") == "ok", done.stderr
    assert done.returncode == 0, done.stderr


def run_script(tmp_path, text, *arguments):
    path = tmp_path / "script.py"
    path.write_text(text, encoding="utf-8")
    return programs.run(*micropython(path, *arguments))


@needs_micropython
@needs_documents
def test_the_snippet_of_001_sends_a_message_without_options(tmp_path):
    number = free_port()
    before = f"from network import Coap\nCoap.init()\nsession = Coap.new_client_session('{HOST}', {number})\n"
    with RawServer(number) as peer:
        done = run_script(tmp_path, before + documents.tutorial()[3] + "\nprint(id)\n")
        sent = peer.receive()
    assert (done.returncode, done.stderr) == (0, "")
    expected = coap.Message(coap.CON, 1, int(done.stdout), b"\xbc\x61\x4e", (), b"abcd://server:1234/mypath.data")
    assert sent == expected


@needs_micropython
@needs_documents
def test_the_server_of_002_serves_while_micropythons_prompt_waits(network, tmp_path):  # noqa: F811
    """The main thread is in a system call then, reading a line."""
    path = tmp_path / "server.py"
    path.write_text(documents.reference()[0], encoding="utf-8")
    words = network.one.words() + micropython("-i", path)
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            scripts.ready(network.mine, "192.168.0.234")
            assert scripts.get(network.mine, "coap://192.168.0.234/resource1") == "default_value\n"
        finally:
            process.stdin.close()
            assert process.wait(PATIENCE) == 0


@needs_micropython
def test_ctrl_c_ends_a_read_that_waits_for_ever(tmp_path):
    path = tmp_path / "reading.py"
    path.write_text(
        "from network import Coap\nCoap.init()\n"
        "try:\n    print('reading')\n    Coap.read()\nexcept KeyboardInterrupt:\n    print('interrupted')\n"
    )
    server = programs.Server(*micropython(path), ready="reading")
    server.process.send_signal(signal.SIGINT)
    server.wait_for("interrupted")


@needs_micropython
def test_an_exception_in_a_callback_is_printed_with_its_traceback(tmp_path):
    done = run_script(tmp_path, RAISING, free_port())
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["1", "2"]
    assert done.stderr.count("ValueError: on purpose") == 2 and 'script.py", line 6, in fails' in done.stderr


RAISING = """
import sys, time
from network import Coap
def fails(resource):
    print(resource.value().decode())
    raise ValueError("on purpose")
port = int(sys.argv[1])
Coap.init("127.0.0.1", port=port, dynamic_resources=True)
Coap.register_new_resource_handler(fails)
told = []
Coap.register_response_handler(lambda *arguments: told.append(arguments))
session = Coap.new_client_session("127.0.0.1", port)
for number in ("1", "2"):
    session.send_request(Coap.REQUEST_PUT, uri_path="r" + number, payload=number, token=number)
    while len(told) < int(number):
        time.sleep(0.01)
"""


@needs_micropython
def test_threads_read_send_and_set_values_while_memory_is_collected(tmp_path):
    done = run_script(tmp_path, HAMMERING, free_port())
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "600 answers\n")


# Without an interpreter lock MicroPython's own objects are the program's to guard, so the count has a lock.
HAMMERING = """
import _thread, gc, sys, time
from network import Coap
port = int(sys.argv[1])
Coap.init("127.0.0.1", port=port)
gc.threshold(2048)
resource = Coap.add_resource("r", value="x", etag=True)
resource.callback(Coap.REQUEST_GET | Coap.REQUEST_PUT, True)
lock, counts, done = _thread.allocate_lock(), [0], []
def answered(code, id, type, token, payload):
    resource.value(payload)
    with lock:
        counts[0] += 1
def read():
    while True:
        Coap.read(50)
def ask():
    session = Coap.new_client_session("127.0.0.1", port)
    for number in range(200):
        while True:
            try:
                session.send_request(Coap.REQUEST_PUT, uri_path="r", payload=str(number), token="t%d" % number)
                break
            except RuntimeError:
                time.sleep(0.01)
    with lock:
        done.append(1)
Coap.register_response_handler(answered)
_thread.start_new_thread(read, ())
for _ in range(3):
    _thread.start_new_thread(ask, ())
while len(done) < 3 or counts[0] < 600:
    resource.value(), Coap.get_resource("r").value(b"from the main thread")
    Coap.remove_resource("other") or Coap.add_resource("other")
    gc.collect()
    time.sleep(0.001)
print(counts[0], "answers")
"""
