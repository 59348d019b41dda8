"""Groups (RFC 7252 section 8): three hosts on one network, of which one runs libcoap.

The hosts are network namespaces with a bridge between them; this needs root, as the capture does.
"""

import contextlib
import itertools
import json
import os
import pathlib
import re
import tempfile

import pytest
from support import programs
from support.programs import Server

IPV4_GROUP = "224.0.1.187"  # All CoAP Nodes (RFC 7252 12.8)
GROUPS = {
    "IPv4": (IPV4_GROUP, "coap://224.0.1.187"),
    "IPv6, link-local": ("ff02::fd%eth0", "coap://[ff02::fd%25eth0]"),
    "IPv6, site-local": ("ff05::fd", "coap://[ff05::fd]"),
}
LEISURE = ("--leisure", "0.3")


def ip(*words):
    done = programs.run("ip", *words)
    assert done.returncode == 0, f"ip {' '.join(words)}: {done.stderr}"


class Host:
    """One of the hosts 10.0.0.1, 10.0.0.2 and so on; fd00:71::1 and so on."""

    def __init__(self, prefix, number):
        self.number, self.space = number, f"{prefix}-{number}"
        self.ipv4, self.ipv6 = f"10.0.0.{number}", f"fd00:71::{number}"

    @property
    def words(self):
        return ["ip", "netns", "exec", self.space]

    def run(self, *command):
        return programs.run(*self.words, *command)

    def linnet(self, *arguments):
        return self.run(programs.linnet_path(), *arguments)

    @contextlib.contextmanager
    def serving(self, *arguments):
        command = [*self.words, programs.linnet_path(), "serve", "--demo", *LEISURE, *arguments]
        server = Server(*command, ready="listening on coap://")
        try:
            yield server
            assert server.stop() == 0, server.output
        finally:
            if server.is_running:
                server.kill()

    @contextlib.contextmanager
    def libcoap(self, group):
        server = Server(*self.words, "coap-server-notls", "-A", "::", "-g", group, "-G", "eth0", "-d", "10")
        try:
            for _ in range(100):  # it does not say when it is ready
                if self.run("coap-client-notls", "-B", "2", f"coap://{self.ipv4}/").returncode == 0:
                    break
            yield server
        finally:
            server.kill()


def plug_in(host, switch):
    ip("netns", "add", host.space)
    host.run("sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0")
    ip("-n", host.space, "link", "set", "lo", "up")
    ip("-n", switch, "link", "add", f"p{host.number}", "type", "veth", "peer", "name", "eth0", "netns", host.space)
    ip("-n", switch, "link", "set", f"p{host.number}", "master", "br0", "up")
    ip("-n", host.space, "address", "add", f"{host.ipv4}/24", "dev", "eth0")
    ip("-n", host.space, "address", "add", f"{host.ipv6}/64", "dev", "eth0", "nodad")
    ip("-n", host.space, "link", "set", "eth0", "up")
    ip("-n", host.space, "route", "add", "224.0.0.0/4", "dev", "eth0")


_networks = itertools.count()


@contextlib.contextmanager
def three_hosts():
    prefix = f"linnet-group-{os.getpid()}-{next(_networks)}"
    switch = f"{prefix}-switch"
    made = [Host(prefix, number) for number in (1, 2, 3)]
    ip("netns", "add", switch)
    try:
        programs.run("ip", "netns", "exec", switch, "sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0")
        ip("-n", switch, "link", "add", "br0", "type", "bridge", "mcast_snooping", "0")
        ip("-n", switch, "link", "set", "br0", "up")
        for host in made:
            plug_in(host, switch)
        yield made
    finally:
        for host in made:
            programs.run("ip", "netns", "delete", host.space)
        programs.run("ip", "netns", "delete", switch)


def members(told):
    """Who has answered `linnet get`, as its remarks say."""
    return sorted(re.findall(r"^from (\S+):$", told.stderr, re.MULTILINE))


