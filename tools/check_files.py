"""Checks the files named on standard input: C files stay short, and nothing ties the tree to one machine.

A path of somebody's home, or the address of a package registry (as lock files have), works on one machine only.
"""
import pathlib
import re
import sys

MOST_LINES = 600
C_FOLDERS = ("src", "include", "cli", "tests")

# Written so that this file does not find itself.
MACHINE_PATH = re.compile(r"(?<![\w.:/*-])/(?:root|home|work|tmp/bash_jobs)/[\w.-]")
REGISTRY = re.compile(r"https?:/" r"/(?:[\w-]+\.)*(?:registry|npmjs|pypi|pythonhosted|deb|snapshot|proxy)[\w.-]*\.\w+", re.I)


def check(path):
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return  # a binary file: a capture, a fuzz input
    lines = text.splitlines()
    if path.suffix in (".c", ".h") and path.parts[0] in C_FOLDERS and len(lines) > MOST_LINES:
        yield 1, f"{len(lines)} lines; past {MOST_LINES} it is two ideas: split it"
    for number, line in enumerate(lines, 1):
        if MACHINE_PATH.search(line):
            yield number, "the path of one machine"
        if REGISTRY.search(line):
            yield number, "the address of a package registry"


def main():
    paths = [pathlib.Path(name) for name in sys.stdin.read().split("\n") if name]
    problems = [f"{path}:{line}: {text}" for path in paths for line, text in check(path)]
    if problems:
        print("\n".join(problems))
        return 1
    print(f"{len(paths)} files, none too long, none tied to a machine")
    return 0 if paths else 1


if __name__ == "__main__":
    sys.exit(main())
