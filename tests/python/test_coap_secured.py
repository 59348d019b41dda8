"""DTLS with pre-shared keys in `network.Coap` (RFC 7252 9.1.3.1): with itself, and with libcoap on OpenSSL and on GnuTLS."""

import contextlib
import os
import subprocess

import pytest
from coap_support import GET, HOST, PUT, Asking, Coap, Handler, free_port, new_mid, resource
from coap_support import closed  # noqa: F401
from support import coap, programs, secured

KEY, IDENTITY = "secret", "device"
KEYS = {"psk": KEY, "identity": IDENTITY}


@pytest.fixture
def handlers(closed):
    """A server with a key, at a port of its own, and the handlers of the module."""
    number = free_port()
    Coap.init(HOST, port=number, psk=KEY, hint="who is it?")
    made = Handler(), Handler()
    Coap.register_response_handler(made[0])
    Coap.register_failure_handler(made[1])
    return number, *made


def test_a_session_of_its_own_is_answered(handlers):
    number, answered, _ = handlers
    resource(value="hello")
    session = Coap.new_client_session(HOST, number, **KEYS)
    id = session.send_request(GET, uri_path="r", token="t")
    assert answered.next()[1:] == (id, 2, b"t", b"hello")
    session.send_request(PUT, uri_path="r", payload="x" * 3000, token="u")
    answered.next()
    assert Coap.get_resource("r").value() == b"x" * 3000
    Coap.remove_client_session(HOST, number, Coap.PROTOCOL_DTLS)
    assert Coap.get_client_sessions() == []


@pytest.mark.parametrize("peer", secured.PEERS)
def test_libcoaps_client_asks(handlers, peer):
    resource(value="hello")

    def ask(key):
        return secured.coap_client(peer, "-B", "2", "-u", IDENTITY, "-k", key, "-m", "get", f"coaps://{HOST}:{handlers[0]}/r")

    assert ask(KEY).stdout.strip() == "hello"
    assert "hello" not in ask("wrong").stdout


@pytest.mark.parametrize("peer", secured.PEERS)
def test_libcoaps_server_is_asked(handlers, peer):
    _, answered, _ = handlers
    with secured.coap_server(peer, "-k", KEY, "-h", "hint") as place:
        session = Coap.new_client_session(HOST, place.port, **KEYS)
        id = session.send_request(GET, uri_path="/", token="t")
        code, got, _, token, payload = answered.next()
        assert (got, token) == (id, b"t") and b"libcoap" in payload


@pytest.mark.parametrize("identity", ({}, {"identity": None}, {"identity": ""}))
@pytest.mark.parametrize("peer", ("itself", *secured.PEERS))
def test_a_key_without_an_identity_is_for_servers_that_have_one_for_everybody(handlers, peer, identity):
    """The documents say identity=None; libcoap's servers, as started here, take any."""
    number, answered, _ = handlers
    resource(value="libcoap")
    with contextlib.nullcontext() if peer == "itself" else secured.coap_server(peer, "-k", KEY) as place:
        session = Coap.new_client_session(HOST, place.port if place else number, psk=KEY, **identity)
        id = session.send_request(GET, uri_path="r" if peer == "itself" else "/", token="t")
        code, got, _, token, payload = answered.next()
        assert (got, token) == (id, b"t") and b"libcoap" in payload


def test_an_identity_that_the_server_does_not_know_is_told(handlers):
    _, _, failed = handlers
    with secured.demo("--psk-identity", IDENTITY, "--psk-key", KEY) as place:
        Coap.new_client_session(HOST, place.port, psk=KEY).send_request(GET, uri_path="time", token="t")
        assert "identity" in failed.next()[2]
        place.program.wait_for('no key for this identity: "Client_identity"')


def test_a_server_with_a_key_takes_every_identity_and_none(handlers):
    resource(value="hello")
    for identity in "somebody", "i" * 128, "":
        told = subprocess.run(
            ["openssl", "s_client", "-dtls1_2", "-connect", f"{HOST}:{handlers[0]}", "-psk", KEY.encode().hex(),
             "-psk_identity", identity, "-cipher", "PSK-AES128-CCM8:@SECLEVEL=0"],
            input=b"", capture_output=True, timeout=programs.PATIENCE)  # fmt: skip
        assert b"Cipher is PSK-AES128-CCM8" in told.stdout and b"Secure Renegotiation IS supported" in told.stdout


def test_linnets_command_asks(handlers):
    resource(value="hello")

    def ask(key):
        return programs.run(programs.linnet_path(), "get", f"coaps://{HOST}:{handlers[0]}/r", "--psk-identity", IDENTITY,
                            "--psk-key", key)

    assert ask(KEY).stdout.strip() == "hello"
    assert "another pre-shared key" in ask("wrong").stderr


@pytest.mark.parametrize("keys, reason", (({**KEYS, "psk": "wrong"}, "key"), ({**KEYS, "identity": "other"}, "identity")))
def test_a_failure_says_in_words_what_is_wrong_with_the_keys(handlers, keys, reason):
    _, _, failed = handlers
    with secured.demo("--psk-identity", IDENTITY, "--psk-key", KEY) as place:
        id = Coap.new_client_session(HOST, place.port, **keys).send_request(GET, uri_path="time", token="t")
        got, token, words = failed.next()
        assert (got, token) == (id, b"t") and reason in words


def test_a_key_alone_hears_nothing_plain(handlers):
    """What came to the same socket later was answered, so it was not."""
    number, answered, _ = handlers
    resource(value="hello")
    with Asking(HOST, number) as plain:
        plain.send(coap.request("GET", "r", new_mid()))
        Coap.new_client_session(HOST, number, **KEYS).send_request(GET, uri_path="r")
        answered.next()
        plain.socket.setblocking(False)
        with pytest.raises(BlockingIOError):
            plain.receive()


def test_plain_too_is_plain_on_5683_beside_it(closed):
    """Of an address that no other server of this host has."""
    host = f"127.83.{os.getpid() // 250 % 250 + 1}.{os.getpid() % 250 + 1}"
    Coap.init(host, psk=KEY, plain_too=True)
    resource(value="hello")
    with Asking(host, 5683) as plain:
        assert plain.request("GET", "r").payload == b"hello"
    told = secured.coap_client("openssl", "-u", IDENTITY, "-k", KEY, "-m", "get", f"coaps://{host}/r")
    assert told.stdout.strip() == "hello"
