"""Odd and broken datagrams sent to Linnet's server: each is answered, or not, as docs and RFC 7252 say.

The datagrams are in odd_requests.py. Silence is shown by a ping sent right after: its Reset is the first thing that
comes back. After each datagram the server still serves, and nothing that was refused was done.
"""

import pytest
from odd_requests import BROKEN, NO_MESSAGE, ODD, RESET, SILENCE, UNEXPECTED, broken
from support import coap, run
from support.coap import ACK, CON, NON, RST
from support.raw import RawClient, new_mid


@pytest.fixture(scope="module")
def server():
    with run.demo() as address:
        yield address


@pytest.fixture
def raw(server):
    """A socket that asks the server; at the end of the test, /validate is as it was."""
    with RawClient(server.host, server.port) as client:
        before = client.get("validate")
        assert before.code_text == "2.05"
        yield client
        after = client.get("validate")
        assert (after.code, after.options, after.payload) == (before.code, before.options, before.payload)


def answer_of(raw, octets):
    """The single answer, or None."""
    raw.send(octets)
    answers = raw.answers_before_a_ping()
    assert len(answers) <= 1, f"more than one answer: {answers}"
    return answers[0] if answers else None


def is_reset_of(answer, mid):
    return answer == coap.empty(RST, mid)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_confirmable_message_is_reset(raw, name):
    mid = new_mid()
    assert is_reset_of(answer_of(raw, broken(name, CON, mid)), mid)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_non_confirmable_message_is_ignored_or_reset(raw, name):
    mid = new_mid()
    answer = answer_of(raw, broken(name, NON, mid))
    assert answer is None or is_reset_of(answer, mid)


@pytest.mark.parametrize("type", (ACK, RST), ids=("ACK", "RST"))
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_acknowledgement_or_reset_is_ignored(raw, name, type):
    assert answer_of(raw, broken(name, type, new_mid())) is None


@pytest.mark.parametrize("name", NO_MESSAGE)
def test_what_is_no_message_of_this_version_is_ignored(raw, name):
    assert answer_of(raw, NO_MESSAGE[name]) is None


@pytest.mark.parametrize("name", UNEXPECTED)
def test_what_nothing_waits_for_is_reset_or_ignored(raw, name):
    type, code, rest, expected = UNEXPECTED[name]
    mid = new_mid()
    answer = answer_of(raw, coap.Message(type, coap.code(code), mid).encode() + rest)
    if expected == SILENCE:
        assert answer is None
    else:
        assert expected == RESET and is_reset_of(answer, mid)


@pytest.mark.parametrize("name", ODD)
def test_an_odd_confirmable_request_is_answered_as_the_rfc_says(raw, name):
    request, allowed = ODD[name]
    request = request.changed(mid=new_mid())
    answer = answer_of(raw, request.encode())
    assert answer is not None, "no answer"
    assert answer.code_text in allowed
    assert (answer.type, answer.mid, answer.token) == (ACK, request.mid, request.token)


@pytest.mark.parametrize("name", ODD)
def test_an_odd_non_confirmable_request_is_answered_alike_or_ignored(raw, name):
    request, allowed = ODD[name]
    request = request.changed(mid=new_mid(), type=NON)
    answer = answer_of(raw, request.encode())
    if answer is None:
        assert not allowed & {"2.05"}, "a request that can be served is served"
    elif answer.type == RST:
        assert answer == coap.empty(RST, request.mid) and "4.02" in allowed
    else:
        assert answer.code_text in allowed
        assert (answer.type, answer.token) == (NON, request.token)


@pytest.mark.parametrize("size", (1500, 9000, 65000))
def test_a_request_larger_than_any_buffer_is_refused_or_stored_whole(demo, size):
    """RFC 7252 4.6 and 5.9.2.9: too large is 4.13."""
    with RawClient(demo.host, demo.port) as raw:
        before = raw.get("validate").payload
        payload = bytes(range(32, 96)) * (size // 64)
        answer = raw.ask(coap.request("PUT", "validate", new_mid(), payload=payload))
        assert answer.code_text in ("2.04", "4.13")
        if answer.code_text == "4.13":
            assert raw.get("validate").payload == before


def test_a_put_to_an_unknown_path_creates_nothing(raw):
    raw.ask(coap.request("PUT", "nothing/here", new_mid(), payload=b"x"))
    assert raw.get("nothing/here").code_text == "4.04"


def test_a_broken_message_says_nothing_about_the_next(server):
    """One bad datagram does not end a conversation (go-coap issue 664)."""
    with RawClient(server.host, server.port) as raw:
        for name in BROKEN:
            raw.send(broken(name, NON, new_mid()))
        assert all(answer.type == RST for answer in raw.answers_before_a_ping())
        assert raw.get("test").code_text == "2.05"
