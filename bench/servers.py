"""Measures CoAP servers side by side over the loopback and writes the tables into bench/RESULTS.md.

Each case starts each server anew on a free port, on core 0, and lets bench/load ask it from core 1; rounds are
interleaved, so that whatever else the machine does meets all servers alike, and the median counts. The bare responder
knows nothing of CoAP: it shows what the machine's UDP path costs by itself. Figures, never a verdict: it fails only
when nothing can be measured.
"""
import argparse
import ctypes
import dataclasses
import datetime
import json
import os
import pathlib
import platform
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
MARKS = ("<!-- begin: written by ./dev bench servers -->", "<!-- end -->")
PR_SET_PDEATHSIG = 1


@dataclasses.dataclass
class Server:
    name: str
    command: list  # "{port}" is replaced
    put: str = "data"
    get: str = "time"
    environment: dict = dataclasses.field(default_factory=dict)
    warm_up: float = 0.1  # seconds; a compiler at run time needs more
    problem: str = ""
    results: dict = dataclasses.field(default_factory=dict)  # case -> runs


@dataclasses.dataclass
class Case:
    name: str
    options: list
    put: bool = False
    visitors: int = 0  # clients that come by first, one request each


CASES = [
    Case("GET CON, 64 clients x 1", []),
    Case("64 x 8", ["--window", "8"]),
    Case("64 x 8, sent as trains", ["--window", "8", "--trains"]),
    Case("1 x 1 (median latency)", ["--clients", "1"]),
    Case("GET NON, 64 x 1", ["--non"]),
    Case("PUT 64 bytes", ["--put", "64"], put=True),
    Case("1,000 clients in turn", ["--clients", "1000", "--outstanding", "64"]),
    Case("after 10,000 clients", [], visitors=10000),
]
PLAIN, DEEP, _, SINGLE, _, _, _, AFTER = (case.name for case in CASES)


def servers(build):
    bench = build / "bench"
    found = [
        Server("bare responder", [bench / "responder", "{port}"]),
        Server("bare responder, answers to one peer grouped (UDP_SEGMENT)", [bench / "responder", "{port}", "group"]),
        Server("the same, and merged receives (UDP_GRO)", [bench / "responder", "{port}", "group", "merge"]),
        Server("**Linnet, bare server**", [bench / "server", "coap://127.0.0.1:{port}"]),
        Server("Linnet, bare server on every address", [bench / "server", "coap://[::]:{port}"]),
        Server("**Linnet, demo server**", [build / "linnet", "serve", "--demo", "--bind", "127.0.0.1:{port}"],
               put="other/block"),
    ]
    libcoap = shutil.which("coap-server-notls")
    if libcoap:
        found.append(Server(f"libcoap {libcoap_version(libcoap)}, demo server",
                            [libcoap, "-A", "127.0.0.1", "-p", "{port}"], put="example_data"))
    modules = build / "npm" / "node_modules"
    if shutil.which("node") and (modules / "coap").is_dir():
        version = json.loads((modules / "coap" / "package.json").read_text())["version"]
        found.append(Server(f"node-coap {version}", ["node", ROOT / "bench" / "peers" / "node_server.js", "{port}"],
                            environment={"NODE_PATH": str(modules)}, warm_up=1.2))
    return [server for server in found if server.command[0] == "node" or pathlib.Path(server.command[0]).exists()]


def libcoap_version(program):
    text = subprocess.run([program, "--help"], capture_output=True, text=True).stderr
    words = text.split()
    return next((word.lstrip("v") for word in words if word[:1] == "v" and word[1:2].isdigit()), "")


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def on_core(core):
    """For a child: bound to one core, and killed when this script ends in whatever way."""
    def prepare():
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if (os.cpu_count() or 1) > 1:
            os.sched_setaffinity(0, {core})
    return prepare


def wait_until_it_answers(process, port, path):
    """Asks with a message ID that the load does not begin with; raises when nothing comes."""
    options = b"".join(bytes([(0xB0 if index == 0 else 0) | len(part)]) + part.encode()
                       for index, part in enumerate(path.split("/")))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("127.0.0.1", port))
        probe.settimeout(0.1)
        for attempt in range(100):
            if process.poll() is not None:
                raise RuntimeError(f"it ended with status {process.returncode}")
            try:
                probe.send(bytes([0x41, 1, 0x80, attempt, 0x55]) + options)
                probe.recv(2048)
                return
            except ConnectionRefusedError:
                time.sleep(0.02)
            except socket.timeout:
                pass
    raise RuntimeError("it does not answer")


def load(build, port, process, *options):
    command = [build / "bench" / "load", "--port", str(port), "--pid", str(process.pid), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, preexec_fn=on_core(1))
    if not done.stdout:
        raise RuntimeError(done.stderr.strip() or "the load gave no figures")
    return json.loads(done.stdout)


def measure(arguments, server, case):
    port = free_port()
    command = [str(word).replace("{port}", str(port)) for word in server.command]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env={**os.environ, **server.environment}, preexec_fn=on_core(0))
    try:
        wait_until_it_answers(process, port, server.get)
        visit = {}
        if case.visitors:
            visit = load(arguments.build, port, process, "--clients", str(case.visitors), "--outstanding", "64",
                         "--requests", str(case.visitors), "--seconds", "20", "--path", server.get,
                         "--first", "1000000")
        path = server.put if case.put else server.get
        result = load(arguments.build, port, process, *case.options, "--path", path,
                      "--seconds", str(arguments.seconds), "--warm-up", str(server.warm_up))
        return {**result, "visited_kib": visit.get("rss_kib", 0)}
    finally:
        process.kill()
        process.wait()


