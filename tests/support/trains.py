"""Takes trains of datagrams apart in a capture.

A sender that uses UDP_SEGMENT gives the kernel several datagrams of one size (the last may be smaller) as one; on the
loopback the capture sees them before the kernel cuts them, as a single datagram that nobody receives. Each frame
whose payload is a row of complete CoAP messages of one size is written as that many frames.
"""

import struct

from support import coap

_ETHERNET, _UDP = 14, 17

# Codes in use; the letters and digits of a payload are none of them, so that text is not taken for messages.
CODES = (
    {"0.00", "2.31", "4.08", "4.09", "4.12", "4.13", "4.15", "4.22", "4.29", "5.08"}
    | {f"0.0{detail}" for detail in range(1, 8)}
    | {f"2.0{detail}" for detail in range(1, 6)}
    | {f"4.0{detail}" for detail in range(7)}
    | {f"5.0{detail}" for detail in range(6)}
)


def take_apart(source, target):
    """Copies a pcap file of the loopback."""
    with open(source, "rb") as captured, open(target, "wb") as cut:
        head = captured.read(24)
        order = "<" if head[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
        cut.write(head)
        while len(record := captured.read(16)) == 16:
            seconds, fraction, length, _ = struct.unpack(order + "IIII", record)
            for frame in cut_frame(captured.read(length)):
                cut.write(struct.pack(order + "IIII", seconds, fraction, len(frame), len(frame)) + frame)


def cut_frame(frame):
    at = _udp_offset(frame)
    if at is None:
        return [frame]
    parts = split(frame[at + 8 :])
    return [frame] if len(parts) == 1 else [_with_payload(frame, at, part) for part in parts]


def _udp_offset(frame):
    kind = frame[12:14]
    if kind == b"\x08\x00" and frame[_ETHERNET + 9] == _UDP:
        return _ETHERNET + 4 * (frame[_ETHERNET] & 15)
    if kind == b"\x86\xdd" and frame[_ETHERNET + 6] == _UDP:
        return _ETHERNET + 40
    return None


def split(payload):
    """The messages of a train, or the payload alone."""
    for size in range(4, len(payload)):
        parts = [payload[start : start + size] for start in range(0, len(payload), size)]
        if all(_is_message(part) for part in parts) and _are_of_one_kind(parts):
            return parts
    return [payload]


def _are_of_one_kind(parts):
    """Requests or responses, with acknowledgements among them: so options that happen to look like a request do not
    make a train of a single response."""
    return len({part[1] < 32 for part in parts if part[1] != 0}) <= 1


def _is_message(octets):
    try:
        message = coap.decode(octets)
    except coap.Malformed:
        return False
    usual_token = octets[0] & 15 <= 8  # letters begin with other lengths
    return usual_token and message.code_text in CODES and (message.code == 0 or message.type != coap.RST)


def _with_payload(frame, at, payload):
    any_checksum = b"\xff\xff"  # tshark does not verify it
    udp = frame[at : at + 4] + (8 + len(payload)).to_bytes(2, "big") + any_checksum
    ip = bytearray(frame[_ETHERNET:at])
    if ip[0] >> 4 == 4:
        ip[2:4] = (len(ip) + 8 + len(payload)).to_bytes(2, "big")
    else:
        ip[4:6] = (8 + len(payload)).to_bytes(2, "big")
    return frame[:_ETHERNET] + bytes(ip) + udp + payload
