"""Opening, reading and closing of `network.Coap`; signals, the end of the interpreter, fork()."""

import os
import select
import signal
import socket
import threading
import time

import pytest
import uselect
from coap_support import GET, HOST, PATIENCE, Asking, Coap, answer, free_port, in_thread, join, resource, run_python
from coap_support import asking, client, closed, peer, port  # noqa: F401

CALLS = {
    "read": lambda: Coap.read(1),
    "socket": lambda: Coap.socket(),
    "add_resource": lambda: Coap.add_resource("r"),
    "get_resource": lambda: Coap.get_resource("r"),
    "remove_resource": lambda: Coap.remove_resource("r"),
    "new_client_session": lambda: Coap.new_client_session(HOST),
    "remove_client_session": lambda: Coap.remove_client_session(HOST),
    "get_client_sessions": lambda: Coap.get_client_sessions(),
    "send_request": lambda: Coap.send_request(HOST, GET),
    "register_response_handler": lambda: Coap.register_response_handler(print),
    "register_failure_handler": lambda: Coap.register_failure_handler(print),
    "register_new_resource_handler": lambda: Coap.register_new_resource_handler(print),
}


@pytest.mark.parametrize("name", CALLS)
def test_before_init_every_function_says_so(closed, name):
    with pytest.raises(RuntimeError, match=r"Coap\.init\(\)"):
        CALLS[name]()


def test_a_second_init_needs_a_deinit(port):
    with pytest.raises(RuntimeError, match="deinit"):
        Coap.init(HOST, port=port)
    Coap.deinit()
    Coap.init(HOST, port=port)
    assert Coap.get_resource("r") is None


def test_deinit_may_be_called_again(closed):
    assert Coap.deinit() is None
    assert Coap.deinit() is None


def test_deinit_closes_everything(port):
    resource()
    session = Coap.new_client_session(HOST, port)
    handed_out = Coap.socket()
    Coap.deinit()
    assert handed_out.fileno() == -1
    with pytest.raises(RuntimeError):
        session.send_request(GET)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind((HOST, port))
    Coap.init(HOST, port=port)
    assert Coap.get_client_sessions() == []


@pytest.mark.parametrize("address", ("no address", "", "192.0.2.1", "300.1.1.1"))
def test_a_bad_address_is_a_value_error(closed, address):
    with pytest.raises(ValueError):
        Coap.init(address)
    Coap.init()


def test_a_port_that_is_taken_is_told_as_that(closed):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind((HOST, 0))
        with pytest.raises(OSError, match="in use"):
            Coap.init(HOST, port=other.getsockname()[1])
    Coap.init()


@pytest.mark.parametrize("number", (0, -1, 65536))
def test_a_bad_port_is_a_value_error(closed, number):
    with pytest.raises(ValueError):
        Coap.init(HOST, port=number)


def test_the_port_is_given_by_keyword_alone(closed):
    with pytest.raises(TypeError):
        Coap.init(HOST, 5683)


def test_a_server_listens_on_ipv6(closed):
    number = free_port()
    Coap.init("::1", port=number)
    resource(value="six")
    with Asking("::1", number) as asking:
        assert asking.request("GET", "r").payload == b"six"


def test_a_psk_needs_no_hint_and_a_hint_needs_a_psk(closed):
    for more in ({}, {"hint": "hint"}):
        Coap.init(HOST, port=free_port(), psk="key", **more)
        Coap.deinit()
    for wrong in ({"hint": "hint"}, {"psk": ""}, {"psk": b""}, {"plain_too": True}, {"psk": "k" * 65},
                  {"psk": "key", "hint": "h" * 129}):
        with pytest.raises(ValueError, match="psk|hint"):
            Coap.init(HOST, port=free_port(), **wrong)


def test_creating_by_post_needs_dynamic_resources(closed):
    with pytest.raises(ValueError):
        Coap.init(HOST, create_by_post=True)


def test_clients_cannot_create_more_than_a_named_limit(closed):
    number = free_port()
    Coap.init(HOST, port=number, dynamic_resources=True, max_resources=3, max_value_size=100)
    with Asking(HOST, number) as asking:
        codes = [asking.request("PUT", f"r{n}", b"x").code_text for n in range(5)]
        assert codes == ["2.01"] * 3 + ["5.03"] * 2
        assert asking.request("PUT", "r0", bytes(101)).code_text == "4.13"


