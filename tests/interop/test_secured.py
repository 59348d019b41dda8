"""coaps:// with real peers: libcoap with OpenSSL and with GnuTLS in both roles, openssl s_client, and what the command says
when a session cannot be set up."""

import json
import re
import subprocess

import pytest
from support import dtls, programs, run, secured

PEER = pytest.mark.parametrize("peer", secured.PEERS)


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


def certificates(identity, authority):
    return "--cert", identity.certificate, "--key", identity.key, "--ca", authority.file


@PEER
def test_libcoaps_client_gets_blocks_and_puts_over_psk(peer):
    with secured.demo(*secured.PSK) as place:
        told = secured.coap_client(peer, "-m", "get", "-u", "password", "-k", "sesame", f"{place.uri}/large")
        assert len(told.stdout) > 1280
        put = secured.coap_client(peer, "-m", "put", "-e", "secret", "-u", "password", "-k", "sesame",
                                  f"{place.uri}/validate")  # fmt: skip
        assert put.returncode == 0
        got = run.linnet("get", f"{place.uri}/validate", *secured.PSK)
        assert got.stdout == "secret"


@PEER
def test_a_large_body_comes_from_libcoaps_server(peer):
    with secured.coap_server(peer, "-k", "sesame", "-h", "hint") as place:
        told = run.linnet("get", f"{place.uri}/example_data", *secured.PSK)
        assert told.returncode == 0 and len(told.stdout) > 1000
        put = run.linnet("put", f"{place.uri}/made", "--payload", "x" * 3000, *secured.PSK)
        assert put.returncode == 0, put.stderr
        assert run.linnet("get", f"{place.uri}/made", *secured.PSK).stdout == "x" * 3000


@PEER
def test_a_server_has_a_key_for_each_identity(peer):
    with secured.demo("--psk", "alice:sesame", "--psk", "0x626f62:0x0001ff", "--psk", "carol:a:colon") as place:
        for identity, key in (("alice", "sesame"), ("bob", "0x0001ff"), ("carol", "a:colon")):
            told = run.linnet("get", f"{place.uri}/whoami", "--psk", f"{identity}:{key}")
            assert f"pre-shared key: {identity}" in told.stdout, told.stderr
        told = secured.coap_client(peer, "-m", "get", "-u", "alice", "-k", "sesame", f"{place.uri}/whoami")
        assert "pre-shared key: alice" in told.stdout
        wrong = run.linnet("get", f"{place.uri}/whoami", "--psk", "bob:sesame")
        assert wrong.returncode == 3 and "--psk IDENTITY:KEY" in wrong.stderr


def test_a_key_without_identity_is_explained():
    told = run.linnet("get", "coaps://127.0.0.1/", "--psk", "sesame")
    assert told.returncode == 2 and "--psk sensor1:sesame" in told.stderr


@PEER
def test_libcoaps_client_shows_its_certificate(peer, authority, server, client):
    with secured.demo(*certificates(server, authority)) as place:
        told = secured.coap_client(peer, "-B", "10", "-m", "get", "-c", client.certificate, "-j", client.key, "-R",
                                   authority.file, "-C", authority.file, f"{place.uri}/secure")  # fmt: skip
        assert "certificate" in told.stdout and "client.example" in told.stdout, told.stderr


@PEER
def test_linnet_shows_its_certificate_to_libcoaps_server(peer, authority, server, client):
    options = ("-c", server.certificate, "-j", server.key, "-R", authority.file, "-C", authority.file)
    with secured.coap_server(peer, *options) as place:
        told = run.linnet("get", f"{place.uri}/", *certificates(client, authority))
        assert told.returncode == 0 and "libcoap" in told.stdout, told.stderr
        refused = run.linnet("get", f"{place.uri}/")
        assert refused.returncode == 3 and "of no authority that is trusted" in refused.stderr
        assert run.linnet("get", f"{place.uri}/", *certificates(client, authority)[:4], "--insecure").returncode == 0


def s_client(port, *options):
    return subprocess.run(
        ["openssl", "s_client", "-dtls1_2", "-connect", f"127.0.0.1:{port}", *options],
        input=b"", capture_output=True, timeout=programs.PATIENCE,
    )  # fmt: skip


