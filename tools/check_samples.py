"""Checks that the samples in README.md and docs/ are the files that they say they are, so that they compile and run.

A sample is announced by a comment that names its file: <!-- examples/get.c --> and then ```c, or a .py and ```python.
A piece that is no program by itself is announced by the test that takes it out of the page and runs it:
<!-- run by tests/python/test_NAME.py -->.
Also checks that the smallest programs stay small.
"""
import pathlib
import re
import sys

SAMPLE = re.compile(r"<!-- (\S+\.(?:c|py)) -->\n+```(?:c|python)\n(.*?)```", re.DOTALL)
PIECE = re.compile(r"<!-- run by (\S+) -->\n+```(?:c|python)\n")
FENCE = re.compile(r"^```(?:c|python)$", re.MULTILINE)
MOST_LINES = {"examples/server.c": 20, "examples/get.c": 11}


def check_page(page):
    text = page.read_text(encoding="utf-8")
    samples = SAMPLE.findall(text)
    for name, sample in samples:
        source = pathlib.Path(name)
        if not source.is_file():
            yield f"{page}: there is no {name}"
        elif source.read_text(encoding="utf-8") != sample:
            yield f"{page}: the sample differs from {name}; copy the file into the page"
    runners = PIECE.findall(text)
    for name in runners:
        runner = pathlib.Path(name)
        if not runner.is_file() or page.name not in runner.read_text(encoding="utf-8"):
            yield f"{page}: {name} is said to run a sample, and does not name this page"
    unnamed = len(FENCE.findall(text)) - len(samples) - len(runners)
    if unnamed:
        yield f"{page}: {unnamed} samples do not say which file of examples/ they are: <!-- examples/NAME.c -->"


def check_size(name, most):
    lines = pathlib.Path(name).read_text(encoding="utf-8").splitlines()
    if len(lines) >= most:
        yield f"{name} has {len(lines)} lines and should have fewer than {most}"


def main():
    pages = [pathlib.Path("README.md"), *sorted(pathlib.Path("docs").rglob("*.md"))]
    problems = [problem for page in pages for problem in check_page(page)]
    problems += [problem for name, most in MOST_LINES.items() for problem in check_size(name, most)]
    if problems:
        print("\n".join(problems))
        return 1
    print(f"the samples of {len(pages)} pages are files of examples/")
    return 0


if __name__ == "__main__":
    sys.exit(main())
