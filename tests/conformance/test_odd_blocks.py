"""Block-wise transfers that go wrong, or just unusually, against Linnet's server, in raw datagrams (RFC 7959, 9175).

A body that is put together wrongly would show: what is stored is read back after each transfer.
"""

import pytest
from block_checks import read_whole
from support import coap, run
from support.coap import ACK, BLOCK1, BLOCK2, CON, NON, Block
from support.raw import RawClient, new_mid

PATH = "large-update"
A, B = b"a" * 64, b"b" * 64  # letters that look like no header, for support/trains.py
TAG_1, TAG_2 = (coap.REQUEST_TAG, b"1"), (coap.REQUEST_TAG, b"2")


def part(number, payload, more=True, *options, szx=2, method="PUT", path=PATH, format=coap.TEXT, **changes):
    """One message of an upload in blocks of 64 octets."""
    every = [(BLOCK1, Block(number, more, szx).value), *options]
    every += [(coap.CONTENT_FORMAT, coap.uint(format))] if format is not None else []
    return coap.request(method, path, new_mid(), payload=payload, options=every, **changes)


def codes(raw, *messages):
    return [raw.ask(message).code_text for message in messages]


def stored(raw):
    return read_whole(raw, PATH, new_mid)


def test_an_upload_is_put_together_and_each_block_acknowledged(raw):
    for number, payload, more in ((0, A, True), (1, B, True), (2, b"the end", False)):
        answer = raw.ask(part(number, payload, more))
        assert answer.code_text == ("2.31" if more else "2.04")
        assert answer.block(BLOCK1) == Block(number, more, 2)
    assert stored(raw) == A + B + b"the end"


def test_nothing_changes_before_the_last_block(raw):
    before = stored(raw)
    assert codes(raw, part(0, A), part(1, B)) == ["2.31"] * 2
    assert stored(raw) == before


@pytest.mark.parametrize("more", (True, False), ids=("more to come", "last"))
def test_an_upload_that_starts_in_the_middle_is_incomplete(raw, more):
    before = stored(raw)
    assert codes(raw, part(3, A, more)) == ["4.08"]
    assert stored(raw) == before


def test_an_upload_with_a_gap_is_incomplete(raw):
    before = stored(raw)
    assert codes(raw, part(0, A), part(2, B)) == ["2.31", "4.08"]
    assert stored(raw) == before


def test_a_block_behind_a_gap_does_not_complete_the_body(raw):
    before = stored(raw)
    assert codes(raw, part(0, A), part(2, b"the end", False)) == ["2.31", "4.08"]
    assert stored(raw) == before


def test_block_0_again_starts_over(raw):
    assert codes(raw, part(0, A), part(1, A), part(0, B), part(1, b"end", False)) == ["2.31", "2.31", "2.31", "2.04"]
    assert stored(raw) == B + b"end"


def test_a_block_once_more_with_another_message_id_changes_nothing_or_ends_the_transfer(raw):
    """An overlap: what was sent before is sent again. The body may not hold it twice."""
    assert codes(raw, part(0, A), part(1, B)) == ["2.31"] * 2
    again, last = codes(raw, part(1, B), part(2, b"end", False))
    assert again in ("2.31", "4.08")
    if last == "2.04":
        assert stored(raw) == A + B + b"end"
    else:
        assert last == "4.08"


def test_a_duplicate_of_a_block_has_the_same_answer_and_appends_nothing(raw):
    raw.ask(part(0, A))
    message = part(1, B)
    answer = raw.ask(message)
    for _ in range(3):
        assert raw.ask(message) == answer
    last = part(2, b"end", False)
    answer = raw.ask(last)
    assert raw.ask(last) == answer and answer.code_text == "2.04"
    assert stored(raw) == A + B + b"end"


