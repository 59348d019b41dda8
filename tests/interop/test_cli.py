"""The command as its users meet it: exit statuses, streams, formats, hints, terminals, signals."""

import json
import pathlib
import re
import signal
import socket
import struct
import subprocess

import pytest
from cli_tools import complaint, demo, interrupt_when, linnet, on_terminal, serve, uri_of
from support import coap, programs
from support.programs import PATIENCE, Server

TIMES_OUT_SOON = ("--timeout", "1")


@pytest.fixture(scope="module")
def uri():
    """The URI of a demo server on any free port."""
    with demo() as place:
        yield place


@pytest.fixture
def silent():
    """The address of a UDP socket that never answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{bound.getsockname()[1]}"


@pytest.fixture
def closed():
    """The address of a UDP port where nothing listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{bound.getsockname()[1]}"
    return address


# Help


def test_alone_it_shows_the_overview_and_fails():
    alone = linnet()
    assert (alone.returncode, alone.stdout) == (2, b"")
    assert b"discover" in alone.stderr and b"exit status" in alone.stderr
    helped = linnet("--help")
    assert (helped.returncode, helped.stderr) == (0, b"") and b"exit status" in helped.stdout


def test_it_tells_its_version():
    assert re.fullmatch(r"linnet \d+\.\d+\.\d+\n", linnet("--version").stdout.decode())


COMMANDS = "get put post delete fetch patch ipatch observe ping discover shell serve decode".split()


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help_with_examples(name):
    helped = linnet(name, "--help")
    text = helped.stdout.decode()
    assert (helped.returncode, helped.stderr) == (0, b"")
    assert text.startswith(f"usage: linnet {name} ")
    assert 3 <= text.split("examples:")[1].count(f"linnet {name}") <= 5
    assert max(map(len, text.splitlines())) <= 100
    assert linnet("help", name).stdout == helped.stdout


@pytest.mark.parametrize("typed, meant", (("gte", "get"), ("discvoer", "discover"), ("pong", "ping")))
def test_a_mistyped_command_is_guessed(typed, meant):
    unknown = linnet(typed, "localhost")
    assert unknown.returncode == 2
    assert f"did you mean 'linnet {meant}'?" in unknown.stderr.decode()


def test_a_command_that_is_not_there_yet_is_unknown():
    unknown = linnet("proxy", "localhost")
    assert unknown.returncode == 2
    assert "unknown command 'proxy'" in unknown.stderr.decode() and "discover" in unknown.stderr.decode()
    assert b"proxy" not in linnet("help").stdout


# Bad input: one clear line, a hint, and the right exit status


