"""Messages and options by themselves: nothing is sent."""

import copy
import gc
import pickle

import pytest

import linnet
from linnet import *
from linnet import error
from linnet.numbers import OptionNumber
from linnet.optiontypes import BlockOption, OpaqueOption, StringOption, UintOption
from support import coap


def test_the_names_of_the_tour_come_with_a_star():
    names = {}
    exec("from linnet import *", names)
    assert {"Message", "Context", "GET", "PUT", "POST", "DELETE", "FETCH", "CON", "NON", "CONTENT"} <= names.keys()
    assert "get" not in names and "put" not in names, "these are words that programs have for themselves"


@pytest.mark.parametrize("uri, path, query, host, remote", [
    ("coap://localhost/other/separate", ("other", "separate"), (), "localhost", "localhost"),
    ("coap://LocalHost:61616/", (), (), "localhost", "LocalHost:61616"),
    ("coap://127.0.0.1", (), (), None, "127.0.0.1"),
    ("coap://[2001:db8::1]:5684/a%2Fb?x=1&y=%26", ("a/b",), ("x=1", "y=&"), None, "[2001:db8::1]:5684"),
    ("coap://h/%C3%A9/", ("é", ""), (), "h", "h"),
    ("coaps://h/x?", ("x",), ("",), "h", "h"),
])
def test_a_uri_becomes_options_and_a_destination(uri, path, query, host, remote):
    message = Message(code=GET, uri=uri)
    assert (message.opt.uri_path, message.opt.uri_query, message.opt.uri_host) == (path, query, host)
    assert message.remote.hostinfo == remote


@pytest.mark.parametrize("uri", [
    "coap://localhost/other/separate", "coap://localhost/", "coap://h:1234/a/b?c=d&e", "coap://[::1]/x%2Fy",
    "coap://h/%C3%A9/?a%26b", "http://example.org/thing",
])
def test_the_uri_of_a_message_is_the_one_that_it_was_given(uri):
    assert Message(code=GET, uri=uri).get_request_uri() == uri


@pytest.mark.parametrize("uri, problem", [
    ("localhost/time", error.IncompleteUrlError), ("coap://", error.MalformedUrlError),
    ("coap://h/#part", error.MalformedUrlError), ("coap://me@h/", error.MalformedUrlError),
    ("coap://h:port/", error.MalformedUrlError), ("coap://h/%zz", error.MalformedUrlError), (5, TypeError),
    ("coap://h/" + "x" * 256, error.MalformedUrlError),
])
def test_what_is_no_uri_is_refused(uri, problem):
    with pytest.raises(problem) as raised:
        Message(code=GET, uri=uri)
    assert str(raised.value)


def test_a_uri_of_another_scheme_is_for_a_proxy():
    message = Message(code=GET, uri="http://example.org/a")
    assert message.opt.proxy_uri == "http://example.org/a" and message.remote is None


def test_another_uri_replaces_what_the_first_one_said_and_nothing_else():
    message = Message(code=PUT, uri="coap://a:1/b?c", content_format=50, if_match=[b"x"], payload=b"y")
    message.set_request_uri("coap://[::1]/d")
    assert (message.opt.uri_host, message.opt.uri_path, message.opt.uri_query) == (None, ("d",), ())
    assert (message.opt.content_format, message.opt.if_match, message.payload) == (50, (b"x",), b"y")
    assert message.remote.hostinfo == "[::1]"


VALUES = {
    "if_match": (b"a", b""), "uri_host": "h", "etag": b"12345678", "etags": (b"a", b"b"), "if_none_match": True,
    "observe": 0, "uri_port": 5683, "location_path": ("a", "b"), "uri_path": ("é", ""), "content_format": 0,
    "max_age": 2**32 - 1, "uri_query": ("a=b",), "hop_limit": 16, "accept": 60, "location_query": ("x",),
    "block2": (1, True, 6), "block1": (0, False, 0), "size2": 1 << 20, "proxy_uri": "coap://x/", "proxy_scheme": "coap",
    "size1": 300, "echo": b"echo", "no_response": 26, "request_tag": (b"", b"t"), "oscore": b"\x09", "edhoc": True,
}


