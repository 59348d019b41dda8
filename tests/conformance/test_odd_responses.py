"""Odd and broken answers sent to Linnet's client: it takes the right one, and only that.

The test is the server. Where an answer has to be ignored, the right one follows, and the client shows that and ends
well; so nothing depends on time.
"""

import socket

import pytest
from odd_requests import BROKEN, broken
from support import coap, run
from support.asking import Asking
from support.coap import ACK, CON, NON, RST, Message, empty
from support.raw import new_mid

GOOD = b"the right answer"
CONTENT = coap.code("2.05")


def piggybacked(request, payload=GOOD, **changes):
    return Message(ACK, CONTENT, request.mid, request.token, (), payload).changed(**changes)


def separate(request, payload=GOOD, **changes):
    return Message(CON, CONTENT, new_mid(), request.token, (), payload).changed(**changes)


def inverted(token):
    return bytes(octet ^ 255 for octet in token)


def get(server, *options):
    return Asking("get", f"coap://127.0.0.1:{server.port}/x", *options)


def ends_well(asking):
    told = asking.finish()
    assert (told.text, told.status) == (GOOD.decode(), 0), told
    return told


def ends_without_answer(asking):
    told = asking.finish()
    assert (told.text, told.status) == ("", 3), told
    assert told.remarks.strip(), "the user is told why"


@pytest.mark.parametrize("type", (CON, NON, ACK, RST), ids=coap.TYPE_NAMES)
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_datagram_in_place_of_the_answer_is_ignored(raw_server, name, type):
    with get(raw_server) as asking:
        request = raw_server.receive()
        bad = broken(name, type, request.mid if type in (ACK, RST) else new_mid())
        raw_server.send(bad)
        raw_server.send(piggybacked(request))
        ends_well(asking)


# What a client has to pass over: made from the request.
IGNORED = {
    "an acknowledgement with another message ID": lambda r: piggybacked(r, b"wrong", mid=r.mid ^ 1),
    "a Reset with another message ID": lambda r: empty(RST, r.mid ^ 1),
    "an empty acknowledgement with another message ID": lambda r: empty(ACK, r.mid ^ 0x8000),
    "a separate response with another token": lambda r: separate(r, b"wrong", token=inverted(r.token)),
    "a separate response with a shorter token": lambda r: separate(r, b"wrong", token=r.token[:-1]),
    "a separate response without token": lambda r: separate(r, b"wrong", token=b""),
    "a non-confirmable response with another token": lambda r: separate(r, b"wrong", type=NON, token=b"\0other"),
    "an acknowledgement that carries a request": lambda r: piggybacked(r, b"wrong", code=1),
    "a Reset that carries a response": lambda r: piggybacked(r, b"wrong", type=RST),
    "a response of version 2": lambda r: bytes([0x80 | r.encode()[0] & 0x3F]) + piggybacked(r, b"wrong").encode()[1:],
    "an empty non-confirmable message": lambda r: empty(NON, r.mid),
    "a request": lambda r: coap.request("GET", "x", new_mid(), token=r.token, type=NON),
    "random octets": lambda r: bytes.fromhex("60455b"),
}


@pytest.mark.parametrize("name", IGNORED)
def test_the_client_passes_over(raw_server, name):
    with get(raw_server) as asking:
        request = raw_server.receive()
        raw_server.send(IGNORED[name](request))
        raw_server.send(separate(request))
        ends_well(asking)


@pytest.mark.parametrize("host", ("127.0.0.1", "127.0.0.2"))
def test_an_answer_from_another_port_or_address_is_ignored(raw_server, host):
    with get(raw_server) as asking, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        request = raw_server.receive()
        stranger.bind((host, 0 if host == "127.0.0.1" else raw_server.port))
        stranger.sendto(piggybacked(request, b"wrong").encode(), raw_server.client)
        stranger.sendto(separate(request, b"wrong").encode(), raw_server.client)
        stranger.sendto(empty(RST, request.mid).encode(), raw_server.client)
        raw_server.send(piggybacked(request))
        ends_well(asking)


def test_an_acknowledgement_with_another_token_is_not_the_answer(raw_server):
    """RFC 7252 5.3.2: the token of a piggybacked response must match as well."""
    with get(raw_server) as asking:
        request = raw_server.receive()
        raw_server.send(piggybacked(request, b"wrong", token=b"\0other"))
        raw_server.send(separate(request))
        ends_well(asking)


