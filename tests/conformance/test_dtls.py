"""ETSI's descriptions TD_COAP_DTLS_01 to 07, each with Linnet in both roles: opposite itself, and opposite libcoap with
OpenSSL and with GnuTLS. Every check is judged from the datagrams that a relay recorded.

libcoap has raw public keys with GnuTLS only, and believes every one; so 05 and 06 are played against its other side.
"""

import contextlib

import pytest
from support import dtls, run, secured
from support.dtls import CLIENT_HELLO, SERVER_HELLO
from support.relay import drop

PSK_PAIRS = ("linnet asks linnet", "linnet asks openssl", "linnet asks gnutls", "openssl asks linnet",
             "gnutls asks linnet")  # fmt: skip
RAW_PAIRS = ("linnet asks linnet", "linnet asks gnutls", "gnutls asks linnet")


@pytest.fixture(scope="module")
def keys():
    with secured.authority() as made:
        yield made.issue("client"), made.issue("server"), made.issue("stranger")


class Scene:
    def __init__(self, pair, relay):
        self.client, self.server = pair.split(" asks ")
        self.relay = relay
        self.uri = f"coaps://127.0.0.1:{relay.port}"

    def records(self, to_server):
        return [record for packet in self.relay.packets if packet.to_server == to_server
                for record in dtls.records(packet.octets)]  # fmt: skip

    def alerts(self):
        return [record.alert for side in (True, False) for record in self.records(side) if record.alert]

    def ask(self, *credentials):
        """GET /secure; of libcoap's server, which has no such resource, its root."""
        path = "/secure" if self.server == "linnet" else "/"
        if self.client == "linnet":
            return run.linnet("get", self.uri + path, *credentials)
        return secured.coap_client(self.client, "-B", "30", "-m", "get", *credentials, self.uri + path)

    def suite_is(self, *allowed):
        hello = next(record for record in self.records(True) if record.message == CLIENT_HELLO)
        assert set(allowed) & set(dtls.offered_suites(hello))
        answers = [record for record in self.records(False) if record.message == SERVER_HELLO]
        assert all(dtls.selected_suite(answer) in allowed for answer in answers)
        return bool(answers)

    def succeeded(self, told):
        assert told.returncode == 0, told.stderr
        expected = "This is /secure" if self.server == "linnet" else "This is a test server made with libcoap"
        assert expected in told.stdout
        for side in (True, False):
            kinds = {record.type for record in self.records(side) if record.epoch == 1}
            has_ids = side and self.client == self.server == "linnet"  # RFC 9146 hides the kind
            expected = {dtls.WITH_CID} if has_ids else {dtls.HANDSHAKE, dtls.APPLICATION_DATA}
            assert expected == kinds - {dtls.ALERT}, "Finished, then application data"


def psk_options(client, key):
    if client == "linnet":
        return "--psk-identity", "password", "--psk-key", key
    return "-u", "password", "-k", key


@contextlib.contextmanager
def psk_scene(pair, rules=()):
    server = pair.split(" asks ")[1]
    made = secured.demo(*secured.PSK) if server == "linnet" else secured.coap_server(server, "-k", "sesame")
    with made as place, secured.relay(place, rules) as relay:
        yield Scene(pair, relay)


@pytest.mark.parametrize("pair", PSK_PAIRS)
def test_td_coap_dtls_01_basic_psk(pair):
    with psk_scene(pair) as scene:
        told = scene.ask(*psk_options(scene.client, "sesame"))
        scene.succeeded(told)
        assert scene.suite_is(dtls.PSK_AES_128_CCM_8)


@pytest.mark.parametrize("pair", [pair for pair in PSK_PAIRS if pair.endswith("linnet")])
def test_td_coap_dtls_02_wrong_psk(pair):
    """libcoap's servers discard the Finished that they cannot open and say nothing; Linnet's alerts."""
    with psk_scene(pair) as scene:
        told = scene.ask(*psk_options(scene.client, "wrong"))
        assert "This is /secure" not in told.stdout
        if scene.client == "linnet":
            assert told.returncode == 3 and "another pre-shared key" in told.stderr
        assert scene.suite_is(dtls.PSK_AES_128_CCM_8)
        assert dtls.DECRYPT_ERROR in scene.alerts()
        assert not any(record.type == dtls.APPLICATION_DATA for record in scene.records(True))


