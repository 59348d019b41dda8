"""Ports, group addresses, and the parameters of transmission (RFC 7252 4.8).

>>> from linnet import Message, GET
>>> from linnet.numbers.constants import TransportTuning
>>> class Patient(TransportTuning):
...     ACK_TIMEOUT = 10.0
>>> message = Message(code=GET, uri="coap://localhost/time", transport_tuning=Patient())
>>> message.transport_tuning.MAX_TRANSMIT_WAIT
465.0
"""

COAP_PORT = 5683
COAPS_PORT = 5684
MCAST_IPV4_ALLCOAPNODES = "224.0.1.187"
MCAST_IPV6_LINKLOCAL_ALLNODES = "ff02::1"
MCAST_IPV6_LINKLOCAL_ALLCOAPNODES = "ff02::fd"
MCAST_IPV6_SITELOCAL_ALLNODES = "ff05::1"
MCAST_IPV6_SITELOCAL_ALLCOAPNODES = "ff05::fd"
MCAST_ALL = (
    MCAST_IPV4_ALLCOAPNODES,
    MCAST_IPV6_LINKLOCAL_ALLNODES,
    MCAST_IPV6_LINKLOCAL_ALLCOAPNODES,
    MCAST_IPV6_SITELOCAL_ALLNODES,
    MCAST_IPV6_SITELOCAL_ALLCOAPNODES,
)
MAX_REGULAR_BLOCK_SIZE_EXP = 6
SHUTDOWN_TIMEOUT = 3


class TransportTuning:
    """The parameters of RFC 7252 4.8, in seconds. Derive a class, change what has to be, and give an instance of it to
    a Message or to a context as transport_tuning. What is left as it is stays what the context has.

    >>> from linnet.numbers.constants import TransportTuning
    >>> TransportTuning().EXCHANGE_LIFETIME
    247.0
    """

    ACK_TIMEOUT = 2.0
    ACK_RANDOM_FACTOR = 1.5
    MAX_RETRANSMIT = 4
    NSTART = 1
    DEFAULT_LEISURE = 5.0
    PROBING_RATE = 1
    MAX_LATENCY = 100.0
    reliability = None

    @property
    def MAX_TRANSMIT_SPAN(self):
        """From the first transmission to the last."""
        return self.ACK_TIMEOUT * (2**self.MAX_RETRANSMIT - 1) * self.ACK_RANDOM_FACTOR

    @property
    def MAX_TRANSMIT_WAIT(self):
        """From the first transmission to giving up."""
        return self.ACK_TIMEOUT * (2 ** (self.MAX_RETRANSMIT + 1) - 1) * self.ACK_RANDOM_FACTOR

    @property
    def PROCESSING_DELAY(self):
        """How long a node may take to acknowledge."""
        return self.ACK_TIMEOUT

    @property
    def MAX_RTT(self):
        """The longest round trip."""
        return 2 * self.MAX_LATENCY + self.PROCESSING_DELAY

    @property
    def EXCHANGE_LIFETIME(self):
        """How long the Message ID of a confirmable message is not used again."""
        return self.MAX_TRANSMIT_SPAN + self.MAX_RTT

    @property
    def NON_LIFETIME(self):
        """The same for a non-confirmable one."""
        return self.MAX_TRANSMIT_SPAN + self.MAX_LATENCY


class Reliable(TransportTuning):
    """Requests are confirmable."""

    reliability = True


class Unreliable(TransportTuning):
    """Requests are non-confirmable.

    >>> from linnet import get, Unreliable
    >>> get("coap://localhost/time", transport_tuning=Unreliable()).code.dotted
    '2.05'
    """

    reliability = False


DEFAULT_TUNING = TransportTuning()


def _unless_default(tuning, name, factor):
    """0 is what the context has, which is the RFC's where nobody said otherwise."""
    value = getattr(tuning, name, None)
    if value is None or value == getattr(TransportTuning, name):
        return 0
    if not 0 < value * factor < 2**32:
        raise ValueError(f"{name} cannot be {value}")
    return int(value * factor)


def transmission_of(tuning):
    """What the extension wants: the parameters in its units, and whether requests are confirmable."""
    if getattr(tuning, "MAX_RETRANSMIT", None) == 0:
        retransmit = 2**32 - 1  # the library's word for "send once"
    else:
        retransmit = _unless_default(tuning, "MAX_RETRANSMIT", 1)
    parameters = (
        _unless_default(tuning, "ACK_TIMEOUT", 1000),
        _unless_default(tuning, "ACK_RANDOM_FACTOR", 100),
        retransmit,
        _unless_default(tuning, "NSTART", 1),
        _unless_default(tuning, "MAX_LATENCY", 1000),
        _unless_default(tuning, "PROBING_RATE", 1),
    )
    return parameters, getattr(tuning, "reliability", None) is not False


__all__ = [
    "COAP_PORT", "COAPS_PORT", "MCAST_ALL", "MCAST_IPV4_ALLCOAPNODES", "MCAST_IPV6_LINKLOCAL_ALLCOAPNODES",
    "MCAST_IPV6_LINKLOCAL_ALLNODES", "MCAST_IPV6_SITELOCAL_ALLCOAPNODES", "MCAST_IPV6_SITELOCAL_ALLNODES",
    "MAX_REGULAR_BLOCK_SIZE_EXP", "SHUTDOWN_TIMEOUT", "TransportTuning", "Reliable", "Unreliable",
]
