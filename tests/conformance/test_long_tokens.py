"""Tokens of more than eight octets (RFC 8974): from raw datagrams to a server that takes them and to one that does not;
then Linnet's own client against both."""

import pytest
from support import coap, run
from support.coap import ACK, CON, RST
from support.raw import RawClient, new_mid

LONGEST = 300
LENGTHS = (0, 1, 8, 9, 12, 13, 14, 100, 255, 268, 269, 270, LONGEST)


@pytest.fixture(scope="module")
def server():
    # Not captured: of what Linnet sends by itself no token is long, and tshark judges by that.
    with run.demo(which=run.ports().unseen, options=("--token-size", str(LONGEST))) as address:
        yield address


@pytest.fixture
def raw(server):
    with RawClient(server.host, server.port) as client:
        yield client


def token_of(length):
    return bytes((7 * i + length) % 256 for i in range(length))


@pytest.mark.parametrize("length", LENGTHS)
def test_a_token_comes_back_as_it_was(raw, length):
    token = token_of(length)
    request = coap.request("GET", "test", new_mid(), token=token)
    answer = raw.ask(request)
    assert (answer.type, answer.mid, answer.token, answer.code_text) == (ACK, request.mid, token, "2.05")
    assert raw.ask(request) == answer, "the duplicate too (RFC 7252 4.5)"


@pytest.mark.parametrize("length", (9, 13, 269, LONGEST))
def test_a_separate_response_has_it_too(raw, length):
    answer = raw.get("separate", token=token_of(length))
    if answer.code == 0:
        answer = raw.receive()
        assert answer.type == CON
        raw.send(coap.empty(ACK, answer.mid))
    assert (answer.token, answer.code_text) == (token_of(length), "2.05")


@pytest.mark.parametrize("length", (9, 13, 269))
def test_blocks_have_it_too(raw, length):
    answer = raw.get("large", token=token_of(length), options=[(coap.BLOCK2, b"\x02")])
    assert (answer.token, answer.code_text, len(answer.payload)) == (token_of(length), "2.05", 64)


@pytest.mark.parametrize("length", (LONGEST + 1, 1000))
def test_a_longer_one_is_a_bad_request(raw, length):
    """RFC 8974 2.2.2: "it MUST NOT reject the message, as that would imply that extended token lengths are not
    supported at all [...] it SHOULD return a 4.00"."""
    request = coap.request("GET", "test", new_mid(), token=token_of(length))
    answer = raw.ask(request)
    assert (answer.type, answer.code_text, answer.token) == (ACK, "4.00", token_of(length))


@pytest.mark.parametrize("rest", (b"", b"\x01" * 15), ids=("nothing", "octets"))
def test_token_length_15_stays_reserved(raw, rest):
    mid = new_mid()
    answer = raw.ask(bytes([0x4F, 1]) + mid.to_bytes(2, "big") + rest)
    assert answer == coap.empty(RST, mid)


@pytest.mark.parametrize("head", (b"\x4d", b"\x4e"), ids=("13", "14"))
@pytest.mark.parametrize("rest", (b"", b"\x00", b"\x01" * 13, b"\xff" * 60))
def test_a_long_token_that_is_cut_is_a_format_error(raw, head, rest):
    mid = new_mid()
    assert raw.ask(head + b"\x01" + mid.to_bytes(2, "big") + rest) == coap.empty(RST, mid)


def test_a_registration_with_a_long_token_is_answered_without_observe(raw):
    """An observer has room for eight octets: a server "MAY silently ignore the registration request" (RFC 7641 4.1)."""
    answer = raw.get("obs", token=token_of(20), options=[(coap.OBSERVE, b"")])
    assert (answer.code_text, answer.token) == ("2.05", token_of(20))
    assert answer.values(coap.OBSERVE) == []


@pytest.mark.parametrize("length", (9, 12, 13, 268, 269))
def test_without_the_setting_they_are_reserved(demo, length):
    with RawClient(demo.host, demo.port) as raw:
        request = coap.request("GET", "test", new_mid(), token=token_of(length))
        assert raw.ask(request) == coap.empty(RST, request.mid)


@pytest.mark.parametrize("length", (9, 13, 60, LONGEST))
def test_linnets_client_uses_one(server, length):
    told = run.linnet("get", f"{server.uri}/large", "--token", "0x" + token_of(length).hex())
    assert told.returncode == 0 and len(told.stdout) > 1000


@pytest.mark.parametrize("length", (9, 13, 60))
def test_the_server_sees_the_token_of_linnets_client(server, length):
    told = run.linnet("get", f"{server.uri}/test", "--token", "0x" + token_of(length).hex())
    assert token_of(length).hex() in told.stdout


def test_linnets_client_says_why_it_may_have_failed(demo):
    told = run.linnet("get", f"{demo.uri}/test", "--token", "0x" + token_of(20).hex())
    assert told.returncode != 0 and "RFC 8974" in told.stderr
    told = run.linnet("get", f"{demo.uri}/test", "--token", "0x" + bytes(600).hex())
    assert told.returncode == 2 and "576" in told.stderr
