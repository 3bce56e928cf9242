"""The CPythons of this machine: on PATH, and in pyenv. They are asked, never guessed."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path

VERSIONS = [f"3.{minor}" for minor in range(8, 16)]


@lru_cache(maxsize=1)
def interpreters() -> dict[str, str]:
    """Version (``3.14``) -> the path of an interpreter that says it is that version."""
    found = {}
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for version in VERSIONS:
        candidates = [shutil.which(f"python{version}")]
        candidates += [str(path) for path in sorted(pyenv.glob(f"versions/{version}.*/bin/python{version}"))]
        for candidate in candidates:
            if candidate is not None and _version_of(candidate) == version:
                found[version] = candidate
                break
    return found


def _version_of(python: str) -> str | None:
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        run = subprocess.run([python, "-I", "-c", code], capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return run.stdout.strip()
