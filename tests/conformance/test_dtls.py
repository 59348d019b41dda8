"""ETSI's descriptions TD_COAP_DTLS_01 to 07, each with Linnet in both roles: opposite itself, and opposite libcoap with
OpenSSL and with GnuTLS. Every check is judged from the datagrams that a relay recorded.

What a peer cannot play is in descriptions.py.
"""

import atexit
import contextlib
import functools
import threading

import pytest
from descriptions import DTLS_PAIRS, LEFT_OUT
from support import dtls, run, secured
from support.dtls import CLIENT_HELLO, SERVER_HELLO
from support.relay import drop

_mutex = threading.Lock()
_released_at_exit = contextlib.ExitStack()
atexit.register(_released_at_exit.close)


@functools.cache
def _make_keys():
    made = _released_at_exit.enter_context(secured.authority())
    return made.issue("client"), made.issue("server"), made.issue("stranger")


def keys():
    """Identities of a client, a server and somebody else, for tests that run side by side."""
    with _mutex:
        return _make_keys()


class Scene:
    def __init__(self, identifier, pair, relay):
        self.identifier, self.pair = identifier, pair
        self.client, self.server = pair.split(" asks ")
        self.relay = relay
        self.uri = f"coaps://127.0.0.1:{relay.port}"

    def records(self, to_server):
        return [record for octets in self._octets(to_server)
                for record in dtls.records(octets, dtls.connection_id_size(self._octets(not to_server)))]  # fmt: skip

    def _octets(self, to_server):
        return [packet.octets for packet in self.relay.packets if packet.to_server == to_server]

    def alerts(self):
        return [record.alert for side in (True, False) for record in self.records(side) if record.alert]

    def ask(self, *credentials):
        """GET /secure; of libcoap's server, which has no such resource, its root."""
        path = "/secure" if self.server == "linnet" else "/"
        if self.client == "linnet":
            return run.linnet("get", self.uri + path, *credentials, patience=60)
        return secured.coap_client(library(self.client), "-B", "30", "-m", "get", *credentials, self.uri + path)

    def selected_suite(self):
        answers = [record for record in self.records(False) if record.message == SERVER_HELLO]
        return dtls.selected_suite(answers[0]) if answers else None

    def offered_suites(self):
        return dtls.offered_suites(next(record for record in self.records(True) if record.message == CLIENT_HELLO))

    def peer_differs(self, remark):
        run.verdicts.remark(self.identifier, self.pair, "peer differs", remark)

    def peer_is_wrong(self, sentence):
        run.verdicts.remark(self.identifier, self.pair, "peer is wrong", sentence)

    def succeeded(self, told):
        assert told.returncode == 0, told.stderr
        expected = "This is /secure" if self.server == "linnet" else "This is a test server made with libcoap"
        assert expected in told.stdout
        for side in (True, False):
            kinds = {record.type for record in self.records(side) if record.epoch == 1}
            has_ids = dtls.connection_id_size(self._octets(not side)) > 0  # RFC 9146 hides the kind
            expected = {dtls.WITH_CID} if has_ids else {dtls.HANDSHAKE, dtls.APPLICATION_DATA}
            assert kinds - {dtls.ALERT} == expected, "Finished, then application data"


def library(player):
    """"openssl" of "libcoap-openssl"."""
    return player.removeprefix("libcoap-")


def described(identifier):
    """A test of that description, of every pair that can play it, side by side with other tests."""

    def decorate(function):
        pairs = [pair for pair in DTLS_PAIRS if (pair, identifier) not in LEFT_OUT]
        chosen = pytest.mark.parametrize("pair", pairs)(function)
        return pytest.mark.description(identifier)(pytest.mark.waits(chosen))

    return decorate


def psk_options(client, key):
    if client == "linnet":
        return "--psk-identity", "password", "--psk-key", key
    return "-u", "password", "-k", key


@contextlib.contextmanager
def psk_scene(identifier, pair, rules=()):
    server = pair.split(" asks ")[1]
    made = secured.demo(*secured.PSK) if server == "linnet" else secured.coap_server(library(server), "-k", "sesame")
    with made as place, secured.relay(place, rules) as relay:
        yield Scene(identifier, pair, relay)


@described("TD_COAP_DTLS_01")
def test_td_coap_dtls_01_basic_psk(pair):
    with psk_scene("TD_COAP_DTLS_01", pair) as scene:
        told = scene.ask(*psk_options(scene.client, "sesame"))
        scene.succeeded(told)
        assert dtls.PSK_AES_128_CCM_8 in scene.offered_suites()
        assert scene.selected_suite() == dtls.PSK_AES_128_CCM_8


