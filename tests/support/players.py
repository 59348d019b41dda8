"""Who can play the client or the server of a description, and how each is told what to do."""

import contextlib
import json
from dataclasses import dataclass

from support import coap, programs, run
from support.programs import PEERS
from support.raw import RawClient, new_mid
from support.relay import Relay

TAG = {coap.TEXT: "text/plain", coap.XML: "application/xml", coap.LINK_FORMAT: "application/link-format"}


@dataclass
class Ask:
    """A request as a person would order it."""

    method: str
    path: str
    payload: str = ""
    confirmable: bool = True
    content_format: int = None
    accept: int = None
    token: bytes = None
    options: tuple = ()
    block_size: int = None


@dataclass
class Told:
    """What the client's user was shown."""

    text: str
    remarks: str
    status: int


def linnet_client(uri, ask):
    command = [ask.method.lower(), uri + ask.path]
    command += ["--payload", ask.payload] if ask.payload else []
    command += ["--block-size", ask.block_size] if ask.block_size else []
    command += [] if ask.confirmable else ["--non"]
    command += ["--content-format", ask.content_format] if ask.content_format is not None else []
    command += ["--accept", ask.accept] if ask.accept is not None else []
    command += ["--token", f"0x{ask.token.hex()}" if ask.token else ""] if ask.token is not None else []
    for number, value in ask.options:
        command += ["--option", f"{number}=0x{value.hex()}" if value else f"{number}="]
    done = run.linnet(*command)
    return Told(done.stdout, done.stderr, done.returncode)


def libcoap_client(uri, ask):
    command = ["-m", ask.method.lower(), "-B", "30"]
    command += ["-e", ask.payload] if ask.payload else []
    command += ["-b", ask.block_size] if ask.block_size else []
    command += [] if ask.confirmable else ["-N"]
    command += ["-t", ask.content_format] if ask.content_format is not None else []
    command += ["-A", ask.accept] if ask.accept is not None else []
    if ask.token:  # coap-client counts its token up before it uses it
        command += ["-T", ask.token[:-1].decode() + chr(ask.token[-1] - 1)]
    for number, value in ask.options:
        command += ["-O", f"{number},0x{value.hex()}" if value else f"{number},"]
    done = programs.run("coap-client-notls", *command, uri + ask.path)
    return Told(done.stdout, done.stderr, done.returncode)


def node_client(uri, ask):
    options = list(ask.options)
    options += [(coap.CONTENT_FORMAT, coap.uint(ask.content_format))] if ask.content_format is not None else []
    options += [(coap.ACCEPT, coap.uint(ask.accept))] if ask.accept is not None else []
    if ask.block_size:
        szx = ask.block_size.bit_length() - 5
        options += [(coap.BLOCK1 if ask.payload else coap.BLOCK2, bytes([szx]))]  # node-coap reads no empty value
    order = {
        "method": "iPATCH" if ask.method == "IPATCH" else ask.method,
        "uri": uri + ask.path,
        "payload": ask.payload,
        "confirmable": ask.confirmable,
        "token": ask.token.hex() if ask.token is not None else None,
        "options": [(number, value.hex()) for number, value in options],
    }
    done = programs.run("node", PEERS / "client.js", json.dumps(order))
    shown = json.loads(done.stdout or "{}")
    remarks = shown.get("code", "") + shown.get("error", "") + done.stderr
    return Told(shown.get("payload", ""), remarks, done.returncode)


CLIENTS = {"linnet": linnet_client, "libcoap": libcoap_client, "node-coap": node_client}


def talking_demo(which):
    return run.demo(which=which, options=("--log-level", "debug"))


SERVERS = {"linnet": talking_demo, "libcoap": run.libcoap_server, "node-coap": run.node_server}

# coap-server has no resources of ETSI's; these are created by PUT before the description begins.
LIBCOAP_HAS = {"/test": '"the test resource"', "/seg1/seg2/seg3": '"three segments"', "/query": '"a query resource"'}
LIBCOAP_HAS |= {"/obs": '"change 0"'}
# Where a peer offers the same behaviour under another path.
SAME_AS = {
    "libcoap": {"/separate": "/async?1", "/large": "/example_data", "/large-update": "/example_data"},
    "node-coap": {"/large": "/large-lines"},
}

PAIRS = (
    "linnet asks linnet",
    "linnet asks libcoap",
    "linnet asks node-coap",
    "libcoap asks linnet",
    "node-coap asks linnet",
)


def _prepare(server, address):
    if server != "libcoap":
        return
    with RawClient(address.host, address.port) as raw:
        for path, text in LIBCOAP_HAS.items():
            options = ((coap.CONTENT_FORMAT, coap.uint(coap.JSON)),)  # of a text/plain it would not tell the format
            answer = raw.ask(coap.request("PUT", path, new_mid(), payload=text.encode(), options=options))
            assert answer.code_text == "2.01", f"coap-server did not create {path}: {answer}"


class Play:
    """One description being played: a client, a server, and the relay between them that records."""

    identifier = pair = None  # set for ETSI's descriptions

    def __init__(self, client, server, address, relay):
        self.client, self.server, self.address, self.relay = client, server, address, relay
        self.uri = f"coap://{address.host}:{relay.port}"

    def path(self, path):
        """The server's name for a resource of ETSI's."""
        return SAME_AS.get(self.server, {}).get(path, path)

    def segments(self, path):
        return [segment for segment in self.path(path).split("?")[0].split("/") if segment]

    def ask(self, method, path, payload="", **more):
        return CLIENTS[self.client](self.uri, Ask(method, self.path(path), payload, **more))

    def peer_is_wrong(self, sentence):
        """Puts down which sentence of an RFC the peer breaks; the test then says what it does instead."""
        run.verdicts.remark(self.identifier, self.pair, "peer is wrong", sentence)

    def peer_differs(self, remark):
        """The peer does not do what the description wants, though no RFC asks for it."""
        run.verdicts.remark(self.identifier, self.pair, "peer differs", remark)

    def server_shows(self, text):
        """The server displays what it received: Linnet in its log, the others in the resource."""
        if self.server == "linnet":
            self.address.program.wait_for(text)
        else:
            with self.another_client() as other:
                assert text.encode() in other.get("test").payload

    def another_client(self):
        """A client beside the description's, not recorded."""
        return RawClient(self.address.host, self.address.port)

    def messages(self, which=lambda packet: True):
        return [packet.message for packet in self.relay.packets if which(packet)]


@contextlib.contextmanager
def play(pair, rules=()):
    client, server = pair.split(" asks ")
    ports = run.ports()
    kind = ports.linnet if server == "linnet" else ports.other
    front = ports.asked if client == "linnet" else ports.other
    with SERVERS[server](which=kind) as address:
        _prepare(server, address)
        with Relay(address.host, address.port, run.port(front), rules) as relay:
            yield Play(client, server, address, relay)
