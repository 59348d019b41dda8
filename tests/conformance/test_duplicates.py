"""Duplicates (RFC 7252 4.5): the same answer to the octet, and the request does not run again.

That a request ran again would show: a PUT would undo a later one, a DELETE would delete again, and a creation with
If-None-Match would fail the second time.
"""

import socket

import pytest
from support import coap, run
from support.coap import ACK, CON, NON, RST, empty
from support.programs import PATIENCE
from support.raw import RawClient, new_mid

BOTH_TYPES = pytest.mark.parametrize("type", (CON, NON), ids=("CON", "NON"))


def put(type, text, path="validate", options=()):
    return coap.request("PUT", path, new_mid(), type=type, payload=text, options=options)


def octets_of_answer(raw, message):
    raw.send(message)
    return raw.receive_octets()


@BOTH_TYPES
@pytest.mark.parametrize("path", ("test", "validate", "time", ".well-known/core", "nothing"))
def test_a_duplicate_get_has_the_same_answer(raw, type, path):
    request = coap.request("GET", path, new_mid(), type=type)
    first = octets_of_answer(raw, request)
    assert [octets_of_answer(raw, request) for _ in range(4)] == [first] * 4


@BOTH_TYPES
def test_a_duplicate_put_has_the_same_answer_and_does_not_run_again(raw, type):
    request = put(type, b"first")
    answer = octets_of_answer(raw, request)
    assert raw.ask(put(CON, b"second")).code_text == "2.04"
    before = raw.get("validate")
    assert octets_of_answer(raw, request) == answer
    after = raw.get("validate")
    assert (after.payload, after.values(coap.ETAG)) == (b"second", before.values(coap.ETAG))


@BOTH_TYPES
def test_a_duplicate_delete_has_the_same_answer_and_does_not_run_again(raw, type):
    request = coap.request("DELETE", "validate", new_mid(), type=type)
    answer = octets_of_answer(raw, request)
    assert coap.decode(answer).code_text == "2.02"
    assert raw.ask(put(CON, b"again")).code_text == "2.01"
    assert octets_of_answer(raw, request) == answer
    assert raw.get("validate").payload == b"again"


@BOTH_TYPES
def test_a_duplicate_creation_has_the_same_answer(raw, type):
    request = put(type, b"new", "create1", ((coap.IF_NONE_MATCH, b""),))
    answer = octets_of_answer(raw, request)
    assert coap.decode(answer).code_text == "2.01"
    assert octets_of_answer(raw, request) == answer
    assert raw.ask(put(CON, b"new", "create1", ((coap.IF_NONE_MATCH, b""),))).code_text == "4.12"


@BOTH_TYPES
def test_a_duplicate_post_has_the_same_answer(raw, type):
    request = coap.request("POST", "test", new_mid(), type=type, payload=b"posted")
    assert octets_of_answer(raw, request) == octets_of_answer(raw, request)


@BOTH_TYPES
def test_a_duplicate_of_a_refused_request_has_the_same_answer(raw, type):
    request = coap.request("GET", "test", new_mid(), type=type, options=((coap.ACCEPT, b"\x3c"),))
    answer = octets_of_answer(raw, request)
    assert coap.decode(answer).code_text == "4.06"
    assert octets_of_answer(raw, request) == answer


@pytest.mark.parametrize("method", ("GET", "POST"))
def test_a_message_id_used_again_with_another_token_is_another_request(raw, method):
    """A new client on the port of one that is gone: it hears its own answer, with its own token."""
    request = coap.request(method, "test", new_mid(), token=b"one")
    answer = octets_of_answer(raw, request)
    assert coap.decode(octets_of_answer(raw, request.changed(token=b"two"))).token == b"two"
    assert octets_of_answer(raw, request) == answer


def test_duplicates_are_not_amplified(raw):
    """Each datagram is answered by one datagram, never by more, and never by a larger one."""
    request = coap.request("GET", "test", new_mid())
    answer = octets_of_answer(raw, request)
    for _ in range(50):
        raw.send(request)
    assert raw.answers_before_a_ping() == [coap.decode(answer)] * 50


@BOTH_TYPES
def test_the_same_message_id_from_another_port_is_another_request(demo, type):
    with RawClient(demo.host, demo.port) as one, RawClient(demo.host, demo.port) as two:
        request = put(type, b"first")
        one.ask(request)
        assert one.ask(put(CON, b"second")).code_text == "2.04"
        assert two.ask(request).code_text == "2.04"
        assert one.get("validate").payload == b"first"


