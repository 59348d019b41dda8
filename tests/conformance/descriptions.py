"""How a test of an ETSI description is declared, and which pairs leave a description out, with the reason."""

import pytest
from support.players import PAIRS, play

NO_LOCATION = "coap-server has no resource that answers with a Location"
NO_FORMATS = "coap-server has no resource in two formats"
NO_ETAG = "coap-server gives no ETag to resources that can be written and stay small"
NO_CREATION = "coap-server has no resource that a POST creates others under"
NO_LARGE_POST = "coap-server has no resource that answers a POST with a large payload"
ONE_TYPE = "coap-server sends all notifications confirmable, or none"
NO_DELETION = "node-coap's server has no call that ends an observation with an error"
NO_BLOCKS = "node-coap splits no notification into blocks"
NO_PUMP = "coap-server has no resource whose size changes by itself"
NO_EMPTY_TOKEN = "its client sends a token of its own in place of an empty one"

NO_RAW_KEYS = "libcoap has raw public keys with GnuTLS only"
BELIEVES_ALL = "it believes every raw public key"

# Of the descriptions of DTLS: libcoap with one library and with the other.
DTLS_PAIRS = (
    "linnet asks linnet",
    "linnet asks libcoap-openssl",
    "linnet asks libcoap-gnutls",
    "libcoap-openssl asks linnet",
    "libcoap-gnutls asks linnet",
)

# (pair, description) -> why that pair cannot play it. Nothing else is left out, and nothing is skipped.
LEFT_OUT = {
    ("linnet asks libcoap", "TD_COAP_CORE_18"): NO_LOCATION,
    ("linnet asks libcoap", "TD_COAP_CORE_19"): NO_LOCATION,
    ("linnet asks libcoap", "TD_COAP_CORE_20"): NO_FORMATS,
    ("linnet asks libcoap", "TD_COAP_CORE_21"): NO_ETAG,
    ("linnet asks libcoap", "TD_COAP_CORE_22"): NO_ETAG,
    ("linnet asks libcoap", "TD_COAP_BLOCK_04"): NO_CREATION,
    ("linnet asks libcoap", "TD_COAP_BLOCK_05"): NO_LARGE_POST,
    ("linnet asks libcoap", "TD_COAP_OBS_02"): ONE_TYPE,
    ("linnet asks node-coap", "TD_COAP_OBS_07"): NO_DELETION,
    ("linnet asks node-coap", "TD_COAP_OBS_08"): NO_DELETION,
    ("linnet asks node-coap", "TD_COAP_OBS_13"): NO_BLOCKS,
    ("linnet asks node-coap", "TD_COAP_OBS_14"): NO_BLOCKS,
    ("linnet asks libcoap", "TD_COAP_OBS_14"): NO_PUMP,
    ("node-coap asks linnet", "TD_COAP_CORE_12"): NO_EMPTY_TOKEN,
    ("libcoap asks linnet", "TD_COAP_CORE_12"): NO_EMPTY_TOKEN,
    ("node-coap asks linnet", "TD_COAP_CORE_31"): "node-coap's client has no ping",
    ("libcoap asks linnet", "TD_COAP_CORE_31"): "coap-client pings only a connection that it keeps open",
    ("libcoap-gnutls asks linnet", "TD_COAP_DTLS_05"): BELIEVES_ALL,
    ("linnet asks libcoap-gnutls", "TD_COAP_DTLS_06"): BELIEVES_ALL,
}
LEFT_OUT |= {(pair, f"TD_COAP_DTLS_{number:02}"): NO_RAW_KEYS
             for pair in DTLS_PAIRS if "openssl" in pair for number in range(4, 8)}  # fmt: skip


def pairs_for(identifier):
    return [pair for pair in PAIRS if (pair, identifier) not in LEFT_OUT]


def description(identifier, pairs=None, **rules):
    """Makes `def test_...(scene)` a test of every pair, played side by side with the other tests.

    `rules` are cases: a name and a function that gives the relay's rules, such as dropped_request=lambda: [...].
    """

    def decorate(function):
        def play_case(pair, case):
            with play(pair, rules[case]() if case else ()) as scene:
                scene.case, scene.pair, scene.identifier = case, pair, identifier
                try:
                    function(scene)
                except AssertionError as error:
                    raise AssertionError(f"{error}\n\n{pair}:\n{scene.relay.text()}") from error

        def test(pair):
            play_case(pair, None)

        def test_of_cases(pair, case):
            play_case(pair, case)

        chosen = pytest.mark.parametrize("case", rules)(test_of_cases) if rules else test
        chosen.__name__, chosen.__doc__, chosen.__module__ = function.__name__, function.__doc__, function.__module__
        chosen = pytest.mark.parametrize("pair", pairs or pairs_for(identifier))(chosen)
        return pytest.mark.description(identifier)(pytest.mark.waits(chosen))

    return decorate