# Answers that are right though unusual.
ACCEPTED = {
    "a separate response before the acknowledgement": lambda r: [separate(r)],
    "a separate response behind the acknowledgement": lambda r: [empty(ACK, r.mid), separate(r)],
    "a non-confirmable response to a confirmable request": lambda r: [separate(r, type=NON)],
    "a non-confirmable response behind the acknowledgement": lambda r: [empty(ACK, r.mid), separate(r, type=NON)],
    "a response with unknown elective options": lambda r: [piggybacked(r, options=((2048, b"x"), (65000, b"y" * 300)))],
    "an elective option of a wrong length": lambda r: [piggybacked(r, options=((coap.ETAG, b"123456789"),))],
    "a success code that nobody knows": lambda r: [piggybacked(r, code=coap.code("2.30"))],
    "a message ID of 0": lambda r: [separate(r, mid=0)],
    "a message ID equal to the request's": lambda r: [empty(ACK, r.mid), separate(r, mid=r.mid)],
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_the_client_accepts(raw_server, name):
    with get(raw_server) as asking:
        request = raw_server.receive()
        answers = ACCEPTED[name](request)
        for answer in answers:
            raw_server.send(answer)
        if answers[-1].type == CON:
            assert raw_server.receive() == empty(ACK, answers[-1].mid)
        ends_well(asking)


def test_a_repeated_separate_response_is_acknowledged_each_time_and_shown_once(raw_server):
    """RFC 7252 4.5: each duplicate of a confirmable message is acknowledged, the message handled once."""
    with get(raw_server) as asking:
        request = raw_server.receive()
        answer = separate(request)
        asking.freeze()
        for _ in range(3):
            raw_server.send(answer)
        asking.thaw()
        for _ in range(3):
            assert raw_server.receive() == empty(ACK, answer.mid)
        ends_well(asking)


def test_a_confirmable_response_that_nothing_waits_for_is_reset(raw_server):
    with get(raw_server) as asking:
        request = raw_server.receive()
        stray = separate(request, b"wrong", token=b"\0other")
        raw_server.send(stray)
        assert raw_server.receive() == empty(RST, stray.mid)
        raw_server.send(piggybacked(request))
        ends_well(asking)


def test_a_client_answers_a_ping_and_rejects_requests(raw_server):
    with get(raw_server) as asking:
        request = raw_server.receive()
        for message in (empty(CON, new_mid()), coap.request("GET", "x", new_mid(), token=request.token)):
            raw_server.send(message)
            assert raw_server.receive() == empty(RST, message.mid)
        raw_server.send(piggybacked(request))
        ends_well(asking)


def test_an_unknown_critical_option_in_a_confirmable_response_is_rejected_with_a_reset(raw_server):
    """RFC 7252 5.4.1: it "MUST cause the response to be rejected (Section 4.2)"."""
    with get(raw_server, "--timeout", "2") as asking:
        request = raw_server.receive()
        answer = separate(request, b"wrong", options=((65001, b"x"),))
        raw_server.send(empty(ACK, request.mid))
        raw_server.send(answer)
        assert raw_server.receive() == empty(RST, answer.mid)
        ends_without_answer(asking)


@pytest.mark.parametrize("type", (ACK, NON), ids=("ACK", "NON"))
def test_an_unknown_critical_option_in_another_response_is_not_shown(raw_server, type):
    with get(raw_server, "--timeout", "2") as asking:
        request = raw_server.receive()
        answer = piggybacked(request, b"wrong", options=((65001, b"x"),))
        raw_server.send(answer if type == ACK else answer.changed(type=NON, mid=new_mid()))
        ends_without_answer(asking)


def test_a_reset_ends_the_request(raw_server):
    with get(raw_server) as asking:
        raw_server.send(empty(RST, raw_server.receive().mid))
        ends_without_answer(asking)


def test_an_acknowledgement_and_then_nothing_is_no_answer(raw_server):
    with get(raw_server, "--timeout", "0.5") as asking:
        raw_server.send(empty(ACK, raw_server.receive().mid))
        ends_without_answer(asking)


def test_silence_is_no_answer(raw_server):
    with get(raw_server, "--timeout", "0.5") as asking:
        raw_server.receive()
        ends_without_answer(asking)


def test_a_port_where_nothing_listens_is_no_answer():
    port = run.port(run.ports().asked)
    with Asking("get", f"coap://127.0.0.1:{port}/x") as asking:
        ends_without_answer(asking)


@pytest.mark.parametrize("code", ("4.00", "4.04", "4.31", "5.00", "5.31"))
def test_a_response_of_class_4_or_5_is_told_and_is_status_1(raw_server, code):
    with get(raw_server) as asking:
        raw_server.send(piggybacked(raw_server.receive(), b"because", code=coap.code(code)))
        told = asking.finish()
        assert (told.text, told.status) == ("", 1)
        assert code in told.remarks and "because" in told.remarks


@pytest.mark.parametrize("size", (0, 1, 1024, 1400))
def test_an_answer_of_any_size_is_shown_whole(raw_server, size):
    payload = ("0123456789" * 800)[:size].encode()
    with get(raw_server) as asking:
        raw_server.send(piggybacked(raw_server.receive(), payload))
        told = asking.finish()
        assert (told.text, told.status) == (payload.decode(), 0)


@pytest.mark.parametrize("type", (ACK, CON), ids=("piggybacked", "separate"))
def test_an_answer_too_large_for_any_buffer_ends_the_request_and_is_called_too_large(raw_server, type):
    """Waiting on would end in "no answer", though there was one."""
    with get(raw_server, "--timeout", "3") as asking:
        request = raw_server.receive()
        answer = piggybacked(request, b"x" * 8000)
        raw_server.send(answer if type == ACK else answer.changed(type=CON, mid=new_mid()))
        told = asking.finish()
        assert (told.text, told.status) == ("", 3)
        assert "too large" in told.remarks


def max_age(seconds):
    return ((coap.MAX_AGE, coap.uint(seconds)),)


def too_many(request, seconds):
    return piggybacked(request, b"", code=coap.code("4.29"), options=max_age(seconds))


def test_a_server_that_wants_a_pause_is_asked_again_when_it_is_over(raw_server):
    """RFC 8516 4: no similar request before the time in Max-Age has passed."""
    with get(raw_server) as asking:
        raw_server.send(too_many(raw_server.receive(), 1))
        raw_server.send(piggybacked(raw_server.receive()))
        told = ends_well(asking)
    assert "wants a pause (4.29), asked again in 1 s" in told.remarks


def test_a_pause_that_is_longer_than_the_timeout_is_not_waited_for(raw_server):
    with get(raw_server, "--timeout", 30) as asking:
        raw_server.send(too_many(raw_server.receive(), 60).changed(payload=b"because"))
        told = asking.finish()
    assert (told.text, told.status) == ("", 1)
    assert "4.29 Too Many Requests: because" in told.remarks and "in 60 s" in told.remarks
