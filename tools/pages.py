#!/usr/bin/env python3
"""Writes man/*.1 and completions/ from what `linnet help` and `linnet COMMAND --help` print, so that nothing is said
twice by hand. Usage: tools/pages.py LINNET [FOLDER]; tests/interop/test_docs.py checks that they are up to date."""

import pathlib
import re
import subprocess
import sys
from dataclasses import dataclass, field


@dataclass
class Option:
    short: str  # "e" or ""
    long: str
    value: str  # "TEXT" or ""
    help: str


@dataclass
class Page:
    """One help text, taken apart."""

    name: str
    summary: str
    usage: str = ""
    about: list = field(default_factory=list)  # lines
    sections: list = field(default_factory=list)  # (heading, [Option])
    examples: list = field(default_factory=list)

    @property
    def options(self):
        return [option for _, options in self.sections for option in options]


OPTION = re.compile(r"  (?:-(\w), |    )--([\w-]+)(?: ([A-Z=:]+))?(?:  +(.*))?$")


def printed(linnet, *arguments):
    done = subprocess.run([linnet, *arguments], check=True, capture_output=True, text=True)
    return done.stdout


def read_page(linnet, name, summary):
    page = Page(name, summary)
    head, *rest = printed(linnet, name, "--help").splitlines()
    page.usage = head.removeprefix("usage: ")
    place = page.about
    for line in rest:
        if line == "examples:":
            place = page.examples
        elif place is not page.examples and re.fullmatch(r"[a-z].*:", line):
            page.sections.append((line[:-1], []))
            place = page.sections[-1][1]
        elif place is page.about or place is page.examples:
            place.append(line)
        elif match := OPTION.match(line):
            place.append(Option(match[1] or "", match[2], match[3] or "", match[4] or ""))
        elif line.strip():
            place[-1].help = f"{place[-1].help} {line.strip()}".strip()
    return page


def read_all(linnet):
    overview = printed(linnet, "help")
    rows = re.findall(r"^  ([a-z]+) +(.*)$", overview.split("commands:")[1].split("examples:")[0], re.MULTILINE)
    return overview, [read_page(linnet, name, summary) for name, summary in rows if name != "help"]


# Manual pages


def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text[:1] in (".", "'") else text


def roff_lines(lines):
    """Paragraphs as they are broken; empty lines separate them."""
    text = "\n".join(lines).strip("\n")
    return [roff(line) if line else ".PP" for line in text.split("\n")]


def roff_examples(lines):
    return [".SH EXAMPLES", ".nf", *(roff(line.removeprefix("  ")) for line in lines), ".fi"]


def roff_option(option):
    names = ([f"\\fB\\-{option.short}\\fR"] if option.short else []) + [f"\\fB\\-\\-{roff(option.long)}\\fR"]
    value = f" \\fI{roff(option.value)}\\fR" if option.value else ""
    return [".TP", ", ".join(names) + value, roff(option.help)]


def manual(page, names):
    others = ", ".join(f"\\fBlinnet\\-{name}\\fR(1)" for name in names if name != page.name)
    lines = [f".TH LINNET\\-{page.name.upper()} 1 \"\" Linnet \"Linnet manual\"", ".SH NAME"]
    lines += [f"linnet\\-{page.name} \\- {roff(page.summary)}", ".SH SYNOPSIS", roff(page.usage), ".SH DESCRIPTION"]
    lines += roff_lines(page.about)
    for heading, options in page.sections:
        lines += [f".SH {roff(heading.upper())}"]
        for option in options:
            lines += roff_option(option)
    lines += roff_examples(page.examples) + [".SH SEE ALSO", f"\\fBlinnet\\fR(1), {others}"]
    return "\n".join(lines) + "\n"


def manual_of_all(overview, pages):
    intro = overview.split("\n\n")[0]
    statuses = re.search(r"exit status:\n(.*?)\n\n", overview, re.DOTALL)[1].splitlines()
    examples = re.search(r"examples:\n(.*?)\n\n", overview, re.DOTALL)[1].splitlines()
    lines = ['.TH LINNET 1 "" Linnet "Linnet manual"', ".SH NAME", "linnet \\- CoAP on the command line", ".SH SYNOPSIS"]
    lines += ["linnet COMMAND [OPTIONS] [ARGUMENTS]", ".SH DESCRIPTION", roff(intro), ".SH COMMANDS"]
    for page in pages:
        lines += [".TP", f"\\fBlinnet\\-{page.name}\\fR(1)", roff(page.summary)]
    lines += roff_examples(examples) + [".SH EXIT STATUS"]
    for number, meaning in (line.split(maxsplit=1) for line in statuses):
        lines += [".TP", number, roff(meaning)]
    return "\n".join(lines) + "\n"


# Completion


FILES = {"output", "payload-file"}


def values_of(option):
    """The words that an option takes, where there are few."""
    if option.long == "color":
        return ["auto", "always", "never"]
    if option.long == "log-level":
        return ["error", "warn", "info", "debug"]
    if option.long == "log-format":
        return ["text", "json"]
    if option.long == "block-size":
        return [str(16 << exponent) for exponent in range(7)]
    if option.long == "format":
        return list(dict.fromkeys(re.findall(r"\b(pretty|raw|json|table|link|text)\b", option.help)))
    if option.long in ("content-format", "accept"):
        return ["text", "json", "cbor", "link-format", "xml", "octet-stream"]
    return []


