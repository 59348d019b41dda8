"""Connection IDs (RFC 9146) between real processes, with a NAT between them that gives the client another port; and tshark,
which knows the protocol by itself, reads what was sent."""

import contextlib
import re
import socket
import struct
import subprocess

import pytest
from support import programs, run, secured
from support.programs import Server
from support.relay import Relay

HANDSHAKE, DATA, WITH_CID = 22, 23, 25
KEY = secured.PSK[-1].encode().hex()


@contextlib.contextmanager
def behind_a_nat(place, rules=()):
    with Relay(place.host, place.port, secured.free_port(), rules) as nat:
        yield nat, f"coaps://127.0.0.1:{nat.port}"


def first_octet(packet):
    return packet.octets[0]


def handshakes(nat):
    return sum(first_octet(packet) == HANDSHAKE and packet.to_server for packet in nat.packets)


def rebind_at(count):
    """A rule: the NAT forgets the client before its count-th record of data."""
    seen = [0]

    def rule(packet):
        seen[0] += packet.to_server and first_octet(packet) == WITH_CID
        if seen[0] == count and packet.to_server:
            seen[0] += 1
            rule.nat.rebind()

    return rule


def checksum_free_udp(packet, server_port):
    """An IPv4 datagram; the checksums of UDP may be 0."""
    ports = (40000, server_port) if packet.to_server else (server_port, 40000)
    udp = struct.pack("!HHHH", *ports, 8 + len(packet.octets), 0) + packet.octets
    ends = [socket.inet_aton(end) for end in ("192.0.2.1", "192.0.2.2")]
    ends = ends if packet.to_server else ends[::-1]
    return struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0) + ends[0] + ends[1] + udp


def tshark(packets, folder, *arguments):
    """What tshark reads in these packets, with the pre-shared key."""
    file = folder / "nat.pcap"
    with file.open("wb") as out:
        out.write(struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 228))  # LINKTYPE_IPV4
        for packet in packets:
            octets = checksum_free_udp(packet, 5684)
            seconds, part = divmod(packet.time, 1)
            out.write(struct.pack("=IIII", int(seconds), int(part * 1e6), len(octets), len(octets)) + octets)
    command = ["tshark", "-r", file, "-o", f"dtls.psk:{KEY}", "-d", "udp.port==5684,dtls", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=programs.PATIENCE)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_tshark_reads_and_deciphers_records_with_ids(tmp_path):
    with secured.demo(*secured.PSK) as place, behind_a_nat(place) as (nat, uri):
        told = run.linnet("get", "-v", f"{uri}/secure", *secured.PSK, "--connection-id", 8)
        assert told.returncode == 0, told.stderr
        shown = re.search(r"goes out has Connection ID 0x(\w{12}), what comes in Connection ID 0x(\w{16})", told.stderr)
        packets = nat.packets
    ids = {to_server: set() for to_server in (True, False)}
    for line in tshark(packets, tmp_path, "-Y", "dtls.record.connection_id", "-T", "fields", "-e", "udp.dstport",
                       "-e", "dtls.record.connection_id"):  # fmt: skip
        port, octets = line.split("\t")
        ids[port == "5684"] |= set(octets.replace(":", "").split(","))
    assert ids == {True: {shown[1]}, False: {shown[2]}}
    messages = tshark(packets, tmp_path, "-Y", "coap", "-T", "fields", "-e", "coap.code", "-e", "coap.opt.uri_path")
    assert messages == ["1\tsecure", "69\t"], messages
    assert len(tshark(packets, tmp_path, "-Y", "dtls.handshake.type == 20")) == 2  # both Finished
    assert tshark(packets, tmp_path, "-Y", "_ws.malformed || dtls.cid.content_type.invalid") == []


def put(place, text):
    told = run.linnet("put", f"{place.uri}/obs", "--payload", text, *secured.PSK)
    assert told.returncode == 0, told.stderr


def test_an_observation_survives_a_nat_that_forgets_it():
    with secured.demo(*secured.PSK) as place, behind_a_nat(place) as (nat, uri):
        client = Server(programs.linnet_path(), "observe", f"{uri}/obs", *secured.PSK)
        try:
            client.wait_for("change")
            for text in ("first", "second", "third"):
                nat.rebind(deaf=False)  # it is the client's acknowledgement of this one that comes from another port
                before = len(nat.packets)
                put(place, text)
                client.wait_for(text)
                nat.wait_for(lambda packet: packet.to_server and packet in nat.recorded[before:])
                put(place, f"to the new port of the {text}")
                client.wait_for(f"to the new port of the {text}")
            assert handshakes(nat) == 3  # two hellos, and the rest: of one handshake
        finally:
            client.kill()


@pytest.mark.parametrize("options", ((), ("--connection-id", 4)), ids=("one way", "both ways"))
def test_bodies_go_on_in_blocks_where_the_nat_forgets_the_client(options):
    rule = rebind_at(4)
    body = "".join(f"line {number:6}\n" for number in range(800))
    with secured.demo("--dynamic", *secured.PSK) as place, behind_a_nat(place, [rule]) as (nat, uri):
        rule.nat = nat
        put = run.linnet("put", f"{uri}/made", "--payload", body, *secured.PSK, *options)
        assert put.returncode == 0, put.stderr
        assert len({packet.client for packet in nat.packets}) == 1 and handshakes(nat) == 3
    rule = rebind_at(4)
    with secured.demo("--dynamic", *secured.PSK) as place, behind_a_nat(place, [rule]) as (nat, uri):
        rule.nat = nat
        assert run.linnet("put", f"{place.uri}/made", "--payload", body, *secured.PSK).returncode == 0
        told = run.linnet("get", f"{uri}/made", *secured.PSK, *options)
        assert told.stdout == body, told.stderr
        assert handshakes(nat) == 3


@pytest.mark.parametrize("where", ("server", "client"))
def test_one_setting_turns_them_off(where):
    off = {"server": [], "client": []}
    off[where] = ["--no-connection-id"]
    with secured.demo(*secured.PSK, *off["server"]) as place, behind_a_nat(place) as (nat, uri):
        told = run.linnet("get", "-v", f"{uri}/secure", *secured.PSK, *off["client"])
        assert told.returncode == 0, told.stderr
        assert "what goes out has no Connection ID, what comes in no Connection ID" in told.stderr
        assert {first_octet(packet) for packet in nat.packets} & {DATA, WITH_CID} == {DATA}
