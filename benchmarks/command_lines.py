"""The tools that performance.py measures: how they are installed, and what they are told."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from sources import HERE, TARGET
from timing import CORES, environment

ROOT = HERE.parent
OURS = "py314-check"
RULES = "F,UP,ASYNC,B"
"""What ruff has that is nearest to what this tool is about."""
MORE_RULES = f"E,W,I,{RULES}"
DEPRECATED = "module method class argument decorator attribute".split()
"""What pylint has checkers for that say what is deprecated."""


def install(where: Path, peers: Mapping[str, str]) -> dict[str, Path]:
    """Installs this tool and others from the package index, each into a fresh virtual environment; where its programs
    are, by the name of the tool. Raises CalledProcessError where that fails.
    """
    wanted = {OURS: [str(ROOT), "--constraint", str(ROOT / "constraints.txt")]}
    wanted |= {name: [f"{name}=={version}"] for name, version in peers.items()}
    programs = {}
    for name, requirement in wanted.items():
        print(f"installing {name}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", str(where / name)], check=True)
        programs[name] = where / name / "bin"
        pip = (str(programs[name] / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet")
        subprocess.run([*pip, *requirement], env=environment(), check=True)
    return programs


def ours(programs: Mapping[str, Path], path: str, *more: str) -> tuple[str, ...]:
    """A run of this tool that says the same whatever there is to find."""
    options = ("--isolated", "--target", str(TARGET), "--fail-on", "never", "--output-format", "json")
    return (str(programs[OURS] / OURS), *options, *more, path)


def ruff(programs: Mapping[str, Path], path: str, rules: str, *more: str) -> tuple[str, ...]:
    """A run of ruff with its shortest report. It takes as many threads as there are processors."""
    options = ("--isolated", "--target-version", "py314", "--exit-zero", "--quiet", "--output-format", "concise")
    return (str(programs["ruff"] / "ruff"), "check", *options, "--select", rules, *more, path)


def vermin(programs: Mapping[str, Path], path: str) -> tuple[str, ...]:
    """A run of vermin."""
    return (str(programs["vermin"] / "vermin"), "--no-config-file", "--no-tips", f"--processes={CORES}", path)


def pylint(programs: Mapping[str, Path], path: str) -> tuple[str, ...]:
    """A run of pylint with nothing but the checkers that say what is deprecated."""
    enabled = ",".join(f"deprecated-{what}" for what in DEPRECATED)
    options = ("--rcfile=/dev/null", "--persistent=n", "--score=n", "--exit-zero", "--recursive=y", f"--jobs={CORES}")
    return (str(programs["pylint"] / "pylint"), *options, "--disable=all", f"--enable={enabled}", path)
