"""The table "Module functions" of the specification; see common.py."""

import sys

import uselect
from common import (
    ACK, asking, client, CLOSED_PORT, CON, encode, equal, HOST, NON, PEER_PORT, raises, resource, RST, run,
    SECURE_PORT, URI_PATH, wait_for,
)
from network import Coap


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


def row_init_with_psk_works_without_a_hint_and_firmware_says_that_it_cannot():
    """In MicroPython liblinnet is built without DTLS: see bindings/micropython/micropython.mk."""
    if sys.implementation.name == "micropython":
        raises(NotImplementedError, Coap.init, HOST, port=SECURE_PORT, psk="secret")
        Coap.init(HOST, port=SECURE_PORT)
        raises(NotImplementedError, Coap.new_client_session, HOST, psk="secret", identity="me")
    else:
        Coap.init(HOST, port=SECURE_PORT, psk="secret")
        equal(Coap.new_client_session(HOST, psk="secret", identity="me").get_details(), [HOST, 5684])


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
    equal((failed[0][:2], told), ((id, b"t"), []))
    assert "reset" in failed[0][2], failed
    peer.close()


def row_a_network_error_reaches_the_failure_handler():
    peer, _, _, failed = client()
    id = Coap.send_request(HOST, Coap.REQUEST_GET, uri_port=CLOSED_PORT, token="t")
    wait_for(lambda: failed)
    equal(failed[0][:2], (id, b"t"))
    assert "refused" in failed[0][2], failed
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


run(globals())
