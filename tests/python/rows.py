"""The tables of the specification of `network.Coap`, row by row, in the Python that CPython and MicroPython share.

usage: rows.py PORT    PORT, and the three above it, are free ports of the loopback

Each function row_... is one row. What the other end says is written here octet by octet, by sockets of this process: a
line "NAME: ok" or "NAME: what went wrong" comes of it.
"""

import gc
import socket
import sys
import time

import uselect
from network import WLAN, Coap

HOST = "127.0.0.1"
PORT = int(sys.argv[1])
PEER_PORT, CLOSED_PORT, SECURE_PORT = PORT + 1, PORT + 2, PORT + 3
PATIENCE = 20
EVERY = Coap.REQUEST_GET | Coap.REQUEST_PUT | Coap.REQUEST_POST | Coap.REQUEST_DELETE
CON, NON, ACK, RST = 0, 1, 2, 3
METHODS = {"GET": 1, "POST": 2, "PUT": 3, "DELETE": 4, "FETCH": 5, "PATCH": 6, "IPATCH": 7}
IF_MATCH, URI_HOST, ETAG, IF_NONE_MATCH, OBSERVE, URI_PORT, URI_PATH, FORMAT, MAX_AGE = 1, 3, 4, 5, 6, 7, 11, 12, 14
URI_QUERY, ACCEPT, BLOCK2, BLOCK1 = 15, 17, 23, 27


def equal(got, wanted):
    assert got == wanted, "%r instead of %r" % (got, wanted)


def raises(kind, function, *arguments, **keywords):
    try:
        function(*arguments, **keywords)
    except kind:
        return
    raise AssertionError("no %s" % kind.__name__)


def wait_for(condition):
    """Sleeps, so that the module can work, until it is true."""
    for _ in range(PATIENCE * 200):
        if condition():
            return
        time.sleep(0.005)
    raise AssertionError("nothing came in %d s" % PATIENCE)


# Datagrams (RFC 7252 section 3)


def nibble(number):
    if number < 13:
        return number, b""
    if number < 269:
        return 13, bytes([number - 13])
    return 14, bytes([(number - 269) >> 8, (number - 269) & 255])


def encode(type, code, mid, token=b"", options=(), payload=b""):
    octets, last = bytes([0x40 | type << 4 | len(token), code, mid >> 8, mid & 255]) + token, 0
    for number, value in options:
        delta, more_delta = nibble(number - last)
        length, more_length = nibble(len(value))
        octets += bytes([delta << 4 | length]) + more_delta + more_length + value
        last = number
    return octets + (b"\xff" + payload if payload else b"")


def take(octets, at, number):
    if number == 13:
        return octets[at] + 13, at + 1
    if number == 14:
        return (octets[at] << 8 | octets[at + 1]) + 269, at + 2
    return number, at


class Message:
    def __init__(self, octets):
        self.octets = octets
        self.type, self.code, self.mid = octets[0] >> 4 & 3, octets[1], octets[2] << 8 | octets[3]
        at = 4 + (octets[0] & 15)
        self.token, self.options, self.payload, number = octets[4:at], [], b"", 0
        while at < len(octets):
            if octets[at] == 255:
                self.payload = octets[at + 1 :]
                break
            head = octets[at]
            delta, at = take(octets, at + 1, head >> 4)
            length, at = take(octets, at, head & 15)
            number += delta
            self.options.append((number, octets[at : at + length]))
            at += length

    @property
    def text(self):
        return "%d.%02d" % (self.code >> 5, self.code & 31)

    def values(self, number):
        return [value for option, value in self.options if option == number]


def address(host, port):
    return socket.getaddrinfo(host, port)[0][-1]