@pytest.mark.parametrize(
    "arguments, said, advised",
    (
        (["get"], "which URI?", "--help"),
        (["get", "http://localhost/"], "not a scheme of CoAP", "coap://"),
        (["get", "coaps+tcp://localhost/"], "coaps+tcp", "coap://"),
        (["get", "coap://[::1/"], "IPv6 address", "[brackets]"),
        (["get", "coap://localhost:99999/"], "port", "coap://"),
        (["get", "coap://localhost/küche 1"], "percent-encoded", "coap://localhost/k%C3%BCche%201"),
        (["get", "localhost", "hello"], "unexpected argument 'hello'", "--payload 'hello'"),
        (["get", "--payloda", "x", "localhost"], "unknown option --payloda", "--payload"),
        (["get", "-Z", "localhost"], "unknown option -Z", "--help"),
        (["get", "--non", "-Zv", "localhost"], "unknown option -Z", "--help"),
        (["get", "localhost", "--accept"], "--accept needs a value", "--help"),
        (["get", "--accept", "jsno", "localhost"], "jsno", "json"),
        (["get", "--option", "Uri-Hots=x", "localhost"], "Uri-Hots", "Uri-Host"),
        (["get", "--option", "Max-Age=x", "localhost"], "number", "0x"),
        (["get", "--option", "Block2=2000000/0/16", "localhost"], "at most 1048575", "NUMBER/MORE/SIZE"),
        (["get", "--option", "Block2=-1/0/16", "localhost"], "at most 1048575", "NUMBER/MORE/SIZE"),
        (["get", "--format", "yaml", "localhost"], "yaml", "json"),
        (["get", "--color", "sometimes", "localhost"], "sometimes", "never"),
        (["get", "--block-size", "100", "localhost"], "--block-size 100", "512"),
        (["get", "--resume", "localhost"], "--resume", "--output"),
        (["put", "--no-response", "3", "localhost"], "--no-response 3", "2, 4 and 5"),
        (["put", "--resume", "-o", "x", "localhost"], "--resume", "--output"),
        (["get", "--interface", "no-such", "127.0.0.1"], "--interface no-such", "ip link"),
        (["observe", "--interface", "no-such", "127.0.0.1"], "--interface no-such", "ip link"),
        (["discover", "--interface", "no-such", "127.0.0.1"], "--interface no-such", "ip link"),
        (["get", "coap://[fe80::1]/"], "interface", "%25"),
        (["get", "coap://[fe80::1%25no-such]/"], "interface", "%25"),
        (["observe"], "which URI?", "--help"),
        (["observe", "--conut", "3", "localhost"], "unknown option --conut", "--count"),
        (["shell", "localhost", "more"], "more", "shell coap://"),
        (["ping"], "which URI?", "ping HOST"),
        (["discover"], "which server?", "discover coap://"),
        (["serve"], "nothing to serve", "--demo"),
        (["serve", "somewhere"], "somewhere", "--bind"),
        (["serve", "--demo", "--log-level", "loud"], "loud", "debug"),
        (["decode"], "which message?", "HEX"),
        (["decode", "hello"], "neither hex", "40 01 7d 34"),
        (["decode", "4001 7d3"], "neither hex", "40 01 7d 34"),
    ),
)
def test_usage_errors_end_with_2(arguments, said, advised):
    line, hint = complaint(linnet(*arguments), 2)
    assert said in line and advised in hint


def test_a_name_without_address_ends_with_3():
    line, hint = complaint(linnet("get", "coap://no-such-host.invalid/time"), 3)
    assert "no-such-host.invalid" in line and "spelling" in hint


@pytest.mark.parametrize("command", ("get", "discover"))
def test_a_port_where_nothing_listens_ends_with_3(closed, command):
    line, hint = complaint(linnet(command, closed), 3)
    assert closed in line and "refused" in line and "linnet serve" in hint


@pytest.mark.parametrize("options", ([], ["--non"]))
def test_no_answer_ends_with_3(silent, options):
    line, hint = complaint(linnet("get", *TIMES_OUT_SOON, *options, silent), 3)
    assert f"no answer from {silent}" in line and f"linnet ping {silent}" in hint


def test_not_found_ends_with_1(uri):
    line, hint = complaint(linnet("get", f"{uri}/others/separate"), 1)
    assert line == "4.04 Not Found" and f"linnet discover {uri}" in hint


def test_a_diagnostic_stands_behind_the_code():
    running = serve("--dynamic")
    refused = linnet("put", f"{uri_of(running)}/a//b", "--payload", "x")
    assert running.stop() == 0
    assert refused.returncode == 1
    assert re.match(r"4\.00 Bad Request: .*segment", refused.stderr.decode())


def test_a_payload_that_is_not_there_ends_with_2():
    missing = linnet("put", "localhost", "--payload", "@/no/such/file")
    assert missing.returncode == 2 and b"No such file" in missing.stderr


# What goes where


def test_standard_output_holds_the_payload_and_nothing_else(uri):
    asked = linnet("get", f"{uri}/other/separate")
    assert (asked.returncode, asked.stderr) == (0, b"")
    assert asked.stdout.startswith(b"Three rings") and asked.stdout.endswith(b"dark throne.")


