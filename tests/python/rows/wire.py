"""The table "On the wire" of the specification; see common.py."""

from common import (
    ACCEPT, asking, BLOCK1, BLOCK2, equal, ETAG, FORMAT, IF_MATCH, IF_NONE_MATCH, MAX_AGE, raises, resource, run,
    URI_QUERY,
)
from network import Coap


def row_get_gives_what_is_set():
    one = asking()
    resource("bare", value="hello")
    resource("full", media_type=50, max_age=30, value="{}", etag=True)
    bare, full = one.ask("GET", "bare"), one.ask("GET", "full")
    equal((bare.text, bare.options, bare.payload), ("2.05", [], b"hello"))
    equal((full.text, full.payload), ("2.05", b"{}"))
    equal(full.options, [(ETAG, b"\1"), (FORMAT, b"\x32"), (MAX_AGE, b"\x1e")])
    one.close()


def row_get_with_an_equal_etag_is_2_03():
    one = asking()
    resource(max_age=30, value="x", etag=True)
    told = one.ask("GET", "r", options=[(ETAG, b"\7"), (ETAG, b"\1")])
    equal((told.text, told.options, told.payload), ("2.03", [(ETAG, b"\1"), (MAX_AGE, b"\x1e")], b""))
    equal(one.ask("GET", "r", options=[(ETAG, b"\7")]).text, "2.05")
    one.close()


def row_get_that_accepts_another_format_is_4_06_and_the_server_goes_on():
    one = asking()
    resource(media_type=0, value="x")
    equal(one.ask("GET", "r", options=[(ACCEPT, b"\x32")]).text, "4.06")
    equal(one.ask("GET", "r", options=[(ACCEPT, b"")]).text, "2.05")
    one.close()


def row_put_replaces_value_etag_and_mediatype():
    one = asking()
    made = resource(value="x", etag=True)
    told = one.ask("PUT", "r", b"{}", [(FORMAT, b"\x32")])
    equal((told.text, told.values(ETAG), made.value(), made.get_details()[1]), ("2.04", [b"\2"], b"{}", 50))
    equal(one.ask("PUT", "r").text, "2.04")
    equal((made.value(), made.get_details()[1]), (b"", 50))
    one.close()


def row_preconditions():
    one = asking()
    for uri, etag in (("with", True), ("without", False)):
        resource(uri, value="x", etag=etag)
        equal(one.ask("PUT", uri, b"y", [(IF_MATCH, b"\x63")]).text, "4.12")
        equal(one.ask("PUT", uri, b"y", [(IF_NONE_MATCH, b"")]).text, "4.12")
        equal(one.ask("GET", uri).payload, b"x")
        equal(one.ask("PUT", uri, b"y").text, "2.04")
        equal(one.ask("PUT", uri, b"y", [(IF_MATCH, b"")]).text, "2.04")
    tag = one.ask("GET", "with").values(ETAG)[0]
    equal(one.ask("PUT", "with", b"z", [(IF_MATCH, b"\x63"), (IF_MATCH, tag)]).text, "2.04")
    one.close()


def row_unknown_paths():
    one = asking()
    equal([one.ask(method, "no").text for method in ("GET", "PUT", "POST", "DELETE")], ["4.04"] * 4)
    one.close()


def row_a_put_creates_a_resource_and_the_callback_sets_what_is_in_the_response():
    one, made = asking(dynamic_resources=True), []

    def created(new):
        made.append((new, new.get_details(), new.value()))
        new.set_details(mediatype=Coap.MEDIATYPE_TEXT_PLAIN, max_age=100, etag=True)

    Coap.register_new_resource_handler(created)
    told = one.ask("PUT", "x/y/z", b"value", [(FORMAT, b"\x32")])
    equal((told.text, told.values(ETAG)), ("2.01", [b"\1"]))
    equal(made[0][1:], (["x/y/z", 50, -1, False, 0], b"value"))
    assert Coap.get_resource("x/y/z") is made[0][0]
    equal(one.ask("GET", "x/y/z").options, [(ETAG, b"\1"), (FORMAT, b""), (MAX_AGE, b"\x64")])
    equal(one.ask("POST", "x/2").text, "4.04")
    equal(one.ask("DELETE", "x/y/z").text, "2.02")
    raises(RuntimeError, made[0][0].value)
    one.close()


def row_a_post_creates_where_init_allows_it():
    one = asking(dynamic_resources=True, create_by_post=True)
    equal(one.ask("POST", "new", b"x").text, "2.01")
    equal(Coap.get_resource("new").value(), b"x")
    one.close()


def row_an_unknown_critical_option_is_4_02():
    one = asking()
    resource()
    equal(one.ask("GET", "r", options=[(65001, b"x")]).text, "4.02")
    one.close()


def row_a_value_in_blocks_is_assembled_before_the_resource_sees_it():
    one = asking()
    made = resource(value="before")
    for number in range(3):
        block = bytes([number << 4 | (8 if number < 2 else 0)])
        told = one.ask("PUT", "r", b"%d" % number * 16, [(BLOCK1, block)])
        equal(told.text, "2.04" if number == 2 else "2.31")
        assert number == 2 or made.value() == b"before"
    equal(made.value(), b"0" * 16 + b"1" * 16 + b"2" * 16)
    second = one.ask("GET", "r", options=[(BLOCK2, b"\x10")])
    equal((second.payload, second.values(BLOCK2)), (b"1" * 16, [b"\x18"]))
    one.close()


def row_the_etag_wraps_to_1_and_is_never_0():
    Coap.init()
    made = Coap.add_resource("r", etag=True)
    for number in range(65535):
        made.value(number & 1)
    equal(made.get_details()[4], 1)


def row_well_known_core_lists_in_the_order_of_creation_and_filters():
    one = asking()
    for uri in ("a", "b/c", "d"):
        resource(uri)
    Coap.get_resource("d").add_attribute("rt", "light")
    every = one.ask("GET", ".well-known/core").payload
    assert every.find(b"</a>") < every.find(b"</b/c>") < every.find(b"</d>"), every
    some = one.ask("GET", ".well-known/core", options=[(URI_QUERY, b"rt=light")]).payload
    assert some.startswith(b"</d>") and b"</a>" not in some, some
    one.close()


run(globals())