def test_openssl_s_client_agrees_on_the_mandatory_suites(authority, server):
    with secured.demo("--psk-key", "sesame", "--cert", server.certificate, "--key", server.key) as place:
        key = b"sesame".hex()
        told = s_client(place.port, "-psk", key, "-psk_identity", "anybody", "-cipher", "PSK-AES128-CCM8:@SECLEVEL=0")
        assert b"Cipher is PSK-AES128-CCM8" in told.stdout, told.stderr
        assert b"Extended master secret: yes" in told.stdout
        told = s_client(place.port, "-CAfile", authority.file, "-cipher", "ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0")
        assert b"Cipher is ECDHE-ECDSA-AES128-CCM8" in told.stdout, told.stderr
        assert b"Verify return code: 0 (ok)" in told.stdout
        refused = s_client(place.port, "-CAfile", authority.file, "-cipher", "ECDHE-ECDSA-AES128-SHA")
        assert b"alert handshake failure" in refused.stderr


@pytest.fixture(scope="module")
def hosts(authority):
    """A server's options for certificates of three names; the first is what nobody asks for."""
    made = [authority.issue(name, name) for name in ("first.example", "second.example", "localhost")]
    return [option for each in made for option in ("--cert", each.certificate, "--key", each.key)]


def subject_shown(port, authority, *options):
    told = s_client(port, "-CAfile", authority.file, *options)
    return re.search(rb"subject=CN = (\S+)", told.stdout)[1].decode(), told.stdout


def test_openssl_s_client_is_shown_the_certificate_of_the_name_that_it_asks_for(authority, hosts, tmp_path):
    with secured.demo(*hosts) as place:
        for name in ("second.example", "localhost", "first.example", "SECOND.example"):
            assert subject_shown(place.port, authority, "-servername", name)[0] == name.lower()
        assert subject_shown(place.port, authority, "-noservername")[0] == "first.example"
        assert subject_shown(place.port, authority, "-servername", "unknown.example")[0] == "first.example"
        kept = tmp_path / "session"
        subject, said = subject_shown(place.port, authority, "-servername", "localhost", "-sess_out", kept)
        assert b"New, TLSv1.2" in said and kept.exists()
        subject, said = subject_shown(place.port, authority, "-servername", "localhost", "-sess_in", kept)
        assert subject == "localhost" and b"Reused, TLSv1.2" in said
        subject, said = subject_shown(place.port, authority, "-servername", "second.example", "-sess_in", kept)
        assert subject == "second.example" and b"New, TLSv1.2" in said, "RFC 6066 3: no ticket of another name is taken"


@PEER
def test_libcoaps_client_is_shown_the_certificate_of_the_host_that_it_asks(peer, authority, hosts):
    with secured.demo(*hosts) as place, secured.relay(place) as relay:
        told = secured.coap_client(peer, "-m", "get", "-R", authority.file, "-C", authority.file,
                                   f"coaps://localhost:{relay.port}/secure")  # fmt: skip
        assert "asked for by" in told.stdout, told.stderr
        assert any(b"localhost" in packet.octets for packet in relay.packets if not packet.to_server)
        assert not any(b"first.example" in packet.octets for packet in relay.packets)


def test_linnet_asks_for_the_certificate_of_the_host(authority, hosts):
    with secured.demo(*hosts) as place:
        told = run.linnet("get", f"coaps://localhost:{place.port}/secure", "--ca", authority.file)
        assert told.returncode == 0, told.stderr
        refused = run.linnet("get", f"{place.uri}/secure", "--ca", authority.file)
        assert refused.returncode == 3 and "for another name" in refused.stderr


def judged(authority, identity):
    """What a client that trusts the authority says of a server with that certificate; "" if it is content."""
    with secured.demo("--cert", identity.certificate, "--key", identity.key) as place:
        told = run.linnet("get", f"{place.uri}/secure", "--ca", authority.file)
        assert (told.returncode == 0) == (told.stdout != "") and told.returncode in (0, 3), told.stderr
        return told.stderr