def test_payloads_come_from_text_file_and_standard_input(uri, tmp_path):
    octets = bytes(range(256))
    (tmp_path / "payload").write_bytes(octets)
    target = f"{uri}/other/block"
    for options, stdin, expected in (
        (["--payload", "text"], b"", b"text"),
        (["--payload", f"@{tmp_path}/payload"], b"", octets),
        (["-f", tmp_path / "payload"], b"", octets),
        (["--payload", "@-"], b"through a pipe\n", b"through a pipe\n"),
        (["-e", ""], b"", b""),
    ):
        put = linnet("put", target, *options, stdin=stdin)
        assert (put.returncode, put.stdout, put.stderr) == (0, b"", b"")
        assert linnet("get", target).stdout == expected


def test_a_payload_goes_to_a_file(uri, tmp_path):
    file = tmp_path / "out"
    asked = linnet("get", f"{uri}/seg1/seg2/seg3", "--output", file)
    assert (asked.returncode, asked.stdout) == (0, b"")
    assert b"three segments" in file.read_bytes()
    before = file.read_bytes()
    assert linnet("get", f"{uri}/nothing", "-o", file).returncode == 1
    assert file.read_bytes() == before


def test_errors_of_writing_are_told(uri):
    full = linnet("get", f"{uri}/test", "--output", "/dev/full")
    assert full.returncode == 3 and b"No space left" in full.stderr
    with open("/dev/full", "wb") as device:
        command = [programs.linnet_path(), "get", f"{uri}/test"]
        full = subprocess.run(command, stdout=device, stderr=subprocess.PIPE, timeout=PATIENCE)
    assert full.returncode == 3 and b"standard output cannot be written" in full.stderr


def test_a_standard_stream_that_is_closed_is_no_file_of_ours(uri, tmp_path):
    written = tmp_path / "written"
    closing = 'exec "$0" "$@" 2>&-'
    command = ["sh", "-c", closing, programs.linnet_path(), "observe", f"{uri}/whoami", "-o", written]
    assert subprocess.run(command, timeout=PATIENCE).returncode == 1
    assert b"your address" in written.read_bytes() and b"not observable" not in written.read_bytes()
    command = ["sh", "-c", closing.replace("2", "1"), programs.linnet_path(), "get", f"{uri}/whoami"]
    closed = subprocess.run(command, stderr=subprocess.PIPE, timeout=PATIENCE)
    assert closed.returncode == 3 and b"standard output cannot be written: Bad file descriptor" in closed.stderr


def test_a_created_place_is_shown(uri):
    assert linnet("post", f"{uri}/test").stderr == b"created: /location1/location2/location3\n"
    assert b"?first=1&second=2" in linnet("post", f"{uri}/location-query").stderr


def test_an_etag_that_is_still_good_is_told(uri):
    tag = next(o["value_hex"] for o in get_json(f"{uri}/large")["options"] if o["name"] == "ETag")
    valid = linnet("get", f"{uri}/large", "--etag", f"0x{tag}")
    assert (valid.returncode, valid.stdout) == (0, b"") and b"valid" in valid.stderr


# Formats and options


def get_json(*arguments):
    asked = linnet("get", "--format", "json", *arguments)
    return json.loads(asked.stdout)


def test_json_is_for_programs(uri):
    answer = get_json(f"{uri}/multi-format", "--accept", "xml")
    assert (answer["code"], answer["name"], answer["content_format"]) == ("2.05", "Content", 41)
    assert answer["payload"].startswith("<message>")
    assert {"number": 12, "name": "Content-Format", "value": 41} in answer["options"]
    refused = linnet("get", "--format", "json", f"{uri}/multi-format", "--accept", "60")
    assert refused.returncode == 1 and json.loads(refused.stdout)["code"] == "4.06"


def test_options_reach_the_server(uri):
    asked = linnet("get", f"{uri}/query?first=1", "-O", "15=second=2", "-O", "Uri-Query=0x7468697264")
    assert asked.stdout == b"Arguments:\nfirst=1\nsecond=2\nthird\n"
    token = linnet("get", f"{uri}/test", "--token", "0x0102ff").stdout
    assert b"token: 0102ff" in token
    assert b"type: NON" in linnet("get", f"{uri}/test", "--non", "--token", "").stdout


