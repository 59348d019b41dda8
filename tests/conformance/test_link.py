"""ETSI's descriptions TD_COAP_LINK_01 to 09: discovery from Linnet's server, by Linnet's client and by the peers'.

The links are read by the few lines of parse_links(), not by Linnet. What a filter must leave is computed from the
whole list, so the tests hold for whatever the demo server offers.
"""

import re

from checks import shows
from descriptions import description
from support import coap
from support.players import PAIRS

LINNET_SERVES = [pair for pair in PAIRS if pair.endswith("asks linnet")]  # no peer offers resources as described


def parse_links(text):
    """RFC 6690 section 2: {target: {attribute: value}}."""
    links, at = {}, 0
    while at < len(text):
        target = re.compile(r"<([^>]*)>").match(text, at)
        assert target, f"a link at {text[at:at + 40]!r}"
        at, attributes = target.end(), {}
        while at < len(text) and text[at] == ";":
            one = re.compile(r';([^=;,]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^;,]*)))?').match(text, at)
            name, quoted, plain = one.groups()
            attributes[name] = quoted if quoted is not None else plain
            at = one.end()
        assert at == len(text) or text[at] == ",", "links are separated by commas"
        links[target.group(1)] = attributes
        at += 1
    return links


def discover(scene, query="", path="/.well-known/core"):
    """GET of a list of links; its checks; the links."""
    before = len(scene.messages())
    told = scene.ask("GET", path + (f"?{query}" if query else ""))
    messages = scene.messages()[before:]
    request = messages[0]
    assert request.code == coap.METHODS["GET"]
    assert request.path == [segment for segment in path.split("/") if segment]
    assert request.queries == ([query] if query else [])
    response = next(message for message in messages if message.is_response)
    assert response.code_text == "2.05" and response.number(coap.CONTENT_FORMAT) == coap.LINK_FORMAT
    shows(told, response)
    return parse_links(response.payload.decode())


def values(attributes, name):
    """The space separated values of an attribute (RFC 6690 3.1, 3.2)."""
    return attributes.get(name, "").split()


def where(links, holds):
    chosen = {target: attributes for target, attributes in links.items() if holds(target, attributes)}
    assert chosen and len(chosen) < len(links), "the server offers resources of both kinds"
    return chosen


@description("TD_COAP_LINK_01", pairs=LINNET_SERVES)
def test_td_coap_link_01_all_resources(scene):
    links = discover(scene)
    for path in ("/test", "/separate", "/seg1/seg2/seg3", "/query", "/validate", "/link1", "/path"):
        assert path in links


@description("TD_COAP_LINK_02", pairs=LINNET_SERVES)
def test_td_coap_link_02_by_type(scene):
    links = discover(scene)
    chosen = where(links, lambda target, attributes: "Type1" in values(attributes, "rt"))
    assert discover(scene, "rt=Type1") == chosen


@description("TD_COAP_LINK_03", pairs=LINNET_SERVES)
def test_td_coap_link_03_any_type(scene):
    links = discover(scene)
    chosen = where(links, lambda target, attributes: "rt" in attributes)
    assert discover(scene, "rt=*") == chosen


@description("TD_COAP_LINK_04", pairs=LINNET_SERVES)
def test_td_coap_link_04_one_of_several_types(scene):
    links = discover(scene)
    groups = {tuple(values(attributes, "rt")) for attributes in links.values()}
    assert {("Type1", "Type2"), ("Type2", "Type3"), ("Type1", "Type3")} <= groups
    chosen = where(links, lambda target, attributes: "Type2" in values(attributes, "rt"))
    assert discover(scene, "rt=Type2") == chosen


@description("TD_COAP_LINK_05", pairs=LINNET_SERVES)
def test_td_coap_link_05_interface_by_prefix(scene):
    links = discover(scene)
    assert {"If1", "If2", "foo"} <= {value for attributes in links.values() for value in values(attributes, "if")}
    chosen = where(links, lambda target, attributes: any(v.startswith("If") for v in values(attributes, "if")))
    assert discover(scene, "if=If*") == chosen


@description("TD_COAP_LINK_06", pairs=LINNET_SERVES)
def test_td_coap_link_06_any_size(scene):
    links = discover(scene)
    chosen = where(links, lambda target, attributes: "sz" in attributes)
    assert discover(scene, "sz=*") == chosen


@description("TD_COAP_LINK_07", pairs=LINNET_SERVES)
def test_td_coap_link_07_one_target(scene):
    links = discover(scene)
    assert discover(scene, "href=/link1") == {"/link1": links["/link1"]}


@description("TD_COAP_LINK_08", pairs=LINNET_SERVES)
def test_td_coap_link_08_targets_by_prefix(scene):
    links = discover(scene)
    chosen = where(links, lambda target, attributes: target.startswith("/link"))
    assert {"/link1", "/link2", "/link3"} <= set(chosen) and "/test" not in chosen
    assert discover(scene, "href=/link*") == chosen


@description("TD_COAP_LINK_09", pairs=LINNET_SERVES)
def test_td_coap_link_09_links_below_links(scene):
    assert discover(scene)["/path"]["ct"] == "40"
    below = discover(scene, path="/path")
    assert "/path/sub1" in below and "/path/sub2" in below
    told = scene.ask("GET", "/path/sub1")
    response = scene.messages()[-1]
    assert response.code_text == "2.05" and response.payload
    shows(told, response)
