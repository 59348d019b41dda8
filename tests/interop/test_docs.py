"""docs/command.md shows what the command says of itself: each block behind <!-- linnet ... --> is what that command
prints. LINNET_WRITE_DOCS=1 writes the blocks anew instead."""
import os
import pathlib
import re
import subprocess

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "command.md"
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