def test_preconditions(uri):
    place = f"{uri}/create1"
    assert linnet("get", place).returncode == 1
    assert linnet("put", place, "-e", "a", "--if-none-match").returncode == 0
    assert b"4.12" in linnet("put", place, "-e", "b", "--if-none-match").stderr
    assert b"4.12" in linnet("put", place, "-e", "b", "--if-match", "0x77").stderr
    assert linnet("delete", place).returncode == 0
    assert b"4.04" in linnet("get", place).stderr


@pytest.mark.parametrize("classes, code, way", [("all", 26, ()), ("2", 2, ()), ("4,5", 24, ()),
                                                ("all", 26, ("--non",)), ("4,5", 24, ("--non",))])  # fmt: skip
def test_responses_that_are_not_wanted_do_not_come(uri, classes, code, way):
    """An empty acknowledgement at most, where the class of the response is among them (RFC 7967 2.1)."""
    put = linnet("put", f"{uri}/test", "--payload", "x", "--no-response", classes, "-v", *way)
    assert (put.returncode, put.stdout) == (0, b"")
    assert f"No-Response: {code}".encode() in put.stderr
    assert (b"2.04" in put.stderr) == (classes == "4,5")


def test_an_error_is_told_where_only_success_is_not_wanted(uri):
    put = linnet("put", f"{uri}/nothing/here", "--payload", "x", "--no-response", "2")
    assert put.returncode == 1 and b"4.0" in put.stderr


def test_verbose_shows_both_messages(uri):
    shown = linnet("get", "-v", f"{uri}/seg1/seg2/seg3")
    text = shown.stderr.decode()
    assert shown.stdout == b"This path has three segments.\n"
    assert "Header: GET (T=CON, Code=0.01, MID=0x" in text and 'Uri-Path: "seg3"' in text
    assert "Header: 2.05 Content (T=ACK" in text and "Content-Format: 0 (text/plain" in text
    assert re.search(r"^00000000  4", linnet("get", "-vv", f"{uri}/test").stderr.decode(), re.MULTILINE)


# Terminals


def test_link_format_is_shown_one_a_line_on_a_terminal_and_raw_in_a_pipe(uri):
    shown, status = on_terminal("get", f"{uri}/path", color="1")
    assert (shown, status) == ("</path/sub1>,\n</path/sub2>,\n</path/sub3>\n", 0)
    assert linnet("get", f"{uri}/path").stdout == b"</path/sub1>,</path/sub2>,</path/sub3>"


def test_colours_only_where_they_are_wanted(uri):
    assert "\033[" in on_terminal("get", f"{uri}/path")[0]
    assert "\033[" not in on_terminal("get", f"{uri}/path", color="1")[0]
    assert "\033[" not in on_terminal("get", "--color", "never", f"{uri}/path")[0]
    assert "\033[" in on_terminal("get", "--color", "always", f"{uri}/path", color="1")[0]
    assert b"\033[" not in linnet("discover", uri).stdout
    assert b"\033[" in linnet("discover", "--color=always", uri).stdout