@BOTH_TYPES
def test_the_same_message_id_to_another_address_of_the_server_is_another_request(type):
    with run.demo("0.0.0.0") as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(PATIENCE)
        client.bind(("127.0.0.1", 0))

        def ask(host, message):
            client.sendto(message.encode(), (host, server.port))
            octets, source = client.recvfrom(2048)
            assert source == (host, server.port)
            return coap.decode(octets)

        request = put(type, b"first")
        ask("127.0.0.1", request)
        ask("127.0.0.1", put(CON, b"second"))
        assert ask("127.0.0.2", request).code_text == "2.04"
        assert ask("127.0.0.1", coap.request("GET", "validate", new_mid())).payload == b"first"


@pytest.mark.waits
def test_a_duplicate_of_a_request_that_is_being_worked_on_is_acknowledged_and_answered_once():
    with run.demo() as demo, RawClient(demo.host, demo.port) as raw:
        request = coap.request("GET", "separate", new_mid())
        assert raw.ask(request) == empty(ACK, request.mid)
        for _ in range(5):
            assert raw.ask(request) == empty(ACK, request.mid)
        response = raw.receive()
        assert (response.type, response.code_text, response.token) == (CON, "2.05", request.token)
        raw.send(empty(ACK, response.mid))
        assert set(raw.answers_before_a_ping()) <= {response}, "there is no second response"
        raw.send(request)
        answers = raw.answers_before_a_ping()
        assert answers and all(answer in (empty(ACK, request.mid), response) for answer in answers)


@pytest.mark.waits
def test_a_non_confirmable_duplicate_of_a_request_that_is_being_worked_on_is_answered_once():
    with run.demo() as demo, RawClient(demo.host, demo.port) as raw:
        request = coap.request("GET", "separate", new_mid(), type=NON)
        for _ in range(5):
            raw.send(request)
        response = raw.receive()
        assert (response.type, response.code_text, response.token) == (NON, "2.05", request.token)
        assert raw.answers_before_a_ping() == []


@pytest.mark.waits
def test_65536_resets_from_elsewhere_do_not_end_a_separate_response():
    """security.md: a spoofed Reset needs the endpoint too."""
    with run.demo(which=run.ports().unseen) as demo, RawClient(demo.host, demo.port) as victim:
        request = coap.request("GET", "separate", new_mid())
        assert victim.ask(request) == empty(ACK, request.mid)
        response = victim.receive()
        with RawClient(demo.host, demo.port) as stranger:
            for mid in range(65536):
                stranger.send(empty(RST, mid))
                if mid % 256 == 255:
                    assert stranger.answers_before_a_ping() == []
        assert victim.receive() == response, "it is sent again, since nobody acknowledged it"
        victim.send(empty(ACK, response.mid))


@pytest.mark.waits
def test_65536_message_ids_from_one_peer_do_not_break_the_server():
    """Every message ID there is, and then all of the last thousand once more."""
    with run.demo(which=run.ports().unseen) as demo, RawClient(demo.host, demo.port) as raw:
        answers = {}
        for start in range(0, 65536, 64):
            for mid in range(start, start + 64):
                raw.send(coap.request("PUT", "validate", mid, payload=b"%d" % mid))
            for _ in range(64):
                octets = raw.receive_octets()
                answers[int.from_bytes(octets[2:4], "big")] = octets
        assert len(answers) == 65536
        assert {coap.decode(octets).code_text for octets in answers.values()} == {"2.04"}
        for mid in range(64536, 65536):
            assert octets_of_answer(raw, coap.request("PUT", "validate", mid, payload=b"%d" % mid)) == answers[mid]
        with RawClient(demo.host, demo.port) as other:
            assert other.get("validate").payload == b"65535"


@pytest.mark.waits
def test_one_message_id_from_many_ports_does_not_break_the_server():
    """security.md: "65,536 IDs from many sources"; here as many sources as there are free ports, in part."""
    with run.demo(which=run.ports().unseen) as demo:
        mid = new_mid()
        for number in range(2000):
            with RawClient(demo.host, demo.port) as raw:
                token = number.to_bytes(2, "big")
                answer = raw.ask(coap.request("GET", "test", mid, token=token))
                assert answer.code_text == "2.05"