def bash(pages):
    lines = ["# Completion of linnet for bash. Written by tools/pages.py."]
    lines += ["_linnet_files() {", '    mapfile -t COMPREPLY < <(compgen -f -- "$1")']
    lines += ["    compopt -o filenames 2>/dev/null # a slash behind folders, quotes around blanks", "}", "_linnet() {"]
    lines += ['    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} options=""', "    COMPREPLY=()"]
    names = " ".join(page.name for page in pages)
    lines += ["    if [[ $COMP_CWORD -eq 1 || ( $COMP_CWORD -eq 2 && $before == help ) ]]; then"]
    lines += [f'        mapfile -t COMPREPLY < <(compgen -W "{names} help --help --version" -- "$word")', "        return"]
    lines += ["    fi", '    case ${COMP_WORDS[1]} in']
    by_options = {}
    for page in pages:
        by_options.setdefault(" ".join(f"--{option.long}" for option in page.options), []).append(page.name)
    for options, users in by_options.items():
        lines += [f"    {' | '.join(users)})", f'        options="{options}"', "        ;;"]
    lines += ["    esac", "    case ${COMP_WORDS[1]}:$before in"]
    for users, names_of, words in value_rows(pages):
        patterns = " | ".join(f"{user}:{name}" for user in users for name in names_of)
        action = f'mapfile -t COMPREPLY < <(compgen -W "{" ".join(words)}" -- "$word")' if words else '_linnet_files "$word"'
        lines += [f"    {patterns})", f"        {action}", "        return", "        ;;"]
    lines += ["    esac", "    if [[ $word == -* ]]; then"]
    lines += ['        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")']
    lines += ["    elif [[ $before == @ || $word == @* ]]; then # bash takes '@' for a word of its own"]
    lines += ['        _linnet_files "${word#@}"']
    lines += ["    elif [[ ${COMP_WORDS[1]} == decode ]]; then"]
    lines += ['        _linnet_files "$word"', "    fi", "}"]
    return "\n".join(lines + ["complete -F _linnet linnet"]) + "\n"


def value_rows(pages):
    """(commands, names of the option, its words or None for files), each combination once."""
    rows = {}
    for page in pages:
        for option in page.options:
            words = None if option.long in FILES else values_of(option)
            if words == []:
                continue
            names = tuple(([f"-{option.short}"] if option.short else []) + [f"--{option.long}"])
            rows.setdefault((names, None if words is None else tuple(words)), []).append(page.name)
    return [(users, names, words) for (names, words), users in rows.items()]


def zsh_text(text):
    return re.sub(r"([\[\]:\\])", r"\\\1", text).replace("'", "'\\''")


def zsh_option(option):
    words = values_of(option)
    value = ""
    if option.value:
        value = f":{zsh_text(option.value.replace('=', ' ').lower())}:"
        value += "_files" if option.long in FILES else f"({' '.join(words)})" if words else ""
    names = [f"-{option.short}"] if option.short else []
    names.append(f"--{option.long}")
    return [f"        '*{name}[{zsh_text(option.help)}]{value}'" for name in names]


def zsh(pages):
    lines = ["#compdef linnet", "# Completion of linnet for zsh. Written by tools/pages.py.", "_linnet() {"]
    lines += ["    local -a commands options", "    commands=("]
    lines += [f"        '{page.name}:{zsh_text(page.summary)}'" for page in pages]
    lines += ["        'help:what a command does'", "    )", "    if (( CURRENT == 2 )); then"]
    lines += ["        _describe command commands", "        return", "    fi", "    case $words[2] in"]
    for page in pages:
        lines += [f"    {page.name})", "        options=("]
        for option in page.options:
            lines += ["    " + line for line in zsh_option(option)]
        lines += ["        )", "        ;;"]
    lines += ["    help)", "        _describe command commands", "        return", "        ;;", "    esac"]
    lines += ["    shift words", "    (( CURRENT-- ))", "    _arguments -s $options '*:argument:_files'", "}"]
    return "\n".join(lines + ['_linnet "$@"']) + "\n"


def fish_text(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def fish(pages):
    lines = ["# Completion of linnet for fish. Written by tools/pages.py.", "complete -c linnet -f"]
    for page in pages:
        lines.append(f"complete -c linnet -n __fish_use_subcommand -a {page.name} -d {fish_text(page.summary)}")
    lines.append("complete -c linnet -n __fish_use_subcommand -a help -d 'what a command does'")
    names = " ".join(page.name for page in pages)
    lines.append(f"complete -c linnet -n '__fish_seen_subcommand_from help' -a '{names}'")
    rows = {}
    for page in pages:
        for option in page.options:
            rows.setdefault((option.short, option.long, option.value, option.help), []).append(page.name)
    for (short, long, value, text), users in rows.items():
        option = Option(short, long, value, text)
        words = values_of(option)
        line = f"complete -c linnet -n '__fish_seen_subcommand_from {' '.join(users)}' -l {long}"
        line += f" -s {short}" if short else ""
        line += " -r -F" if long in FILES else f" -x -a '{' '.join(words)}'" if words else " -x" if value else ""
        lines.append(f"{line} -d {fish_text(text)}")
    lines.append("complete -c linnet -n '__fish_seen_subcommand_from decode' -F")
    return "\n".join(lines) + "\n"


def generate(linnet):
    """All files by their path."""
    overview, pages = read_all(linnet)
    names = [page.name for page in pages]
    files = {f"man/linnet-{page.name}.1": manual(page, names) for page in pages}
    files["man/linnet.1"] = manual_of_all(overview, pages)
    files["completions/linnet.bash"] = bash(pages)
    files["completions/_linnet"] = zsh(pages)
    files["completions/linnet.fish"] = fish(pages)
    return files


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    root = pathlib.Path(sys.argv[2]) if len(sys.argv) == 3 else pathlib.Path(__file__).resolve().parents[1]
    for name, text in generate(sys.argv[1]).items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
