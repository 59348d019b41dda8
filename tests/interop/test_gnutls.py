"""coaps:// with GnuTLS's own programs: gnutls-cli sends a request that was put together here, gnutls-serv sends back what
it gets, which makes a Reset of Linnet's the answer to its own ping."""

import contextlib

import pytest
from support import coap, dtls, gnutls, hosts, programs, secured

PORT = 5684


@pytest.fixture(scope="module")
def authority():
    with secured.authority() as made:
        yield made


@pytest.fixture(scope="module")
def server(authority):
    return authority.issue("server", "127.0.0.1")


@pytest.fixture(scope="module")
def client(authority):
    return authority.issue("client", "client.example")


@pytest.fixture(scope="module")
def stranger(authority):
    return authority.issue("stranger", "127.0.0.1")


@pytest.fixture(scope="module")
def host():
    with hosts.hosts("10.10.0.1") as (made,):
        yield made


def certificates(identity, authority):
    return "--cert", identity.certificate, "--key", identity.key, "--ca", authority.file


def whoami(place, *options):
    answer, said = gnutls.ask(place.port, "whoami", *options)
    assert answer, said
    assert answer.type == coap.ACK and answer.code_text == "2.05"
    return answer.payload.decode()


def test_gnutls_cli_asks_with_a_pre_shared_key():
    with secured.demo(*secured.PSK) as place:
        assert "pre-shared key: password\n" in whoami(place, *gnutls.PSK_ALONE, *gnutls.psk("sesame"))


def test_gnutls_cli_shows_its_certificate(authority, server, client):
    with secured.demo(*certificates(server, authority)) as place:
        assert "client.example" in whoami(place, *gnutls.certificate(client, authority))
        answer, said = gnutls.ask(place.port, "whoami", "--x509cafile", authority.file)
        assert not answer and "Received alert [40]" in said, "handshake_failure (RFC 5246 7.4.6)"


def test_gnutls_cli_shows_its_raw_public_key(server, client, stranger):
    with secured.demo("--rpk", "--key", server.key, "--peer-key", client.public) as place:
        options = (*gnutls.RAW_KEYS, "--insecure")
        assert "your raw public key" in whoami(place, *options, *gnutls.raw_key(client))
        answer, said = gnutls.ask(place.port, "whoami", *options, *gnutls.raw_key(stranger))
        assert not answer and "Received alert [46]" in said, "certificate_unknown"


def test_a_client_hello_in_fragments_is_put_together(authority, server, client):
    """RFC 6347 4.2.3. What comes without a cookie is answered for its first fragment, and nothing of it is kept."""
    with secured.demo(*certificates(server, authority)) as place, secured.relay(place) as relay:
        place.port = relay.port
        assert "client.example" in whoami(place, "--mtu", 150, *gnutls.certificate(client, authority))
        hellos = [record for packet in relay.packets for record in dtls.records(packet.octets)
                  if record.message == dtls.CLIENT_HELLO]  # fmt: skip
        assert len(hellos) >= 4, "it came in fragments without a cookie, and with one"


# RFC 5246 7.2.2 and 7.4.1.3: what is refused, and by which alert.
REFUSED = {
    "no suite in common": (("--priority", "NORMAL:-KX-ALL:+PSK:-CIPHER-ALL:+AES-256-GCM"), "sesame", 40),
    "DTLS 1.0 alone": (("--priority", "NORMAL:-KX-ALL:+PSK:-VERS-ALL:+VERS-DTLS1.0"), "sesame", 70),
    "another key": (gnutls.PSK_ALONE, "wrong", 51),
}


@pytest.mark.parametrize("which", REFUSED)
def test_gnutls_cli_is_refused_with_an_alert(which):
    options, key, alert = REFUSED[which]
    with secured.demo(*secured.PSK) as place:
        answer, said = gnutls.ask(place.port, "whoami", *options, *gnutls.psk(key))
        assert not answer and f"Received alert [{alert}]" in said, said
        place.program.wait_for("handshake with .* failed")


@contextlib.contextmanager
def pinged(host, options, *credentials):
    """What comes of a ping of gnutls-serv."""
    with gnutls.echo(host, PORT, *options) as server:
        uri = f"coaps://127.0.0.1:{PORT}"
        yield server, host.run(programs.linnet_path(), "ping", uri, "--count", 1, "--timeout", 20, *credentials)


def psk_file(folder):
    file = folder / "keys"
    file.write_text(f"password:{b'sesame'.hex()}\n")
    return file


@pytest.mark.parametrize("exchange", ("PSK", "ECDHE-PSK"))
def test_gnutls_serv_takes_the_pre_shared_key(host, tmp_path, exchange):
    options = ("--pskpasswd", psk_file(tmp_path), "--priority", f"NORMAL:-KX-ALL:+{exchange}")
    with pinged(host, options, *secured.PSK) as (_, told):
        assert told.returncode == 0 and "1 answered" in told.stdout, told.stderr


def test_gnutls_serv_and_linnet_show_certificates(host, authority, server, client, stranger):
    options = (*gnutls.certificate(server, authority), "--require-client-cert")
    with pinged(host, options, *certificates(client, authority)) as (_, told):
        assert told.returncode == 0 and "1 answered" in told.stdout, told.stderr
    with pinged(host, options, "--ca", stranger.certificate) as (serv, told):
        assert told.returncode != 0 and "of no authority that is trusted" in told.stderr
        serv.wait_for("fatal alert")


def test_gnutls_serv_and_linnet_show_raw_public_keys(host, server, client, stranger):
    options = (*gnutls.RAW_KEYS, *gnutls.raw_key(server), "--require-client-cert")
    ours = ("--rpk", "--key", client.key)
    with pinged(host, options, *ours, "--peer-key", server.public) as (_, told):
        assert told.returncode == 0 and "1 answered" in told.stdout, told.stderr
    with pinged(host, options, *ours, "--peer-key", stranger.public) as (serv, told):
        assert told.returncode != 0 and "raw public key is not one that is trusted" in told.stderr
        serv.wait_for("fatal alert")
