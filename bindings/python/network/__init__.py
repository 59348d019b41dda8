"""The `network` module of Pycom's boards, as far as CoAP scripts need it: `Coap` and `WLAN`."""

from network._network import Coap, CoapClientSession, CoapResource
from network.wlan import WLAN

__all__ = ["Coap", "CoapClientSession", "CoapResource", "WLAN"]