def run(arguments, all_servers):
    for number in range(arguments.rounds):
        for case in CASES:
            for server in all_servers:
                say(f"round {number + 1} of {arguments.rounds}: {case.name}: {server.name}")
                try:
                    server.results.setdefault(case.name, []).append(measure(arguments, server, case))
                except (RuntimeError, OSError, subprocess.TimeoutExpired) as error:
                    server.problem = f"{case.name}: {error}"
    say("")


def say(text):
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def median(server, case, key):
    runs = server.results.get(case)
    return statistics.median(run[key] for run in runs) if runs else None


def short(value):
    if value is None:
        return "-"
    return f"{value:.2f}" if value < 9.95 else f"{value:.1f}" if value < 99.5 else f"{value:,.0f}"


def row(cells):
    return "| " + " | ".join(cells) + " |"


def table(titles, rows):
    return "\n".join([row(titles), row(["---"] * len(titles)), *(row(cells) for cells in rows)])


def cpu_table(all_servers):
    def cell(server, case):
        text = short(median(server, case.name, "cpu_us"))
        return text + (f" ({short(median(server, SINGLE, 'p50_us'))} us)" if case.name == SINGLE and text != "-" else "")
    return table(["CPU us per request", *(case.name for case in CASES)],
                 [[server.name, *(cell(server, case) for case in CASES)] for server in all_servers])


def speed_table(all_servers):
    def cells(server):
        rates = [f"{median(server, name, 'per_second') or 0:,.0f}" for name in (PLAIN, DEEP)]
        times = [short(median(server, PLAIN, key)) for key in ("p50_us", "p99_us", "p999_us")]
        runs = [one for case in server.results.values() for one in case]
        bad = [f"{sum(one[key] for one in runs):,}" for key in ("lost", "wrong")]
        memory = [f"{(median(server, name, key) or 0) / 1024:.1f}"
                  for name, key in ((AFTER, "visited_kib"), (DEEP, "rss_kib"))]
        return [server.name, *rates, *times, *bad, *memory]
    titles = ["", "requests/s, 64 x 1", "64 x 8", "latency us, 64 x 1: p50", "p99", "p99.9", "lost, all runs", "wrong",
              "MiB after 10,000 clients", "MiB after 64 x 8"]
    return table(titles, [cells(server) for server in all_servers])


def core_table(build):
    program = build / "bench" / "core"
    if not program.exists():
        return ""
    done = subprocess.run([program], capture_output=True, text=True, timeout=120, preexec_fn=on_core(0))
    text = done.stdout.strip()
    if not text:
        return ""
    return "\n## The core without sockets\n\n" + (text if "\n|" in "\n" + text else f"```text\n{text}\n```") + "\n"


def busy_percent():
    """How much of all cores others use while this script sleeps for a second."""
    def times():
        numbers = [int(word) for word in pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
        return sum(numbers), numbers[3] + numbers[4]
    total, idle = times()
    time.sleep(1)
    total_after, idle_after = times()
    return 100 * (1 - (idle_after - idle) / max(1, total_after - total))


def conditions(arguments, busy):
    model = next((line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    commit = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True)
    quiet = "" if busy < 5 else ": **it was not quiet, so these figures do not count**"
    return (f"`{arguments.shown}`, {datetime.datetime.now():%Y-%m-%d %H:%M}, "
            f"commit {commit.stdout.strip() or 'unknown'}; "
            f"{os.cpu_count()} x {model}, {platform.system()} {platform.release()}; others kept the machine "
            f"{busy:.0f} % busy{quiet}; median of {arguments.rounds} interleaved rounds of {arguments.seconds:g} s.")


def report(arguments, all_servers, busy):
    parts = [conditions(arguments, busy), cpu_table(all_servers), speed_table(all_servers)]
    parts += [f"{server.name}: {server.problem}" for server in all_servers if server.problem]
    return "\n\n".join(parts) + "\n" + core_table(arguments.build)


def write(path, text):
    before, after = path.read_text().split(MARKS[0])[0], path.read_text().split(MARKS[1])[-1]
    path.write_text(f"{before}{MARKS[0]}\n\n{text}\n{MARKS[1]}{after}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build", help="the build tree (build)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.4, help="of each measurement (0.4)")
    parser.add_argument("--only", default="", help="servers whose name contains this, in any case")
    parser.add_argument("--print", action="store_true", help="print the tables and leave RESULTS.md alone")
    arguments = parser.parse_args()
    arguments.shown = f"./dev bench servers --rounds {arguments.rounds} --seconds {arguments.seconds:g}"
    chosen = [server for server in servers(arguments.build) if arguments.only.lower() in server.name.lower()]
    if not chosen or not (arguments.build / "bench" / "load").exists():
        sys.exit("servers.py: nothing to measure: ./dev bench servers builds what is needed")
    busy = busy_percent()
    run(arguments, chosen)
    text = report(arguments, chosen, max(busy, busy_percent()))
    print(text)
    if not arguments.print and not arguments.only:
        write(ROOT / "bench" / "RESULTS.md", text)


if __name__ == "__main__":
    main()
