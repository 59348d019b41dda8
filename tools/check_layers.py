"""Checks that a file includes only its own layer and those to its left, as docs and README draw it:

    wire < engine < server, client < security < net, store < gateway, module < cli, bindings

The core (wire, engine, server, client) may use a few headers of the C library and no others.
"""
import pathlib
import re
import sys

RANK = {
    "wire": 0,
    "engine": 1,
    "server": 2, "client": 2,
    "security": 3,
    "net": 4, "store": 4,
    "gateway": 5, "module": 5,
    "cli": 6, "bindings": 6,
}
CORE = ("wire", "engine", "server", "client")

# To which layer each public header <linnet/NAME.h> belongs. A new header is added here.
PUBLIC = {
    "block": "wire", "bytes": "wire", "code": "wire", "content_format": "wire", "error": "wire", "link": "wire",
    "message": "wire", "option": "wire", "uri": "wire",
    "address": "engine", "body": "engine", "config": "engine", "endpoint": "engine", "echo": "engine",
    "identity": "engine", "observers": "engine", "q_block": "server",
    "response": "engine", "transfers": "engine",
    "request": "server", "resource": "server", "site": "server",
    "calls": "client", "requests": "client",
    "credentials": "security",
    "client": "net", "loop": "net", "server": "net",
    "module": "module",
}
CORE_SYSTEM_HEADERS = {"string.h", "stdint.h", "stddef.h", "stdbool.h", "limits.h", "assert.h"}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
UMBRELLA = "linnet.h"


def layer_of(path):
    """The layer of a file of ours, or None for one that has none, such as the umbrella header."""
    parts = path.parts
    if parts[0] == "src":
        return parts[1]
    if parts[:2] == ("include", "linnet"):
        return PUBLIC.get(path.stem)
    return "cli" if parts[0] == "cli" else None


def may_include(layer, other):
    return layer == other or RANK[other] < RANK[layer]


def check_public(layer, name):
    header = pathlib.PurePath(name).stem
    if header not in PUBLIC:
        return f"<{name}> has no layer yet: add it to PUBLIC in tools/check_layers.py"
    if not may_include(layer, PUBLIC[header]):
        return f"{layer} may not include <{name}>, which is of {PUBLIC[header]}"
    return None


def check_system(layer, name):
    if name == UMBRELLA:
        return None if layer == "cli" else "include the small header that is needed, not <linnet.h>"
    if layer in CORE and name not in CORE_SYSTEM_HEADERS:
        return f"the core may not include <{name}>; it has {', '.join(sorted(CORE_SYSTEM_HEADERS))}"
    return None


def check_internal(path, layer, name):
    folder = pathlib.PurePath(name).parts[0] if "/" in name else None
    if folder is None and layer == "cli":
        return None
    if folder not in RANK:
        return f'write "layer/{name}", with the name of its folder under src'
    if not may_include(layer, folder):
        return f'{layer} may not include "{name}", which is of {folder}'
    if path.parts[0] == "include":
        return f'a public header may not include "{name}", which is internal'
    return None


def check_include(path, layer, quote, name):
    if name.startswith("linnet/"):
        return check_public(layer, name)
    return check_internal(path, layer, name) if quote == '"' else check_system(layer, name)


def check_file(path):
    layer = layer_of(path)
    if layer not in RANK:
        where = "PUBLIC" if path.parts[0] == "include" else "RANK"
        yield 1, f"it has no layer yet: add it to {where} in tools/check_layers.py"
        return
    text = path.read_text(encoding="utf-8")
    for match in INCLUDE.finditer(text):
        problem = check_include(path, layer, match[1], match[2])
        if problem:
            yield text.count("\n", 0, match.start(2)) + 1, problem


def check_umbrella():
    """linnet.h includes every public header that is there."""
    text = pathlib.Path("include", UMBRELLA).read_text(encoding="utf-8")
    for header in sorted(pathlib.Path("include/linnet").glob("*.h")):
        if f"<linnet/{header.name}>" not in text:
            yield f"include/linnet.h does not include <linnet/{header.name}>"


def main():
    files = [path for top in ("src", "include/linnet", "cli")
             for path in sorted(pathlib.Path(top).rglob("*")) if path.suffix in (".c", ".h")]
    problems = [f"{path}:{line}: {text}" for path in files for line, text in check_file(path)]
    problems += check_umbrella()
    if problems:
        print("\n".join(problems))
        return 1
    print(f"{len(files)} files include only what is to their left")
    return 0 if files else 1


if __name__ == "__main__":
    sys.exit(main())
