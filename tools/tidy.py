"""Runs clang-tidy over the compile commands of a build folder, several files at a time.

usage: tidy.py BUILD_FOLDER JOBS

A file whose text, headers, flags and checks are those of an earlier run without findings is not looked at again.
"""
import concurrent.futures
import hashlib
import json
import pathlib
import shlex
import subprocess
import sys

FOLDERS = ("src", "cli", "examples", "bench", "bindings")


def dependencies(command, folder):
    """The files that this compilation reads, those of the system left out."""
    words = shlex.split(command)
    at = words.index("-o")
    words = [word for i, word in enumerate(words) if i not in (at, at + 1) and word != "-c"]
    listed = subprocess.run(words + ["-MM"], cwd=folder, check=True, capture_output=True, text=True).stdout
    return listed.replace("\\\n", " ").split(":", 1)[1].split()


def fingerprint(entry, checks):
    digest = hashlib.sha256(checks + entry["command"].encode())
    for name in dependencies(entry["command"], entry["directory"]):
        digest.update(pathlib.Path(entry["directory"], name).read_bytes())
    return digest.hexdigest()


def tidy(entry, build, checks, cache):
    """The findings in one file, as text; empty when there are none."""
    stamp = cache / fingerprint(entry, checks)
    if stamp.exists():
        return ""
    result = subprocess.run(["clang-tidy", "-p", build, "--quiet", entry["file"]],
                            capture_output=True, text=True, check=False)
    if result.returncode == 0:
        stamp.touch()
        return ""
    return result.stdout + "".join(line for line in result.stderr.splitlines(True) if "error:" in line)


def main():
    build, jobs = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    cache = build / "lint" / "tidy"
    cache.mkdir(parents=True, exist_ok=True)
    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, check=True).stdout
    checks = version + pathlib.Path(".clang-tidy").read_bytes()
    root = pathlib.Path.cwd()
    entries = {entry["file"]: entry for entry in json.loads((build / "compile_commands.json").read_text())
               if pathlib.Path(entry["file"]).relative_to(root).parts[0] in FOLDERS}
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        findings = [text for text in pool.map(lambda e: tidy(e, build, checks, cache), entries.values()) if text]
    if findings:
        print("\n".join(findings))
        return 1
    print(f"{len(entries)} files without findings")
    return 0 if entries else 1


if __name__ == "__main__":
    sys.exit(main())