class Asking:
    """A client made of a socket."""

    mid = 0

    def __init__(self, port=PORT):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(address(HOST, port))

    def ask(self, method, path, payload=b"", options=()):
        Asking.mid += 1
        every = [(URI_PATH, segment.encode()) for segment in path.split("/") if segment] + list(options)
        every = [every[at] for _, at in sorted((number, at) for at, (number, _) in enumerate(every))]
        self.socket.send(encode(CON, METHODS[method], Asking.mid, b"q", every, payload))
        return self.receive()

    def receive(self):
        return Message(self.socket.recv(2048))

    def close(self):
        self.socket.close()


class Peer:
    """A server made of a socket."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(PATIENCE)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(address(HOST, PEER_PORT))

    def receive(self):
        octets, self.client = self.socket.recvfrom(2048)
        return Message(octets)

    def send(self, *message, **more):
        self.socket.sendto(encode(*message, **more), self.client)

    def answer(self, request, code, **more):
        self.send(ACK, code, request.mid, token=request.token, **more)

    def close(self):
        self.socket.close()


def resource(uri="r", operations=EVERY, **more):
    made = Coap.add_resource(uri, **more)
    made.callback(operations, True)
    return made


def asking(**config):
    """A server is open, and this asks it."""
    Coap.init(HOST, port=PORT, **config)
    return Asking()


def client():
    """A client and the server that it asks, with what the handlers were told."""
    told, failed = [], []
    Coap.init()
    Coap.register_response_handler(lambda *arguments: told.append(arguments))
    Coap.register_failure_handler(lambda *arguments: failed.append(arguments))
    return Peer(), Coap.new_client_session(HOST, PEER_PORT), told, failed


# Module functions


def row_init_without_an_address_is_a_client_only():
    Coap.init()
    raises(RuntimeError, Coap.socket)


def row_a_second_init_without_deinit_is_a_runtime_error():
    Coap.init()
    raises(RuntimeError, Coap.init)


def row_init_refuses_a_bad_address():
    raises(ValueError, Coap.init, "no address:")
    raises(ValueError, Coap.init, "192.0.2.77")
    Coap.init()


def row_init_with_psk_says_that_it_cannot_or_works_without_a_hint():
    try:
        Coap.init(HOST, port=SECURE_PORT, psk="secret")
    except NotImplementedError as error:
        assert "psk" in str(error)


def row_nothing_works_before_init():
    for function in (Coap.read, Coap.socket, Coap.get_client_sessions):
        raises(RuntimeError, function)
    raises(RuntimeError, Coap.add_resource, "r")
    raises(RuntimeError, Coap.register_response_handler, print)


def row_deinit_closes_and_init_may_be_called_again():
    one = asking()
    resource(value="x")
    Coap.deinit()
    two = asking()
    equal(two.ask("GET", "r").text, "4.04")
    one.close(), two.close()


def row_socket_is_the_same_object_each_time_and_can_be_polled():
    one = asking()
    assert Coap.socket() is Coap.socket()
    poll = uselect.poll()
    poll.register(Coap.socket(), uselect.POLLIN)
    equal(one.ask("GET", "r").text, "4.04")
    poll.unregister(Coap.socket())
    one.close()


def row_read_ends_with_its_time_and_refuses_a_negative_one():
    Coap.init()
    equal(Coap.read(1), None)
    raises(ValueError, Coap.read, -1)


def row_read_calls_the_handlers_and_returns():
    peer, session, told, _ = client()
    session.send_request(Coap.REQUEST_GET, token="t")
    peer.answer(peer.receive(), 69, payload=b"x")
    while not told:
        Coap.read(100)
    equal(told[0][4], b"x")
    peer.close()


def row_add_resource_takes_any_number_of_segments_and_a_leading_slash():
    one = asking()
    deep = resource("/a/b/c/d/e/f", value="deep")
    equal(deep.get_details()[0], "a/b/c/d/e/f")
    equal(one.ask("GET", "a/b/c/d/e/f").payload, b"deep")
    raises(RuntimeError, Coap.add_resource, "a/b/c/d/e/f")
    one.close()


def row_no_method_is_enabled_at_first():
    one = asking()
    Coap.add_resource("r")
    for method in ("GET", "PUT", "POST", "DELETE"):
        equal(one.ask(method, "r").text, "4.05")
    one.close()


def row_get_resource_gives_the_same_object_each_time_and_none_if_unknown():
    Coap.init()
    made = Coap.add_resource("a")
    assert Coap.get_resource("a") is made and Coap.get_resource("/a") is made
    equal(Coap.get_resource("b"), None)
    equal(Coap.remove_resource("b"), None)
    equal(Coap.remove_resource("a"), None)
    equal(Coap.get_resource("a"), None)


def row_the_response_handler_is_replaced_by_the_next():
    peer, session, told, _ = client()
    others = []
    Coap.register_response_handler(lambda *arguments: others.append(arguments))
    session.send_request(Coap.REQUEST_GET)
    peer.answer(peer.receive(), 69)
    wait_for(lambda: others)
    equal(told, [])
    raises(TypeError, Coap.register_response_handler, 1)
    peer.close()


def row_every_response_reaches_the_handler_and_a_duplicate_does_not():
    peer, session, told, _ = client()
    id = session.send_request(Coap.REQUEST_PUT, token="one")
    request = peer.receive()
    equal(request.mid, id)
    peer.answer(request, 68)
    peer.answer(request, 68)
    peer.send(NON, 69, 4711, token=b"nobody's")
    session.send_request(Coap.REQUEST_GET, token="two")
    peer.answer(peer.receive(), 132, payload=b"no")
    wait_for(lambda: len(told) > 1)
    equal(told[0], (68, id, ACK, b"one", b""))
    equal(told[1][0], 132)
    equal(len(told), 2)
    peer.close()


def row_a_response_without_token_is_matched_by_its_message_id():
    peer, session, told, _ = client()
    id = session.send_request(Coap.REQUEST_GET)
    request = peer.receive()
    equal(request.token, b"")
    peer.answer(request, 69, payload=b"x")
    wait_for(lambda: told)
    equal(told[0], (69, id, ACK, b"", b"x"))
    peer.close()


def row_a_separate_response_has_its_own_type():
    peer, session, told, _ = client()
    session.send_request(Coap.REQUEST_GET, token="t")
    request = peer.receive()
    peer.send(ACK, 0, request.mid)
    peer.send(CON, 69, 99, token=request.token, payload=b"late")
    wait_for(lambda: told)
    equal((told[0][1], told[0][2], told[0][4]), (request.mid, CON, b"late"))
    equal(peer.receive().octets, encode(ACK, 0, 99))
    peer.close()


def row_a_reset_reaches_the_failure_handler():
    peer, session, told, failed = client()
    id = session.send_request(Coap.REQUEST_GET, token="t")
    peer.send(RST, 0, peer.receive().mid)
    wait_for(lambda: failed)
    equal(failed, [(id, b"t", Coap.ERROR_RESET)])
    equal(told, [])
    assert isinstance(Coap.error_text(Coap.ERROR_RESET), str)
    peer.close()


def row_a_network_error_reaches_the_failure_handler():
    peer, _, _, failed = client()
    id = Coap.send_request(HOST, Coap.REQUEST_GET, uri_port=CLOSED_PORT, token="t")
    wait_for(lambda: failed)
    equal(failed, [(id, b"t", Coap.ERROR_REFUSED)])
    peer.close()


def row_the_old_send_request_opens_a_session_or_uses_the_one_there_is():
    peer, session, told, _ = client()
    id = Coap.send_request(HOST, Coap.REQUEST_GET, uri_port=PEER_PORT, uri_path="a/b", token="t")
    equal(Coap.get_client_sessions(), [session])
    request = peer.receive()
    equal((request.mid, request.values(URI_PATH)), (id, [b"a", b"b"]))
    peer.answer(request, 69)
    Coap.send_request(HOST, Coap.REQUEST_GET, uri_port=CLOSED_PORT)
    equal([one.get_details() for one in Coap.get_client_sessions()], [[HOST, PEER_PORT], [HOST, CLOSED_PORT]])
    wait_for(lambda: told)
    peer.close()


def row_new_client_session_takes_the_port_by_position_or_keyword():
    Coap.init()
    equal(Coap.new_client_session(HOST).get_details(), [HOST, 5683])
    equal(Coap.new_client_session(HOST, 5700).get_details(), [HOST, 5700])
    equal(Coap.new_client_session("::1", port=5701).get_details(), ["::1", 5701])
    equal(Coap.new_client_session("localhost", port=5702).get_details()[1], 5702)
    for bad in ("", "no host", "256.1.1.1"):
        raises(ValueError, Coap.new_client_session, bad)
    raises(ValueError, Coap.new_client_session, HOST, 65536)


def row_sessions_to_one_destination_have_their_own_source_ports():
    peer, session, told, _ = client()
    other = Coap.new_client_session(HOST, PEER_PORT)
    session.send_request(Coap.REQUEST_GET, token="1")
    peer.answer(peer.receive(), 69)
    first = bytes(str(peer.client), "utf-8")
    other.send_request(Coap.REQUEST_GET, token="2")
    peer.answer(peer.receive(), 69)
    assert bytes(str(peer.client), "utf-8") != first and session is not other
    wait_for(lambda: len(told) == 2)
    peer.close()


def row_remove_client_session_takes_the_first_match():
    Coap.init()
    one, two = Coap.new_client_session(HOST, 5700), Coap.new_client_session(HOST, 5700)
    Coap.remove_client_session(HOST, 5700)
    equal(Coap.get_client_sessions(), [two])
    raises(RuntimeError, one.send_request, Coap.REQUEST_GET)
    Coap.remove_client_session(HOST, port=5700, protocol=Coap.PROTOCOL_UDP)
    raises(RuntimeError, Coap.remove_client_session, HOST, 5700)
    raises(RuntimeError, Coap.remove_client_session, HOST)


# Objects


def row_a_request_has_textual_minimal_options():
    peer, session, told, _ = client()
    session.send_request(Coap.REQUEST_PUT, uri_path="/a/b", content_format=Coap.MEDIATYPE_APP_JSON, payload="{}")
    request = peer.receive()
    equal((request.type, request.code, request.payload), (CON, 3, b"{}"))
    assert request.values(URI_HOST) in ([], [HOST.encode()])
    assert request.values(URI_PORT) in ([], [bytes([PEER_PORT >> 8, PEER_PORT & 255])])
    equal(request.values(URI_PATH), [b"a", b"b"])
    equal(request.values(FORMAT), [b"\x32"])
    peer.answer(request, 68)
    wait_for(lambda: told)
    peer.close()


def row_without_options_there_are_header_token_and_payload_alone():
    peer, session, told, _ = client()
    uri = "abcd://server:1234/mypath.data"
    id = session.send_request(Coap.REQUEST_GET, payload=uri, token=12345678, include_options=False)
    request = peer.receive()
    equal(request.octets, encode(CON, 1, id, b"\xbc\x61\x4e", (), uri.encode()))
    peer.answer(request, 69)
    wait_for(lambda: told)
    equal(told[0][3], b"\xbc\x61\x4e")
    peer.close()


def row_a_token_is_text_octets_or_a_number_of_8_octets_at_most():
    peer, session, told, _ = client()
    for token, octets in (("text", b"text"), (b"\0\1", b"\0\1"), (258, b"\1\2"), (2**64 - 1, b"\xff" * 8)):
        session.send_request(Coap.REQUEST_GET, token=token)
        request = peer.receive()
        equal(request.token, octets)
        peer.answer(request, 69)
    wait_for(lambda: len(told) == 4)
    for bad in ("9 octets!", 2**64, -1):
        raises(ValueError, session.send_request, Coap.REQUEST_GET, token=bad)
    peer.close()


def row_a_payload_is_text_octets_or_a_number():
    peer, session, told, _ = client()
    for payload, octets in (("text", b"text"), (b"\0\1", b"\0\1"), (bytearray(b"ab"), b"ab"), (258, b"\2\1")):
        session.send_request(Coap.REQUEST_PUT, payload=payload, token="t")
        request = peer.receive()
        equal(request.payload, octets)
        peer.answer(request, 68)
    wait_for(lambda: len(told) == 4)
    raises(TypeError, session.send_request, Coap.REQUEST_PUT, payload=1.5)
    peer.close()


def row_a_large_payload_goes_in_blocks():
    peer, session, told, _ = client()
    body = b"0123456789abcdef" * 100
    session.send_request(Coap.REQUEST_PUT, payload=body, token="t")
    received = b""
    while len(received) < len(body):
        request = peer.receive()
        received += request.payload
        block = request.values(BLOCK1)
        peer.answer(request, 95 if block[0][-1] & 8 else 68, options=[(BLOCK1, block[0])])
    wait_for(lambda: told)
    equal(received, body)
    equal((len(told), told[0][0]), (1, 68))
    peer.close()


def row_observe_tells_each_new_state_until_it_is_cancelled():
    peer, session, told, _ = client()
    id = session.observe("r", token="t")
    request = peer.receive()
    equal(request.values(OBSERVE), [b""])
    peer.answer(request, 69, options=[(OBSERVE, b"\1")], payload=b"1")
    peer.send(NON, 69, 99, token=request.token, options=[(OBSERVE, b"\2")], payload=b"2")
    wait_for(lambda: len(told) > 1)
    equal([one[4] for one in told], [b"1", b"2"])
    session.cancel(id)
    raises(RuntimeError, session.cancel, id)
    peer.close()


def row_add_attribute_is_shown_in_well_known_core():
    one = asking()
    made = resource("r", media_type=0)
    made.add_attribute("title", "resource 1")
    made.add_attribute("sz", "7")
    links = one.ask("GET", ".well-known/core")
    equal(links.values(FORMAT), [b"\x28"])
    assert links.payload.startswith(b"</r>;"), links.payload
    for part in (b';title="resource 1"', b";sz=7", b";ct=0", b";obs"):
        assert part in links.payload, links.payload
    one.close()


def row_a_value_is_text_octets_a_bool_or_a_number():
    Coap.init()
    made = Coap.add_resource("r")
    equal(made.value(), b"\0")
    values = (
        ("text", b"text"), ("\xe9", b"\xc3\xa9"), (b"\0\1", b"\0\1"), (bytearray(b"ab"), b"ab"), (b"", b""),
        (memoryview(b"view"), b"view"), (True, b"\1"), (False, b"\0"), (0, b"\0"), (255, b"\xff"), (256, b"\0\1"),
        (65535, b"\xff\xff"), (65536, b"\0\0\1"), (2**70, b"\0" * 8 + b"\x40"),
    )
    for value, octets in values:
        equal(made.value(value), None)
        equal(made.value(), octets)
    for bad in (None, 1.5, [1]):
        raises(TypeError, made.value, bad)
    raises(ValueError, made.value, -1)
    equal(made.value(), b"\0" * 8 + b"\x40")


def row_setting_a_value_tells_observers():
    one = asking()
    made = resource(value="1")
    equal(one.ask("GET", "r", options=[(OBSERVE, b"")]).payload, b"1")
    made.value("2")
    notification = one.receive()
    equal((notification.payload, len(notification.values(OBSERVE))), (b"2", 1))
    one.close()


def row_callback_enables_and_disables_methods():
    one = asking()
    made = resource(operations=Coap.REQUEST_GET | Coap.REQUEST_PUT)
    made.callback(Coap.REQUEST_PUT, False)
    equal([one.ask(method, "r").text for method in ("GET", "PUT", "POST")], ["2.05", "4.05", "4.05"])
    made.callback(Coap.REQUEST_FETCH | Coap.REQUEST_PATCH | Coap.REQUEST_IPATCH, True)
    assert one.ask("FETCH", "r").text != "4.05"
    raises(ValueError, made.callback, 128, True)
    one.close()


def row_get_details_and_set_details():
    Coap.init()
    equal(Coap.add_resource("a").get_details(), ["a", -1, -1, False, 0])
    made = Coap.add_resource("b/c", media_type=50, max_age=7, etag=True)
    equal(made.get_details(), ["b/c", 50, 7, True, 1])
    made.set_details(mediatype=0)
    equal(made.get_details()[1:4], [0, 7, True])
    made.set_details(max_age=-1, mediatype=-1)
    equal(made.get_details()[1:4], [-1, -1, True])
    made.set_details(etag=False)
    equal(made.get_details(), ["b/c", -1, -1, False, 0])
    raises(TypeError, made.set_details, 0)
    raises(ValueError, made.set_details, max_age=-2)


def row_the_constants():
    equal([Coap.REQUEST_GET, Coap.REQUEST_PUT, Coap.REQUEST_POST, Coap.REQUEST_DELETE], [1, 2, 4, 8])
    equal([Coap.REQUEST_FETCH, Coap.REQUEST_PATCH, Coap.REQUEST_IPATCH], [16, 32, 64])
    types = (Coap.MEDIATYPE_TEXT_PLAIN, Coap.MEDIATYPE_APP_LINK_FORMAT, Coap.MEDIATYPE_APP_XML,
             Coap.MEDIATYPE_APP_OCTET_STREAM, Coap.MEDIATYPE_APP_RDF_XML, Coap.MEDIATYPE_APP_EXI,
             Coap.MEDIATYPE_APP_JSON, Coap.MEDIATYPE_APP_CBOR)
    equal(types, (0, 40, 41, 42, 43, 47, 50, 60))
    equal((Coap.PROTOCOL_UDP, Coap.PROTOCOL_DTLS, WLAN.STA, WLAN.WPA2), (1, 2, 1, 3))


def row_the_handle_of_a_resource_that_is_gone_raises():
    one = asking()
    deleted, removed, closed = resource("deleted"), resource("removed"), resource("closed")
    equal(one.ask("DELETE", "deleted").text, "2.02")
    Coap.remove_resource("removed")
    for gone in (deleted, removed):
        raises(RuntimeError, gone.value)
        raises(RuntimeError, gone.value, "x")
        raises(RuntimeError, gone.get_details)
        raises(RuntimeError, gone.set_details, max_age=1)
        raises(RuntimeError, gone.callback, Coap.REQUEST_GET, True)
        raises(RuntimeError, gone.add_attribute, "title", "x")
    Coap.deinit()
    raises(RuntimeError, closed.value)
    one.close()


def row_an_exception_in_a_callback_is_printed_and_the_module_goes_on():
    peer, session, told, _ = client()

    def fails(*arguments):
        told.append(arguments)
        raise ValueError("raised on purpose")

    Coap.register_response_handler(fails)
    for token in ("1", "2"):
        session.send_request(Coap.REQUEST_GET, token=token)
        peer.answer(peer.receive(), 69)
    wait_for(lambda: len(told) == 2)
    peer.close()


def row_a_callback_may_call_the_module():
    peer, session, told, _ = client()

    def again(*arguments):
        told.append(arguments)
        made = Coap.add_resource("r%d" % len(told), value=len(told))
        equal(Coap.get_resource("r%d" % len(told)) is made, True)
        if len(told) < 3:
            session.send_request(Coap.REQUEST_GET, token=str(len(told)))
            Coap.new_client_session(HOST, 5700)

    Coap.register_response_handler(again)
    session.send_request(Coap.REQUEST_GET, token="0")
    for _ in range(3):
        peer.answer(peer.receive(), 69)
    wait_for(lambda: len(told) == 3)
    wait_for(lambda: Coap.get_resource("r3"))
    equal((len(Coap.get_client_sessions()), Coap.get_resource("r3").value()), (3, b"\3"))
    peer.close()


def row_a_callback_may_close_the_module():
    peer, session, told, _ = client()

    def close(*arguments):
        told.append(arguments)
        Coap.deinit()

    Coap.register_response_handler(close)
    session.send_request(Coap.REQUEST_GET, token="t")
    peer.answer(peer.receive(), 69)
    wait_for(lambda: told)
    raises(RuntimeError, Coap.socket)
    peer.close()


# On the wire


def row_get_gives_what_is_set():
    one = asking()
    resource("bare", value="hello")
    resource("full", media_type=50, max_age=30, value="{}", etag=True)
    bare, full = one.ask("GET", "bare"), one.ask("GET", "full")
    equal((bare.text, bare.options, bare.payload), ("2.05", [], b"hello"))
    equal((full.text, full.payload), ("2.05", b"{}"))
    equal(full.options, [(ETAG, b"\1"), (FORMAT, b"\x32"), (MAX_AGE, b"\x1e")])
    one.close()


def row_get_with_an_equal_etag_is_2_03():
    one = asking()
    resource(max_age=30, value="x", etag=True)
    told = one.ask("GET", "r", options=[(ETAG, b"\7"), (ETAG, b"\1")])
    equal((told.text, told.options, told.payload), ("2.03", [(ETAG, b"\1"), (MAX_AGE, b"\x1e")], b""))
    equal(one.ask("GET", "r", options=[(ETAG, b"\7")]).text, "2.05")
    one.close()


def row_get_that_accepts_another_format_is_4_06_and_the_server_goes_on():
    one = asking()
    resource(media_type=0, value="x")
    equal(one.ask("GET", "r", options=[(ACCEPT, b"\x32")]).text, "4.06")
    equal(one.ask("GET", "r", options=[(ACCEPT, b"")]).text, "2.05")
    one.close()


def row_put_replaces_value_etag_and_mediatype():
    one = asking()
    made = resource(value="x", etag=True)
    told = one.ask("PUT", "r", b"{}", [(FORMAT, b"\x32")])
    equal((told.text, told.values(ETAG), made.value(), made.get_details()[1]), ("2.04", [b"\2"], b"{}", 50))
    equal(one.ask("PUT", "r").text, "2.04")
    equal((made.value(), made.get_details()[1]), (b"", 50))
    one.close()


def row_preconditions():
    one = asking()
    for uri, etag in (("with", True), ("without", False)):
        resource(uri, value="x", etag=etag)
        equal(one.ask("PUT", uri, b"y", [(IF_MATCH, b"\x63")]).text, "4.12")
        equal(one.ask("PUT", uri, b"y", [(IF_NONE_MATCH, b"")]).text, "4.12")
        equal(one.ask("GET", uri).payload, b"x")
        equal(one.ask("PUT", uri, b"y").text, "2.04")
        equal(one.ask("PUT", uri, b"y", [(IF_MATCH, b"")]).text, "2.04")
    tag = one.ask("GET", "with").values(ETAG)[0]
    equal(one.ask("PUT", "with", b"z", [(IF_MATCH, b"\x63"), (IF_MATCH, tag)]).text, "2.04")
    one.close()


def row_unknown_paths():
    one = asking()
    equal([one.ask(method, "no").text for method in ("GET", "PUT", "POST", "DELETE")], ["4.04"] * 4)
    one.close()


def row_a_put_creates_a_resource_and_the_callback_sets_what_is_in_the_response():
    one, made = asking(dynamic_resources=True), []

    def created(new):
        made.append((new, new.get_details(), new.value()))
        new.set_details(mediatype=Coap.MEDIATYPE_TEXT_PLAIN, max_age=100, etag=True)

    Coap.register_new_resource_handler(created)
    told = one.ask("PUT", "x/y/z", b"value", [(FORMAT, b"\x32")])
    equal((told.text, told.values(ETAG)), ("2.01", [b"\1"]))
    equal(made[0][1:], (["x/y/z", 50, -1, False, 0], b"value"))
    assert Coap.get_resource("x/y/z") is made[0][0]
    equal(one.ask("GET", "x/y/z").options, [(ETAG, b"\1"), (FORMAT, b""), (MAX_AGE, b"\x64")])
    equal(one.ask("POST", "x/2").text, "4.04")
    equal(one.ask("DELETE", "x/y/z").text, "2.02")
    raises(RuntimeError, made[0][0].value)
    one.close()


def row_a_post_creates_where_init_allows_it():
    one = asking(dynamic_resources=True, create_by_post=True)
    equal(one.ask("POST", "new", b"x").text, "2.01")
    equal(Coap.get_resource("new").value(), b"x")
    one.close()


def row_an_unknown_critical_option_is_4_02():
    one = asking()
    resource()
    equal(one.ask("GET", "r", options=[(65001, b"x")]).text, "4.02")
    one.close()


def row_a_value_in_blocks_is_assembled_before_the_resource_sees_it():
    one = asking()
    made = resource(value="before")
    for number in range(3):
        block = bytes([number << 4 | (8 if number < 2 else 0)])
        told = one.ask("PUT", "r", b"%d" % number * 16, [(BLOCK1, block)])
        equal(told.text, "2.04" if number == 2 else "2.31")
        assert number == 2 or made.value() == b"before"
    equal(made.value(), b"0" * 16 + b"1" * 16 + b"2" * 16)
    second = one.ask("GET", "r", options=[(BLOCK2, b"\x10")])
    equal((second.payload, second.values(BLOCK2)), (b"1" * 16, [b"\x18"]))
    one.close()


def row_the_etag_wraps_to_1_and_is_never_0():
    Coap.init()
    made = Coap.add_resource("r", etag=True)
    for number in range(65535):
        made.value(number & 1)
    equal(made.get_details()[4], 1)


def row_well_known_core_lists_in_the_order_of_creation_and_filters():
    one = asking()
    for uri in ("a", "b/c", "d"):
        resource(uri)
    Coap.get_resource("d").add_attribute("rt", "light")
    every = one.ask("GET", ".well-known/core").payload
    assert every.find(b"</a>") < every.find(b"</b/c>") < every.find(b"</d>"), every
    some = one.ask("GET", ".well-known/core", options=[(URI_QUERY, b"rt=light")]).payload
    assert some.startswith(b"</d>") and b"</a>" not in some, some
    one.close()


# Memory


def row_objects_come_and_go():
    one = asking(dynamic_resources=True)
    kept = resource("kept", value="kept")
    for turn in range(10):
        for number in range(40):
            resource("r%d" % number, value=number)
            Coap.new_client_session(HOST, 5700)
        gc.collect()
        equal(Coap.get_resource("r7").value(), b"\7")
        for number in range(40):
            Coap.remove_resource("r%d" % number)
            Coap.remove_client_session(HOST, 5700)
        equal(one.ask("PUT", "by/client%d" % turn, b"x").text, "2.01")
        gc.collect()
        equal(one.ask("DELETE", "by/client%d" % turn).text, "2.02")
        gc.collect()
    assert Coap.get_resource("kept") is kept and kept.value() == b"kept"
    equal(Coap.get_client_sessions(), [])
    one.close()


def row_handlers_make_garbage_while_it_is_collected():
    peer, session, told, _ = client()

    def collects(*arguments):
        told.append([bytes(200) for _ in range(20)])
        gc.collect()

    Coap.register_response_handler(collects)
    for number in range(50):
        session.send_request(Coap.REQUEST_GET, token=number)
        peer.answer(peer.receive(), 69, payload=bytes(1000))
        wait_for(lambda: told)
        told.clear()
        gc.collect()
    peer.close()


def main():
    for name in [name for name in globals() if name.startswith("row_")]:
        Coap.deinit()
        try:
            globals()[name]()
            print(name + ": ok")
        except AssertionError as error:
            print(name + ": " + str(error))
        except Exception as error:
            print(name + ": " + repr(error))
    Coap.deinit()


main()