@pytest.mark.parametrize("name", VALUES)
def test_an_option_is_read_as_it_was_written_and_can_be_taken_away(name):
    message = Message(code=GET, **{name: VALUES[name]})
    assert getattr(message.opt, name) == VALUES[name]
    copied = Message.decode(message.copy(mtype=CON, mid=1).encode())
    assert getattr(copied.opt, name) == VALUES[name] and copied.opt == message.opt
    setattr(message.opt, name, None)
    assert not getattr(message.opt, name) and message.opt.encode() == b""
    setattr(message.opt, name, VALUES[name])
    delattr(message.opt, name)
    assert message.opt.encode() == b""


@pytest.mark.parametrize("name, value", [
    ("uri_path", "a/b"), ("uri_path", 7), ("uri_path", [b"x"]), ("uri_host", b"h"), ("etag", "text"), ("etag", 5),
    ("observe", -1), ("observe", "x"), ("max_age", 2**32), ("block1", (1, True)), ("block1", (2**20, True, 0)),
    ("block2", (0, 0, 8)), ("accept", 1.5), ("if_match", b"ab"),
])
def test_a_value_of_the_wrong_kind_is_refused_and_leaves_what_was_there(name, value):
    message = Message(code=GET, **{name: VALUES[name]})
    with pytest.raises((TypeError, ValueError)):
        setattr(message.opt, name, value)
    assert getattr(message.opt, name) == VALUES[name]


def test_an_option_that_nobody_knows_is_no_attribute():
    with pytest.raises(AttributeError):
        Message(code=GET, uri_pat="x")
    with pytest.raises(AttributeError):
        Message(code=GET).opt.surprise = 1
    with pytest.raises(TypeError):
        Message(GET)


def test_options_as_objects_come_in_order_with_their_types():
    options = Message(code=GET, uri="coap://h/a/b", observe=0, block2=(0, False, 2), accept=50, etags=[b"e"]).opt
    options.add_option(OpaqueOption(OptionNumber(65001), b"\1"))
    options.add_option(StringOption(OptionNumber.URI_QUERY, "q"))
    options.add_option(UintOption(OptionNumber.SIZE1, 1000))
    listed = [(int(option.number), option.value) for option in options.option_list()]
    assert listed == [(3, "h"), (4, b"e"), (6, 0), (11, "a"), (11, "b"), (15, "q"), (17, 50), (23, (0, False, 2)),
                      (60, 1000), (65001, b"\1")]
    assert [option.value for option in options.get_option(OptionNumber.URI_PATH)] == ["a", "b"]
    options.delete_option(OptionNumber.URI_PATH)
    assert options.uri_path == () and options.get_option(11) == ()
    assert isinstance(options.block2, BlockOption.BlockwiseTuple) and options.block2.size == 64
    assert OptionNumber.BLOCK1.create_option(decode=b"\x1e").value == (1, True, 6)


def test_messages_are_encoded_as_the_tests_own_encoder_does():
    ours = Message(code=PUT, mtype=NON, mid=0x1234, token=b"tok", uri="coap://h/a", payload=b"body", content_format=50)
    theirs = coap.Message(coap.NON, coap.code("PUT"), 0x1234, b"tok",
                          ((3, b"h"), (11, b"a"), (12, b"\x32")), b"body")
    assert ours.encode() == theirs.encode()
    back = Message.decode(ours.encode())
    assert (back.code, back.mtype, back.mid, back.token, back.payload) == (PUT, NON, 0x1234, b"tok", b"body")


@pytest.mark.parametrize("octets", [b"", b"\x40", b"\x00\x01\0\0", b"\x40\x01\0\0\xff", b"\x49\x01\0\0", b"\x40\x01\0\0\xb5ab"])
def test_octets_that_are_no_message_are_refused(octets):
    with pytest.raises(error.UnparsableMessage):
        Message.decode(octets)


def test_options_decode_what_follows_a_token_and_give_the_payload():
    options = linnet.message._linnet.Options.__subclasses__()[0]()
    assert options.decode(b"\xb1a\x01b\xffrest") == b"rest"
    assert options.uri_path == ("a", "b")


