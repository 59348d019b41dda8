"""What is around `network.Coap`: stubs, WLAN, `python3 -m network`, the examples, the pages."""

import inspect
import re
import signal
import socket
import tempfile

import network
import pytest
from coap_support import BUILT, HOST, PATIENCE, ROOT, WLAN, Asking, Coap, RawServer
from coap_support import answer, free_port, python, run_python
from network import _network
from support import coap, programs

EXAMPLES = ROOT / "examples/python"


CLASSES = network.Coap, network.CoapClientSession, network.CoapResource, network.WLAN
PROGRAM = """
from network import Coap, WLAN
import uselect

def answered(code: int, id: int, type: int, token: bytes, payload: bytes) -> None:
    print(code + id + type, token + payload)

Coap.init(WLAN(mode=WLAN.STA).ifconfig()[0], port=5700)
Coap.register_response_handler(answered)
resource = Coap.add_resource("r", value=memoryview(b"x"), etag=True)
resource.value("new")
whole: bytes = resource.value()
session = Coap.new_client_session("localhost", 5683)
id: int = session.send_request(Coap.REQUEST_GET | Coap.REQUEST_PUT, token=12345678)
poll = uselect.poll()
poll.register(Coap.socket(), uselect.POLLIN)
"""
WRONG = """
from network import Coap
Coap.add_resource(5)
Coap.register_response_handler(lambda code: None)
Coap.add_resource("r").value(1.5)
"""


def mypy(*words):
    """In a folder of its own, where a cache may stay."""
    with tempfile.TemporaryDirectory() as folder:
        command = "env", "-C", folder, f"MYPYPATH={BUILT}", *python("-m", *words)
        return programs.run(*command, patience=4 * PATIENCE)


@pytest.mark.waits
def test_the_stubs_are_those_of_what_is_there():
    done = mypy("mypy.stubtest", "network", "uselect")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.waits
def test_a_type_checker_takes_what_is_right_and_refuses_what_is_wrong():
    with tempfile.TemporaryDirectory() as folder:
        strictly = "mypy", "--strict", "--cache-dir", folder, "-c"
        done = mypy(*strictly, PROGRAM)
        assert done.returncode == 0, done.stdout + done.stderr
        assert mypy(*strictly, WRONG).stdout.count("error:") >= 3


def test_everything_has_a_docstring():
    for kind in CLASSES:
        assert kind.__doc__
        for name, member in vars(kind).items():
            assert name.startswith("_") or not callable(member) or member.__doc__, name
    assert (BUILT / "network/py.typed").exists()
    assert _network.__doc__ and network.__doc__


def test_help_shows_signatures():
    assert str(inspect.signature(Coap.read)) == "(timeout=0)"
    assert str(inspect.signature(Coap.add_resource)) == "(uri, *, media_type=-1, max_age=-1, value=0, etag=False)"
    assert str(inspect.signature(network.CoapResource.get_details)) == "(self, /)"


def test_the_constants_are_those_of_the_documents():
    assert (WLAN.STA, WLAN.WPA2) == (1, 3)
    assert (Coap.REQUEST_GET, Coap.REQUEST_PUT, Coap.REQUEST_POST, Coap.REQUEST_DELETE) == (1, 2, 4, 8)


def test_a_wlan_has_an_address_that_can_be_bound():
    wlan = WLAN(mode=WLAN.STA)
    assert wlan.connect("your-ssid", auth=(WLAN.WPA2, "your-key")) is None
    address, mask, gateway, name_server = wlan.ifconfig()
    for text in (address, mask, gateway, name_server):
        socket.inet_aton(text) if ":" not in text else socket.inet_pton(socket.AF_INET6, text)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((address, 0))
    assert wlan.isconnected() == (not address.startswith("127."))
    assert wlan.mode() == WLAN.STA


def test_a_host_without_a_network_has_the_address_of_the_loopback():
    words = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    text = "from network import WLAN; w = WLAN(); print(w.ifconfig()[:2], w.isconnected())"
    done = programs.run(*words, *python("-c", text))
    assert (done.stdout, done.stderr) == ("('127.0.0.1', '255.0.0.0') False\n", "")


def test_the_extension_is_for_the_stable_abi():
    """It needs nothing of Python that may change: every symbol is one of Python 3.11's limited API."""
    listed = programs.run("nm", "-D", "--undefined-only", BUILT / "network/_network.abi3.so").stdout
    used = set(re.findall(r"\bU (_?Py\w+)", listed))
    assert used and not {name for name in used if name.startswith("_Py") and name not in LIMITED}
    shown = programs.run("nm", "-D", "--defined-only", BUILT / "network/_network.abi3.so").stdout
    assert re.findall(r" [TDBR] (\w+)", shown) == ["PyInit__network"], "the library inside is its own"


