"""Options that only say how to answer: No-Response (RFC 7967), Hop-Limit (8768), Accept for errors (9290), and the
diagnostic of a 4.02."""

import pytest
from support import coap
from support.coap import ACK, CON, NON, empty
from support.raw import new_mid

TYPES = pytest.mark.parametrize("type", (CON, NON), ids=("CON", "NON"))
PROBLEM_DETAILS = 257
# What the bits of No-Response name (RFC 7967 2.1), and a request that is answered so.
CLASSES = {2: ("GET", "test", "2.05"), 4: ("GET", "nothing", "4.04"), 5: ("GET", "test", "5.05")}
PROXY = (coap.PROXY_URI, b"coap://example.com/")


def request_of(answer_class, type, *options):
    method, path, code = CLASSES[answer_class]
    more = (PROXY,) if answer_class == 5 else ()
    return coap.request(method, path, new_mid(), type=type, options=(*options, *more)), code


MASKS = [0, 2, 8, 16, 2 + 8, 2 + 16, 8 + 16, 2 + 8 + 16]
EACH = [(answer_class, mask) for answer_class in (2, 4, 5) for mask in MASKS]


@TYPES
@pytest.mark.parametrize(("answer_class", "mask"), EACH)
def test_no_response_silences_just_the_classes_that_it_names(raw, type, mask, answer_class):
    message, code = request_of(answer_class, type, (coap.NO_RESPONSE, coap.uint(mask)))
    raw.send(message)
    answers = raw.answers_before_a_ping()
    suppressed = mask >> (answer_class - 1) & 1
    if not suppressed:
        assert [answer.code_text for answer in answers] == [code]
    elif type == CON:
        assert answers == [empty(ACK, message.mid)], "a confirmable message is acknowledged all the same"
    else:
        assert answers == []


@TYPES
def test_a_request_with_no_response_is_carried_out(raw, type):
    options = ((coap.NO_RESPONSE, b"\x1a"),)
    message = coap.request("PUT", "validate", new_mid(), type=type, payload=b"quietly", options=options)
    raw.send(message)
    raw.answers_before_a_ping()
    assert raw.get("validate").payload == b"quietly"


@TYPES
def test_a_duplicate_of_a_request_with_no_response_is_not_answered_either(raw, type):
    options = ((coap.NO_RESPONSE, b"\x1a"),)
    message = coap.request("PUT", "validate", new_mid(), type=type, payload=b"quietly", options=options)
    for _ in range(3):
        raw.send(message)
    expected = [empty(ACK, message.mid)] * 3 if type == CON else []
    assert raw.answers_before_a_ping() == expected


@TYPES
def test_a_no_response_of_a_wrong_length_is_ignored(raw, type):
    message, code = request_of(2, type, (coap.NO_RESPONSE, b"\0\x1a"))
    assert raw.ask(message).code_text == code


@pytest.mark.parametrize("hops", (1, 2, 16, 255))
def test_a_server_that_is_the_target_takes_any_hop_limit_above_0(raw, hops):
    assert raw.get("test", options=((coap.HOP_LIMIT, bytes([hops])),)).code_text == "2.05"


@TYPES
def test_a_hop_limit_of_0_is_a_bad_request(raw, type):
    """RFC 8768 3: such a request is answered 4.00."""
    message = coap.request("GET", "test", new_mid(), type=type, options=((coap.HOP_LIMIT, b"\0"),))
    assert raw.ask(message).code_text == "4.00"


def test_a_hop_limit_is_not_sent_back(raw):
    assert not raw.get("test", options=((coap.HOP_LIMIT, b"\x10"),)).values(coap.HOP_LIMIT)


@pytest.mark.parametrize(
    ("method", "path", "more", "code"),
    (
        ("GET", "nothing", (), "4.04"),
        ("PUT", "seg1/seg2/seg3", (), "4.05"),
        ("GET", "test", ((65001, b"x"),), "4.02"),
        ("GET", "test", (PROXY,), "5.05"),
        ("GET", "test", ((coap.HOP_LIMIT, b"\0"),), "4.00"),
    ),
)
def test_an_error_of_the_library_is_told_as_problem_details_to_who_accepts_them(raw, method, path, more, code):
    """RFC 9290: a CBOR map; title is -1, detail -2."""
    options = ((coap.ACCEPT, coap.uint(PROBLEM_DETAILS)), *more)
    answer = raw.ask(coap.request(method, path, new_mid(), options=options))
    assert answer.code_text == code
    assert answer.number(coap.CONTENT_FORMAT) == PROBLEM_DETAILS
    assert 0xA1 <= answer.payload[0] <= 0xB7 or answer.payload[0] == 0xBF, "a map in CBOR, not an empty one"
    assert answer.payload[1] in (0x20, 0x21), "its first key is title or detail"


def test_an_error_is_plain_text_for_everybody_else(raw):
    answer = raw.get("nothing")
    assert answer.code_text == "4.04" and not answer.values(coap.CONTENT_FORMAT)
    answer.payload.decode()


@pytest.mark.parametrize("number", (13, 2053, 65001, 65535))
@TYPES
def test_the_refusal_of_an_unknown_critical_option_names_it(raw, number, type):
    """RFC 7252 5.4.1: the 4.02 has a diagnostic payload that describes what is not recognized."""
    message = coap.request("GET", "test", new_mid(), type=type, options=((number, b"x"),))
    raw.send(message)
    answers = raw.answers_before_a_ping()
    if type == NON and not answers:
        return  # silence is allowed
    assert [answer.code_text for answer in answers] == ["4.02"]
    assert str(number) in answers[0].payload.decode() and not answers[0].values(number)