def test_the_socket_is_the_same_object_and_can_be_polled(asking):
    resource(value="x")
    handed_out = Coap.socket()
    assert Coap.socket() is handed_out
    assert handed_out.type == socket.SOCK_DGRAM
    assert select.select([handed_out], [], [], 0) == ([], [], [])
    poll = uselect.poll()
    poll.register(handed_out, uselect.POLLIN | uselect.POLLHUP | uselect.POLLERR)
    assert poll.poll(0) == []
    poll.unregister(handed_out)


def test_a_closed_socket_takes_nothing_from_the_module(asking):
    resource(value="x")
    Coap.socket().close()
    assert asking.request("GET", "r").payload == b"x"


def test_poll_gives_the_object_that_was_registered():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        poll = uselect.poll()
        poll.register(ours, uselect.POLLIN)
        poll.register(theirs.fileno(), uselect.POLLIN)
        assert poll.poll(0) == []
        theirs.send(b"x")
        assert poll.poll() == [(ours, uselect.POLLIN)]
        assert list(poll.ipoll(0, 1)) == [(ours, uselect.POLLIN)]
        assert poll.poll(0) == [], "told once"
        poll.modify(ours, uselect.POLLIN)
        assert poll.poll(0) == [(ours, uselect.POLLIN)]
        ours.send(b"y")
        assert (theirs.fileno(), uselect.POLLIN) in poll.poll(0)
        poll.unregister(ours)
        with pytest.raises(KeyError):
            poll.unregister(ours)


def test_there_is_no_socket_without_a_server(client):
    with pytest.raises(RuntimeError, match="address"):
        Coap.socket()


def test_read_returns_none_when_the_time_is_over(port):
    start = time.monotonic()
    assert Coap.read(50) is None
    assert Coap.read(timeout=1) is None
    assert time.monotonic() - start >= 0.05


@pytest.mark.parametrize(
    "timeout, error", ((-1, ValueError), ("1", TypeError), (1.5, TypeError), (1 << 70, ValueError))
)
def test_a_wrong_time_to_read_is_refused(port, timeout, error):
    with pytest.raises(error):
        Coap.read(timeout)


def test_read_waits_for_one_packet(client, peer):
    session = Coap.new_client_session(HOST, peer.port)
    for timeout in ((), (0,), (20_000,), (None,)):
        reading = in_thread(Coap.read, *timeout)
        while reading.is_alive():
            session.send_request(GET, token="t")
            peer.send(answer(peer.receive()))
            client[0].next()
            reading.join(0.05)


def test_read_does_not_wait_for_a_packet_that_the_background_took(client, peer):
    """Scripts poll the socket and then read."""
    session = Coap.new_client_session(HOST, peer.port)
    session.send_request(GET, token="t")
    peer.send(answer(peer.receive()))
    client[0].next()
    join(in_thread(Coap.read))
    assert Coap.read(1) is None


def test_read_returns_after_a_packet_whose_handler_took_its_time(client, peer):
    """Longer than the slices that read() waits in."""
    told = threading.Event()
    Coap.register_response_handler(lambda *_: told.wait(0.6))
    session = Coap.new_client_session(HOST, peer.port)
    reading = in_thread(Coap.read)
    session.send_request(GET, token="t")
    peer.send(answer(peer.receive()))
    join(reading)


def test_read_lets_other_threads_run(port):
    reading = in_thread(Coap.read, 200)
    assert sum(range(1000)) == 499500
    assert reading.is_alive()
    join(reading)


def test_deinit_ends_a_read(port):
    reading = in_thread(Coap.read)
    threading.Event().wait(0.05)
    Coap.deinit()
    join(reading)


def test_deinit_ends_many_reads_at_any_moment(closed):
    for _ in range(30):
        Coap.init()
        readers = [in_thread(lambda: Coap.read(20_000)) for _ in range(3)]
        Coap.deinit()
        for reader in readers:
            reader.join(PATIENCE)
            assert not reader.is_alive()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_init_and_deinit_by_many_threads(closed):
    def open_and_close():
        for _ in range(30):
            try:
                Coap.init()
            except RuntimeError:
                pass
            Coap.deinit()

    threads = [in_thread(open_and_close) for _ in range(4)]
    for thread in threads:
        join(thread)


