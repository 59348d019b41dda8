"""Requests from one Python process, by linnet and - where LINNET_AIOCOAP names a checkout of it - by aiocoap in the same
run: GET and PUT one after the other and many at once, and a body of 1 MB both ways.

    LINNET_AIOCOAP=/path/to/aiocoap ./dev bench python [SECONDS]

All ask the demo server of `linnet serve`. Each figure is the best of three runs, which take turns. "in turn" waits for each
answer; "at once" has 64 tasks that do the same. NSTART is 1 for both (RFC 7252 4.7), and in a further row what
`nstart=64` of linnet makes of it. Writes the table to bench/RESULTS.md.
"""

import asyncio
import importlib
import json
import os
import pathlib
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
TIMES = ("GET 1 MB", "PUT 1 MB")


async def rate(ask, tasks, seconds):
    """Requests a second, by so many tasks."""
    done, end = 0, time.perf_counter() + seconds

    async def work():
        nonlocal done
        while time.perf_counter() < end:
            await ask()
            done += 1

    begin = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(tasks)))
    return done / (time.perf_counter() - begin)


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
        figures[f"{name} in turn"] = await rate(asking, 1, seconds)
        figures[f"{name} at once"] = await rate(asking, TASKS, seconds)
    body = os.urandom(MEGABYTE)
    begin = time.perf_counter()
    await ask(module.PUT, "/large-body", body)
    figures["PUT 1 MB"] = time.perf_counter() - begin
    begin = time.perf_counter()
    assert await ask(module.GET, "/large-body") == body
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
    """The demo server, which also takes what is put to new paths, on a free port of the loopback."""

    def __enter__(self):
        self.process = subprocess.Popen(
            [BUILD / "linnet", "serve", "--demo", "--dynamic", "--bind", "127.0.0.1:0"],
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
    return f"{figures[name]:,.0f}" if name in RATES else f"{figures[name] * 1000:,.0f} ms"


def times(best, name, mine):
    """How many times better than aiocoap."""
    quotient = best[mine][name] / best["aiocoap"][name]
    return f"{quotient if name in RATES else 1 / quotient:.1f} x"


def table(best):
    columns = list(best)
    rows = [["requests a second, or time", *columns], ["---", *["---:"] * len(columns)]]
    rows += [[name, *(cell(best[column], name) for column in columns)] for name in (*RATES, *TIMES)]
    if "aiocoap" in best:
        for row, name in zip(rows[2:], (*RATES, *TIMES)):
            row += [times(best, name, "linnet"), times(best, name, "linnet, nstart=64")]
        rows[0] += ["linnet to aiocoap", "with nstart=64"]
        rows[1] += ["---:", "---:"]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


BEGIN, END = "<!-- python -->", "<!-- end of python -->"


def write(text):
    """Puts the table into its place in bench/RESULTS.md."""
    page = RESULTS.read_text(encoding="utf-8")
    before, found, rest = page.partition(BEGIN)
    if found:
        after = rest.partition(END)[2]
        RESULTS.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 2
    best = {}
    with DemoServer() as uri:
        for _ in range(ROUNDS):
            for name, module, folder, settings in subjects():
                figures = run(module, folder, uri, seconds, settings)
                best[name] = better(best.get(name, figures), figures)
    print(table(best))
    write(table(best))


if __name__ == "__main__":
    child() if sys.argv[1:2] == ["--child"] else main()
