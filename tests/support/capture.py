"""Every packet of the run, captured by tshark on the loopback and judged at its end.

Only what Linnet sent is judged: the tests send broken datagrams on purpose, and peers have their own faults. The
port ranges of support/ports.py tell who sent a packet.
"""

import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from support.programs import PATIENCE
from support.trains import take_apart

# Each finds the packets that break one rule.
RULES = {
    "the dissector finds nothing malformed or suspicious": "_ws.malformed || _ws.expert.severity >= 6291456",
    "the version is 1": "coap.version != 1",
    "tokens have at most 8 octets": "coap.token_len > 8",
    "an Empty message has four octets": "coap.code == 0 && udp.length != 12",
    "no acknowledgement carries a request": "coap.type == 2 && coap.code > 0 && coap.code < 32",
    "a Reset is empty": "coap.type == 3 && coap.code != 0",
    "a payload marker is followed by a payload": "coap.opt.end_marker && !coap.payload_length && !coap.block_payload",
}

# Options that tshark 4.0 does not know and calls invalid; from 65000 on they are for experiments, as in these tests.
# That a packet came before is a note, and shows where the packet is listed for another remark.
FALSE_ALARM = re.compile(
    r"(Unknown|Invalid) Option Number (19|21|31|235|239|252|258|292|65[0-5]\d\d)|Retransmitted|Possible traceroute.*")


class Capture:
    def __init__(self, ports):
        self.ports = ports
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="linnet-capture-"))
        self.file, self.judged = self.folder / "run.pcap", self.folder / "judged.pcap"
        ours = f"udp portrange {ports.linnet.first}-{ports.other.last}"
        self._tshark = subprocess.Popen(
            ["tshark", "-q", "-i", "lo", "-B", "32", "-f", ours, "-F", "pcap", "-w", self.file],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        self._wait_until_captured(b"the capture has begun")

    def _wait_until_captured(self, words):
        """Sends `words` until tshark has written them: then everything sent before them is in the file too."""
        end = time.monotonic() + PATIENCE
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            while time.monotonic() < end:
                probe.sendto(words, ("127.0.0.1", self.ports.other.last))
                time.sleep(0.05)
                if self.file.exists() and words in self.file.read_bytes():
                    return
        raise AssertionError("tshark captures nothing on the loopback (it needs root, or the group wireshark)")

    def end(self):
        """Stops capturing; the file is complete then."""
        if self._tshark.poll() is None:
            self._wait_until_captured(b"the capture has ended")
            self._tshark.send_signal(signal.SIGINT)
            self._tshark.wait(PATIENCE)
            take_apart(self.file, self.judged)

    def _read(self, display_filter, *more):
        every = f"udp.port=={self.ports.linnet.first}-{self.ports.other.last},coap"
        command = ["tshark", "-r", self.judged, "-d", every, "-Y", display_filter, *more]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE * 4)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    @property
    def _sent_by_linnet(self):
        linnet, asked = self.ports.linnet, self.ports.asked
        return (
            f"(udp.srcport >= {linnet.first} && udp.srcport <= {linnet.last}"
            f" || udp.dstport >= {asked.first} && udp.dstport <= {asked.last})"
            " && !icmp && !icmpv6 && udp.length > 8"  # the relay sends empty ones to itself
        )

    def count(self):
        """How many datagrams of Linnet were captured."""
        return len(self._read(self._sent_by_linnet))

    def breaking(self, rules):
        """For each packet that breaks one of the rules: one line of text."""
        filters = " || ".join(f"({rules_filter})" for rules_filter in rules.values())
        lines = self._read(
            f"{self._sent_by_linnet} && ({filters})",
            "-T", "fields", "-E", "separator=;", "-E", "aggregator=|",
            "-e", "_ws.expert.message", "-e", "udp.srcport", "-e", "udp.dstport", "-e", "udp.payload",
        )
        return [line for line in lines if not _is_false_alarm(line)]

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def _is_false_alarm(line):
    """All that tshark has to say is that it does not know these options."""
    remarks = line.split(";")[0].split("|")
    return all(FALSE_ALARM.fullmatch(remark) for remark in remarks)