@pytest.mark.parametrize(
    "content_format, payload, expected",
    (
        ("text", b"no newline", "no newline\n"),
        ("text", b"\033[31mred", "\\x1b[31mred\n"),
        ("text", "\u009b31mred \u00a0\u00e9\r\n\r".encode(), "\\x9b31mred \u00a0\u00e9\r\n\\x0d\n"),
        ("json", '["\u009b31mred\u00e9"]'.encode(), '[\n  "\\u009b31mred\u00e9"\n]\n'),
        ("cbor", b"\x64a\xc2\x9bb", '"a\\x9bb"\n'),
        ("application/link-format", "</a>;title=\"\u009b31mred\"".encode(), '</a>;title="\\x9b31mred"\n'),
        ("json", b'{"a":[1.10,12345678901234567890],"b":{}}',
         '{\n  "a": [\n    1.10,\n    12345678901234567890\n  ],\n  "b": {}\n}\n'),
        ("json", b"{not json", "{not json\n"),
        ("cbor", bytes.fromhex("a26161182a6162830102f94200"), '{"a": 42, "b": [1, 2, 3.0]}\n'),
        ("cbor", bytes.fromhex("5f42010243030405ff"), "(_ h'0102', h'030405')\n"),
        ("cbor", bytes.fromhex("c11a514b67b0"), "1(1363896240)\n"),
        ("application/octet-stream", bytes(range(20)),
         "00000000  00 01 02 03 04 05 06 07  08 09 0a 0b 0c 0d 0e 0f  |................|\n"
         "00000010  10 11 12 13                                       |....|\n"),
    ),
)
def test_payloads_are_laid_out_on_a_terminal(uri, content_format, payload, expected):
    place = f"{uri}/other/block"
    assert linnet("put", place, "-e", "@-", "-t", content_format, stdin=payload).returncode == 0
    assert on_terminal("get", place, color="1") == (expected, 0)
    assert linnet("get", place).stdout == payload
    assert linnet("get", "--format", "pretty", place).stdout.decode() == expected


def test_success_without_payload_is_told_to_people_only(uri):
    assert on_terminal("put", f"{uri}/test", "-e", "x", color="1") == ("2.04 Changed\n", 0)
    assert linnet("put", f"{uri}/test", "-e", "x").stderr == b""


# Ctrl-C


def test_ctrl_c_ends_with_130(silent):
    command = [programs.linnet_path(), "get", "-v", silent]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        interrupt_when(process, process.stderr, rb"Header: GET")
    assert process.returncode == 130


