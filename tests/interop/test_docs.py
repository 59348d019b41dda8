"""docs/command.md shows what the command says of itself: each block behind <!-- linnet ... --> is what that command
prints, and so do the manual pages and completions that tools/pages.py makes. LINNET_WRITE_DOCS=1 writes all anew."""
import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
PAGE = ROOT / "docs" / "command.md"
LINNET = pathlib.Path(os.environ.get("LINNET", "build/linnet")).resolve()
BLOCK = re.compile(r"<!-- linnet (.*?) -->\n+```\n(.*?)```\n", re.DOTALL)
METHODS_SHOWN_BY_GET = {"put", "post", "delete", "fetch", "patch", "ipatch"}


def printed(arguments):
    return subprocess.run([LINNET, *arguments.split()], check=True, capture_output=True, text=True).stdout


def test_the_page_shows_what_the_command_prints():
    text = PAGE.read_text(encoding="utf-8")
    assert BLOCK.search(text)
    fresh = BLOCK.sub(lambda block: f"<!-- linnet {block[1]} -->\n```\n{printed(block[1])}```\n", text)
    if os.environ.get("LINNET_WRITE_DOCS"):
        PAGE.write_text(fresh, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == fresh, "run this test with LINNET_WRITE_DOCS=1"


def test_every_subcommand_is_on_the_page():
    commands = re.findall(r"^  ([a-z]+)  ", printed("help").split("commands:")[1].split("examples:")[0], re.MULTILINE)
    shown = {block[0].split()[0] for block in BLOCK.findall(PAGE.read_text(encoding="utf-8"))}
    assert len(commands) > 5
    assert set(commands) - METHODS_SHOWN_BY_GET <= shown


def test_manual_pages_and_completions_are_up_to_date(tmp_path):
    target = ROOT if os.environ.get("LINNET_WRITE_DOCS") else tmp_path
    subprocess.run([sys.executable, ROOT / "tools/pages.py", LINNET, target], check=True)
    for folder in ("man", "completions"):
        fresh = {file.name: file.read_text(encoding="utf-8") for file in (target / folder).iterdir()}
        kept = {file.name: file.read_text(encoding="utf-8") for file in (ROOT / folder).iterdir()}
        assert kept == fresh, "run this test with LINNET_WRITE_DOCS=1"


@pytest.mark.parametrize(
    "line, expected",
    (
        ("linnet obs", {"observe"}),
        ("linnet help disc", {"discover"}),
        ("linnet get --pay", {"--payload", "--payload-file"}),
        ("linnet get --block-size 1", {"16", "128", "1024"}),
        ("linnet discover --format ", {"table", "link", "json"}),
        ("linnet decode Make", set()),
    ),
)
def test_bash_completes(line, expected, tmp_path):
    words = line.split(" ")
    script = f"""
        source {ROOT}/completions/linnet.bash
        COMP_WORDS=({" ".join(f"'{word}'" for word in words)}) COMP_CWORD={len(words) - 1}
        _linnet
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(["bash", "-c", script], check=True, capture_output=True, text=True, cwd=tmp_path)
    assert sorted(done.stdout.split()) == sorted(expected) and done.stderr == ""
