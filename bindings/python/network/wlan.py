"""A WLAN of a machine that has its network already: what scripts of boards ask of it, answered from the system."""

import fcntl
import socket
import struct

# ioctl numbers of Linux (netdevice(7)): the address and the netmask of an interface.
_SIOCGIFADDR = 0x8915
_SIOCGIFNETMASK = 0x891B
# A documentation address (RFC 5737): no packet goes there, connecting only asks the routing table.
_ANYWHERE = ("192.0.2.1", 9)


class WLAN:
    """The network that this machine is in. Connecting and disconnecting do nothing."""

    STA = 1
    AP = 2
    STA_AP = 3
    WEP = 1
    WPA = 2
    WPA2 = 3

    def __init__(self, id: int = 0, mode: int = STA, **settings: object) -> None:
        self._mode = mode

    def init(self, mode: int = STA, **settings: object) -> None:
        """Notes the mode; nothing else is needed."""
        self._mode = mode

    def mode(self) -> int:
        """The mode that was asked for."""
        return self._mode

    def connect(self, ssid: str, auth: object = None, **settings: object) -> None:
        """Does nothing: the machine is connected already."""

    def disconnect(self) -> None:
        """Does nothing."""

    def isconnected(self) -> bool:
        """Whether there is an address other than the loopback's."""
        return not self.ifconfig()[0].startswith("127.")

    def ifconfig(self) -> tuple[str, str, str, str]:
        """Address, netmask, gateway and name server of this host; 0.0.0.0 is "none"."""
        address, name = _outward()
        return address, _of_interface(name, _SIOCGIFNETMASK) or "255.0.0.0", _gateway(), _name_server()


def _outward() -> tuple[str, str]:
    """The address that packets to the world leave from, else that of the first interface but the loopback."""
    addresses = {}
    for _, name in socket.if_nameindex():
        address = _of_interface(name, _SIOCGIFADDR)
        if address and not address.startswith("127."):
            addresses[address] = name
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_ANYWHERE)
            chosen = probe.getsockname()[0]
            return chosen, addresses.get(chosen, "lo")
        except OSError:  # no route to the world
            return next(iter(addresses.items()), ("127.0.0.1", "lo"))


def _of_interface(name: str, request: int) -> str | None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            answer = fcntl.ioctl(asked, request, struct.pack("256s", name.encode()[:15]))
        except OSError:
            return None
    return socket.inet_ntoa(answer[20:24])


def _gateway() -> str:
    try:
        with open("/proc/net/route", encoding="ascii") as table:
            rows = [line.split() for line in table][1:]
    except OSError:
        return "0.0.0.0"
    found = next((row[2] for row in rows if row[1] == "00000000"), "00000000")
    return socket.inet_ntoa(struct.pack("<I", int(found, 16)))


def _name_server() -> str:
    try:
        with open("/etc/resolv.conf", encoding="utf-8", errors="replace") as settings:
            words = [line.split() for line in settings]
    except OSError:
        return "0.0.0.0"
    return next((word[1] for word in words if len(word) > 1 and word[0] == "nameserver"), "0.0.0.0")