def test_ctrl_c_ends_a_ping_with_its_summary(uri):
    command = [programs.linnet_path(), "ping", uri, "--interval", "0.05"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        text = interrupt_when(process, process.stdout, rb"number=3 ")
    assert process.returncode == 130 and re.search(r"\d+ sent, \d+ answered", text)


# Ping and discover


def test_ping_counts(uri):
    pinged = linnet("ping", "-c", "3", "-i", "0.01", f"{uri}/any/path")
    text = pinged.stdout.decode()
    assert pinged.returncode == 0
    assert len(re.findall(r"^Reset from 127\.0\.0\.1:\d+: number=\d time=[\d.]+ ms$", text, re.MULTILINE)) == 3
    assert "3 sent, 3 answered, 0% lost" in text and "min/avg/max" in text


def test_a_ping_that_nobody_reads_ends_by_itself(uri):
    command = [programs.linnet_path(), "ping", "--interval", "0.01", uri]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout.readline() and process.stdout.readline()
        process.stdout.close()
        told = process.stderr.read()
        assert process.wait(PATIENCE) == 3
    assert b"standard output cannot be written: Broken pipe" in told
    with open("/dev/full", "wb") as full:
        command = [programs.linnet_path(), "ping", "--count", "2", "--interval", "0.01", uri]
        assert subprocess.run(command, stdout=full, stderr=subprocess.DEVNULL, timeout=PATIENCE).returncode == 3


def test_a_ping_that_nothing_answers_ends_with_3(silent):
    pinged = linnet("ping", "-c", "2", "-i", "0.01", "-W", "0.2", silent)
    assert pinged.returncode == 3
    assert b"2 sent, 0 answered, 100% lost" in pinged.stdout and b"no answer from" in pinged.stderr


def test_discover_shows_a_table(uri):
    lines = linnet("discover", uri).stdout.decode().splitlines()
    assert re.match(r"path +type \(rt\) +interface \(if\) +format \(ct\)", lines[0])
    assert any(re.match(r"/link1 +Type1 Type2 +If1", line) for line in lines)
    column = lines[0].index("format")
    assert next(line for line in lines if line.startswith("/path"))[column:] == "link"


def test_discover_filters_by_argument_and_by_query(uri):
    for arguments in ([uri, "rt=Type2"], [f"{uri}?rt=Type2"], [f"{uri}/.well-known/core", "rt=Type2"]):
        links = json.loads(linnet("discover", "--format", "json", *arguments).stdout)
        assert [link["href"] for link in links] == ["/link1", "/link2"]
    assert links[0] == {"href": "/link1", "rt": "Type1 Type2", "if": "If1", "sz": "42"}
    nothing = linnet("discover", uri, "rt=nothing")
    assert (nothing.returncode, nothing.stdout) == (0, b"")


def test_discover_writes_one_link_a_line(uri):
    listed = linnet("discover", "--format", "link", f"{uri}/path")
    assert listed.stdout == b"</path/sub1>,\n</path/sub2>,\n</path/sub3>\n"


def test_the_demo_fits_discovery_into_one_message(uri):
    assert 300 < len(linnet("get", f"{uri}/.well-known/core").stdout) < 1024


# Decode

FIGURE_16 = "40017d34bb74656d7065726174757265"


@pytest.mark.parametrize(
    "arguments, stdin",
    (
        ([FIGURE_16], b""),
        (["40 01 7d:34", "bb 74", "656d7065726174757265"], b""),
        (["0x" + FIGURE_16], b""),
        (["-"], FIGURE_16.encode() + b"\n"),
        (["-"], bytes.fromhex(FIGURE_16)),
    ),
)
def test_a_message_is_decoded_from_hex_and_octets(arguments, stdin):
    decoded = linnet("decode", *arguments, stdin=stdin)
    lines = decoded.stdout.decode().splitlines()
    assert decoded.returncode == 0
    assert lines[0] == "CON GET /temperature, message ID 0x7d34, 16 octets"
    assert "     4  bb                       1011....  option 0 + 11 = 11: Uri-Path" in lines
    assert '     5  74 65 6d 70 65 72 61 74            Uri-Path: "temperature"' in lines


@pytest.mark.parametrize(
    "octets, at, reason",
    (
        ("40", 1, "four octets"),
        ("80010000", 0, "version 2"),
        ("4f010000", 0, "token length of 15"),
        ("49010000", 4, "9 octets, only 0 are there"),
        ("4d010000", 4, "1 octets, only 0 are there"),
        ("4401000001", 5, "only 1 are there"),
        ("40010000ff", 4, "payload"),
        ("4001000011", 5, "only 0 are there"),
        ("40010000f0", 4, "15 is reserved"),
        ("40010000e0ffff", 4, "too large"),
        ("4000000001", 4, "Empty"),
        ("40200000", 1, "class 1"),
    ),
)
def test_a_malformed_message_is_explained_up_to_where_it_breaks(octets, at, reason):
    decoded = linnet("decode", octets)
    last = decoded.stdout.decode().splitlines()[-1]
    assert decoded.returncode == 1
    assert re.match(rf" *{at}  malformed here: .*{reason}", last)
    told = linnet("decode", "--format", "json", octets)
    assert told.returncode == 1
    assert json.loads(told.stdout)["malformed"] and json.loads(told.stdout)["problem_at"] == at


def test_a_message_is_decoded_to_json():
    told = json.loads(linnet("decode", "--format", "json", FIGURE_16).stdout)
    assert (told["type"], told["code"], told["message_id"]) == ("CON", "0.01", 0x7D34)
    assert told["options"] == [
        {"number": 11, "name": "Uri-Path", "hex": "74656d7065726174757265", "text": '"temperature"'}
    ]


def datagram(payload, port):
    udp = struct.pack(">HHHH", 40000, port, 8 + len(payload), 0) + payload
    addresses = socket.inet_aton("192.0.2.1") + socket.inet_aton("192.0.2.2")
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0) + addresses + udp


def pcap(link_type, packets):
    file = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link_type)
    for second, packet in enumerate(packets):
        file += struct.pack("<IIII", 1000 + second, 500000, len(packet), len(packet)) + packet
    return file


