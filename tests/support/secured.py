"""Servers and clients that speak coaps://, and the keys that they have. Their ports are the kernel's, which the capture
does not see: tshark would take it all for CoAP."""

import contextlib
import pathlib
import socket
import subprocess
import tempfile
from dataclasses import dataclass

from support import programs
from support.programs import Server
from support.relay import Relay

PSK = ("--psk-identity", "password", "--psk-key", "sesame")
PEERS = ("openssl", "gnutls")


def openssl(*arguments):
    done = subprocess.run(["openssl", *[str(part) for part in arguments]], capture_output=True, timeout=30)
    assert done.returncode == 0, done.stderr.decode(errors="replace")


@dataclass
class Identity:
    """A key with a certificate and its public half, each a PEM file."""

    key: pathlib.Path
    certificate: pathlib.Path
    public: pathlib.Path


class Authority:
    """Makes keys and certificates in a folder of its own."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.own = self._files("authority")
        self._make_key(self.own)
        openssl("req", "-x509", "-new", "-key", self.own.key, "-days", 2, "-subj", "/CN=authority", "-out", self.file)

    @property
    def file(self):
        return self.own.certificate

    def _files(self, name):
        return Identity(*(self.folder / f"{name}.{kind}" for kind in ("key", "crt", "pub")))

    def _make_key(self, files, rsa=None):
        if rsa:
            openssl("genrsa", "-out", files.key, rsa)
        else:
            openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", files.key)
        openssl("pkey", "-in", files.key, "-pubout", "-out", files.public)

    def issue(self, name, host="localhost", days=2, rsa=None, extensions_too="", by=None, digest="sha256"):
        """An identity whose certificate is for `host`; with a negative number of days it has expired. `rsa`: the bits of
        such a key. `by`: another identity that signs it; then its certificate is behind it in the file."""
        files, signer = self._files(name), by or self.own
        self._make_key(files, rsa)
        request, extensions = files.key.with_suffix(".csr"), files.key.with_suffix(".ext")
        kind = "IP" if host[0].isdigit() else "DNS"
        own = "" if "CA:TRUE" in extensions_too else f"subjectAltName={kind}:{host}\nbasicConstraints=CA:FALSE\n"
        extensions.write_text(own + extensions_too)
        openssl("req", "-new", "-key", files.key, "-subj", f"/CN={host}", "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", signer.certificate, "-CAkey", signer.key, "-CAcreateserial",
                f"-{digest}", "-days", days, "-extfile", extensions, "-out", files.certificate)  # fmt: skip
        if by:
            with open(files.certificate, "ab") as chain:
                chain.write(by.certificate.read_bytes())
        return files


@contextlib.contextmanager
def authority():
    with tempfile.TemporaryDirectory(prefix="linnet-keys-") as folder:
        yield Authority(folder)


@dataclass
class Place:
    host: str
    port: int
    program: Server
    plain_port: int = None

    @property
    def uri(self):
        return f"coaps://{self.host}:{self.port}"


@contextlib.contextmanager
def demo(*options, plain=False):
    """linnet serve --demo on coaps alone, or with `plain` on coap, too."""
    command = [programs.linnet_path(), "serve", "--demo", "--bind", "coaps://127.0.0.1:0", *options]
    command += ["--bind", "coap://127.0.0.1:0"] if plain else []
    server = Server(*command)
    try:
        port = int(server.wait_for(r"listening on coaps://127.0.0.1:(\d+)")[1])
        place = Place("127.0.0.1", port, server)
        if plain:
            place.plain_port = int(server.wait_for(r"listening on coap://127.0.0.1:(\d+)")[1])
        yield place
        status = server.stop()
        assert status == 0, f"linnet serve ended with {status}:\n{server.output}"
    finally:
        if server.is_running:
            server.kill()


def free_port(count=1):
    """The first of `count` ports in a row that nothing is bound to."""
    while True:
        with contextlib.ExitStack() as stack:
            probe = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
            try:
                for more in range(1, count):
                    stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)).bind(("127.0.0.1", port + more))
            except OSError:
                continue
            return port


@contextlib.contextmanager
def coap_server(kind, *options):
    """libcoap's server with that library; its secured port is the one behind its plain one."""
    port = free_port(2)
    server = Server(f"coap-server-{kind}", "-A", "127.0.0.1", "-p", port, "-d", "10", *options)
    try:
        programs.wait_until_it_answers("127.0.0.1", port)
        yield Place("127.0.0.1", port + 1, server)
    finally:
        server.kill()


def coap_client(kind, *arguments):
    return programs.run(f"coap-client-{kind}", *arguments)


@contextlib.contextmanager
def relay(place, rules=()):
    with Relay(place.host, place.port, free_port(), rules) as made:
        yield made
