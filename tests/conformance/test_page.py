"""docs/conformance.md shows what came out of each of ETSI's descriptions in this run.

LINNET_WRITE_DOCS=1 writes the tables anew instead. A run of a part of the tests is compared as far as it goes.
"""

import os
import re

import pytest
from descriptions import DTLS_PAIRS
from support import run
from support.players import PAIRS
from support.programs import ROOT

PAGE = ROOT / "docs/conformance.md"
BLOCK = re.compile(r"(<!-- made by tests/conformance/test_page.py: (\w+) -->\n\n)(.*?)(<!-- end -->)", re.DOTALL)
# The numbers that ETSI's files have: CORE_24 to 30 and OBS_03 are not there.
NUMBERS = {"CORE": (*range(1, 24), 31), "BLOCK": range(1, 7), "OBS": (1, 2, *range(4, 15)), "LINK": range(1, 10)}
IDS = [f"TD_COAP_{group}_{number:02}" for group, numbers in NUMBERS.items() for number in numbers]
DTLS_IDS = [f"TD_COAP_DTLS_{number:02}" for number in range(1, 8)]
# The tables: which descriptions, played by whom. Each is followed by its remarks.
TABLES = {"verdicts": (IDS, PAIRS), "dtls": (DTLS_IDS, DTLS_PAIRS)}
REMARKS = {"verdicts": "remarks", "dtls": "dtls_remarks"}
NONE = "-"


def pair_of(row):
    return f"{row['client']} asks {row['server']}"


def what(rows):
    """In words, from the name of the test."""
    names = [re.sub(r"\[.*", "", row["test"]) for row in rows if row["test"]]
    return re.sub(r"^test_td_coap_[a-z]+_\d\d_", "", names[0]).replace("_", " ") if names else ""


def verdict(rows):
    """Of all cases of one description and pair: the one that is not "passed", if there is one."""
    verdicts = list(dict.fromkeys(row["verdict"] for row in rows))
    return next((one for one in verdicts if one != "passed"), "passed") if verdicts else NONE


def results(rows, identifiers, pairs):
    """The lines of a table."""
    lines = []
    for identifier in identifiers:
        of_it = [row for row in rows if row["id"] == identifier]
        cells = [verdict([row for row in of_it if pair_of(row) == pair]) for pair in pairs]
        short = identifier.removeprefix("TD_COAP_")
        lines.append(f"| {short} | {what(of_it)} | {' | '.join(cells)} |")
    return lines


def remarks(rows):
    """{(id, pair): its line}"""
    lines = {}
    for row in rows:
        if row.get("remark"):
            short = row["id"].removeprefix("TD_COAP_")
            lines[row["id"], pair_of(row)] = f"- {short}, {pair_of(row)}: {row['verdict']}; {row['remark']}."
    return lines


def tables(rows):
    found, made = remarks(rows), {}
    for name, (identifiers, pairs) in TABLES.items():
        head = ["| id | what | " + " | ".join(pairs) + " |", "| --- " * (len(pairs) + 2) + "|"]
        keys = [(identifier, pair) for identifier in identifiers for pair in pairs if (identifier, pair) in found]
        made[name] = "\n".join([*head, *results(rows, identifiers, pairs)]) + "\n\n"
        made[REMARKS[name]] = "\n".join(found[key] for key in keys) + "\n\n"
    return made


def is_whole_run(rows):
    return {row["id"] for row in rows if row["test"]} >= {*IDS, *DTLS_IDS}


@pytest.mark.last
def test_the_page_shows_what_came_out_of_each_description():
    rows = run.verdicts.rows
    text = PAGE.read_text(encoding="utf-8")
    assert [match[2] for match in BLOCK.finditer(text)] == [part for name in TABLES for part in (name, REMARKS[name])]
    if is_whole_run(rows):
        made = tables(rows)
        fresh = BLOCK.sub(lambda match: match[1] + made[match[2]] + match[4], text)
        if os.environ.get("LINNET_WRITE_DOCS"):
            PAGE.write_text(fresh, encoding="utf-8")
        assert PAGE.read_text(encoding="utf-8") == fresh, "run the conformance tests with LINNET_WRITE_DOCS=1"
    else:
        assert all(f"| {identifier.removeprefix('TD_COAP_')} |" in text for identifier in (*IDS, *DTLS_IDS))


def test_every_test_that_the_page_names_is_there():
    """The hand-written tables name files; a file that was moved or renamed must be renamed there too."""
    named = re.findall(r"`((?:tests|src|bench|include|docs)/[\w/.-]+)`", PAGE.read_text(encoding="utf-8"))
    assert len(named) > 20
    assert not [name for name in named if not (ROOT / name).exists()]