@pytest.mark.parametrize("smaller", (0, 1))
def test_blocks_may_become_smaller_in_mid_transfer(raw, smaller):
    """RFC 7959 2.3: the number then counts blocks of the new size."""
    size = 16 << smaller
    assert codes(raw, part(0, A)) == ["2.31"]
    for offset in range(64, 128, size):
        assert codes(raw, part(offset // size, B[:size], szx=smaller)) == ["2.31"]
    assert codes(raw, part(128 // size, b"end", False, szx=smaller)) == ["2.04"]
    assert stored(raw) == A + B + b"end"


def test_a_block_that_is_not_full_and_not_the_last_is_refused(raw):
    before = stored(raw)
    answer = raw.ask(part(0, A[:-1]))
    assert answer.code_text in ("4.00", "4.08")
    assert stored(raw) == before


def test_a_last_block_longer_than_its_size_is_refused(raw):
    before = stored(raw)
    raw.ask(part(0, A))
    assert codes(raw, part(1, B + b"x", False))[0] in ("4.00", "4.08")
    assert stored(raw) == before


def test_an_upload_of_one_block_is_a_whole_one(raw):
    assert codes(raw, part(0, b"alone", False)) == ["2.04"]
    assert stored(raw) == b"alone"


@pytest.mark.parametrize("option", (BLOCK1, BLOCK2))
@pytest.mark.parametrize("type", (CON, NON), ids=("CON", "NON"))
def test_szx_7_is_a_bad_request(raw, option, type):
    """RFC 7959 2.2: over UDP this value is reserved and leads to 4.00."""
    method = "PUT" if option == BLOCK1 else "GET"
    options = ((option, Block(0, False, 7).value),)
    answer = raw.ask(coap.request(method, PATH, new_mid(), type=type, payload=b"x", options=options))
    assert answer.code_text == "4.00"


@pytest.mark.parametrize("number", (24, 25, 1000, (1 << 20) - 1))
def test_a_block_past_the_end_of_the_representation_is_refused(raw, number):
    answer = raw.get("large", options=((BLOCK2, Block(number, False, 2).value),))
    assert answer.code_text in ("4.00", "4.02")


def test_any_block_of_a_representation_can_be_read_alone(raw):
    """RFC 7959 2.2: random access, and another size each time."""
    whole = read_whole(raw, "large", new_mid)
    for szx, number in ((6, 1), (0, 95), (2, 7), (4, 5), (0, 0)):
        answer = raw.get("large", options=((BLOCK2, Block(number, False, szx).value),))
        block = answer.block(BLOCK2)
        assert (block.number, block.szx) == (number, szx)
        assert answer.payload == whole[block.offset : block.offset + block.size]
        assert block.more == (block.offset + block.size < len(whole))


def test_blocks_of_one_representation_carry_one_etag_and_the_first_its_size(raw):
    first = raw.get("large", options=((BLOCK2, Block(0, False, 4).value), (coap.SIZE2, b"")))
    second = raw.get("large", options=((BLOCK2, Block(1, False, 4).value),))
    assert first.values(coap.ETAG) == second.values(coap.ETAG) != []
    assert first.number(coap.SIZE2) == 1536


def test_a_small_representation_asked_with_block2_says_that_it_is_all(raw):
    answer = raw.get("validate", options=((BLOCK2, Block(0, False, 6).value),))
    assert answer.code_text == "2.05" and answer.block(BLOCK2) in (None, Block(0, False, 6))


@pytest.mark.parametrize("tags", ((TAG_1, TAG_2), (TAG_2, TAG_1)), ids=("in order", "crossed"))
def test_uploads_with_different_request_tags_never_mix(raw, tags):
    """RFC 9175 3.3: bodies with different Request-Tags are different operations; the last that is complete stays."""
    one, two = tags
    first = codes(raw, part(0, A, True, one), part(0, B, True, two))
    second = codes(raw, part(1, A, True, one), part(1, B, True, two))
    third = codes(raw, part(2, b"one", False, one), part(2, b"two", False, two))
    assert first == second == ["2.31"] * 2 and third == ["2.04"] * 2
    assert stored(raw) == B + B + b"two"


def test_a_request_tag_missing_in_mid_transfer_is_another_transfer(raw):
    before = stored(raw)
    assert codes(raw, part(0, A, True, TAG_1), part(1, B, False)) == ["2.31", "4.08"]
    assert stored(raw) == before


def test_uploads_from_two_ports_never_mix(demo):
    with RawClient(demo.host, demo.port) as one, RawClient(demo.host, demo.port) as two:
        assert codes(one, part(0, A)) + codes(two, part(0, B)) == ["2.31"] * 2
        assert codes(one, part(1, A)) + codes(two, part(1, B)) == ["2.31"] * 2
        assert codes(two, part(2, b"two", False)) == ["2.04"]
        assert stored(two) == B + B + b"two"
        assert codes(one, part(2, b"one", False)) == ["2.04"]
        assert stored(one) == A + A + b"one"


def test_a_stranger_cannot_add_to_an_upload(demo):
    with RawClient(demo.host, demo.port) as one, RawClient(demo.host, demo.port) as stranger:
        assert codes(one, part(0, A)) == ["2.31"]
        assert codes(stranger, part(1, B, False)) == ["4.08"]
        assert codes(one, part(1, b"end", False)) == ["2.04"]
        assert stored(one) == A + b"end"


def test_another_content_format_in_mid_transfer_is_incomplete(raw):
    """RFC 7959 2.3: blocks with different Content-Formats must not be put together; that usually is a 4.08."""
    before = stored(raw)
    assert codes(raw, part(0, A, format=coap.TEXT), part(1, b"end", False, format=coap.JSON)) == ["2.31", "4.08"]
    assert stored(raw) == before


def test_another_method_in_mid_transfer_is_another_transfer(raw):
    before = stored(raw)
    assert codes(raw, part(0, A)) == ["2.31"]
    assert codes(raw, part(1, b"end", False, method="POST"))[0] in ("4.05", "4.08")
    assert stored(raw) == before


def test_a_plain_put_in_between_does_not_disturb_an_upload(raw):
    assert codes(raw, part(0, A)) == ["2.31"]
    assert codes(raw, coap.request("PUT", PATH, new_mid(), payload=b"short")) == ["2.04"]
    assert stored(raw) == b"short"
    last = codes(raw, part(1, b"end", False))
    assert (last, stored(raw)) in ((["2.04"], A + b"end"), (["4.08"], b"short"))


def test_a_body_that_announces_too_much_is_refused_at_once_with_the_most_that_is_taken(raw):
    """RFC 7959 2.9.3: a 4.13 says with Size1 what is the most that the server takes."""
    before = stored(raw)
    answer = raw.ask(part(0, A, True, (coap.SIZE1, b"\xff\xff\xff\xff")))
    assert answer.code_text == "4.13" and answer.number(coap.SIZE1) >= 1024
    assert stored(raw) == before


@pytest.mark.waits
def test_a_body_that_grows_too_large_without_saying_so_is_refused():
    with run.demo(which=run.ports().unseen) as demo, RawClient(demo.host, demo.port) as raw:
        before, piece = stored(raw), b"x" * 1024
        for number in range(1 << 16):
            answer = raw.ask(part(number, piece, szx=6))
            if answer.code_text != "2.31":
                break
        assert answer.code_text == "4.13" and answer.number(coap.SIZE1) <= number * 1024
        assert stored(raw) == before


def test_both_directions_with_early_negotiation_of_the_answer(raw):
    """RFC 7959 3.3: the request names the block size of the response along with its last block, or with each."""
    options = ((BLOCK2, Block(0, False, 1).value),)
    asked = [part(number, A, number < 2, *options, method="POST", path="large-post") for number in range(3)]
    answers = [raw.ask(message) for message in asked]
    assert [answer.code_text for answer in answers] == ["2.31", "2.31", "2.04"]
    assert answers[2].block(BLOCK1) == Block(2, False, 2)
    assert answers[2].block(BLOCK2) == Block(0, True, 1) and len(answers[2].payload) == 32
    more = (coap.CONTENT_FORMAT, b""), (BLOCK2, Block(1, False, 1).value)
    second = raw.ask(coap.request("POST", "large-post", new_mid(), options=more))
    assert second.code_text == "2.04" and second.block(BLOCK2) == Block(1, True, 1)
    assert (second.type, len(second.payload)) == (ACK, 32)


def test_an_upload_to_a_resource_that_is_not_there_is_refused_at_the_first_block(raw):
    assert codes(raw, part(0, A, path="nothing"))[0] in ("4.04", "4.05")


def test_non_confirmable_blocks_are_put_together_too(raw):
    messages = [part(number, A, number < 2, type=NON) for number in range(3)]
    assert [raw.ask(message).code_text for message in messages] == ["2.31", "2.31", "2.04"]
    assert stored(raw) == A * 3
