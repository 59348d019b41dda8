"""The faults of the firmware that the specification names: each test fails where its fault is."""

import gc

import pytest
from coap_support import DELETE, GET, HOST, PUT, Asking, Coap, Handler, answer, free_port, in_thread, join, resource
from coap_support import asking, asking_dynamic, client, closed, dynamic_port, peer, port  # noqa: F401
from support import coap
from support.raw import RawServer


def test_an_explicit_port_is_the_one_that_is_bound(closed):
    number = free_port()
    Coap.init(HOST, port=number)
    assert Coap.socket().getsockname() == (HOST, number)
    with Asking(HOST, number) as asking:
        assert asking.request("GET", ".well-known/core").code_text == "2.05"


def test_a_response_without_payload_reaches_the_handler(client, peer):
    Coap.new_client_session(HOST, peer.port).send_request(PUT, token="t")
    peer.send(answer(peer.receive(), "2.04"))
    assert client[0].next()[4] == b""


def test_a_reset_reaches_the_failure_handler(client, peer):
    id = Coap.new_client_session(HOST, peer.port).send_request(GET)
    peer.send(coap.empty(coap.RST, peer.receive().mid))
    assert client[1].next()[0] == id


def test_the_message_id_is_that_of_the_wire(client, peer):
    session = Coap.new_client_session(HOST, peer.port)
    for _ in range(3):
        id = session.send_request(GET, token="t")
        request = peer.receive()
        assert request.mid == id
        peer.send(answer(request))
        assert client[0].next()[1] == id


def test_uri_host_is_text(client, peer):
    Coap.send_request(HOST, GET, uri_port=peer.port)
    assert peer.receive().values(coap.URI_HOST) == [b"127.0.0.1"]


def test_a_request_is_sent_again_while_read_waits(client, peer):
    Coap.new_client_session(HOST, peer.port).send_request(GET, token="t")
    reading = in_thread(Coap.read, 20_000)
    first, _ = peer.socket.recvfrom(2048)
    again, peer.client = peer.socket.recvfrom(2048)
    assert again == first
    peer.send(answer(coap.decode(again)))
    join(reading)


def test_the_server_goes_on_after_a_4_06(asking):
    resource(media_type=0, value="x")
    assert asking.request("GET", "r", options=((coap.ACCEPT, b"\x32"),)).code_text == "4.06"
    assert asking.request("GET", "r").code_text == "2.05"


def test_a_put_without_if_match_is_done(asking):
    one = resource(etag=True)
    assert asking.request("PUT", "r", b"x").code_text == "2.04"
    assert one.value() == b"x"


def test_a_resource_that_a_put_creates_has_its_whole_path(asking_dynamic):
    asking_dynamic.request("PUT", "one/two/three", b"x")
    assert Coap.get_resource("one/two/three").get_details()[0] == "one/two/three"
    assert Coap.get_resource("one") is None


def test_delete_of_an_unknown_path_is_4_04(asking):
    assert asking.request("DELETE", "nowhere").code_text == "4.04"


def test_the_first_blocks_of_a_put_leave_the_value_alone(asking):
    one = resource(value="old")
    body = bytes(100)
    for number in range(3):
        block = coap.Block(number, True, 1).value
        told = asking.request("PUT", "r", body[number * 32 : number * 32 + 32], ((coap.BLOCK1, block),))
        assert told.code_text == "2.31"
        assert one.value() == b"old"
    last = ((coap.BLOCK1, coap.Block(3, False, 1).value),)
    assert asking.request("PUT", "r", body[96:], last).code_text == "2.04"
    assert one.value() == body


def test_attributes_are_copied(asking):
    one = resource()
    for number in range(50):
        one.add_attribute(f"name{number}", f"value{number}")
    gc.collect()
    link = asking.request("GET", ".well-known/core").payload.decode()
    assert "name0=" in link and "value0" in link


def test_the_handle_of_a_deleted_resource_raises(asking):
    one = resource(operations=DELETE)
    asking.request("DELETE", "r")
    for function in (one.value, one.get_details, lambda: one.value("x")):
        with pytest.raises(RuntimeError):
            function()


def test_a_handler_may_call_the_module(client, peer):
    done = Handler()

    def handle(*_):
        session = Coap.new_client_session(HOST, peer.port)
        done(session.send_request(GET, token="again"), len(Coap.get_client_sessions()))

    Coap.register_response_handler(handle)
    Coap.new_client_session(HOST, peer.port).send_request(GET, token="t")
    peer.send(answer(peer.receive()))
    assert done.next()[1] == 2
    assert peer.receive().token == b"again"


def test_numbers_above_65535_are_kept(port):
    assert resource(value=65536).value() == b"\0\0\1"


def test_sessions_that_are_made_while_read_waits_are_served(client):
    reading = in_thread(Coap.read, 20_000)
    with RawServer(free_port()) as peer:
        Coap.new_client_session(HOST, peer.port).send_request(GET, token="t")
        peer.send(answer(peer.receive()))
        assert client[0].next()[3] == b"t"
    join(reading)
