"""What the server of `network.Coap` answers: each row of the specification's table "On the wire"."""

import pytest
from coap_support import HOST, Asking, Coap, free_port, resource
from coap_support import asking, asking_dynamic, closed, dynamic_port, port  # noqa: F401
from support import coap

UNKNOWN_CRITICAL = (65001, b"x")


def test_get_is_answered_with_the_value_alone_where_nothing_else_is_set(asking):
    resource(value="hello")
    told = asking.request("GET", "r")
    assert (told.code_text, told.payload, told.options) == ("2.05", b"hello", ())


def test_get_is_answered_with_etag_content_format_and_max_age_where_they_are_set(asking):
    resource(media_type=Coap.MEDIATYPE_APP_JSON, max_age=30, value="{}", etag=True)
    told = asking.request("GET", "r")
    assert told.options == ((coap.ETAG, b"\x01"), (coap.CONTENT_FORMAT, b"\x32"), (coap.MAX_AGE, b"\x1e"))


def test_get_with_an_equal_etag_is_answered_with_2_03_and_no_payload(asking):
    resource(max_age=30, value="x", etag=True)
    told = asking.request("GET", "r", options=((coap.ETAG, b"\x01"),))
    assert (told.code_text, told.payload) == ("2.03", b"")
    assert told.options == ((coap.ETAG, b"\x01"), (coap.MAX_AGE, b"\x1e"))


def test_every_etag_of_a_get_is_read(asking):
    resource(value="x", etag=True)
    tags = ((coap.ETAG, b"\x07"), (coap.ETAG, b"\x08"), (coap.ETAG, b"\x01"))
    assert asking.request("GET", "r", options=tags).code_text == "2.03"
    assert asking.request("GET", "r", options=tags[:2]).code_text == "2.05"


def test_get_that_accepts_another_format_is_answered_with_4_06(asking):
    resource(media_type=Coap.MEDIATYPE_TEXT_PLAIN, value="x")
    assert asking.request("GET", "r", options=((coap.ACCEPT, b"\x32"),)).code_text == "4.06"
    assert asking.request("GET", "r", options=((coap.ACCEPT, b""),)).code_text == "2.05"


def test_put_replaces_the_value_and_the_etag(asking):
    one = resource(value="x", etag=True)
    told = asking.request("PUT", "r", b"new")
    assert (told.code_text, told.values(coap.ETAG), one.value()) == ("2.04", [b"\x02"], b"new")


def test_the_mediatype_becomes_that_of_a_put_which_has_one(asking):
    one = resource(media_type=Coap.MEDIATYPE_TEXT_PLAIN)
    asking.request("PUT", "r", b"new")
    assert one.get_details()[1] == Coap.MEDIATYPE_TEXT_PLAIN
    asking.request("PUT", "r", b"{}", ((coap.CONTENT_FORMAT, b"\x32"),))
    assert one.get_details()[1] == Coap.MEDIATYPE_APP_JSON


def test_a_put_without_payload_makes_the_value_empty(asking):
    one = resource(value="x")
    assert asking.request("PUT", "r").code_text == "2.04"
    assert one.value() == b""


@pytest.mark.parametrize("etag", (False, True))
def test_a_precondition_that_fails_is_answered_with_4_12(asking, etag):
    one = resource(value="x", etag=etag)
    assert asking.request("PUT", "r", b"y", ((coap.IF_MATCH, b"\x63"),)).code_text == "4.12"
    assert asking.request("PUT", "r", b"y", ((coap.IF_NONE_MATCH, b""),)).code_text == "4.12"
    assert one.value() == b"x"
    assert asking.request("PUT", "r", b"y", ((coap.IF_MATCH, b""),)).code_text == "2.04", "an empty one matches any"


def test_every_if_match_counts(asking):
    one = resource(value="x", etag=True)
    tags = ((coap.IF_MATCH, b"\x63"), (coap.IF_MATCH, b"\x01"))
    assert asking.request("PUT", "r", b"y", tags).code_text == "2.04"
    assert asking.request("PUT", "r", b"z", tags).code_text == "4.12", "it has another ETag now"
    assert one.value() == b"y"


def test_put_to_an_unknown_path_is_answered_with_4_04(asking):
    assert asking.request("PUT", "nowhere", b"x").code_text == "4.04"
    assert Coap.get_resource("nowhere") is None


def test_put_to_an_unknown_path_creates_a_resource_where_that_is_allowed(asking_dynamic):
    told = asking_dynamic.request("PUT", "a/b/c", b"x", ((coap.CONTENT_FORMAT, b"\x32"),))
    assert told.code_text == "2.01"
    made = Coap.get_resource("a/b/c")
    assert made.get_details() == ["a/b/c", Coap.MEDIATYPE_APP_JSON, -1, False, 0]
    assert made.value() == b"x"
    for method, code in (("GET", "2.05"), ("PUT", "2.04"), ("POST", "2.04"), ("DELETE", "2.02")):
        assert asking_dynamic.request(method, "a/b/c").code_text == code


def test_post_to_an_unknown_path_is_answered_with_4_04(asking_dynamic):
    assert asking_dynamic.request("POST", "nowhere", b"x").code_text == "4.04"


def test_post_to_an_unknown_path_creates_a_resource_where_that_is_allowed(closed):
    number = free_port()
    Coap.init(HOST, port=number, dynamic_resources=True, create_by_post=True)
    with Asking(HOST, number) as asking:
        assert asking.request("POST", "made", b"x").code_text == "2.01"
    assert Coap.get_resource("made").value() == b"x"


