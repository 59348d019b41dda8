"""Handlers of `network.Coap`: when they are called, in which thread, and what they may do."""

import sys
import threading

import pytest
from coap_support import EVERY, GET, HOST, PATIENCE, Asking, Coap, Handler, answer, free_port, in_thread, join
from coap_support import asking_dynamic, client, closed, dynamic_port, peer, run_python  # noqa: F401
from support import coap


def unraisable(monkeypatch):
    """What exceptions of handlers leave behind; pytest has its own way to see them, which begins with each test."""
    told = Handler()
    monkeypatch.setattr(sys, "unraisablehook", lambda told_of: told(type(told_of.exc_value), str(told_of.exc_value)))
    return told


def ask_and_answer(peer, session, token="t"):
    session.send_request(GET, token=token)
    peer.send(answer(peer.receive()))


def test_a_new_resource_is_told_before_the_response_is_sent(asking_dynamic):
    told = Handler()

    def created(resource):
        told(resource.get_details(), resource.value(), resource)
        resource.set_details(mediatype=Coap.MEDIATYPE_TEXT_PLAIN, max_age=100, etag=True)

    Coap.register_new_resource_handler(created)
    response = asking_dynamic.request("PUT", "foo/bar", b"hello")
    details, value, resource = told.next()
    assert (details, value) == (["foo/bar", -1, -1, False, 0], b"hello")
    assert (response.code_text, response.values(coap.ETAG)) == ("2.01", [b"\x01"])
    assert Coap.get_resource("foo/bar") is resource
    got = asking_dynamic.request("GET", "foo/bar")
    assert got.options == ((coap.ETAG, b"\x01"), (coap.CONTENT_FORMAT, b""), (coap.MAX_AGE, b"\x64"))


def test_a_new_resource_is_told_once_and_a_changed_one_not(asking_dynamic):
    told = Handler()
    Coap.register_new_resource_handler(told)
    asking_dynamic.request("PUT", "foo", b"1")
    asking_dynamic.request("PUT", "foo", b"2")
    assert told.count == 1


def test_an_exception_of_a_handler_is_told_and_the_module_goes_on(client, peer, monkeypatch):
    told = unraisable(monkeypatch)
    session = Coap.new_client_session(HOST, peer.port)
    Coap.register_response_handler(lambda *_: 1 / 0)
    ask_and_answer(peer, session)
    assert told.next() == (ZeroDivisionError, "division by zero")
    Coap.register_response_handler(client[0])
    ask_and_answer(peer, session, "u")
    assert client[0].next()[3] == b"u"


def test_an_exception_of_the_new_resource_handler_spoils_no_response(asking_dynamic, monkeypatch):
    told = unraisable(monkeypatch)
    Coap.register_new_resource_handler(lambda: None)
    assert asking_dynamic.request("PUT", "foo", b"1").code_text == "2.01"
    assert told.next()[0] is TypeError
    assert asking_dynamic.request("GET", "foo").payload == b"1"


