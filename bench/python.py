"""Requests from one Python process, by linnet and - where LINNET_AIOCOAP names a checkout of it - by aiocoap in the same
run: GET and PUT one after the other and many at once, and a body of 1 MB both ways.

    LINNET_AIOCOAP=/path/to/aiocoap ./dev bench python [--seconds SECONDS]

All ask the demo server of `linnet serve`. Each figure is the best of three runs, which take turns. "in turn" waits for each
answer; "at once" has 64 tasks that do the same. NSTART is 1 for both (RFC 7252 4.7), and in a further row what
`nstart=64` of linnet makes of it. Writes the table to bench/RESULTS.md.
"""

import argparse
import asyncio
import importlib
import json
import os
import pathlib
import platform
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"
RESULTS = ROOT / "bench/RESULTS.md"
ROUNDS = 3
TASKS = 64
MEGABYTE = 1_000_000
RATES = ("GET in turn", "GET at once", "PUT in turn", "PUT at once")
CPU = tuple(f"{name}, CPU us" for name in RATES)
TIMES = ("GET 1 MB", "PUT 1 MB")
ROWS = (*RATES, *CPU, *TIMES)


async def rate(ask, tasks, seconds):
    """Requests a second, by so many tasks; and microseconds of this process's CPU for each."""
    cpu = time.process_time()
    done, end = 0, time.perf_counter() + seconds

    async def work():
        nonlocal done
        while time.perf_counter() < end:
            await ask()
            done += 1

    begin = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(tasks)))
    return done / (time.perf_counter() - begin), (time.process_time() - cpu) / done * 1e6


async def measure(module, uri, seconds, settings):
    """One round of one library: {what: figure}."""
    context = await module.Context.create_client_context(**settings)

    async def ask(code, path, payload=b""):
        message = module.Message(code=code, uri=uri + path, payload=payload)
        response = await context.request(message).response
        assert response.code.is_successful(), response.code
        return response.payload

    def get():
        return ask(module.GET, "/time")

    def put():
        return ask(module.PUT, "/validate", b"23.5")

    figures = {}
    for name, asking in (("GET", get), ("PUT", put)):
        await asking()
        for how, tasks in (("in turn", 1), ("at once", TASKS)):
            figures[f"{name} {how}"], figures[f"{name} {how}, CPU us"] = await rate(asking, tasks, seconds)
    body = os.urandom(MEGABYTE)
    begin = time.perf_counter()
    await ask(module.PUT, "/large-update", body)
    figures["PUT 1 MB"] = time.perf_counter() - begin
    begin = time.perf_counter()
    assert await ask(module.GET, "/large-update") == body
    figures["GET 1 MB"] = time.perf_counter() - begin
    await context.shutdown()
    return figures


def child():
    """The process that is measured: its figures as JSON."""
    library, uri, seconds, settings = sys.argv[2:]
    module = importlib.import_module(library)
    print(json.dumps(asyncio.run(measure(module, uri, float(seconds), json.loads(settings)))))


def run(library, folder, uri, seconds, settings):
    done = subprocess.run(
        [sys.executable, __file__, "--child", library, uri, str(seconds), json.dumps(settings)],
        env={**os.environ, "PYTHONPATH": str(folder)}, capture_output=True, text=True, check=False,
    )
    if done.returncode != 0:
        sys.exit(f"{library}: {done.stderr.strip().splitlines()[-1]}")
    return json.loads(done.stdout)


class DemoServer:
    """The demo server on a free port of the loopback."""

    def __enter__(self):
        self.process = subprocess.Popen(
            [BUILD / "linnet", "serve", "--demo", "--bind", "127.0.0.1:0"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        for line in self.process.stdout:
            match = re.search(r"listening on (coap://\S+)", line)
            if match:
                return match.group(1)
        sys.exit("the demo server did not start")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def better(one, other):
    """Of two rounds the better figure each: rates are to be high, times short."""
    return {name: (max if name in RATES else min)(one[name], other[name]) for name in one}


def subjects():
    """(name, module, folder, settings) of what is measured."""
    found = [("linnet", "linnet", BUILD / "python", {}), ("linnet, nstart=64", "linnet", BUILD / "python", {"nstart": 64})]
    peer = os.environ.get("LINNET_AIOCOAP")
    return [*found, ("aiocoap", "aiocoap", peer, {})] if peer else found


def cell(figures, name):
    if name in TIMES:
        return f"{figures[name] * 1000:,.0f} ms"
    return f"{figures[name]:,.0f}" if name in RATES else f"{figures[name]:,.1f}"


def times(best, name, mine):
    """How many times better than aiocoap."""
    quotient = best[mine][name] / best["aiocoap"][name]
    return f"{quotient if name in RATES else 1 / quotient:.1f} x"


def table(best):
    columns = list(best)
    rows = [["requests a second; CPU of the process for one; time", *columns], ["---", *["---:"] * len(columns)]]
    rows += [[name, *(cell(best[column], name) for column in columns)] for name in ROWS]
    if "aiocoap" in best:
        for row, name in zip(rows[2:], ROWS):
            row += [times(best, name, "linnet"), times(best, name, "linnet, nstart=64")]
        rows[0] += ["linnet to aiocoap", "with nstart=64"]
        rows[1] += ["---:", "---:"]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def conditions(seconds):
    """How and where this was measured."""
    aiocoap = "LINNET_AIOCOAP=... " if "LINNET_AIOCOAP" in os.environ else ""
    uname, load = os.uname(), os.getloadavg()[0]
    return (f"`{aiocoap}./dev bench python --seconds {seconds:g}`, {time.strftime('%Y-%m-%d %H:%M')}; Python {platform.python_version()}, "
            f"{os.cpu_count()} CPUs, {uname.sysname} {uname.release}; load average {load:.1f} at the end.")


BEGIN, END = "<!-- python -->", "<!-- end of python -->"


def write(text):
    """Puts the table into its place in bench/RESULTS.md."""
    page = RESULTS.read_text(encoding="utf-8")
    before, found, rest = page.partition(BEGIN)
    if found:
        after = rest.partition(END)[2]
        RESULTS.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description="Requests from one Python process.")
    parser.add_argument("--seconds", type=float, default=2, help="for each rate, in each of the rounds")
    seconds = parser.parse_args().seconds
    best = {}
    with DemoServer() as uri:
        for _ in range(ROUNDS):
            for name, module, folder, settings in subjects():
                figures = run(module, folder, uri, seconds, settings)
                best[name] = better(best.get(name, figures), figures)
    text = f"{conditions(seconds)}\n\n{table(best)}"
    print(text)
    write(text)


if __name__ == "__main__":
    child() if sys.argv[1:2] == ["--child"] else main()