def test_delete_removes_the_resource(asking):
    resource()
    assert asking.request("DELETE", "r").code_text == "2.02"
    assert Coap.get_resource("r") is None
    assert asking.request("DELETE", "r").code_text == "4.04"


@pytest.mark.parametrize("method", ("GET", "PUT", "POST", "DELETE", "FETCH", "PATCH", "IPATCH"))
def test_a_method_is_off_until_it_is_enabled(asking, method):
    one = Coap.add_resource("r")
    assert asking.request(method, "r").code_text == "4.05"
    one.callback(getattr(Coap, f"REQUEST_{method}"), True)
    assert asking.request(method, "r").code_text != "4.05"
    if method != "DELETE":
        one.callback(getattr(Coap, f"REQUEST_{method}"), False)
        assert asking.request(method, "r").code_text == "4.05"


def test_an_unknown_critical_option_is_answered_with_4_02(asking):
    resource()
    assert asking.request("GET", "r", options=(UNKNOWN_CRITICAL,)).code_text == "4.02"


def test_a_value_in_blocks_arrives_as_a_whole(asking):
    one = resource(etag=True)
    body = bytes(range(256)) * 2
    told = asking.put_in_blocks("r", body)
    assert (told.code_text, one.value(), one.get_details()[4]) == ("2.04", body, 2)


def test_a_large_value_leaves_in_blocks(asking):
    body = bytes(range(256)) * 12
    resource(value=body)
    got, number, more = b"", 0, True
    while more:
        told = asking.request("GET", "r", options=((coap.BLOCK2, coap.Block(number).value),))
        got, more, number = got + told.payload, told.block(coap.BLOCK2).more, number + 1
    assert got == body


def test_every_resource_can_be_observed(asking):
    one = resource(value="one")
    told = asking.request("GET", "r", options=((coap.OBSERVE, b""),))
    assert told.number(coap.OBSERVE) is not None and told.payload == b"one"
    one.value("two")
    notified = asking.receive()
    assert (notified.payload, notified.token) == (b"two", told.token)
    if notified.type == coap.CON:
        asking.send(coap.empty(coap.ACK, notified.mid))
    asking.request("PUT", "r", b"three", token=b"other")
    assert asking.receive().payload == b"three"


def test_the_etag_counts_from_1_to_65535_and_wraps_to_1(asking):
    one = resource(value=0, etag=True)
    assert one.get_details()[4] == 1
    for number in range(254):
        one.value(number)
    assert asking.request("GET", "r").values(coap.ETAG) == [b"\xff"]
    one.value("x")
    assert asking.request("GET", "r").values(coap.ETAG) == [b"\x01\x00"], "minimal, big-endian"
    for number in range(65535 - 256):
        one.value(number)
    assert asking.request("GET", "r").values(coap.ETAG) == [b"\xff\xff"]
    one.value("y")
    assert asking.request("GET", "r").values(coap.ETAG) == [b"\x01"]


def test_well_known_core_lists_resources_in_the_order_of_their_creation(asking):
    for name in ("one", "two", "three/four"):
        Coap.add_resource(name)
    told = asking.request("GET", ".well-known/core")
    assert (told.code_text, told.values(coap.CONTENT_FORMAT)) == ("2.05", [b"\x28"])
    assert [link.split(";")[0] for link in told.payload.decode().split(",")] == ["</one>", "</two>", "</three/four>"]
    assert told.payload.count(b";obs") == 3


def test_ct_is_in_a_link_by_itself_unless_an_attribute_says_it(asking):
    Coap.add_resource("one", media_type=Coap.MEDIATYPE_APP_XML)
    Coap.add_resource("two", media_type=Coap.MEDIATYPE_APP_XML).add_attribute("ct", "0")
    one, two = asking.request("GET", ".well-known/core").payload.decode().split(",")
    assert "ct=41" in one.split(";")
    assert "ct=0" in two.split(";") and "41" not in two


def test_attributes_that_need_quotes_are_quoted(asking):
    one = Coap.add_resource("one")
    one.add_attribute("title", "a, b; c")
    one.add_attribute("rt", "plain")
    link = asking.request("GET", ".well-known/core").payload.decode()
    assert 'title="a, b; c"' in link and ("rt=plain" in link or 'rt="plain"' in link)


@pytest.mark.parametrize(
    "query, found", (("rt=light*", 2), ("rt=light-lux", 1), ("href=/one", 1), ("href=/o*", 1), ("rt=none", 0))
)
def test_well_known_core_is_filtered(asking, query, found):
    Coap.add_resource("one").add_attribute("rt", "light-lux")
    Coap.add_resource("two").add_attribute("rt", "light")
    told = asking.request("GET", ".well-known/core", query=(query,))
    assert told.payload.count(b"</") == found


def test_a_long_well_known_core_comes_in_blocks(asking):
    for number in range(100):
        Coap.add_resource(f"resource/with/a/long/name/{number}")
    told = asking.request("GET", ".well-known/core")
    assert told.block(coap.BLOCK2).more


def test_fetch_patch_and_ipatch_can_be_enabled(asking):
    one = resource(operations=Coap.REQUEST_FETCH | Coap.REQUEST_PATCH | Coap.REQUEST_IPATCH, value="found")
    assert asking.request("FETCH", "r").payload == b"found"
    for method in ("PATCH", "IPATCH"):
        assert asking.request(method, "r", method.encode()).code_text == "2.04"
        assert one.value() == method.encode()
