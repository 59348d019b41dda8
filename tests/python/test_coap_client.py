"""Client sessions of `network.Coap` against a server that the test plays, octet by octet."""

import pytest
from coap_support import DELETE, GET, HOST, PUT, Asking, Coap, CoapClientSession, answer, free_port
from coap_support import client, closed, peer  # noqa: F401
from support import coap
from support.raw import RawServer


@pytest.fixture
def session(client, peer):
    return Coap.new_client_session(HOST, peer.port)


def respond(peer, **more):
    request = peer.receive()
    peer.send(answer(request, **more))
    return request


def test_a_request_has_the_options_that_the_documents_name(session, peer):
    id = session.send_request(
        PUT, uri_path="a/b c/ü", content_format=Coap.MEDIATYPE_APP_JSON, payload="{}", token="token1"
    )
    sent = peer.receive()
    assert (sent.type, sent.code, sent.mid, sent.token) == (coap.CON, 3, id, b"token1")
    assert sent.values(coap.URI_HOST) == [b"127.0.0.1"], "as text"
    assert sent.values(coap.URI_PORT) == [coap.uint(peer.port)], "in the fewest octets"
    assert sent.path == ["a", "b c", "ü"]
    assert sent.values(coap.CONTENT_FORMAT) == [b"\x32"]
    assert sent.payload == b"{}"


def test_what_is_not_given_is_not_sent(session, peer):
    session.send_request(GET)
    sent = respond(peer)
    assert (sent.token, sent.path, sent.values(coap.CONTENT_FORMAT), sent.payload) == (b"", [], [], b"")
    session.send_request(GET, uri_path=None, content_format=None, payload=None, token=None)
    assert respond(peer).changed(mid=sent.mid) == sent


def test_a_query_follows_the_path(session, peer):
    session.send_request(GET, uri_path="a/b?c=1&d")
    sent = peer.receive()
    assert (sent.path, sent.queries) == (["a", "b"], ["c=1", "d"])


def test_without_options_there_are_header_token_and_payload_alone(session, peer):
    session.send_request(GET, payload="abcd://server:1234/mypath.data", token=12345678, include_options=False)
    sent = respond(peer)
    assert sent.options == ()
    assert (sent.code, sent.token, sent.payload) == (1, b"\xbc\x61\x4e", b"abcd://server:1234/mypath.data")
    session.send_request(GET, uri_path="a", content_format=0, include_options=False)
    assert peer.receive().encode()[4:] == b"", "no option at all, and no marker without payload"


@pytest.mark.parametrize(
    "given, sent", (("token1", b"token1"), (b"\0\xff", b"\0\xff"), (12345678, b"\xbc\x61\x4e"), (255, b"\xff"),
                    (256, b"\x01\x00"), (2**64 - 1, b"\xff" * 8), ("", b""), (bytearray(b"ab"), b"ab"))
)
def test_a_token_is_text_octets_or_a_number(session, peer, client, given, sent):
    session.send_request(GET, token=given)
    assert respond(peer).token == sent
    assert client[0].next()[3] == sent


@pytest.mark.parametrize("token, error", (("123456789", ValueError), (b"123456789", ValueError), (2**64, ValueError),
                                          (-1, ValueError), (1.5, TypeError)))
def test_what_is_no_token_is_refused(session, peer, token, error):
    with pytest.raises(error):
        session.send_request(GET, token=token)
    session.send_request(GET, token="first")
    assert peer.receive().token == b"first", "nothing was sent before"


@pytest.mark.parametrize(
    "given, sent", (("text", b"text"), (b"\0", b"\0"), (bytearray(b"ab"), b"ab"), (65536, b"\0\0\1"))
)
def test_a_payload_is_text_octets_or_a_number(session, peer, given, sent):
    session.send_request(PUT, payload=given)
    assert peer.receive().payload == sent


@pytest.mark.parametrize("method", (0, 3, 128, -1))
def test_an_unknown_method_is_refused(session, method):
    with pytest.raises(ValueError):
        session.send_request(method)


@pytest.mark.parametrize("format", (-2, 65536))
def test_an_impossible_content_format_is_refused(session, format):
    with pytest.raises(ValueError):
        session.send_request(GET, content_format=format)


def test_each_method_has_its_code(session, peer):
    for name, code in coap.METHODS.items():
        session.send_request(getattr(Coap, f"REQUEST_{name}"), token=name.lower())
        assert respond(peer).code == code


def test_the_handler_is_told_of_a_response_with_payload(session, peer, client):
    id = session.send_request(GET, token="t")
    respond(peer, payload=b"hello")
    assert client[0].next() == (69, id, coap.ACK, b"t", b"hello")


@pytest.mark.parametrize("code", ("2.01", "2.02", "2.03", "2.04", "4.04", "5.00"))
def test_the_handler_is_told_of_a_response_without_payload(session, peer, client, code):
    id = session.send_request(DELETE, token="t")
    respond(peer, code=code)
    assert client[0].next() == (coap.code(code), id, coap.ACK, b"t", b"")


