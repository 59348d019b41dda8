"""Hosts on one network, as network namespaces with a bridge between them; this needs root, as the capture does."""

import contextlib
import itertools
import os

from support import programs
from support.programs import Server

_networks = itertools.count()


def ip(*words):
    done = programs.run("ip", *words)
    assert done.returncode == 0, f"ip {' '.join(words)}: {done.stderr}"


class Host:
    """One host with an address; `names` of a file in the form of /etc/hosts are known in it."""

    def __init__(self, space, address):
        self.space, self.address = space, address

    def words(self, names=None):
        entered = ["ip", "netns", "exec", self.space]
        if names:
            entered += ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', str(names)]
        return entered

    def run(self, *command, names=None):
        return programs.run(*self.words(names), *command)

    def start(self, *command, names=None, ready=None):
        return Server(*self.words(names), *command, ready=ready)


def _plug_in(host, switch, number):
    ip("netns", "add", host.space)
    ip("-n", host.space, "link", "set", "lo", "up")
    ip("-n", switch, "link", "add", f"p{number}", "type", "veth", "peer", "name", "eth0", "netns", host.space)
    ip("-n", switch, "link", "set", f"p{number}", "master", "br0", "up")
    ip("-n", host.space, "address", "add", f"{host.address}/24", "dev", "eth0")
    ip("-n", host.space, "link", "set", "eth0", "up")
    ip("-n", host.space, "route", "add", "224.0.0.0/4", "dev", "eth0")


@contextlib.contextmanager
def hosts(*addresses):
    """A Host for each address; all are gone at the end."""
    prefix = f"linnet-hosts-{os.getpid()}-{next(_networks)}"
    switch = f"{prefix}-switch"
    made = [Host(f"{prefix}-{number}", address) for number, address in enumerate(addresses)]
    ip("netns", "add", switch)
    try:
        ip("-n", switch, "link", "add", "br0", "type", "bridge", "mcast_snooping", "0")
        ip("-n", switch, "link", "set", "br0", "up")
        for number, host in enumerate(made):
            _plug_in(host, switch, number)
        yield made
    finally:
        for host in made:
            programs.run("ip", "netns", "delete", host.space)
        programs.run("ip", "netns", "delete", switch)
