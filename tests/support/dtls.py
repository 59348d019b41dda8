"""DTLS 1.2 as it is seen on the wire: records, and the handshake messages that go in the clear (RFC 6347 4)."""

from dataclasses import dataclass

ALERT, HANDSHAKE, APPLICATION_DATA, WITH_CID = 21, 22, 23, 25
CLIENT_HELLO, SERVER_HELLO, FINISHED = 1, 2, 20
PSK_AES_128_CCM_8 = 0xC0A8
ECDHE_ECDSA_AES_128_CCM_8 = 0xC0AE
ECDHE_ECDSA_AES_128_CCM = 0xC0AC
DECRYPT_ERROR, CERTIFICATE_UNKNOWN = 51, 46
MAX_FRAGMENT_LENGTH, EXTENDED_MASTER_SECRET, CONNECTION_ID = 1, 23, 54  # extensions


@dataclass
class Record:
    type: int
    epoch: int
    sequence: int
    octets: bytes

    @property
    def message(self):
        """The type of the handshake message, if it is one in the clear."""
        return self.octets[0] if self.type == HANDSHAKE and self.epoch == 0 else None

    @property
    def alert(self):
        return self.octets[1] if self.type == ALERT and self.epoch == 0 else None

    @property
    def body(self):
        return self.octets[12:]


def records(datagram, cid_size=0):
    """`cid_size`: octets of the Connection IDs that whoever it is for has given out (RFC 9146 4)."""
    found = []
    while len(datagram) >= 13:
        size_at = 11 + (cid_size if datagram[0] == WITH_CID else 0)
        size = int.from_bytes(datagram[size_at : size_at + 2], "big")
        epoch, sequence = int.from_bytes(datagram[3:5], "big"), int.from_bytes(datagram[5:11], "big")
        found.append(Record(datagram[0], epoch, sequence, datagram[size_at + 2 : size_at + 2 + size]))
        datagram = datagram[size_at + 2 + size :]
    return found


def _skip(octets, place, width):
    """Behind a vector whose length has `width` octets."""
    return place + width + int.from_bytes(octets[place : place + width], "big")


def offered_suites(hello):
    body = hello.body
    place = _skip(body, _skip(body, 34, 1), 1)  # session ID, cookie
    size = int.from_bytes(body[place : place + 2], "big")
    octets = body[place + 2 : place + 2 + size]
    return [int.from_bytes(octets[at : at + 2], "big") for at in range(0, size, 2)]


def selected_suite(hello):
    place = _skip(hello.body, 34, 1)
    return int.from_bytes(hello.body[place : place + 2], "big")


def extensions(hello):
    """{number: its octets} of a hello, whoever's it is."""
    body = hello.body
    place = _skip(body, 34, 1)  # session ID
    if hello.message == CLIENT_HELLO:
        place = _skip(body, _skip(body, _skip(body, place, 1), 2), 1)  # cookie, suites, compression methods
    else:
        place += 3  # suite, compression method
    found, place = {}, place + 2
    while place + 4 <= len(body):
        end = _skip(body, place + 2, 2)
        found[int.from_bytes(body[place : place + 2], "big")] = body[place + 4 : end]
        place = end
    return found


def connection_id_size(datagrams):
    """How long the Connection IDs are that their sender has given out."""
    for record in (record for datagram in datagrams for record in records(datagram)[:1]):
        if record.message in (CLIENT_HELLO, SERVER_HELLO) and CONNECTION_ID in extensions(record):
            return extensions(record)[CONNECTION_ID][0]
    return 0
