"""Odd notifications (RFC 7641) sent to `linnet observe`: the test is the server.

What must not be shown is followed by something that must, and the client ends after a known number of notifications
that it shows, so nothing depends on time.
"""

import pytest
from support import coap, run
from support.asking import Asking
from support.coap import ACK, CON, NON, RST, Block, Message, empty
from support.raw import RawServer, new_mid

CONTENT = coap.code("2.05")


def observe(server, count, *options):
    return Asking("observe", f"coap://127.0.0.1:{server.port}/x", "--count", count, *options)


def options_of(sequence, max_age=None, *more):
    options = [] if sequence is None else [(coap.OBSERVE, coap.uint(sequence))]
    options += [(coap.MAX_AGE, coap.uint(max_age))] if max_age is not None else []
    return tuple(sorted([*options, *more], key=lambda option: option[0]))


def confirm(server, request, sequence=1, payload=b"first", max_age=None):
    assert request.number(coap.OBSERVE) == 0
    server.send(Message(ACK, CONTENT, request.mid, request.token, options_of(sequence, max_age), payload))


def notify(server, request, sequence, payload, type=CON, more=(), **changes):
    """Sends a notification; a confirmable one is waited for, and must be acknowledged."""
    message = Message(type, CONTENT, new_mid(), request.token, options_of(sequence, None, *more), payload)
    message = message.changed(**changes)
    server.send(message)
    if type == CON:
        assert server.receive() == empty(ACK, message.mid)
    return message


def farewell(server, request):
    """The client tells that it does not observe any more (3.6); it is answered."""
    message = server.receive()
    assert message.is_request and message.number(coap.OBSERVE) == 1 and message.token == request.token
    assert message.path == request.path
    server.send(Message(ACK, CONTENT, message.mid, message.token, (), b"the last"))


def shown(asking, *texts):
    told = asking.finish()
    assert (told.text.split(), told.status) == ([text.decode() for text in texts], 0), told
    return told


@pytest.mark.parametrize("type", (CON, NON), ids=("CON", "NON"))
def test_notifications_in_order_are_shown_and_the_server_told_at_the_end(raw_server, type):
    with observe(raw_server, 3) as asking:
        request = raw_server.receive()
        assert request.values(coap.OBSERVE) == [b""] and request.token
        confirm(raw_server, request)
        notify(raw_server, request, 2, b"second", type)
        notify(raw_server, request, 9, b"third", type)
        farewell(raw_server, request)
        shown(asking, b"first", b"second", b"third")


def test_a_notification_that_arrives_late_is_acknowledged_and_not_shown(raw_server):
    """RFC 7641 3.4: out of order, it is older than what the client has."""
    with observe(raw_server, 3) as asking:
        request = raw_server.receive()
        confirm(raw_server, request, 10)
        notify(raw_server, request, 12, b"third")
        notify(raw_server, request, 11, b"late")
        notify(raw_server, request, 12, b"again")
        notify(raw_server, request, 13, b"fourth")
        farewell(raw_server, request)
        shown(asking, b"first", b"third", b"fourth")


def test_the_sequence_of_observe_may_wrap_around(raw_server):
    with observe(raw_server, 4) as asking:
        request = raw_server.receive()
        confirm(raw_server, request, 0xFFFFFE)
        notify(raw_server, request, 0xFFFFFF, b"second")
        notify(raw_server, request, 0, b"third")
        notify(raw_server, request, 0xFFFFFF, b"late")
        notify(raw_server, request, 5, b"fourth")
        farewell(raw_server, request)
        shown(asking, b"first", b"second", b"third", b"fourth")


def test_a_duplicate_of_a_notification_is_acknowledged_again_and_shown_once(raw_server):
    with observe(raw_server, 3) as asking:
        request = raw_server.receive()
        confirm(raw_server, request)
        message = notify(raw_server, request, 2, b"second")
        raw_server.send(message)
        assert raw_server.receive() == empty(ACK, message.mid)
        notify(raw_server, request, 3, b"third")
        farewell(raw_server, request)
        shown(asking, b"first", b"second", b"third")


def test_a_notification_with_a_token_that_nothing_waits_for_is_reset(raw_server):
    with observe(raw_server, 2) as asking:
        request = raw_server.receive()
        confirm(raw_server, request)
        stray = Message(CON, CONTENT, new_mid(), b"\0other", options_of(2), b"stray")
        raw_server.send(stray)
        assert raw_server.receive() == empty(RST, stray.mid)
        notify(raw_server, request, 3, b"second")
        farewell(raw_server, request)
        shown(asking, b"first", b"second")


def test_a_notification_with_an_unknown_critical_option_is_rejected_which_ends_the_observation(raw_server):
    """RFC 7252 5.4.1: it is reset; and for the server a Reset is the end (RFC 7641 4.5)."""
    with observe(raw_server, 2) as asking:
        request = raw_server.receive()
        confirm(raw_server, request)
        options = (*options_of(2), (65001, b"x"))
        bad = Message(CON, CONTENT, new_mid(), request.token, options, b"bad")
        raw_server.send(bad)
        assert raw_server.receive() == empty(RST, bad.mid)
        told = asking.finish()
        assert (told.text.split(), told.status) == (["first"], 3)
        assert "critical option" in told.remarks


