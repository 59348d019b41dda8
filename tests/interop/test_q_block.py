"""Q-Block1 and Q-Block2 (RFC 9177): linnet with itself over a path that loses chosen datagrams, and with peers that do
not know the options. libcoap 4.3.1 of Debian does not: its -L takes the flags of Q-Block and then sends Block1 and
Block2, and its server answers 4.02. node-coap ignores them."""

import pathlib
import tempfile

import pytest
from support import run
from support.coap import CON, NON
from support.relay import Relay, is_request, is_response

Q_BLOCK1, Q_BLOCK2, BLOCK1, BLOCK2 = 19, 31, 27, 23
TEXT = "".join(f"line {number} of a long body\n" for number in range(1500))
BLOCKS = len(TEXT.encode()) // 1024 + 1
SET = 10  # MAX_PAYLOADS


def numbers(packets, option):
    """The block numbers of an option in these packets."""
    values = [value for packet in packets for value in packet.message.values(option)]
    return [int.from_bytes(value, "big") >> 4 for value in values]


def blocks(packet, option):
    return numbers([packet], option)


def lose(which, option, chosen):
    """A rule that loses each of the chosen blocks the first time."""
    left = set(chosen)

    def rule(packet):
        if which(packet) and (found := left.intersection(blocks(packet, option))):
            left.difference_update(found)
            return "drop"
        return None

    return rule


class Path:
    """A demo server behind a relay."""

    def __init__(self, *rules):
        self.rules = rules

    def __enter__(self):
        self._demo = run.demo()
        server = self._demo.__enter__()
        self.relay = Relay(server.host, server.port, run.port(run.ports().other), self.rules).__enter__()
        self.uri = f"coap://127.0.0.1:{self.relay.port}"
        return self

    def __exit__(self, *error):
        self.relay.__exit__(*error)
        self._demo.__exit__(*error)

    def sent(self, which, option):
        return numbers([packet for packet in self.relay.packets if which(packet)], option)


def put(uri, text=TEXT):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "body"
        file.write_text(text)
        return run.linnet("put", uri, "--q-block", "--payload-file", str(file), "--content-format", "text")


def assert_arrives(uri):
    """A body goes there and comes back."""
    assert put(uri).returncode == 0
    got = run.linnet("get", uri, "--q-block")
    assert (got.stdout, got.returncode) == (TEXT, 0), got.stderr


def test_without_loss_a_body_takes_its_blocks_and_few_messages_more():
    with Path() as path:
        uri = f"{path.uri}/large-update"
        assert_arrives(uri)
        assert path.sent(is_request, Q_BLOCK1) == list(range(BLOCKS))
        assert sorted(path.sent(is_response, Q_BLOCK2)) == sorted([0, 0, *range(BLOCKS)])  # and two questions
        requests = [packet.message for packet in path.relay.packets if is_request(packet)]
        sets = (BLOCKS + SET - 1) // SET  # each of the response is asked for
        assert len(requests) == BLOCKS + sets + 2
        # "REQUIRED that clients use a Confirmable message for determining support" (4.1)
        assert [message.type for message in requests if message.path == [".well-known", "core"]] == [CON, CON]
        assert {message.type for message in requests if message.path == ["large-update"]} == {NON}
        assert not path.sent(is_request, BLOCK1) and not path.sent(is_response, BLOCK2)


@pytest.mark.waits
@pytest.mark.parametrize("chosen", ((1, 9), (0,), (BLOCKS - 1,), tuple(range(3, 17))), ids=str)
def test_lost_blocks_of_an_upload_go_once_more_and_nothing_else(chosen):
    with Path(lose(is_request, Q_BLOCK1, chosen)) as path:
        assert put(f"{path.uri}/large-update").returncode == 0
        sent = path.sent(is_request, Q_BLOCK1)
        assert set(sent) == set(range(BLOCKS))
        assert set(chosen) <= {number for number in sent if sent.count(number) > 1}
        assert len(sent) <= BLOCKS + len(chosen) + 2  # the last block may be repeated to hear of what is missing
        assert run.linnet("get", f"{path.uri}/large-update").stdout == TEXT


@pytest.mark.waits
@pytest.mark.parametrize("chosen", ((1, 9), (0,), (BLOCKS - 1,), tuple(range(3, 10))), ids=str)
def test_lost_blocks_of_a_download_are_asked_for(chosen):
    with Path() as path:
        uri = f"{path.uri}/large-update"
        assert put(uri).returncode == 0
        # What a client asks first has a block 0, too; only the body's blocks are lost.
        path.relay.rules = [lose(lambda packet: is_response(packet) and packet.message.type == NON, Q_BLOCK2, chosen)]
        got = run.linnet("get", uri, "--q-block")
        assert (got.stdout, got.returncode) == (TEXT, 0), got.stderr
        sent = [packet for packet in path.relay.packets if is_response(packet) and packet.message.type == NON]
        assert len(numbers(sent, Q_BLOCK2)) == BLOCKS + len(chosen)


@pytest.mark.waits
def test_a_lost_answer_is_given_again_and_the_body_is_not_run_twice():
    lost = []

    def lose_answer(packet):
        if not lost and is_response(packet) and packet.message.code_text in ("2.01", "2.04"):
            lost.append(packet)
            return "drop"
        return None

    with Path(lose_answer) as path:
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "body"
            file.write_text(TEXT)
            made = run.linnet("post", f"{path.uri}/large-create", "--q-block", "--payload-file", str(file), "-v")
        assert made.returncode == 0 and lost
        answers = [packet.message for packet in path.relay.packets if is_response(packet)]
        places = {tuple(message.values(8)) for message in answers if message.code_text == "2.01"}
        assert len(places) == 1  # one Location-Path: it was made once


def test_an_address_that_has_to_prove_itself_does_so_and_goes_on():
    with run.demo(options=("--amplification", "3")) as server:
        assert_arrives(f"{server.uri}/large-update")


def test_a_server_that_is_told_not_to_refuses_and_blocks_go_one_by_one():
    with run.demo(options=("--no-q-block",)) as server:
        assert_arrives(f"{server.uri}/large-update")


def test_linnet_falls_back_at_coap_server(libcoap):
    assert_arrives(f"{libcoap.uri}/q-block")


def test_linnet_falls_back_at_node_coap(node):
    uri = f"{node.uri}/q-block"
    assert put(uri).returncode == 0
    assert run.linnet("get", uri, "--q-block").stdout == TEXT