@described("TD_COAP_DTLS_02")
def test_td_coap_dtls_02_wrong_psk(pair):
    with psk_scene("TD_COAP_DTLS_02", pair) as scene:
        told = scene.ask(*psk_options(scene.client, "wrong"))
        assert scene.selected_suite() == dtls.PSK_AES_128_CCM_8
        assert not any(record.type == dtls.APPLICATION_DATA for record in scene.records(True))
        if scene.server != "linnet":
            assert told.returncode == 3 and told.stdout == ""
            assert "keys" in told.stderr and "differ" in told.stderr
            scene.peer_differs("it discards the Finished that it cannot open, and sends no decrypt_error")
            return
        assert "This is /secure" not in told.stdout
        if scene.client == "linnet":
            assert told.returncode == 3 and "another pre-shared key" in told.stderr
        assert dtls.DECRYPT_ERROR in scene.alerts()


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


@pytest.mark.parametrize("lost", LOST_PSK)
@described("TD_COAP_DTLS_03")
def test_td_coap_dtls_03_lossy_psk(pair, lost):
    which = carries(*LOST_PSK[lost])
    with psk_scene("TD_COAP_DTLS_03", pair, [drop(1, which)]) as scene:
        told = scene.ask(*psk_options(scene.client, "sesame"))
        scene.succeeded(told)
        assert len([packet for packet in scene.relay.packets if which(packet)]) >= 2, "it is sent again"


def raw_options(role, identity, believed):
    """What a client or server is given: its own key, and the public key that it believes."""
    if role == "linnet":
        return "--key", identity.key, "--rpk", "--peer-key", believed.public
    return "-M", identity.key


@contextlib.contextmanager
def raw_scene(identifier, pair, client, server, client_believes, server_believes, rules=()):
    asking, asked = pair.split(" asks ")
    options = raw_options(asked, server, server_believes)
    made = secured.demo(*options) if asked == "linnet" else secured.coap_server(library(asked), *options)
    with made as place, secured.relay(place, rules) as relay:
        scene = Scene(identifier, pair, relay)
        yield scene, scene.ask(*raw_options(asking, client, client_believes))


@described("TD_COAP_DTLS_04")
def test_td_coap_dtls_04_basic_raw_public_key(pair):
    client, server, _ = keys()
    with raw_scene("TD_COAP_DTLS_04", pair, client, server, server, client) as (scene, told):
        scene.succeeded(told)
        if scene.server == "linnet":
            assert scene.selected_suite() == dtls.ECDHE_ECDSA_AES_128_CCM_8
        elif scene.selected_suite() != dtls.ECDHE_ECDSA_AES_128_CCM_8:
            scene.peer_differs(f"it chooses the suite {scene.selected_suite():#x} of those that it is offered")


@described("TD_COAP_DTLS_05")
def test_td_coap_dtls_05_the_client_refuses_the_key_of_the_server(pair):
    client, server, stranger = keys()
    with raw_scene("TD_COAP_DTLS_05", pair, client, server, stranger, client) as (scene, told):
        assert told.returncode == 3 and "raw public key is not one that is trusted" in told.stderr
        assert dtls.CERTIFICATE_UNKNOWN in scene.alerts()


@described("TD_COAP_DTLS_06")
def test_td_coap_dtls_06_the_server_refuses_the_key_of_the_client(pair):
    client, server, stranger = keys()
    with raw_scene("TD_COAP_DTLS_06", pair, client, server, server, stranger) as (scene, told):
        assert "This is /secure" not in told.stdout
        if scene.client == "linnet":
            assert told.returncode == 3 and told.stderr
        assert dtls.CERTIFICATE_UNKNOWN in scene.alerts()


NOT_REPEATED = (
    "when its second flight is lost in part and the server repeats its own, it mostly does not repeat it, and gives up"
    " after five seconds. RFC 6347 4.2.4: who waits sends the flight again when the timer expires, and when the peer's"
    " flight comes again"
)
LOST_RAW = LOST_PSK | {"server_certificate": (False, CERTIFICATE), "client_certificate": (True, CERTIFICATE)}


@pytest.mark.parametrize("lost", LOST_RAW)
@described("TD_COAP_DTLS_07")
def test_td_coap_dtls_07_lossy_raw_public_key(pair, lost):
    client, server, _ = keys()
    which = carries(*LOST_RAW[lost])
    with raw_scene("TD_COAP_DTLS_07", pair, client, server, server, client, [drop(1, which)]) as (scene, told):
        if scene.client == "libcoap-gnutls" and LOST_RAW[lost][0] and lost != "client_hello":
            answers = [packet for packet in scene.relay.packets if carries(False, SERVER_HELLO)(packet)]
            scene.peer_is_wrong(NOT_REPEATED)
            assert len(answers) >= 2, "the server sends its flight again"
            return
        scene.succeeded(told)
        assert len([packet for packet in scene.relay.packets if which(packet)]) >= 2, "it is sent again"
