"""Puts a crowd around Linnet's bare server - observers that wait, uploads that never go on - and writes what an honest
client sees of it into bench/RESULTS.md, in a section of its own. Figures, never a verdict."""
import argparse
import datetime
import json
import pathlib
import subprocess
import sys

import servers

MARKS = ("<!-- begin: written by ./dev bench crowd -->", "<!-- crowd ends -->")
TITLES = ["crowd", "accepted", "in s", "server's MiB before", "after", "at the end", "GET us alone: p50", "p99",
          "in the crowd: p50", "p99", "after a PUT: p50", "p99", "lost", "honest PUT"]


def measure(build, kind, count):
    port = servers.free_port()
    process = subprocess.Popen([build / "bench" / "server", f"coap://127.0.0.1:{port}"], stdout=subprocess.DEVNULL,
                               preexec_fn=servers.on_core(0))
    try:
        servers.wait_until_it_answers(process, port, "time")
        done = subprocess.run([build / "bench" / "crowd", str(port), str(process.pid), kind, str(count)],
                              capture_output=True, text=True, timeout=300, preexec_fn=servers.on_core(1))
        if not done.stdout:
            raise RuntimeError(done.stderr.strip() or "no figures")
        return json.loads(done.stdout)
    finally:
        process.kill()
        process.wait()


def cells(one):
    mib = [f"{one[key] / 1024:.1f}" for key in ("rss_before_kib", "rss_after_kib", "rss_end_kib")]
    times = [servers.short(one[key]) for key in ("alone_p50_us", "alone_p99_us", "p50_us", "p99_us", "after_put_p50_us",
                                                 "after_put_p99_us")]
    return [f"{one['count']:,} {one['crowd']}", f"{one['accepted']:,}", f"{one['seconds']:.1f}", *mib, *times,
            str(one["lost"]), "done" if one["put"] else "**failed**"]


def write(path, text):
    whole = path.read_text()
    if MARKS[0] not in whole:
        whole = f"{whole.rstrip()}\n\n## A crowd around one server\n\n{MARKS[0]}\n{MARKS[1]}\n"
    before, after = whole.split(MARKS[0])[0], whole.split(MARKS[1])[-1]
    path.write_text(f"{before}{MARKS[0]}\n\n{text}\n\n{MARKS[1]}{after}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=servers.ROOT / "build", help="the build tree (build)")
    parser.add_argument("--observers", type=int, default=1000000)
    parser.add_argument("--uploads", type=int, default=100000)
    parser.add_argument("--print", action="store_true", help="print the table and leave RESULTS.md alone")
    arguments = parser.parse_args()
    if not (arguments.build / "bench" / "crowd").exists():
        sys.exit("crowd.py: nothing to measure: ./dev bench crowd builds what is needed")
    busy = servers.busy_percent()
    rows = [cells(measure(arguments.build, "observers", count)) for count in (arguments.observers // 10,
                                                                              arguments.observers)]
    rows += [cells(measure(arguments.build, "uploads", count)) for count in (arguments.uploads // 10,
                                                                            arguments.uploads)]
    busy = max(busy, servers.busy_percent())
    quiet = "" if busy < 5 else ": **it was not quiet, so the times do not count; the memory does**"
    text = (f"`./dev bench crowd --observers {arguments.observers} --uploads {arguments.uploads}`, "
            f"{datetime.datetime.now():%Y-%m-%d %H:%M}; others kept the machine {busy:.0f} % busy{quiet}. Each of "
            "the crowd has an address of its own. The observers wait; then an honest client asks, changes what they "
            "observe, and asks again while all are told. The uploads are begun with 1,024 octets each and never go on; "
            "the honest client then uploads 16 KiB block by block.\n\n" + servers.table(TITLES, rows))
    print(text)
    if not arguments.print:
        write(servers.ROOT / "bench" / "RESULTS.md", text)


if __name__ == "__main__":
    main()