def test_a_certificate_is_for_servers_of_an_authority_that_may_sign_it(authority):
    """RFC 5280 section 6, as RFC 7252 9.1.3.3 wants it: purposes, constraints, and who is an authority at all."""
    sub = "basicConstraints=CA:TRUE\nkeyUsage=keyCertSign\n"
    middle = authority.issue("middle", "middle.example", extensions_too=sub)
    bound = authority.issue("bound", "bound.example", extensions_too=f"{sub}nameConstraints=permitted;IP:192.0.2.0/255.255.255.0\n")
    leaf = authority.issue("leaf", "127.0.0.1")
    here = "127.0.0.1"
    assert judged(authority, authority.issue("below", here, by=middle)) == ""
    assert "may not sign" in judged(authority, authority.issue("outside", here, by=bound))
    assert judged(authority, authority.issue("under-leaf", here, by=leaf)) != ""
    assert judged(authority, authority.issue("server-eku", here, extensions_too="extendedKeyUsage=serverAuth\n")) == ""
    client = authority.issue("client-eku", here, extensions_too="extendedKeyUsage=clientAuth\n")
    assert "for another purpose" in judged(authority, client)


def test_rsa_keys_are_good_from_2048_bits_on_and_sha_1_is_not(authority):
    assert judged(authority, authority.issue("rsa2048", "127.0.0.1", rsa=2048)) == ""
    assert "too weak" in judged(authority, authority.issue("rsa1024", "127.0.0.1", rsa=1024))
    assert "too weak" in judged(authority, authority.issue("sha1", "127.0.0.1", digest="sha1"))


RECORD_OVERHEAD = 13 + 8 + 8  # header, explicit nonce, tag of CCM_8


@pytest.mark.parametrize("path, limit", ((b"large", None), (b"large", 512), (b"large", 1024), (b"large", 2048),
                                         (b"obs-large", 512)))  # fmt: skip