@pytest.mark.waits
@pytest.mark.parametrize("kind", GROUPS)
def test_every_member_on_the_network_answers_and_nobody_else(kind):
    with three_hosts() as (asking, one, other):
        group, uri = GROUPS[kind]
        with one.serving("--join", group), other.serving():
            told = asking.linnet("get", f"{uri}/time", "--timeout", "2")
            assert told.returncode == 0, told.stderr
            assert len(members(told)) == 1, told.stderr
            with asking.serving("--bind", asking.ipv4, "--bind", f"[{asking.ipv6}]", "--join", group):
                told = asking.linnet("get", f"{uri}/time", "--timeout", "2")
        assert len(members(told)) == 2, "a server on the asking host hears it, too"
        assert len(told.stdout.splitlines()) == 2
        if kind == "IPv4":
            assert members(told) == [f"coap://{asking.ipv4}", f"coap://{one.ipv4}"]
        if kind == "IPv6, site-local":
            assert members(told) == [f"coap://[{asking.ipv6}]", f"coap://[{one.ipv6}]"]


@pytest.mark.waits
def test_who_answers_can_be_asked_alone():
    with three_hosts() as (asking, one, other):
        with one.serving("--join", "ff02::fd"), other.serving("--bind", f"[{other.ipv6}]:5700", "--join", "ff02::fd"):
            told = asking.linnet("get", "coap://[ff02::fd%25eth0]/time", "--timeout", "2")
            assert len(members(told)) == 2, told.stderr
            for member in members(told):
                alone = asking.linnet("get", f"{member}/test")
                assert alone.returncode == 0, alone.stderr
        assert f"coap://[{other.ipv6}]:5700" in members(told), "from where it listens, not from where the group does"


@pytest.mark.waits
def test_discover_lists_every_server_with_its_links():
    with three_hosts() as (asking, one, other):
        uri = "coap://224.0.1.187"
        with one.serving("--join", IPV4_GROUP), other.serving("--join", IPV4_GROUP):
            table = asking.linnet("discover", uri, "rt=Type1", "--timeout", "2")
            links = asking.linnet("discover", uri, "--format", "link", "--timeout", "2")
            objects = asking.linnet("discover", uri, "rt=Type1", "--format", "json", "--timeout", "2")
            none = asking.linnet("discover", uri, "rt=none", "--timeout", "1")
        assert table.returncode == links.returncode == objects.returncode == 0, table.stderr
        headings = [line for line in table.stdout.splitlines() if line.startswith("coap://")]
        assert sorted(headings) == [f"coap://{one.ipv4}", f"coap://{other.ipv4}"]
        assert table.stdout.count("/link1 ") == 2
        for host in (one, other):  # longer than one message: the rest is fetched by unicast (RFC 7959 2.8)
            assert f"<coap://{host.ipv4}/large>" in links.stdout
            assert f"<coap://{host.ipv4}/obs-pumping>" in links.stdout
        listed = [link for line in objects.stdout.splitlines() for link in json.loads(line)]
        assert {link["server"] for link in listed} == set(headings)
        assert {link["href"] for link in listed} == {"/link1", "/link3"}
        assert none.returncode == 3, "a server without a match keeps silent (RFC 6690 4.1)"
        assert "nobody" in none.stderr and "hint:" in none.stderr


@pytest.mark.waits
def test_errors_are_kept_back_unless_they_are_asked_for():
    with three_hosts() as (asking, one, _):
        uri = "coap://224.0.1.187/nowhere"
        with one.serving("--join", IPV4_GROUP):
            silent = asking.linnet("get", uri, "--timeout", "1")
            told = asking.linnet("get", uri, "--timeout", "1", "--option", "No-Response=2")
            wanted = asking.linnet("get", "coap://224.0.1.187/time", "--timeout", "1", "--option", "No-Response=2")
        assert silent.returncode == 3 and not silent.stdout
        assert members(told) == [f"coap://{one.ipv4}"] and "4.04" in told.stderr
        assert not members(wanted), "a response that is not wanted is not sent (RFC 7967)"


