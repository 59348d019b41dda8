COAP_PORT: int
COAPS_PORT: int
MCAST_IPV4_ALLCOAPNODES: str
MCAST_IPV6_LINKLOCAL_ALLNODES: str
MCAST_IPV6_LINKLOCAL_ALLCOAPNODES: str
MCAST_IPV6_SITELOCAL_ALLNODES: str
MCAST_IPV6_SITELOCAL_ALLCOAPNODES: str
MCAST_ALL: tuple[str, ...]
MAX_REGULAR_BLOCK_SIZE_EXP: int
SHUTDOWN_TIMEOUT: int

class TransportTuning:
    ACK_TIMEOUT: float
    ACK_RANDOM_FACTOR: float
    MAX_RETRANSMIT: int
    NSTART: int
    DEFAULT_LEISURE: float
    PROBING_RATE: float
    MAX_LATENCY: float
    reliability: bool | None
    @property
    def MAX_TRANSMIT_SPAN(self) -> float: ...
    @property
    def MAX_TRANSMIT_WAIT(self) -> float: ...
    @property
    def PROCESSING_DELAY(self) -> float: ...
    @property
    def MAX_RTT(self) -> float: ...
    @property
    def EXCHANGE_LIFETIME(self) -> float: ...
    @property
    def NON_LIFETIME(self) -> float: ...

class Reliable(TransportTuning): ...
class Unreliable(TransportTuning): ...

DEFAULT_TUNING: TransportTuning

def transmission_of(tuning: TransportTuning) -> tuple[tuple[int, int, int, int, int, int], bool]: ...

__all__ = [
    "COAP_PORT", "COAPS_PORT", "MCAST_ALL", "MCAST_IPV4_ALLCOAPNODES", "MCAST_IPV6_LINKLOCAL_ALLCOAPNODES",
    "MCAST_IPV6_LINKLOCAL_ALLNODES", "MCAST_IPV6_SITELOCAL_ALLCOAPNODES", "MCAST_IPV6_SITELOCAL_ALLNODES",
    "MAX_REGULAR_BLOCK_SIZE_EXP", "SHUTDOWN_TIMEOUT", "TransportTuning", "Reliable", "Unreliable",
]