def carries(to_server, message):
    """Whether a datagram holds that handshake message; FINISHED: it goes enciphered."""

    def which(packet):
        if packet.to_server != to_server or packet.octets[:1] not in (b"\x16", b"\x14"):
            return False
        found = dtls.records(packet.octets)
        if message == dtls.FINISHED:
            return any(record.type in (dtls.HANDSHAKE, dtls.WITH_CID) and record.epoch == 1 for record in found)
        return any(record.message == message for record in found)

    return which


HELLO_VERIFY_REQUEST, CERTIFICATE, SERVER_HELLO_DONE, CLIENT_KEY_EXCHANGE = 3, 11, 14, 16
LOST_PSK = {
    "client_hello": (True, CLIENT_HELLO),
    "hello_verify_request": (False, HELLO_VERIFY_REQUEST),
    "server_hello": (False, SERVER_HELLO),
    "server_hello_done": (False, SERVER_HELLO_DONE),
    "client_key_exchange": (True, CLIENT_KEY_EXCHANGE),
    "client_finished": (True, dtls.FINISHED),
    "server_finished": (False, dtls.FINISHED),
}


@pytest.mark.waits
@pytest.mark.parametrize("lost", LOST_PSK)
@pytest.mark.parametrize("pair", PSK_PAIRS)
def test_td_coap_dtls_03_lossy_psk(pair, lost):
    which = carries(*LOST_PSK[lost])
    with psk_scene(pair, [drop(1, which)]) as scene:
        told = scene.ask(*psk_options(scene.client, "sesame"))
        scene.succeeded(told)
        assert len([packet for packet in scene.relay.packets if which(packet)]) >= 2, "it is sent again"


def raw_options(role, identity, believed):
    """What a client or server is given: its own key, and the public key that it believes."""
    if role == "linnet":
        return "--key", identity.key, "--rpk", "--peer-key", believed.public
    return "-M", identity.key


@contextlib.contextmanager
def raw_scene(pair, client, server, client_believes, server_believes, rules=()):
    asking, asked = pair.split(" asks ")
    options = raw_options(asked, server, server_believes)
    made = secured.demo(*options) if asked == "linnet" else secured.coap_server(asked, *options)
    with made as place, secured.relay(place, rules) as relay:
        scene = Scene(pair, relay)
        yield scene, scene.ask(*raw_options(asking, client, client_believes))


RAW_SUITES = (dtls.ECDHE_ECDSA_AES_128_CCM_8, dtls.ECDHE_ECDSA_AES_128_CCM)


@pytest.mark.parametrize("pair", RAW_PAIRS)
def test_td_coap_dtls_04_basic_raw_public_key(pair, keys):
    client, server, _ = keys
    with raw_scene(pair, client, server, server, client) as (scene, told):
        scene.succeeded(told)
        if "gnutls" not in pair:  # libcoap's own order of preference has GCM first
            assert scene.suite_is(*RAW_SUITES)


@pytest.mark.parametrize("pair", [pair for pair in RAW_PAIRS if pair.startswith("linnet")])
def test_td_coap_dtls_05_the_client_refuses_the_servers_key(pair, keys):
    client, server, stranger = keys
    with raw_scene(pair, client, server, stranger, client) as (scene, told):
        assert told.returncode == 3 and "raw public key is not one that is trusted" in told.stderr
        assert dtls.CERTIFICATE_UNKNOWN in scene.alerts()


@pytest.mark.parametrize("pair", [pair for pair in RAW_PAIRS if pair.endswith("linnet")])
def test_td_coap_dtls_06_the_server_refuses_the_clients_key(pair, keys):
    client, server, stranger = keys
    with raw_scene(pair, client, server, server, stranger) as (scene, told):
        assert "This is /secure" not in told.stdout
        if scene.client == "linnet":
            assert told.returncode == 3 and told.stderr
        assert dtls.CERTIFICATE_UNKNOWN in scene.alerts()


LOST_RAW = LOST_PSK | {"server_certificate": (False, CERTIFICATE), "client_certificate": (True, CERTIFICATE)}


@pytest.mark.parametrize("lost", LOST_RAW)
@pytest.mark.parametrize("pair", ("linnet asks linnet",))
def test_td_coap_dtls_07_lossy_raw_public_key(pair, lost, keys):
    client, server, _ = keys
    which = carries(*LOST_RAW[lost])
    with raw_scene(pair, client, server, server, client, [drop(1, which)]) as (scene, told):
        scene.succeeded(told)
        assert len([packet for packet in scene.relay.packets if which(packet)]) >= 2, "it is sent again"