@pytest.mark.parametrize("type", (coap.CON, coap.NON))
def test_a_separate_response_has_the_id_of_its_request_and_its_own_type(session, peer, client, type):
    id = session.send_request(GET, token="t")
    request = peer.receive()
    peer.send(coap.empty(coap.ACK, request.mid))
    peer.send(coap.Message(type, coap.code("2.05"), 4711, b"t", payload=b"late"))
    assert client[0].next() == (69, id, type, b"t", b"late")
    if type == coap.CON:
        assert peer.receive() == coap.empty(coap.ACK, 4711)


def test_a_response_without_token_is_matched_by_its_message_id(session, peer, client):
    id = session.send_request(GET)
    respond(peer, payload=b"x")
    assert client[0].next() == (69, id, coap.ACK, b"", b"x")


def test_duplicates_and_unsolicited_responses_reach_no_handler(session, peer, client):
    session.send_request(GET, token="one")
    request = peer.receive()
    peer.send(answer(request, token=b"other", payload=b"another token"))
    peer.send(answer(request, payload=b"right"))
    peer.send(answer(request, payload=b"duplicate"))
    peer.send(coap.Message(coap.NON, coap.code("2.05"), 1, b"nobody", payload=b"unsolicited"))
    session.send_request(GET, token="two")
    respond(peer, payload=b"last")
    assert client[0].next()[4] == b"right"
    assert client[0].next()[4] == b"last"


def test_a_request_is_no_response(client, peer):
    Coap.deinit()
    number = free_port()
    Coap.init(HOST, port=number)
    Coap.register_response_handler(client[0])
    Coap.add_resource("r").callback(GET, True)
    with Asking(HOST, number) as asking:
        assert asking.request("GET", "r").code_text == "2.05"
    assert client[0].count == 0


def test_a_handler_replaces_the_one_before_and_none_removes_it(session, peer, client):
    told = []
    Coap.register_response_handler(lambda *arguments: told.append(arguments))
    Coap.register_response_handler(None)
    session.send_request(GET, token="t")
    respond(peer)
    session.send_request(GET, token="u")
    last = peer.receive()  # NSTART is 1: the first one has ended
    Coap.register_response_handler(client[0])
    peer.send(answer(last))
    assert client[0].next()[3] == b"u"
    assert told == []


def test_what_cannot_be_called_is_no_handler(client):
    for register in (
        Coap.register_response_handler, Coap.register_failure_handler, Coap.register_new_resource_handler
    ):
        with pytest.raises(TypeError):
            register("no function")


def test_a_reset_is_a_failure(session, peer, client):
    id = session.send_request(GET, token="t")
    peer.send(coap.empty(coap.RST, peer.receive().mid))
    told = client[1].next()
    assert told[:2] == (id, b"t") and "reset" in told[2]


def test_a_port_where_nothing_listens_is_a_failure(client):
    id = Coap.new_client_session(HOST, free_port()).send_request(GET, token="t")
    told = client[1].next()
    assert told[:2] == (id, b"t") and isinstance(told[2], str)


def test_a_request_is_sent_again_until_it_is_acknowledged(session, peer, client):
    id = session.send_request(GET, token="t")
    first, _ = peer.socket.recvfrom(2048)
    again, peer.client = peer.socket.recvfrom(2048)
    assert again == first, "RFC 7252 4.2: the same message"
    peer.send(answer(coap.decode(again)))
    assert client[0].next()[1] == id


def test_a_large_payload_goes_in_blocks(session, peer, client):
    body = bytes(range(256)) * 20
    session.send_request(PUT, uri_path="r", payload=body, token="t")
    got, more = b"", True
    while more:
        request = peer.receive()
        block = request.block(coap.BLOCK1)
        got, more = got + request.payload, block.more
        code = "2.31" if more else "2.04"
        peer.send(answer(request, code, options=((coap.BLOCK1, block.value),)))
    assert got == body
    assert client[0].next()[0] == 68