LINKS = {
    1: bytes(12) + b"\x08\x00",  # Ethernet
    113: bytes(14) + b"\x08\x00",  # Linux cooked
    276: b"\x08\x00" + bytes(18),  # Linux cooked, version 2
    101: b"",  # raw IP
    0: b"\x02\x00\x00\x00",  # BSD loopback
}


@pytest.mark.parametrize("link_type", LINKS)
def test_a_capture_is_decoded(link_type, tmp_path):
    messages = [(bytes.fromhex(FIGURE_16), 5683), (b"\x40\x00\x12\x34", 5700), (b"no CoAP", 53)]
    packets = [LINKS[link_type] + datagram(*message) for message in messages]
    file = tmp_path / "capture.pcap"
    file.write_bytes(pcap(link_type, packets))
    one = linnet("decode", "--summary", file)
    assert (one.returncode, one.stdout.decode()) == (
        0,
        "packet 1, 0.000000 s, 192.0.2.1:40000 > 192.0.2.2:5683: CON GET /temperature, message ID 0x7d34, 16 octets\n",
    )
    two = linnet("decode", "-", "--port", "5683", "--port", "5700", stdin=file.read_bytes())
    assert two.returncode == 0
    assert "packet 2, 1.000000 s" in two.stdout.decode() and "message ID 0x1234" in two.stdout.decode()
    line, hint = complaint(linnet("decode", "--port", "9999", file), 2)
    assert "no CoAP message in 3 packets" in line and "--port" in hint


def test_a_cut_capture_does_no_harm(tmp_path):
    whole = pcap(1, [LINKS[1] + datagram(bytes.fromhex(FIGURE_16), 5683)])
    for size in range(4, len(whole)):
        assert linnet("decode", "-", stdin=whole[:size]).returncode in (1, 2)


# Serve


def test_the_server_says_where_it_listens_and_ends_in_order_on_both_signals():
    for number in (signal.SIGTERM, signal.SIGINT):
        running = Server(programs.linnet_path(), "serve", "--demo", "--bind", "127.0.0.1:0", "--bind", "[::1]:0",
                         ready=r"listening on coap://\[::1\]:\d+$")
        assert re.search(r"^listening on coap://127\.0\.0\.1:[1-9]\d*$", running.output, re.MULTILINE)
        running.process.send_signal(number)
        assert running.process.wait(PATIENCE) == 0


def test_a_server_ends_in_order_when_ctrl_c_is_followed_by_sigterm():
    """As ./dev run and service managers do: Ctrl-C reaches the whole group, then its leader ends the server."""
    for _ in range(5):
        running = serve("--demo")
        running.process.send_signal(signal.SIGINT)
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(PATIENCE) == 0


def test_a_port_that_is_taken_ends_with_3(uri):
    line, hint = complaint(linnet("serve", "--demo", "--bind", uri.removeprefix("coap://")), 3)
    assert "in use" in line and "--bind :0" in hint


def test_a_dynamic_server_creates_what_is_put():
    running = serve("--dynamic")
    place = f"{uri_of(running)}/new/place%20here"
    assert linnet("get", place).returncode == 1
    assert get_code("put", place, "-e", "[1]", "-t", "json") == "2.01"
    assert get_code("put", place, "-e", "[2]", "-t", "json") == "2.04"
    assert linnet("get", place).stdout == b"[2]"
    assert b"4.12" in linnet("put", f"{uri_of(running)}/other", "-e", "x", "--if-match", "").stderr
    assert linnet("delete", place).returncode == 0 and linnet("get", place).returncode == 1
    assert running.stop() == 0