def test_a_signal_interrupts_a_read_and_its_handler_runs(closed):
    Coap.init()

    class Rang(Exception):
        pass

    def ring(*_):
        raise Rang

    before = signal.signal(signal.SIGALRM, ring)
    try:
        for timeout in ((), (20_000,)):
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            with pytest.raises(Rang):
                Coap.read(*timeout)
    finally:
        signal.signal(signal.SIGALRM, before)


def test_a_signal_whose_handler_returns_does_not_end_a_read(closed):
    Coap.init()
    rung = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(1))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
        start = time.monotonic()
        Coap.read(200)
        assert time.monotonic() - start >= 0.2
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert rung


def test_ctrl_c_ends_a_read_also_from_inside_a_handler(client, peer):
    def interrupt(*_):
        raise KeyboardInterrupt

    Coap.register_response_handler(interrupt)
    session = Coap.new_client_session(HOST, peer.port)
    requests = in_thread(lambda: [peer.send(answer(peer.receive())) for _ in range(1)])
    threading.Timer(0.05, lambda: session.send_request(GET, token="t")).start()
    with pytest.raises(KeyboardInterrupt):
        Coap.read(20_000)
    join(requests)


ENDS = {
    "with the module open": "",
    "with a daemon thread that reads": "_thread.start_new_thread(forever, (Coap.read,))",
    "with two that read for moments": "[_thread.start_new_thread(forever, (lambda: Coap.read(1),)) for _ in range(2)]",
    "with a daemon thread that uses a resource": "_thread.start_new_thread(forever, (lambda: one.value(one.value()),))",
    "with a socket": "s = Coap.socket()",
    "after deinit": "Coap.deinit()",
    "by an exception": "raise SystemExit(0)",
    "with handles": "kept = [Coap.get_resource('one'), Coap.new_client_session('127.0.0.1')]",
    "in the middle of answering itself": """
Coap.register_response_handler(lambda *_: session.send_request(1, uri_path='one'))
session = Coap.new_client_session('127.0.0.1', port)
session.send_request(1, uri_path='one')
time.sleep(0.05)""",
    "with a handler that does not return": """
Coap.register_response_handler(lambda *_: threading.Event().wait())
session = Coap.new_client_session('127.0.0.1', port)
session.send_request(1, uri_path='one')
time.sleep(0.05)""",
}


@pytest.mark.parametrize("how", ENDS)
def test_the_interpreter_ends_in_order(how):
    done = run_python(
        f"""
import _thread, sys, threading, time
from network import Coap
def forever(function):
    while True:
        function()
port = int(sys.argv[1])
Coap.init("127.0.0.1", port=port)
one = Coap.add_resource("one", value=1)
one.callback(Coap.REQUEST_GET, True)
{ENDS[how]}
""",
        free_port(),
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_ctrl_c_ends_a_program_that_reads():
    done = run_python(
        """
import os, signal, threading
from network import Coap
Coap.init()
threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    while True:
        Coap.read()
except KeyboardInterrupt:
    print("interrupted")
"""
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "interrupted\n", "")


def test_the_child_of_a_fork_begins_without_a_module(asking, port):
    one = resource(value="of the parent")
    session = Coap.new_client_session(HOST, port)
    child = os.fork()
    if child == 0:
        os._exit(_what_the_child_sees(one, session))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert asking.request("GET", "r").payload == b"of the parent"
    session.send_request(GET)


def _what_the_child_sees(one, session):
    """0, or which check it was that failed."""
    for number, function in enumerate((one.value, session.get_details, lambda: Coap.read(1), Coap.socket), 1):
        try:
            function()
            return number
        except RuntimeError:
            pass
    del one, session
    number = free_port()
    Coap.init(HOST, port=number)
    resource(value="of the child")
    with Asking(HOST, number) as asking:
        payload = asking.request("GET", "r").payload
    Coap.deinit()
    return 0 if payload == b"of the child" else 9


def test_a_second_interpreter_is_refused():
    done = run_python(
        """
import _xxsubinterpreters as interpreters
from network import Coap
second = interpreters.create()
try:
    interpreters.run_string(second, "import network")
except interpreters.RunFailedError as error:
    assert "main interpreter" in str(error), error
    print("refused")
Coap.init()
"""
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "refused\n", "")
