"""Resources of `network.Coap`: values, details, attributes, handles that outlive what they stand for."""

import array
import gc

import pytest
from coap_support import DELETE, EVERY, GET, Coap, CoapResource, resource
from coap_support import asking, closed, port  # noqa: F401

VALUES = {
    "text": ("grün", "grün".encode()),
    "bytes": (b"\x00\xff", b"\x00\xff"),
    "bytearray": (bytearray(b"ab"), b"ab"),
    "memoryview": (memoryview(b"abcdef")[::2], b"ace"),
    "array": (array.array("H", [1, 2]), array.array("H", [1, 2]).tobytes()),
    "true": (True, b"\x01"),
    "false": (False, b"\x00"),
    "zero": (0, b"\x00"),
    "one octet": (255, b"\xff"),
    "two octets": (256, b"\x00\x01"),
    "the firmware's largest": (65535, b"\xff\xff"),
    "above it": (65536, b"\x00\x00\x01"),
    "far above it": (1 << 200, bytes(25) + b"\x01"),
    "empty": ("", b""),
}


@pytest.mark.parametrize("kind", VALUES)
def test_a_value_is_kept_as_octets(port, kind):
    given, kept = VALUES[kind]
    one = Coap.add_resource("one", value=given)
    assert one.value() == kept
    two = Coap.add_resource("two")
    assert two.value(given) is None
    assert two.value() == kept
    two.value(value=given)
    assert two.value() == kept


def test_a_value_may_be_large(port):
    one = Coap.add_resource("one", value=bytes(100_000))
    assert one.value() == bytes(100_000)


@pytest.mark.parametrize(
    "given, error", ((-1, ValueError), (-(1 << 90), ValueError), (1.5, TypeError), (None, TypeError))
)
def test_what_has_no_octets_is_no_value(port, given, error):
    one = Coap.add_resource("one", value="kept")
    with pytest.raises(error):
        one.value(given)
    assert one.value() == b"kept"
    with pytest.raises(error):
        Coap.add_resource("two", value=given)
    assert Coap.get_resource("two") is None


def test_a_resource_without_a_value_has_a_zero(port):
    assert Coap.add_resource("one").value() == b"\x00"


def test_details_are_those_that_were_given(port):
    assert Coap.add_resource("plain").get_details() == ["plain", -1, -1, False, 0]
    one = Coap.add_resource("one", media_type=Coap.MEDIATYPE_APP_XML, max_age=7, etag=True)
    assert one.get_details() == ["one", 41, 7, True, 1]
    assert one.get_details()[3] is True


def test_details_that_are_not_given_stay(port):
    one = Coap.add_resource("one", media_type=0, max_age=7, etag=True)
    one.set_details()
    assert one.get_details() == ["one", 0, 7, True, 1]
    one.set_details(mediatype=50)
    assert one.get_details() == ["one", 50, 7, True, 2], "another format is another representation: another ETag"
    one.set_details(max_age=-1)
    assert one.get_details() == ["one", 50, -1, True, 2]
    one.set_details(etag=False, mediatype=-1)
    assert one.get_details() == ["one", -1, -1, False, 0]


def test_an_etag_that_is_enabled_late_begins_with_1(port):
    one = Coap.add_resource("one")
    one.value("changed")
    one.set_details(etag=True)
    assert one.get_details()[4] == 1


@pytest.mark.parametrize("which", ("media_type", "max_age"))
@pytest.mark.parametrize("number", (-2, 1 << 33))
def test_details_out_of_range_are_refused(port, which, number):
    with pytest.raises(ValueError):
        Coap.add_resource("one", **{which: number})
    one = Coap.add_resource("two")
    with pytest.raises(ValueError):
        one.set_details(**{which.replace("_t", "t"): number})


def test_any_registered_format_is_accepted(port):
    assert Coap.add_resource("one", media_type=11542).get_details()[1] == 11542


def test_a_leading_slash_is_the_same_resource(port):
    one = Coap.add_resource("/a/b/c/d/e/f")
    assert Coap.get_resource("a/b/c/d/e/f") is one
    assert one.get_details()[0] == "a/b/c/d/e/f"
    with pytest.raises(RuntimeError, match="already"):
        Coap.add_resource("a/b/c/d/e/f")


def test_a_resource_is_the_same_object_each_time(port):
    one = Coap.add_resource("one")
    assert Coap.get_resource("one") is one is Coap.get_resource(uri="one")
    del one
    gc.collect()
    assert Coap.get_resource("one") is Coap.get_resource("one")
    assert isinstance(Coap.get_resource("one"), CoapResource)


def test_an_unknown_resource_is_none(port):
    assert Coap.get_resource("nowhere") is None
    assert Coap.remove_resource("nowhere") is None


def test_a_removed_resource_is_gone(asking):
    one = resource("one")
    Coap.remove_resource("one")
    assert Coap.get_resource("one") is None
    assert asking.request("GET", "one").code_text == "4.04"
    again = resource("one", value="again")
    assert again is not one
    assert asking.request("GET", "one").payload == b"again"


def use(one):
    return {
        "value()": lambda: one.value(),
        "value(1)": lambda: one.value(1),
        "add_attribute": lambda: one.add_attribute("rt", "x"),
        "callback": lambda: one.callback(GET, True),
        "get_details": lambda: one.get_details(),
        "set_details": lambda: one.set_details(max_age=1),
    }


@pytest.mark.parametrize("function", use(None))
@pytest.mark.parametrize("how", ("removed", "deleted", "closed"))
def test_a_handle_whose_resource_is_gone_raises(asking, function, how):
    one = resource("one", DELETE)
    if how == "removed":
        Coap.remove_resource("one")
    elif how == "deleted":
        assert asking.request("DELETE", "one").code_text == "2.02"
    else:
        Coap.deinit()
    with pytest.raises(RuntimeError):
        use(one)[function]()
    assert "one" in repr(one)


def test_an_attribute_is_kept_although_its_strings_are_not(asking):
    one = Coap.add_resource("one")
    one.add_attribute("".join(["ti", "tle"]), "".join(["re", "source"] * 3))
    one.add_attribute("rt", "first")
    one.add_attribute("rt", "second")
    del one
    gc.collect()
    strings = [f"{number:020}" for number in range(1000)]
    link = asking.request("GET", ".well-known/core").payload.decode()
    assert "resourceresourceresource" in link and "second" in link and "first" not in link
    assert len(strings) == 1000


@pytest.mark.parametrize("name", ("", "a b", "a=b", 'a"b'))
def test_a_name_that_no_link_can_have_is_refused(port, name):
    with pytest.raises(ValueError):
        Coap.add_resource("one").add_attribute(name, "x")


def test_attributes_are_text(port):
    one = Coap.add_resource("one")
    with pytest.raises(TypeError):
        one.add_attribute("ct", 0)
    with pytest.raises(ValueError):
        one.add_attribute("title", "a\0b")
    one.add_attribute(name="title", value="by keyword")


@pytest.mark.parametrize("mask", (-1, 128, 1 << 20))
def test_an_unknown_operation_is_refused(port, mask):
    with pytest.raises(ValueError):
        Coap.add_resource("one").callback(mask, True)


def test_operations_are_given_by_position_or_keyword(asking):
    one = Coap.add_resource("one")
    one.callback(operation=GET | DELETE, enable=True)
    assert asking.request("GET", "one").code_text == "2.05"
    one.callback(EVERY, False)
    assert asking.request("GET", "one").code_text == "4.05"


def test_resources_are_made_by_the_module_alone():
    with pytest.raises(TypeError):
        CoapResource()
    with pytest.raises(TypeError):
        Coap()