def test_a_dynamic_server_takes_a_value_again_and_forgets_it_when_it_is_deleted():
    running = serve("--dynamic")
    large = bytes(900_000)

    def memory():
        status = pathlib.Path(f"/proc/{running.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024

    place = f"{uri_of(running)}/place"
    assert [get_code("put", place, "-e", "@-", stdin=large) for _ in range(2)] == ["2.01", "2.04"]
    assert linnet("get", place).stdout == large
    before = memory()
    for number in range(16):
        assert get_code("put", f"{place}{number}", "-e", "@-", stdin=large) == "2.01"
        assert linnet("delete", f"{place}{number}").returncode == 0
    assert memory() - before < 8 * len(large)  # the log of answers grows, too, up to its limit
    assert running.stop() == 0


def test_a_dynamic_server_keeps_no_more_than_it_was_told_to():
    running = serve("--dynamic", "--dynamic-memory", "1")
    place, large = f"{uri_of(running)}/place", bytes(600_000)
    assert get_code("put", f"{place}0", "-e", "@-", stdin=large) == "2.01"
    assert get_code("put", f"{place}1", "-e", "@-", stdin=large) == "5.03"
    assert linnet("get", f"{place}1").returncode == 1, "what was refused made no resource"
    assert get_code("put", f"{place}1", "-e", "small") == "2.01"
    assert get_code("put", f"{place}1", "-e", "@-", stdin=large) == "5.03", "nor does a value grow beyond it"
    assert linnet("get", f"{place}1").stdout == b"small"
    assert linnet("delete", f"{place}0").returncode == 0
    assert get_code("put", f"{place}1", "-e", "@-", stdin=large) == "2.04"
    assert get_code("put", f"{place}1", "-e", "@-", stdin=bytes(1_100_000)) == "4.13"
    assert running.stop() == 0


def test_paths_without_values_count_in_a_dynamic_servers_memory():
    running = serve("--dynamic", "--dynamic-memory", "1")
    script = "".join(f"put {number:0200} -e x\ndelete {number:0200}\n" for number in range(2500))
    linnet("shell", uri_of(running), stdin=script.encode())
    assert get_code("put", f"{uri_of(running)}/one-more", "-e", "x") == "5.03"
    assert running.stop() == 0


def get_code(method, *arguments, stdin=b""):
    return json.loads(linnet(method, "--format", "json", *arguments, stdin=stdin).stdout)["code"]


def test_requests_are_logged_for_people_and_programs():
    running = serve("--demo", "--log-level", "info")
    linnet("get", f"{uri_of(running)}/seg1/seg2/seg3")
    running.wait_for(r"^GET /seg1/seg2/seg3 2\.05 from 127\.0\.0\.1:\d+, \d+ us$")
    assert running.stop() == 0
    running = Server(programs.linnet_path(), "serve", "--demo", "--bind", "127.0.0.1:0", "--log-level", "info",
                     "--log-format", "json", ready='"listening"')
    address = json.loads(running.output.splitlines()[0])["uri"]
    linnet("post", f"{address}/test")
    logged = json.loads(running.wait_for(r'^.*"event":"request".*$')[0])
    assert (logged["method"], logged["path"], logged["code"], logged["level"]) == ("POST", "/test", "2.01", "info")
    assert running.stop() == 0


def test_a_request_without_answer_lends_its_token_to_the_next():
    running = serve("--demo", "--log-level", "info")
    port = int(uri_of(running).rsplit(":")[-1])
    no_response = ((258, b"\x1a"),)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(("127.0.0.1", port))
        client.settimeout(PATIENCE)
        client.send(coap.request("GET", "time", 1, token=b"t", type=coap.NON, options=no_response).encode())
        client.send(coap.request("GET", "test", 2, token=b"t").encode())
        assert coap.decode(client.recv(2048)).mid == 2
    running.wait_for(r"^GET /test 2\.05 from 127\.0\.0\.1:\d+")
    assert running.stop() == 0 and "/time" not in running.output


def test_a_server_that_still_owes_answers_ends_in_order():
    running = serve("--demo")
    command = [programs.linnet_path(), "get", "-v", f"{uri_of(running)}/other/separate"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        interrupt_when(process, process.stderr, rb"Header: Empty")
    assert running.stop() == 0
