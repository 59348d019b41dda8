"""Observation (RFC 7641) where it is unusual, against Linnet's server in raw datagrams.

Notifications are made by putting a value to /obs, which also changes by itself every five seconds: what is sent in
between is acknowledged and passed over. That a silent client is given up after MAX_RETRANSMIT is in OBS_05.
"""

import pytest
from observe_checks import is_newer
from support import coap
from support.coap import ACK, CON, NON, RST, empty
from support.raw import RawClient, new_mid

REGISTER, DEREGISTER = (coap.OBSERVE, b""), (coap.OBSERVE, b"\x01")


def register(raw, path="obs", token=b"t1", type=CON, value=REGISTER, more=()):
    return raw.ask(coap.request("GET", path, new_mid(), token=token, type=type, options=(value, *more)))


def change(server, text, path="obs", format=coap.TEXT):
    """Another client puts a new value; so whoever observes is told."""
    with RawClient(server.host, server.port) as writer:
        options = ((coap.CONTENT_FORMAT, coap.uint(format)),)
        assert writer.ask(coap.request("PUT", path, new_mid(), payload=text, options=options)).code_text == "2.04"


def notification(raw, text, tokens=(b"t1",)):
    """Acknowledges what comes, until each of the tokens has been sent this text; the first of each."""
    found = {}
    while set(found) != set(tokens):
        message = raw.receive()
        if message.type == CON:
            raw.send(empty(ACK, message.mid))
        if message.payload == text:
            found.setdefault(message.token, message)
    return [found[token] for token in tokens]


def is_told_nothing(raw, tokens=(b"t1",)):
    """Of what is left to receive, nothing has one of these tokens."""
    assert not [message for message in raw.answers_before_a_ping() if message.token in tokens]


@pytest.mark.parametrize("path", ("test", "validate", "large", ".well-known/core"))
@pytest.mark.parametrize("type", (CON, NON), ids=("CON", "NON"))
def test_observe_on_what_cannot_be_observed_is_a_plain_get(raw, path, type):
    """RFC 7641 4.1: the option is elective, and a server may leave it aside."""
    answer = register(raw, path, type=type)
    assert answer.code_text == "2.05" and not answer.values(coap.OBSERVE)


@pytest.mark.parametrize("value", (b"\x02", b"\x07", b"\xff\xff\xff"))
def test_observe_with_another_value_than_0_and_1_is_a_plain_get(demo, raw, value):
    """RFC 7641 2 gives a meaning to 0 and 1 only."""
    answer = register(raw, value=(coap.OBSERVE, value))
    assert answer.code_text == "2.05" and not answer.values(coap.OBSERVE)
    change(demo, b"for nobody")
    is_told_nothing(raw)


@pytest.mark.parametrize("method", ("PUT", "POST", "DELETE"))
def test_observe_means_nothing_in_another_method(demo, raw, method):
    raw.ask(coap.request(method, "obs-non", new_mid(), token=b"t1", payload=b"x", options=(REGISTER,)))
    is_told_nothing(raw)


def test_observe_on_a_path_that_is_not_there_is_an_error_without_observe(raw):
    answer = register(raw, "nothing")
    assert answer.code_text == "4.04" and not answer.values(coap.OBSERVE)


def test_a_refused_observation_registers_nothing(demo, raw):
    answer = register(raw, more=((coap.ACCEPT, coap.uint(coap.CBOR)),))
    assert answer.code_text == "4.06" and not answer.values(coap.OBSERVE)
    change(demo, b"for nobody")
    is_told_nothing(raw)


def test_the_order_of_notifications_shows_in_observe(demo, raw):
    last = register(raw).number(coap.OBSERVE)
    for number in range(5):
        text = b"value %d" % number
        change(demo, text)
        (one,) = notification(raw, text)
        assert is_newer(one.number(coap.OBSERVE), last) and one.number(coap.OBSERVE) < 1 << 24
        last = one.number(coap.OBSERVE)


def test_two_registrations_with_one_token_are_one_observation(demo, raw):
    """RFC 7641 4.1: the entry with that endpoint and token is updated, and no other added."""
    assert register(raw).values(coap.OBSERVE) and register(raw).values(coap.OBSERVE)
    change(demo, b"once")
    notification(raw, b"once")
    assert b"once" not in [message.payload for message in raw.answers_before_a_ping()]


def test_a_registration_with_the_same_token_for_another_resource_takes_its_place(demo, raw):
    register(raw, "obs")
    register(raw, "obs-non")
    change(demo, b"the other", "obs-non")
    notification(raw, b"the other")
    change(demo, b"for nobody", "obs")
    change(demo, b"the end", "obs-non")
    texts = []
    while b"the end" not in texts:
        texts.append(raw.receive().payload)
    assert b"for nobody" not in texts


def test_one_client_may_observe_with_two_tokens(demo, raw):
    for token in (b"t1", b"t2"):
        assert register(raw, token=token).values(coap.OBSERVE)
    change(demo, b"for both")
    one, two = notification(raw, b"for both", (b"t1", b"t2"))
    assert one.mid != two.mid
    answer = raw.ask(coap.request("GET", "obs", new_mid(), token=b"t1", options=(DEREGISTER,)))
    assert answer.code_text == "2.05" and not answer.values(coap.OBSERVE)
    change(demo, b"for t2")
    notification(raw, b"for t2", (b"t2",))
    is_told_nothing(raw)


def test_a_deregistration_with_an_unknown_token_ends_nothing(demo, raw):
    register(raw)
    answer = raw.ask(coap.request("GET", "obs", new_mid(), token=b"t9", options=(DEREGISTER,)))
    assert answer.code_text == "2.05" and not answer.values(coap.OBSERVE)
    change(demo, b"still there")
    notification(raw, b"still there")


