"""Compiles the core (wire, engine, server, client) for a Cortex-M3 and prints what it costs in flash and RAM.

usage: size.py OUTPUT_FOLDER

Fails when an object of the core needs a symbol that is neither the core's own, nor memcpy and its like, nor a
function of the port (linnet_port_...): that keeps the core free of clocks, allocators and system calls.

Each C file of ports/profiles/ is a device: it names what it wants of Linnet, so the linker drops the rest. Those whose
name starts with "port" are no device but what all devices share: the functions of a port. A device's first
lines may say what it should cost ("goal: 5120 octets of flash, 2048 octets of RAM") and where it starts
("entry: profile_main"; else main). A goal that is missed is reported, and is no failure.
"""
import collections
import pathlib
import re
import subprocess
import sys

LAYERS = ("wire", "engine", "server", "client")
ALLOWED = {"memcpy", "memmove", "memset", "memcmp", "strlen"}
PORT_PREFIX = "linnet_port_"
CC = "arm-none-eabi-gcc"
TARGET = ["-mcpu=cortex-m3", "-mthumb", "-Os"]
FLAGS = [*TARGET, "-std=c11", "-ffunction-sections", "-fdata-sections", "-DNDEBUG",
         "-Wall", "-Wextra", "-Werror", "-Iinclude", "-Isrc"]
HINTS = {
    "__aeabi_uldivmod": "a division of 64-bit numbers; divide 32-bit ones, or shift",
    "__aeabi_ldivmod": "a division of 64-bit numbers; divide 32-bit ones, or shift",
    "malloc": "the owner gives the memory", "free": "the owner gives the memory",
}

Cost = collections.namedtuple("Cost", "text data bss")
Cost.flash = property(lambda self: self.text + self.data)  # initial values of data lie in flash too
Cost.ram = property(lambda self: self.data + self.bss)


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def compile_file(source, folder):
    target = folder / source.with_suffix(".o")
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([CC, *FLAGS, "-c", source, "-o", target], check=True)
    return target


def add(costs):
    return Cost(*(sum(values) for values in zip(Cost(0, 0, 0), *costs)))


def cost_of(objects):
    """Text (code and constants), data and bss of some object files."""
    lines = output_of("arm-none-eabi-size", *map(str, objects)).splitlines()[1:]
    return add(Cost(*map(int, line.split()[:3])) for line in lines)


def symbols(objects, *options):
    """Pairs of object file and symbol."""
    for line in output_of("arm-none-eabi-nm", "-A", "-P", *options, *map(str, objects)).splitlines():
        place, name = line.split()[:2]
        yield place.rstrip(":"), name


def foreign_symbols(objects):
    """What the core needs and neither has nor may have, as pairs of object and symbol."""
    own = {name for _, name in symbols(objects, "--defined-only", "--extern-only")}
    for place, name in symbols(objects, "--undefined-only"):
        if name not in own and name not in ALLOWED and not name.startswith(PORT_PREFIX):
            yield place, name


def print_row(name, flash, ram, remark=""):
    print(f"  {name:<22} {flash:>8} {ram:>8}  {remark}".rstrip())


def print_layers(objects):
    print("The whole core, octets by folder        Cortex-M3, " + output_of(CC, "--version").splitlines()[0])
    print_row("", "flash", "RAM")
    costs = {layer: cost_of(files) for layer, files in objects.items()}
    for layer, cost in costs.items():
        print_row("src/" + layer, cost.flash, cost.ram)
    total = add(costs.values())
    print_row("all of it", total.flash, total.ram)


# In a linker map: " .text.linnet_x  0x00008000  0x24 build/size/src/wire/code.o", the name perhaps on a line before.
MAP_ENTRY = re.compile(r"^ \.?([\w.$]+)\s+0x[0-9a-f]+\s+0x([0-9a-f]+)\s+(\S+)$", re.MULTILINE)
KINDS = {"text": "text", "rodata": "text", "ARM.exidx": "text", "ARM.extab": "text", "data": "data", "bss": "bss",
         "COMMON": "bss"}


def origin_of(path):
    for layer in LAYERS:
        if f"/src/{layer}/" in path:
            return "src/" + layer
    return "the profile and port" if "/ports/" in path else "the C library"


def costs_by_origin(map_text):
    """Where the octets of a linked program come from."""
    linked = map_text[map_text.index("Linker script and memory map"):]
    linked = re.sub(r"^( [\w.$]+)\n\s+0x", r"\1 0x", linked, flags=re.MULTILINE)
    sums = collections.defaultdict(collections.Counter)
    for section, size, path in MAP_ENTRY.findall(linked):
        kind = KINDS.get(section if section.startswith("ARM.") else section.split(".")[0])
        if kind:
            sums[origin_of(path)][kind] += int(size, 16)
    return {origin: Cost(count["text"], count["data"], count["bss"]) for origin, count in sorted(sums.items())}


def goal_of(text):
    """Flash and RAM that a profile wants to stay under; None where it does not say."""
    flash = re.search(r"goal:[^*]*?(\d+) octets of flash", text)
    ram = re.search(r"goal:[^*]*?(\d+) octets of RAM", text)
    return [int(match[1]) if match else None for match in (flash, ram)]


def remark_on(value, goal, what):
    if goal is None:
        return ""
    return f"{what} goal {goal}: " + ("met" if value <= goal else f"missed by {value - goal}")


def link_profile(source, objects, folder):
    text = source.read_text(encoding="utf-8")
    entry = re.search(r"entry: (\w+)", text)
    compiled = compile_file(source, folder)
    program, map_file = compiled.with_suffix(".elf"), compiled.with_suffix(".map")
    subprocess.run([CC, *TARGET, "-nostartfiles", "--specs=nano.specs", "-Wl,--gc-sections",
                    f"-Wl,-e,{entry[1] if entry else 'main'}", f"-Wl,-Map={map_file}", compiled, *objects,
                    "-o", program], check=True)
    return text, costs_by_origin(map_file.read_text(encoding="utf-8"))


def print_profile(source, objects, folder):
    text, costs = link_profile(source, objects, folder)
    total = add(costs.values())
    flash_goal, ram_goal = goal_of(text)
    print(f"\n{source}, linked")
    print_row("", "flash", "RAM")
    for origin, cost in costs.items():
        print_row(origin, cost.flash, cost.ram)
    remarks = [remark_on(total.flash, flash_goal, "flash"), remark_on(total.ram, ram_goal, "RAM")]
    print_row("all of it", total.flash, total.ram, "; ".join(filter(None, remarks)))


def main():
    folder = pathlib.Path(sys.argv[1])
    objects = {layer: [compile_file(source, folder) for source in sorted(pathlib.Path("src", layer).glob("*.c"))]
               for layer in LAYERS}
    objects = {layer: files for layer, files in objects.items() if files}
    every = [file for files in objects.values() for file in files]
    print_layers(objects)

    profiles = sorted(pathlib.Path("ports/profiles").glob("*.c"))
    port = [compile_file(source, folder) for source in profiles if source.name.startswith("port")]
    profiles = [source for source in profiles if not source.name.startswith("port")]
    for source in profiles:
        print_profile(source, every + port, folder)
    if not profiles:
        print("\nThere is no profile in ports/profiles yet, so nothing was linked.")

    foreign = sorted(set(foreign_symbols(every)))
    for place, name in foreign:
        print(f"{pathlib.Path(place).relative_to(folder)} needs {name}: {HINTS.get(name, 'not of the core')}")
    return 1 if foreign else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        sys.exit(error.stderr or f"{error.cmd[0]} failed")