def test_a_copy_is_its_own_and_takes_changes():
    message = Message(code=GET, uri="coap://h/a", payload=b"x" * 100, mid=5)
    changed = message.copy(code=PUT, uri_path=["b"], payload=b"y")
    assert (message.code, message.opt.uri_path, len(message.payload)) == (GET, ("a",), 100)
    assert (changed.code, changed.opt.uri_path, changed.payload, changed.mid) == (PUT, ("b",), b"y", 5)
    assert changed.remote.hostinfo == "h"
    assert message.copy(uri="coap://other/").remote.hostinfo == "other"


def test_attributes_refuse_what_they_cannot_be():
    message = Message(code=GET)
    for name, value in {"code": 256, "mtype": 4, "mid": 65536, "payload": "text", "token": b"123456789", "remote": "h",
                        "request": 5}.items():
        with pytest.raises((TypeError, ValueError)):
            setattr(message, name, value)
    with pytest.raises(TypeError):
        message.request = message.opt
    with pytest.raises(TypeError, match="code, mtype and mid"):
        message.encode()
    message.payload = memoryview(b"ab")
    assert message.payload == b"ab"


def test_a_message_may_be_derived_from():
    class Mine(Message):
        colour = "red"

    mine = Mine(code=GET, uri="coap://h/a")
    mine.note = "kept"
    assert mine.note == "kept" and mine.copy().colour == "red"
    assert mine.opt.uri_path == ("a",)


def test_options_live_on_when_their_message_is_gone():
    options = Message(code=GET, uri="coap://h/" + "/".join("abcdefgh" * 20)).opt
    gc.collect()
    assert len(options.uri_path) == 160


def test_codes_say_what_they_are():
    assert repr(CONTENT) == '<Successful Response Code 69 "2.05 Content">'
    assert repr(GET) == '<Request Code 1 "GET">' and repr(BAD_GATEWAY) == '<Response Code 162 "5.02 Bad Gateway">'
    assert str(numbers_code(32)) == "32" and f"{NOT_FOUND}" == "4.04 Not Found"
    assert CONTENT.is_successful() is True and NOT_FOUND.is_successful() is False and GET.is_request() is True
    assert CONTENT.class_ == 2 and NOT_FOUND.dotted == "4.04" and CONTENT.name_printable == "Content"
    assert CONTENT == 69 and CONTENT is numbers_code(69) and pickle.loads(pickle.dumps(CONTENT)) is CONTENT


def numbers_code(number):
    return linnet.numbers.codes.Code(number)


@pytest.mark.parametrize("number", [-1, 256])
def test_codes_are_octets(number):
    with pytest.raises(ValueError):
        numbers_code(number)


def test_every_code_of_the_library_has_its_name_in_python():
    for number, name in linnet._linnet.code_names().items():
        assert numbers_code(number).name.replace("_", "").lower() == name.replace(" ", "").replace("-", "").lower()


def test_content_formats_have_media_types():
    ContentFormat = linnet.numbers.ContentFormat
    assert ContentFormat(11060).encoding == "deflate" and ContentFormat(0).media_type == "text/plain; charset=utf-8"
    assert ContentFormat.by_media_type("text/plain;charset=utf-8") == 0 and bool(ContentFormat.TEXT)
    assert ContentFormat(65000).is_known() is False and copy.deepcopy(ContentFormat(65000)) == 65000
    with pytest.raises(AttributeError):
        ContentFormat(12345).media_type
    with pytest.raises(KeyError):
        ContentFormat.by_media_type("text/of-nobody")


@pytest.mark.parametrize("each", [code for code in linnet.numbers.codes.Code if code.class_ in (4, 5)])
def test_there_is_an_error_for_each_code_of_class_4_and_5(each):
    response = Message(code=each, payload=b"why")
    problem = error.from_response(response)
    assert isinstance(problem, error.ResponseWrappingError) and problem.coapmessage is response
    assert str(problem) == f"{each}: why"
    base = getattr(error, type(problem).__name__)
    assert issubclass(type(problem), base) and base.code == each
    made = base("text").to_message()
    assert (made.code, made.payload) == (each, b"text")