def test_an_exception_of_a_handler_is_printed_with_its_traceback():
    done = run_python(
        """
import socket, sys
from network import Coap
def broken(*told):
    raise LookupError("of the handler")
peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
peer.bind(("127.0.0.1", 0))
Coap.init()
Coap.register_response_handler(broken)
session = Coap.new_client_session("127.0.0.1", peer.getsockname()[1])
for _ in range(2):
    id = session.send_request(Coap.REQUEST_GET)
    request, address = peer.recvfrom(2048)
    peer.sendto(bytes([0x60, 69]) + request[2:4], address)
    Coap.read(5000)
Coap.deinit()
"""
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("Traceback (most recent call last):") == 2
    assert 'raise LookupError("of the handler")' in done.stderr or "in broken" in done.stderr
    assert done.stderr.count("LookupError: of the handler") == 2


def test_handlers_run_in_the_thread_that_reads(client, peer):
    told = Handler()
    Coap.register_response_handler(lambda *_: told(threading.get_ident()))
    session = Coap.new_client_session(HOST, peer.port)
    ready = threading.Event()

    def read():
        ready.set()
        Coap.read(20_000)

    reading = in_thread(read)
    ready.wait(PATIENCE)
    while told.count == 0:
        ask_and_answer(peer, session)
        threads = [told.next()[0]]
        if reading.ident in threads:
            break
    join(reading)


def test_without_a_read_handlers_run_in_the_background(client, peer):
    told = Handler()
    Coap.register_response_handler(lambda *_: told(threading.get_ident()))
    ask_and_answer(peer, Coap.new_client_session(HOST, peer.port))
    assert told.next()[0] != threading.get_ident()


def test_handlers_run_one_at_a_time(client, peer):
    inside, most, told = [], [], Handler()

    def handle(*_):
        inside.append(1)
        most.append(len(inside))
        threading.Event().wait(0.01)
        inside.pop()
        told()

    Coap.register_response_handler(handle)
    sessions = [Coap.new_client_session(HOST, peer.port) for _ in range(5)]
    readers = [in_thread(Coap.read, 300) for _ in range(3)]
    for session in sessions:
        ask_and_answer(peer, session)
    for _ in sessions:
        told.next()
    assert max(most) == 1
    for reader in readers:
        join(reader)


def test_a_handler_may_use_everything(closed):
    """Resources, sessions, requests, handlers, and waiting: nothing of it waits for the handler's own end."""
    number = free_port()
    Coap.init(HOST, port=number, dynamic_resources=True)
    done = Handler()

    def handle(*_):
        Coap.register_response_handler(done)
        one = Coap.add_resource("one", value="1")
        one.callback(EVERY, True)
        one.add_attribute("rt", "x")
        one.value(one.value() + b"2")
        one.set_details(etag=True)
        two = Coap.add_resource("two")
        Coap.remove_resource("two")
        session = Coap.new_client_session(HOST, number)
        session.send_request(GET, uri_path="one", token="inner")
        Coap.remove_client_session(HOST, number)  # the first: that of the request which this answers
        done(one.get_details(), Coap.get_resource("two"), repr(two), Coap.socket().fileno() >= 0)

    Coap.register_response_handler(handle)
    Coap.new_client_session(HOST, number).send_request(GET, uri_path=".well-known/core", token="outer")
    assert done.next()[:2] == (["one", -1, -1, True, 1], None)
    assert done.next()[3:] == (b"inner", b"12")
    assert len(Coap.get_client_sessions()) == 1


def test_a_handler_may_close_the_module(client, peer):
    told = Handler()

    def handle(*_):
        Coap.deinit()
        told()

    Coap.register_response_handler(handle)
    ask_and_answer(peer, Coap.new_client_session(HOST, peer.port))
    told.next()
    Coap.init()  # waits until the handler has returned
    assert Coap.get_client_sessions() == []


def test_a_handler_that_removes_the_new_resource_refuses_it(asking_dynamic):
    told = Handler()

    def created(resource):
        Coap.remove_resource("foo")
        with pytest.raises(RuntimeError):
            resource.value()
        told(resource)

    Coap.register_new_resource_handler(created)
    assert asking_dynamic.request("PUT", "foo", b"1").code_text == "4.03"
    told.next()
    Coap.register_new_resource_handler(None)
    assert asking_dynamic.request("GET", "foo").code_text == "4.04"
    assert asking_dynamic.request("PUT", "foo", b"2").code_text == "2.01"


def test_a_handler_cannot_read(asking_dynamic):
    told = Handler()

    def created(_):
        with pytest.raises(RuntimeError, match="inside a handler"):
            Coap.read(1)
        told()

    Coap.register_new_resource_handler(created)
    assert asking_dynamic.request("PUT", "foo", b"1").code_text == "2.01"
    told.next()


def test_a_handler_while_another_thread_uses_the_module_blocks_nobody(dynamic_port):
    """The library waits for the handler, the handler for the interpreter: who waits for the library holds neither."""
    stop = threading.Event()

    def use():
        one = Coap.add_resource("used")
        while not stop.is_set():
            one.value(one.value())

    using = in_thread(use)
    told = Handler()

    def created(resource):
        resource.value(sum(range(1000)))
        told(resource)

    Coap.register_new_resource_handler(created)
    with Asking(HOST, dynamic_port) as asking:
        for number in range(50):
            assert asking.request("PUT", f"made/{number}", b"x").code_text == "2.01"
            told.next()
    stop.set()
    join(using)