@pytest.mark.parametrize("code", ("4.04", "4.06", "5.00"))
def test_an_error_ends_the_observation_and_is_told(raw_server, code):
    """RFC 7641 3.2: after a notification of class 4 or 5 the client is removed from the list."""
    with observe(raw_server, 9) as asking:
        request = raw_server.receive()
        confirm(raw_server, request)
        notify(raw_server, request, None, b"because", code=coap.code(code))
        told = asking.finish()
        assert (told.text.split(), told.status) == (["first"], 1)
        assert code in told.remarks and "because" in told.remarks


def test_a_server_that_does_not_observe_answers_once_and_the_user_is_told(raw_server):
    with observe(raw_server, 9) as asking:
        request = raw_server.receive()
        raw_server.send(Message(ACK, CONTENT, request.mid, request.token, (), b"only"))
        told = asking.finish()
        assert told.text.split() == ["only"] and told.status == 1 and told.remarks.strip()


def test_a_separate_response_may_confirm_the_registration(raw_server):
    with observe(raw_server, 2) as asking:
        request = raw_server.receive()
        raw_server.send(empty(ACK, request.mid))
        notify(raw_server, request, 1, b"first")
        notify(raw_server, request, 2, b"second", NON)
        farewell(raw_server, request)
        shown(asking, b"first", b"second")


def test_the_rest_of_a_large_notification_is_read_with_plain_gets(raw_server):
    """RFC 7959 2.6: GETs for the further blocks have no Observe, and a token of their own."""
    etag = (coap.ETAG, b"e1")
    with observe(raw_server, 2) as asking:
        request = raw_server.receive()
        confirm(raw_server, request)
        notify(raw_server, request, 2, b"A" * 16, more=((coap.BLOCK2, Block(0, True, 0).value), etag))
        for number, payload, more in ((1, b"B" * 16, True), (2, b"end", False)):
            get = raw_server.receive()
            assert get.block(coap.BLOCK2) == Block(number, False, 0) and not get.values(coap.OBSERVE)
            assert get.token != request.token and get.path == request.path
            options = (etag, (coap.BLOCK2, Block(number, more, 0).value))
            raw_server.send(Message(ACK, CONTENT, get.mid, get.token, options, payload))
        farewell(raw_server, request)
        shown(asking, b"first", b"A" * 16 + b"B" * 16 + b"end")


def test_a_large_notification_that_changes_in_between_is_never_shown_mixed(raw_server):
    """RFC 7959 2.4: blocks with different ETags are not of one body."""

    def block(number, more, etag):
        return ((coap.ETAG, etag), (coap.BLOCK2, Block(number, more, 0).value))

    with observe(raw_server, 2) as asking:
        request = raw_server.receive()
        confirm(raw_server, request)
        notify(raw_server, request, 2, b"A" * 16, more=block(0, True, b"old"))
        get = raw_server.receive()
        raw_server.send(Message(ACK, CONTENT, get.mid, get.token, block(1, False, b"new"), b"b" * 8))
        options = options_of(3, None, *block(0, True, b"new"))
        raw_server.send(Message(CON, CONTENT, new_mid(), request.token, options, b"B" * 16))
        while True:
            message = raw_server.receive()
            if not message.is_request:
                continue
            if message.number(coap.OBSERVE) == 1:
                raw_server.send(Message(ACK, CONTENT, message.mid, message.token, (), b"the last"))
                break
            number = message.block(coap.BLOCK2).number if message.block(coap.BLOCK2) else 0
            payload, options = b"b" * 8 if number else b"B" * 16, block(number, not number, b"new")
            raw_server.send(Message(ACK, CONTENT, message.mid, message.token, options, payload))
        shown(asking, b"first", b"B" * 16 + b"b" * 8)


@pytest.mark.waits
def test_the_client_registers_again_with_its_token_when_max_age_is_over():
    """RFC 7641 3.3.1: Max-Age and a random time from 5 to 15 seconds."""
    with RawServer(run.port(run.ports().asked)) as server:
        server.socket.settimeout(90)
        with observe(server, 3) as asking:
            request = server.receive()
            confirm(server, request, 100, max_age=1)
            again = server.receive()
            assert again.is_request and again.mid != request.mid
            assert (again.token, again.path, again.values(coap.OBSERVE)) == (request.token, request.path, [b""])
            confirm(server, again, 101, b"second")
            notify(server, again, 102, b"third")
            farewell(server, again)
            shown(asking, b"first", b"second", b"third")


@pytest.mark.waits
def test_a_server_that_began_anew_is_believed_though_its_sequence_is_lower():
    """A new registration begins a new order; the sequence of a restarted server may be below that of before."""
    with RawServer(run.port(run.ports().asked)) as server:
        server.socket.settimeout(90)
        with observe(server, 3) as asking:
            confirm(server, server.receive(), 5000, max_age=0)
            again = server.receive()
            confirm(server, again, 1, b"anew")
            notify(server, again, 2, b"third")
            farewell(server, again)
            shown(asking, b"first", b"anew", b"third")


@pytest.mark.waits
def test_a_server_that_is_away_for_a_while_is_asked_again():
    with RawServer(run.port(run.ports().asked)) as server:
        server.socket.settimeout(90)
        with observe(server, 2, "--retries", "0") as asking:
            first = server.receive()
            confirm(server, first, 7, max_age=0)
            lost = server.receive()  # not answered
            again = server.receive()
            assert again.mid != lost.mid and again.token == first.token
            confirm(server, again, 8, b"back")
            farewell(server, again)
            shown(asking, b"first", b"back")