@pytest.mark.waits
def test_a_group_is_asked_on_the_interface_that_is_named():
    with three_hosts() as (asking, one, _):
        ip("-n", asking.space, "route", "delete", "224.0.0.0/4", "dev", "eth0")
        with one.serving("--join", IPV4_GROUP), asking.serving("--bind", "127.0.0.1", "--join", f"{IPV4_GROUP}%lo"):
            lost = asking.linnet("get", "coap://224.0.1.187/time", "--timeout", "1")
            assert lost.returncode == 3 and "--interface" in lost.stderr
            out = asking.linnet("get", "coap://224.0.1.187/time", "--timeout", "1", "--interface", "eth0")
            assert members(out) == [f"coap://{one.ipv4}"]
            inside = asking.linnet("get", "coap://224.0.1.187/time", "--timeout", "1", "--interface", "lo")
            assert members(inside) == ["coap://127.0.0.1"]
            wrong = asking.linnet("get", "coap://224.0.1.187/time", "--interface", "eth7")
            assert wrong.returncode == 2 and "eth7" in wrong.stderr


@pytest.mark.waits
def test_answers_that_cannot_be_written_are_not_waited_for():
    with three_hosts() as (asking, one, _), tempfile.TemporaryDirectory() as folder:
        uri, kept = "coap://224.0.1.187/time", pathlib.Path(folder, "kept")
        kept.write_text("of yesterday")
        assert asking.linnet("get", uri, "--interface", "eth0", "--timeout", "1", "-o", kept).returncode == 3
        assert kept.read_text() == "of yesterday", "nobody has answered"
        with one.serving("--join", "224.0.1.187", "--leisure", "0.1"):
            for file, why in (("/dev/full", "No space left"), (f"{folder}/no/folder", "No such file")):
                told = asking.linnet("get", uri, "--interface", "eth0", "--timeout", "1000", "-o", file)
                assert told.returncode == 3 and why in told.stderr


@pytest.mark.waits
def test_several_servers_of_one_host_share_a_group():
    with three_hosts() as (asking, one, _):
        with one.serving("--join", IPV4_GROUP), one.serving("--bind", ":5700", "--join", IPV4_GROUP):
            told = asking.linnet("get", "coap://224.0.1.187/time", "--timeout", "2")
        assert members(told) == [f"coap://{one.ipv4}", f"coap://{one.ipv4}:5700"]


@pytest.mark.waits
def test_answers_are_spread_over_the_leisure():
    with three_hosts() as (asking, one, _):
        with one.serving("--join", IPV4_GROUP):
            times = []
            for _ in range(12):
                told = asking.linnet("get", "coap://224.0.1.187/test", "--timeout", "1", "--format", "json")
                times.append(json.loads(told.stdout)["milliseconds"])
        assert max(times) < 900 and max(times) - min(times) > 30, times


@pytest.mark.waits
@pytest.mark.parametrize("kind", ("IPv4", "IPv6, link-local"))
def test_libcoap_answers_in_the_group(kind):
    with three_hosts() as (asking, one, other):
        group, uri = GROUPS[kind]
        with one.serving("--join", group), other.libcoap(group.split("%", maxsplit=1)[0]):
            told = asking.linnet("discover", uri, "--format", "json", "--timeout", "7")  # its leisure is 5 s
        assert told.returncode == 0, told.stderr
        servers = {link["server"]: link["href"] for line in told.stdout.splitlines() for link in json.loads(line)}
        assert len(servers) == 2, told.stdout
        if kind == "IPv4":
            assert set(servers) == {f"coap://{one.ipv4}", f"coap://{other.ipv4}"}


@pytest.mark.waits
@pytest.mark.parametrize("kind", ("IPv4", "IPv6, site-local"))
def test_libcoaps_client_is_answered_by_the_group(kind):
    with three_hosts() as (asking, one, other):
        group, uri = GROUPS[kind]
        with one.serving("--join", group), other.serving("--join", group):
            done = asking.run("coap-client-notls", "-N", "-B", "3", f"{uri}/link1")
        assert done.stdout.count("to be found by its attributes") == 2, done.stdout + done.stderr
