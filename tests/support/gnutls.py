"""GnuTLS's own programs as DTLS peers: gnutls-cli sends one CoAP message, gnutls-serv sends back what it gets."""

import contextlib
import subprocess
import threading

from support import coap, programs
from support.programs import PATIENCE, Server

SHOWN_NEXT = b"- Simple Client Mode:\n\n"
SAID_AT_THE_END = b"- Peer has closed the GnuTLS connection\n"
PSK_ALONE = ("--priority", "NORMAL:-KX-ALL:+PSK")
RAW_KEYS = ("--priority", "NORMAL:-CTYPE-ALL:+CTYPE-RAWPK")


def psk(key):
    return "--pskusername", "password", "--pskkey", key.encode().hex()


def raw_key(identity):
    return "--rawpkkeyfile", identity.key, "--rawpkfile", identity.public


def certificate(identity, authority):
    return "--x509certfile", identity.certificate, "--x509keyfile", identity.key, "--x509cafile", authority.file


def ask(port, path, *options):
    """GET `path` by gnutls-cli: the response, None if it got none, and what else it said."""
    words = ["gnutls-cli", "--udp", "--port", port, "127.0.0.1", *options]
    client = subprocess.Popen(
        [str(word) for word in words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env=programs.environment(),
    )  # fmt: skip
    patience = threading.Timer(PATIENCE, client.kill)
    patience.start()
    try:
        with contextlib.suppress(BrokenPipeError):  # it did not get as far as that
            client.stdin.write(coap.request("GET", path, 1).encode())
            client.stdin.flush()
        said = _read_until(client.stdout, lambda said: SHOWN_NEXT in said and not said.endswith(SHOWN_NEXT))
        with contextlib.suppress(BrokenPipeError):
            client.stdin.close()  # it takes leave
        said += client.stdout.read()
    finally:
        client.kill()
        client.wait()
        patience.cancel()
        client.stdout.close()
    said, _, shown = said.partition(SHOWN_NEXT)
    shown = shown.removesuffix(SAID_AT_THE_END)
    return coap.decode(shown) if shown else None, said.decode(errors="replace")


def _read_until(stream, is_enough):
    said = b""
    while not is_enough(said):
        more = stream.read1(65536)
        if not more:
            break
        said += more
    return said


@contextlib.contextmanager
def echo(host, port, *options):
    """gnutls-serv on a host of its own (support/hosts.py), since it listens on every address that there is."""
    server = host.start("gnutls-serv", "--udp", "--echo", "--port", port, *options, ready="Echo Server listening on IPv4")
    try:
        yield server
    finally:
        server.kill()
