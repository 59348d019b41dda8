"""Measures servers of coaps:// side by side over the loopback - handshakes, requests, memory of idle sessions - and writes
the table into a section of bench/RESULTS.md. Figures, never a verdict.

Each server runs on core 0 and bench/secured on core 1, by pre-shared key with TLS_PSK_WITH_AES_128_CCM_8. libcoap walks
a list of its sessions for each datagram, so it is also measured with few of them. With --sessions the file is in the folder for temporary files (TMPDIR).
"""
import argparse
import datetime
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import servers

MARKS = ("<!-- begin: written by ./dev bench secured -->", "<!-- secured ends -->")
TITLES = ("server", "sessions", "handshakes/s and core", "CPU us each", "the same, among all", "CPU us each",
          "GET/s and core, 64 sessions x 1", "CPU us each", "octets a session, just set up",
          "after a GET each")
AGAIN = 10000  # handshakes of clients that come anew, once all are there
KEY = "sesame"
KEEPING = "Linnet, --sessions"


def command_of(name, build, port, folder):
    if name.startswith("Linnet"):
        keeping = ["--sessions", folder / "sessions"] if name == KEEPING else []
        return [build / "linnet", "serve", "--demo", "--bind", f"coaps://127.0.0.1:{port}", "--psk-identity", "password",
                "--psk-key", KEY, *keeping]
    return [f"coap-server-{name.split()[-1].lower()}", "-A", "127.0.0.1", "-p", port - 1, "-k", KEY]


def measure(name, build, sessions, seconds):
    with tempfile.TemporaryDirectory(prefix="linnet-sessions-") as folder:
        return measure_in(pathlib.Path(folder), name, build, sessions, seconds)


def measure_in(folder, name, build, sessions, seconds):
    port = servers.free_port() if hasattr(servers, "free_port") else 25684
    server = subprocess.Popen([str(part) for part in command_of(name, build, port, folder)], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, preexec_fn=lambda: os.sched_setaffinity(0, {0}))
    try:
        time.sleep(0.7)
        load = [build / "bench" / "secured", port, server.pid, sessions, seconds, AGAIN]
        done = subprocess.run([str(part) for part in load], capture_output=True, text=True, check=True,
                              preexec_fn=lambda: os.sched_setaffinity(0, {os.cpu_count() - 1}))
        return {line["phase"]: line for line in map(json.loads, done.stdout.splitlines())}
    finally:
        server.kill()
        server.wait()


def cells(name, sessions, phases):
    shaken, again = phases["handshakes"], phases["handshakes again"]
    first, asked = phases["first requests"], phases["requests"]
    before = shaken["kib_before"]

    def rate(phase):
        return f"{1e6 / phase['cpu_us']:,.0f}" if phase["cpu_us"] else "-"

    def octets(phase):
        return f"{(phase['kib_after'] - before) * 1024 / max(shaken['count'], 1):,.0f}"

    return (name, f"{sessions:,}", rate(shaken), f"{shaken['cpu_us']:.1f}", rate(again), f"{again['cpu_us']:.1f}",
            rate(asked), f"{asked['cpu_us']:.2f}", octets(shaken), octets(first))


def write(path, text):
    whole = path.read_text()
    section = f"{MARKS[0]}\n\n{text}\n\n{MARKS[1]}"
    if MARKS[0] in whole:
        before, rest = whole.split(MARKS[0], 1)
        whole = before + section + rest.split(MARKS[1], 1)[1]
    else:
        whole = f"{whole.rstrip()}\n\n## Secured sessions\n\n{section}\n"
    path.write_text(whole)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=servers.ROOT / "build", help="the build tree (build)")
    parser.add_argument("--sessions", type=int, default=100000)
    parser.add_argument("--few", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--print", action="store_true", help="print the table and leave RESULTS.md alone")
    arguments = parser.parse_args()
    if not (arguments.build / "bench" / "secured").exists():
        sys.exit("secured.py: nothing to measure: ./dev bench secured builds what is needed")
    build, seconds, busy, rows = arguments.build.resolve(), arguments.seconds, servers.busy_percent(), []
    plan = [("Linnet", arguments.few), ("libcoap 4.3.1, OpenSSL", arguments.few),
            ("libcoap 4.3.1, GnuTLS", arguments.few), ("Linnet", 10 * arguments.few),
            ("libcoap 4.3.1, OpenSSL", 10 * arguments.few), ("libcoap 4.3.1, GnuTLS", 10 * arguments.few),
            ("Linnet", arguments.sessions), (KEEPING, arguments.sessions)]
    for name, sessions in plan:
        rows.append(cells(name, sessions, measure(name, build, sessions, seconds)))
    busy = max(busy, servers.busy_percent())
    quiet = "" if busy < 5 else ": **it was not quiet, so ratios alone count**"
    text = (f"`./dev bench secured --sessions {arguments.sessions} --few {arguments.few}`, "
            f"{datetime.datetime.now():%Y-%m-%d %H:%M}; others kept the machine {busy:.0f} % busy{quiet}. Each session "
            "has an address of its own; handshakes by pre-shared key, TLS_PSK_WITH_AES_128_CCM_8, 64 at a time: "
            f"first until all are there, then {AGAIN:,} more by clients that end their session and come anew. A rate "
            "is what one core would do: a second over the CPU time of the server's process, kernel included. Memory is "
            "the growth of the resident size, divided: all in, with allocator, tables, and after the GETs the answers "
            "that are kept for duplicates (at most 64 MiB in all).\n\n" + servers.table(TITLES, rows))
    print(text)
    if not arguments.print:
        write(servers.ROOT / "bench" / "RESULTS.md", text)


if __name__ == "__main__":
    main()
