"""The list "Objects" of the specification; see common.py."""

from common import (
    asking, BLOCK1, client, CON, encode, equal, FORMAT, HOST, NON, OBSERVE, PEER_PORT, raises, resource, run,
    URI_HOST, URI_PATH, URI_PORT, wait_for,
)
from network import Coap, WLAN


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


def row_a_callback_that_reads_is_told_that_it_would_wait_for_ever():
    peer, session, told, _ = client()

    def reads(*arguments):
        try:
            Coap.read(50)
        except RuntimeError as error:
            told.append(str(error))

    Coap.register_response_handler(reads)
    session.send_request(Coap.REQUEST_GET, token="t")
    peer.answer(peer.receive(), 69)
    wait_for(lambda: told)
    assert "handler" in told[0], told
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


run(globals())
