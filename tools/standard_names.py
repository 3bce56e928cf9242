"""Writes the table of what the standard library of every target has, on every platform.

    python tools/standard_names.py            writes the table
    python tools/standard_names.py --check    exits 1 if the table is out of date

A name is in if typeshed has it on all platforms, and if it was seen in the interpreters themselves (`observe.py`).
"""

from __future__ import annotations

import argparse
import gzip
import sys
from importlib.metadata import version
from pathlib import Path

from observe import Snapshot
from standard_types import PLATFORMS, STAND_INS, Stubs, World

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "src/py314_check/languages/python/standard_names.toml"
SEEN = ROOT / "tests/data/public_names.json.gz"
TARGETS = ("3.13", "3.14", "3.15")
UNLISTED = {"collections.abc": "3.13"}  # modules without a file since, and the last version that has one
MINORS = (13, 14)  # typeshed knows no more
# Not of a public interface, or not built everywhere.
LEFT_OUT = set(
    "antigravity bz2 ctypes curses dbm distutils idlelib lib2to3 lzma mmap readline sqlite3 this tkinter turtle".split()
)
HEADER = """\
# What the standard library of every target has, on every platform: facts from typeshed (Apache-2.0), as shipped with
# mypy {mypy}, and from CPython 3.13 to 3.15, in which each name was seen.
# Made by `python tools/standard_names.py`.
#
#   objects     a module = its functions and classes, which are true where a test asks for them
#   values      a module = its variables
#
# What is not in the table may be missing somewhere. Modules without a public name of their own are in, too.
"""


def table() -> str:
    """The text of the table."""
    snapshot = Snapshot.from_json(gzip.decompress(SEEN.read_bytes()).decode("utf-8"))
    worlds = [Stubs(World(minor, platform)) for minor in MINORS for platform in PLATFORMS]
    same_seen = {module: seen for seen, module in STAND_INS.items()}  # os.path was seen as posixpath
    objects, values = [], []
    for module in sorted(set.intersection(*(world.modules for world in worlds))):
        seen = same_seen.get(module, module)
        if module.startswith("_") or module.partition(".")[0] in LEFT_OUT:
            continue
        wanted = {UNLISTED[module]} if module in UNLISTED else set(TARGETS)
        if not wanted <= snapshot.modules.get(seen, set()):
            continue
        public = [{name for name in world.scope(module).public if not name.startswith("_")} for world in worlds]
        if any(public) and not all(public):
            continue  # of one platform
        names = {name for name in set.intersection(*public) if wanted <= snapshot.names[seen].get(name, set())}
        things = {name: worlds[0].find(module, name) for name in names}
        true = {name for name, thing in things.items() if thing is not None and thing.kind in ("class", "function")}
        objects.append(f'"{module}" = "{" ".join(sorted(true))}"')
        if names - true:
            values.append(f'"{module}" = "{" ".join(sorted(names - true))}"')
    head = HEADER.format(mypy=version("mypy"))
    return "\n".join([head, "[objects]", *objects, "", "[values]", *values, ""])


def main() -> int:
    """The command line; gives the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the table is out of date")
    options = parser.parse_args()
    text = table()
    if options.check:
        current = TABLE.read_text(encoding="utf-8") if TABLE.exists() else ""
        if text != current:
            print(f"{TABLE.name} is out of date: run python tools/standard_names.py", file=sys.stderr)
        return int(text != current)
    TABLE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
