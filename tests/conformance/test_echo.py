"""Echo (RFC 9175) of Linnet's server: fresh requests where a resource asks for them, and the bound on what an address
gets that has not proved itself. Raw datagrams, so that nothing is answered by itself; then Linnet's own client, which
returns an Echo without being told."""

import time

import pytest
from support import coap, run
from support.coap import ACK, CON, NON
from support.raw import RawClient, new_mid

ECHO = 252
FACTOR = 3
FIRST_ANSWER = 136


@pytest.fixture(scope="module")
def server():
    with run.demo(options=("--amplification", str(FACTOR))) as address:
        yield address


@pytest.fixture
def stranger(server):
    """A socket with a port of its own: the server has heard nothing from there."""
    with RawClient(server.host, server.port) as client:
        yield client


def echo_of(answer):
    """The Echo of a 4.01; RFC 9175 2.2.1: 1 to 40 octets."""
    assert answer.code_text == "4.01"
    (value,) = answer.values(ECHO)
    assert 1 <= len(value) <= 40
    return value


def challenge(raw, path="large"):
    return echo_of(raw.get(path, token=b"tokens"))


def put_fresh(payload, echo):
    return coap.request("PUT", "fresh", new_mid(), payload=payload, options=[(ECHO, echo)])


def exchanged(raw, request, times=1):
    """Octets sent and received for a request that comes some times, up to the Reset of a ping, which is not counted."""
    for _ in range(times):
        raw.send(request)
    answers = raw.answers_before_a_ping()
    return times * len(request.encode()), sum(len(answer.encode()) for answer in answers), answers


PATHS = ("test", "large", "fresh", "nothing")
SMALL = {f"{method} /{path}": (method, path) for method in coap.METHODS for path in PATHS}
SMALL |= {f"GET /{path}": ("GET", path) for path in (".well-known/core", "time", "separate", "whoami", "")}


@pytest.mark.parametrize("type", (CON, NON), ids=("CON", "NON"))
@pytest.mark.parametrize("name", SMALL)
def test_a_stranger_gets_at_most_three_times_what_he_sent(stranger, name, type):
    method, path = SMALL[name]
    for options in ((), ((coap.OBSERVE, b""),), ((coap.BLOCK2, b"\x06"),), ((ECHO, b"0123456789"),)):
        for token in (b"", b"\x01", b"12345678"):
            request = coap.request(method, path, new_mid(), type=type, token=token, options=options)
            sent, received, answers = exchanged(stranger, request, times=3)
            assert received <= FACTOR * sent
            assert all(len(answer.encode()) <= FIRST_ANSWER for answer in answers)


def test_a_stranger_with_a_large_request_gets_no_more_than_a_first_answer(stranger):
    request = coap.request("GET", "large", new_mid(), options=[(2048, b"x" * 400)])
    _, received, (answer,) = exchanged(stranger, request)
    assert echo_of(answer) and received <= FIRST_ANSWER


def test_a_stranger_changes_nothing(stranger):
    answer = stranger.ask(coap.request("PUT", "validate", new_mid(), payload=b"by a stranger"))
    echo = echo_of(answer)
    assert stranger.get("validate").payload != b"by a stranger"
    answer = stranger.ask(coap.request("PUT", "validate", new_mid(), payload=b"by a friend", options=[(ECHO, echo)]))
    assert answer.code_text == "2.04"
    assert stranger.get("validate").payload == b"by a friend"


def test_who_returns_the_echo_is_served_and_remembered(stranger):
    echo = challenge(stranger)
    answer = stranger.get("large", options=[(ECHO, echo)])
    assert answer.code_text == "2.05" and len(answer.payload) >= 512
    assert answer.values(ECHO) == []
    assert stranger.get("large").code_text == "2.05", "once is enough"


def test_an_echo_of_another_address_is_worth_nothing(server, stranger):
    echo = challenge(stranger)
    with RawClient(server.host, server.port) as other:
        assert echo_of(other.get("large", options=[(ECHO, echo)], token=b"tokens")) != echo


@pytest.mark.parametrize("place", (0, 3, -1))
def test_an_echo_that_was_changed_is_worth_nothing(stranger, place):
    forged = bytearray(challenge(stranger))
    forged[place] ^= 1
    assert echo_of(stranger.get("large", options=[(ECHO, bytes(forged))], token=b"tokens"))


def test_a_stranger_observes_nothing(stranger):
    answer = stranger.get("obs", options=[(coap.OBSERVE, b"")], token=b"tokens")
    echo = echo_of(answer)
    assert answer.values(coap.OBSERVE) == []
    answer = stranger.get("obs", options=[(coap.OBSERVE, b""), (ECHO, echo)])
    assert answer.code_text == "2.05" and answer.values(coap.OBSERVE)
    assert stranger.get("obs", options=[(coap.OBSERVE, b"\x01")]).code_text == "2.05"


def test_a_stranger_is_not_acknowledged_for_later(stranger):
    """A separate response would be sent again and again (RFC 7252 4.2)."""
    echo = echo_of(stranger.get("separate", token=b"tokens"))
    answer = stranger.get("separate", options=[(ECHO, echo)])
    if answer.code == 0:
        answer = stranger.receive()
        stranger.send(coap.empty(ACK, answer.mid))
    assert answer.code_text == "2.05"


@pytest.mark.waits
def test_a_held_request_is_not_run():
    """The delayed request of an attacker: /fresh takes what was sent at most ten seconds ago."""
    with run.demo() as demo, RawClient(demo.host, demo.port) as raw:
        echo = echo_of(raw.get("fresh"))
        assert raw.ask(put_fresh(b"in time", echo)).code_text == "2.04"
        held = put_fresh(b"too late", echo)
        time.sleep(10.5)
        echo = echo_of(raw.ask(held))
        assert raw.get("fresh", options=[(ECHO, echo)]).payload == b"in time"
        assert raw.ask(held).code_text == "4.01", "nor the second time"


def test_linnets_client_returns_the_echo_by_itself(server):
    told = run.linnet("get", f"{server.uri}/large")
    assert told.returncode == 0 and len(told.stdout) > 1000
    told = run.linnet("put", f"{server.uri}/validate", "-e", "by itself")
    assert told.returncode == 0
    told = run.linnet("get", f"{server.uri}/fresh")
    assert told.returncode == 0 and told.stdout
    told = run.linnet("observe", f"{server.uri}/obs", "--count", "2")
    assert told.returncode == 0 and told.stdout


def test_linnets_client_puts_a_body_of_many_blocks(server):
    body = bytes(range(32, 96)) * 100
    told = run.linnet("put", f"{server.uri}/large-update", "-e", "@-", stdin=body)
    assert told.returncode == 0, told.stderr
    assert run.linnet("get", f"{server.uri}/large-update").stdout == body.decode()


def test_without_the_setting_nobody_is_asked(demo):
    with RawClient(demo.host, demo.port) as raw:
        assert raw.get("large").code_text == "2.05"
        assert raw.get("obs", options=[(coap.OBSERVE, b"")], token=b"q").values(coap.OBSERVE)
        assert raw.get("obs", options=[(coap.OBSERVE, b"\x01")], token=b"q").code_text == "2.05"