# Those with an underscore that are part of it all the same: macros of the headers name them.
LIMITED = {
    "_Py_Dealloc", "_Py_NoneStruct", "_Py_TrueStruct", "_Py_FalseStruct",
    "_Py_BuildValue_SizeT", "_PyArg_ParseTupleAndKeywords_SizeT",
}  # fmt: skip


def test_python_m_network_says_how_it_is_used():
    done = programs.run(*python("-m", "network"))
    assert done.returncode == 2 and "usage:" in done.stderr


def test_python_m_network_gives_a_script_its_arguments_and_its_errors(tmp_path):
    (tmp_path / "script.py").write_text("import sys; print(__name__, sys.argv[1:]); sys.exit(7)")
    done = programs.run(*python("-m", "network", tmp_path / "script.py", "a", "b"))
    assert (done.returncode, done.stdout) == (7, "__main__ ['a', 'b']\n")
    (tmp_path / "broken.py").write_text("1 / 0")
    done = programs.run(*python("-m", "network", tmp_path / "broken.py"))
    assert done.returncode == 1 and "ZeroDivisionError" in done.stderr


def example(name, *arguments, ready):
    return programs.Server(*python("-u", EXAMPLES / name, *arguments), ready=ready)


def end(program):
    """As Ctrl-C does."""
    program.process.send_signal(signal.SIGINT)
    assert program.process.wait(PATIENCE) == 0, program.output


def test_the_example_of_a_server_serves():
    number = free_port()
    program = example("coap_server.py", HOST, number, ready="serving")
    try:
        with Asking(HOST, number) as asking:
            assert asking.request("GET", "greeting").payload == b"hello"
            assert asking.request("PUT", "greeting", b"moin").code_text == "2.04"
            assert asking.request("GET", "greeting").payload == b"moin"
            assert asking.request("PUT", "made/by/you", b"x").code_text == "2.01"
            assert asking.request("GET", "made/by/you").values(coap.MAX_AGE) == [b"\x64"]
        program.wait_for("new resource: made/by/you")
        end(program)
    finally:
        program.kill()


def test_the_example_of_a_client_prints_a_response_and_a_failure():
    with RawServer(free_port()) as peer:
        program = example("coap_client.py", HOST, peer.port, "greeting", ready=None)
        request = peer.receive()
        assert request.path == ["greeting"]
        peer.send(answer(request, payload=b"hello"))
        program.wait_for("2.05 b'hello'")
        assert program.process.wait(PATIENCE) == 0
        program.kill()
    failed = programs.run(*python(EXAMPLES / "coap_client.py", HOST, free_port(), "greeting"))
    assert failed.returncode == 1 and "nothing listens" in failed.stdout


def test_the_example_of_observing_prints_each_state():
    with RawServer(free_port()) as peer:
        program = example("coap_observe.py", HOST, peer.port, "time", ready=None)
        request = peer.receive()
        peer.send(answer(request, options=((coap.OBSERVE, b"\x01"),), payload=b"one"))
        program.wait_for("one")
        peer.send(coap.Message(coap.NON, coap.code("2.05"), 1, request.token, ((coap.OBSERVE, b"\x02"),), b"two"))
        program.wait_for("two")
        end(program)
        program.kill()


def test_the_example_that_polls_serves_and_asks():
    number = free_port()
    program = example("coap_poll.py", HOST, number, ready="polling")
    try:
        with Asking(HOST, number) as asking:
            assert asking.request("GET", "resource1").payload == b"default_value"
        program.wait_for(r"Payload: b'</resource1>")
        end(program)
    finally:
        program.kill()


PAGES = [ROOT / "docs/module.md", ROOT / "docs/from-pycom.md"]
PIECE = re.compile(r"<!-- run by tests/python/test_coap_package.py -->\n+```python\n(.*?)```", re.DOTALL)
PIECES = [pytest.param(piece, id=f"{page.name}-{number}")
          for page in PAGES for number, piece in enumerate(PIECE.findall(page.read_text(encoding="utf-8")))]


@pytest.mark.parametrize("piece", PIECES)
def test_a_short_sample_of_a_page_runs(piece):
    """Each begins with a module that is open and a session to its own server."""
    done = run_python(
        f"""
import time
from network import Coap
port = {free_port()}
Coap.init("{HOST}", port=port, dynamic_resources=True)
Coap.add_resource("time", value="12:00").callback(15, True)
resource = Coap.add_resource("resource")
session = Coap.new_client_session("{HOST}", port)
{piece}
time.sleep(0.1)
Coap.deinit()
"""
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