def test_a_deregistration_from_elsewhere_ends_nothing(demo, raw):
    register(raw)
    with RawClient(demo.host, demo.port) as stranger:
        stranger.ask(coap.request("GET", "obs", new_mid(), token=b"t1", options=(DEREGISTER,)))
        change(demo, b"still there")
        notification(raw, b"still there")
        is_told_nothing(stranger)


@pytest.mark.parametrize("path", ("obs", "obs-non"), ids=("CON", "NON"))
def test_a_reset_to_a_notification_ends_the_observation(demo, raw, path):
    """RFC 7641 3.6 and 4.5: also one to a non-confirmable notification."""
    register(raw, path)
    change(demo, b"refused", path)
    while (message := raw.receive()).payload != b"refused":
        raw.send(empty(ACK, message.mid))
    assert message.type == (CON if path == "obs" else NON)
    raw.send(empty(RST, message.mid))
    raw.answers_before_a_ping()
    change(demo, b"for nobody", path)
    is_told_nothing(raw)


@pytest.mark.parametrize("type", (ACK, RST), ids=("ACK", "RST"))
def test_an_acknowledgement_or_reset_from_elsewhere_counts_for_nothing(demo, raw, type):
    """The notification goes on being sent until its own client answers; the observation stays."""
    register(raw)
    change(demo, b"one")
    while (first := raw.receive()).payload != b"one":
        raw.send(empty(ACK, first.mid))
    with RawClient(demo.host, demo.port) as stranger:
        stranger.send(empty(type, first.mid))
        assert stranger.answers_before_a_ping() == []
    again = raw.receive()
    assert again.token == first.token and again.type == CON, "it is sent again"
    raw.send(empty(ACK, again.mid))
    change(demo, b"two")
    notification(raw, b"two")


def test_only_the_newest_of_several_changes_is_sent_to_a_slow_client(demo, raw):
    """RFC 7641 4.5.1 and 4.5.2: at most one outstanding notification, and then the newest state."""
    register(raw)
    change(demo, b"value 0")
    while (first := raw.receive()).payload != b"value 0":
        raw.send(empty(ACK, first.mid))
    for number in range(1, 9):
        change(demo, b"value %d" % number)
    assert raw.answers_before_a_ping() == [], "nothing while one is outstanding"
    raw.send(empty(ACK, first.mid))
    following = raw.receive()
    assert following.payload == b"value 8"
    assert is_newer(following.number(coap.OBSERVE), first.number(coap.OBSERVE))
    raw.send(empty(ACK, following.mid))


def test_a_notification_that_is_sent_again_holds_the_newest_value_and_a_new_observe(demo, raw):
    register(raw)
    change(demo, b"old")
    while (first := raw.receive()).payload != b"old":
        raw.send(empty(ACK, first.mid))
    change(demo, b"new")
    again = raw.receive()
    assert again.payload == b"new" and again.type == CON
    assert is_newer(again.number(coap.OBSERVE), first.number(coap.OBSERVE))
    raw.send(empty(ACK, again.mid))


def test_a_deletion_ends_every_observation_with_4_04_without_observe(demo, raw):
    with RawClient(demo.host, demo.port) as other:
        observers = (raw, other)
        for observer in observers:
            register(observer)
        with RawClient(demo.host, demo.port) as writer:
            assert writer.ask(coap.request("DELETE", "obs", new_mid())).code_text == "2.02"
        for observer in observers:
            while (last := observer.receive()).code_text != "4.04":
                observer.send(empty(ACK, last.mid))
            assert (last.type, last.token) == (CON, b"t1") and not last.values(coap.OBSERVE)
            observer.send(empty(ACK, last.mid))


def test_another_content_format_ends_the_observation_with_4_06(demo, raw):
    register(raw)
    change(demo, b"{}", format=coap.JSON)
    while (last := raw.receive()).code_text != "4.06":
        raw.send(empty(ACK, last.mid))
    assert last.type == CON and not last.values(coap.OBSERVE)
    raw.send(empty(ACK, last.mid))


def test_a_registration_that_is_sent_twice_has_the_same_answer(raw):
    request = coap.request("GET", "obs", new_mid(), token=b"t1", options=(REGISTER,))
    assert raw.ask(request) == raw.ask(request)


def test_a_registration_with_an_etag_that_fits_is_confirmed_with_2_03(demo, raw):
    """RFC 7641 3.3.2: the server may answer 2.03 to a registration, and in notifications."""
    (etag,) = raw.get("obs-non").values(coap.ETAG)
    answer = register(raw, "obs-non", more=((coap.ETAG, etag),))
    assert answer.code_text in ("2.03", "2.05") and answer.values(coap.OBSERVE)


def test_a_notification_never_has_more_than_one_block(raw):
    """RFC 7959 2.6: the rest is read with GETs."""
    block = (coap.BLOCK2, coap.Block(0, False, 2).value)
    answer = register(raw, "obs-large", more=(block,))
    assert answer.block(coap.BLOCK2) == coap.Block(0, True, 2) and len(answer.payload) == 64
    while (one := raw.receive()).token != b"t1":
        pass
    raw.send(empty(ACK, one.mid))
    assert one.block(coap.BLOCK2) == coap.Block(0, True, 2) and len(one.payload) == 64
    options = ((coap.BLOCK2, coap.Block(1, False, 2).value),)
    rest = raw.get("obs-large", token=b"t2", options=options)
    assert rest.values(coap.ETAG) == one.values(coap.ETAG) and not rest.values(coap.OBSERVE)