def test_a_client_with_little_room_is_sent_no_larger_messages(path, limit):
    """max_fragment_length (RFC 6066 4), asked for by openssl s_client, which sends its input as it is: a GET, or one that
    observes, and is notified."""
    observe = path == b"obs-large"
    request = b"\x51\x01\x12\x34t" + (b"\x60\x59" if observe else b"\xb5") + path
    options = ["-maxfraglen", str(limit)] if limit else []
    with secured.demo(*secured.PSK) as place, secured.relay(place) as relay:
        client = subprocess.Popen(
            ["openssl", "s_client", "-dtls1_2", "-quiet", "-connect", f"127.0.0.1:{relay.port}", "-psk",
             b"sesame".hex(), "-psk_identity", "password", "-cipher", "PSK-AES128-CCM8:@SECLEVEL=0", *options],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

        def is_message(packet):
            return not packet.to_server and packet.octets[:1] == b"\x17"

        try:
            client.stdin.write(request)
            client.stdin.flush()
            relay.wait_for(is_message, 2 if observe else 1)
        finally:
            client.kill()
            client.wait()
            client.stdin.close()
        block = {None: 1024, 512: 256, 1024: 512, 2048: 1024}[limit]
        for packet in filter(is_message, relay.packets):
            assert block < len(packet.octets) - RECORD_OVERHEAD <= min(limit or 1152, 1152)


FAILURES = {
    "another key": (("--psk-identity", "password", "--psk-key", "wrong"), "another pre-shared key",
                    'the keys of the two sides differ: "password"'),
    "an unknown identity": (("--psk-identity", "other", "--psk-key", "sesame"), "no key for this identity",
                            'there is no key for this identity: "other"'),
    "no suite in common": ((), "Handshake failed", "no cipher suite that both sides offer"),
}  # fmt: skip


@pytest.mark.parametrize("which", FAILURES)
def test_both_sides_say_why_there_is_no_session(which):
    options, client_says, server_says = FAILURES[which]
    with secured.demo(*secured.PSK) as place:
        told = run.linnet("get", f"{place.uri}/secure", *options)
        assert told.returncode == 3 and told.stdout == "" and client_says in told.stderr and "hint:" in told.stderr
        place.program.wait_for(re.escape(server_says))


def test_both_sides_say_that_a_certificate_has_expired(authority):
    expired = authority.issue("expired", "127.0.0.1", days=-1)
    with secured.demo("--cert", expired.certificate, "--key", expired.key) as place:
        told = run.linnet("get", f"{place.uri}/secure", "--ca", authority.file)
        assert told.returncode == 3 and "has expired" in told.stderr
        place.program.wait_for('the alert "Certificate is expired"')


def test_a_certificate_has_to_be_of_the_host_in_the_uri(authority):
    other = authority.issue("other", "other.example")
    with secured.demo("--cert", other.certificate, "--key", other.key) as place:
        told = run.linnet("get", f"{place.uri}/secure", "--ca", authority.file)
        assert told.returncode == 3 and "for another name" in told.stderr


def test_credentials_come_from_a_file(tmp_path):
    file = tmp_path / "credentials.json"
    alice = {"dtls": {"psk": {"ascii": "sesame"}, "client-identity": {"hex": b"alice".hex()}}}
    bob = {"dtls": {"psk": {"ascii": "open"}, "client-identity": {"ascii": "bob"}}}
    file.write_text(json.dumps({":alice": alice, "coaps://127.0.0.1:*": ":alice", "coaps://*": bob}))
    with secured.demo("--credentials", file) as place:
        told = run.linnet("get", f"{place.uri}/secure", "--credentials", file)
        assert told.returncode == 0 and 'the pre-shared key of "alice"' in told.stdout, told.stderr
        told = run.linnet("get", f"{place.uri}/secure", "--psk-identity", "bob", "--psk-key", "open")
        assert 'the pre-shared key of "bob"' in told.stdout


@pytest.mark.parametrize(
    "content, complaint",
    (
        ("[]", "not a JSON object"),
        ('{"coaps://*": 1}', "neither an object nor the name of one"),
        ('{"coaps://*": {"dtls": {"psk": {"ascii": ""}, "client-identity": {"ascii": "a"}}}}', 'no good "psk"'),
        ('{"coaps://*": {"dtls": {"psk": {"hex": "6"}, "client-identity": {"ascii": "a"}}}}', 'no good "psk"'),
        ('{"coaps://*": {"dtls": {"psk": {"ascii": "a"}}}}', 'no good "client-identity"'),
    ),
)
def test_a_file_that_is_no_credentials_is_refused(tmp_path, content, complaint):
    file = tmp_path / "credentials.json"
    file.write_text(content)
    told = run.linnet("get", "coaps://127.0.0.1/", "--credentials", file)
    assert told.returncode == 2 and complaint in told.stderr


def test_what_is_only_over_coaps_is_refused_over_coap():
    with secured.demo(*secured.PSK, plain=True) as place:
        told = run.linnet("get", f"coap://127.0.0.1:{place.plain_port}/secure")
        assert told.returncode == 1 and "4.01" in told.stderr and "Only over coaps" in told.stderr
        assert run.linnet("get", f"coap://127.0.0.1:{place.plain_port}/test").returncode == 0
        assert run.linnet("get", f"{place.uri}/secure", *secured.PSK).returncode == 0


@pytest.mark.parametrize(
    "options, complaint",
    (
        (("--bind", "coaps://127.0.0.1:0"), "no credentials were given"),
        (("--cert", "/nonexistent", "--key", "/nonexistent"), "credentials missing or unreadable"),
        (("--cert", "a", "--key", "b", "--cert", "c"), "credentials missing or unreadable"),
        (("--psk-key", "0x1"), "hex digits in pairs"),
        (("--psk-key", "x" * 65), "1 to 64 octets"),
    ),
)
def test_serve_says_what_is_wrong_with_its_credentials(options, complaint):
    told = run.linnet("serve", "--demo", *options)
    assert told.returncode == 2 and complaint in told.stderr


def test_a_client_has_one_certificate():
    told = run.linnet("get", "coaps://127.0.0.1/", "--cert", "a", "--key", "b", "--cert", "c")
    assert told.returncode == 2 and "a client has one alone" in told.stderr


def test_whoami_tells_by_what_a_client_is_known():
    with secured.demo(*secured.PSK, plain=True) as place:
        told = run.linnet("get", f"{place.uri}/whoami", *secured.PSK).stdout
        assert "protocol: CoAP over DTLS\n" in told and "security: DTLS with a pre-shared key: password\n" in told
        told = run.linnet("get", f"coap://127.0.0.1:{place.plain_port}/whoami").stdout
        assert "protocol: CoAP over UDP\n" in told and "security: none\n" in told


def test_keys_that_no_address_would_use_are_not_taken_in_silence():
    told = run.linnet("serve", "--demo", "--bind", "127.0.0.1:0", *secured.PSK)
    assert told.returncode == 2
    assert "no address is for coaps" in told.stderr and "--bind coaps://127.0.0.1" in told.stderr


def test_an_observation_goes_on_over_the_session():
    with secured.demo(*secured.PSK) as place:
        command = [programs.linnet_path(), "observe", f"{place.uri}/obs", "--count", "2", *secured.PSK]
        told = programs.run(*command)
        assert told.returncode == 0, told.stderr
        assert len(told.stdout.splitlines()) == 2