def test_a_response_in_blocks_is_told_as_a_whole(session, peer, client):
    body = bytes(range(256)) * 10
    id = session.send_request(GET, uri_path="r", token="t")
    for at in range(0, len(body), 1024):
        request = peer.receive()
        block = coap.Block(at // 1024, at + 1024 < len(body), 6)
        peer.send(answer(request, options=((coap.BLOCK2, block.value),), payload=body[at : at + 1024]))
    code, told_id, _, token, payload = client[0].next()
    assert (code, told_id, token, payload) == (69, id, b"t", body)


def test_a_payload_that_cannot_go_without_options_is_refused(session):
    with pytest.raises(ValueError):
        session.send_request(PUT, payload=bytes(70000), include_options=False)


def test_observing_tells_each_state_until_it_is_cancelled(session, peer, client):
    id = session.observe("r", token="t")
    request = peer.receive()
    assert request.values(coap.OBSERVE) == [b""]
    peer.send(answer(request, options=((coap.OBSERVE, b"\x01"),), payload=b"one"))
    assert client[0].next() == (69, id, coap.ACK, b"t", b"one")
    peer.send(coap.Message(coap.NON, coap.code("2.05"), 1, b"t", ((coap.OBSERVE, b"\x02"),), b"two"))
    code, _, type, token, payload = client[0].next()
    assert (code, type, token, payload) == (69, coap.NON, b"t", b"two")
    session.cancel(id)
    with pytest.raises(RuntimeError):
        session.cancel(id)


def test_a_request_that_is_cancelled_is_told_no_more(session, peer, client):
    id = session.send_request(GET, token="t")
    request = peer.receive()
    session.cancel(id)
    peer.send(answer(request))
    session.send_request(GET, token="u")
    respond(peer)
    assert client[0].next()[3] == b"u"
    assert client[1].count == 0


def test_sessions_to_one_server_are_distinct(client, peer):
    one, two = Coap.new_client_session(HOST, peer.port), Coap.new_client_session(HOST, port=peer.port)
    assert one is not two
    ports = []
    for session in (one, two):
        session.send_request(GET, token="t")
        respond(peer)
        ports.append(peer.client[1])
    assert ports[0] != ports[1], "each has a source port of its own"
    assert client[0].next()[3] == client[0].next()[3] == b"t"


def test_sessions_are_listed_in_the_order_of_their_creation(client):
    made = [Coap.new_client_session(HOST, number) for number in (5700, 5699, 5701)]
    assert all(one is other for one, other in zip(Coap.get_client_sessions(), made, strict=True))
    assert made[0].get_details() == [HOST, 5700]
    assert isinstance(made[0], CoapClientSession)


def test_the_first_session_that_fits_is_removed(client, peer):
    one, two = (Coap.new_client_session(HOST, peer.port) for _ in range(2))
    other = Coap.new_client_session(HOST)
    assert other.get_details() == [HOST, 5683]
    Coap.remove_client_session(HOST, peer.port)
    assert Coap.get_client_sessions() == [two, other]
    Coap.remove_client_session(HOST)
    Coap.remove_client_session(destination=HOST, port=peer.port, protocol=Coap.PROTOCOL_UDP)
    assert Coap.get_client_sessions() == []
    with pytest.raises(RuntimeError, match="no client session"):
        Coap.remove_client_session(HOST, peer.port)
    for session in (one, two, other):
        with pytest.raises(RuntimeError):
            session.send_request(GET)
    assert one.get_details() == [HOST, peer.port]


def test_a_session_of_another_protocol_is_not_removed(client):
    Coap.new_client_session(HOST)
    with pytest.raises(RuntimeError):
        Coap.remove_client_session(HOST, 5683, Coap.PROTOCOL_DTLS)


def test_a_session_goes_on_when_its_object_is_forgotten(client, peer):
    Coap.new_client_session(HOST, peer.port).send_request(GET, token="t")
    respond(peer)
    assert client[0].next()[3] == b"t"
    assert len(Coap.get_client_sessions()) == 1


def test_a_session_goes_to_ipv6(client):
    with RawServer(free_port(), "::1") as peer:
        session = Coap.new_client_session("::1", peer.port)
        session.send_request(GET, token="t")
        respond(peer)
        assert client[0].next()[3] == b"t"


def test_a_session_goes_to_a_name(client, peer):
    session = Coap.new_client_session("localhost", peer.port)
    assert session.get_details() == ["localhost", peer.port]


@pytest.mark.parametrize("address", ("", "no address", "256.256.256.256.256", "[127.0.0.1]"))
def test_what_is_no_address_is_refused(client, address):
    with pytest.raises(ValueError):
        Coap.new_client_session(address)


@pytest.mark.parametrize("number", (0, -1, 65536))
def test_what_is_no_port_is_refused(client, number):
    with pytest.raises(ValueError):
        Coap.new_client_session(HOST, number)


def test_the_old_form_opens_a_session_and_uses_it_again(client, peer):
    id = Coap.send_request(HOST, GET, uri_port=peer.port, uri_path="a", payload="payload", token="token1",
                           include_options=True)
    request = respond(peer)
    assert (request.path, request.token, request.payload, request.mid) == (["a"], b"token1", b"payload", id)
    source = peer.client
    assert client[0].next()[1] == id
    Coap.send_request(HOST, PUT, uri_port=peer.port, content_format=0)
    respond(peer)
    assert peer.client == source
    assert [session.get_details() for session in Coap.get_client_sessions()] == [[HOST, peer.port]]


def test_the_old_form_refuses_what_is_no_host(client):
    with pytest.raises(ValueError):
        Coap.send_request("", GET)


def test_psk_makes_the_port_5684_and_an_identity_belongs_to_one(client):
    session = Coap.new_client_session(HOST, psk="key", identity="me")
    assert session.get_details() == [HOST, 5684]
    for wrong in ({"psk": "", "identity": "me"}, {"identity": "me"},
                  {"psk": "k" * 65, "identity": "me"}, {"psk": "key", "identity": "i" * 129}):
        with pytest.raises(ValueError, match="psk|identity"):
            Coap.new_client_session(HOST, **wrong)
    assert Coap.get_client_sessions() == [session]
