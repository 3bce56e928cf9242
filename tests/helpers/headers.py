"""The C headers of the CPythons of this machine: the words in them, and what gcc says of code that includes them."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
from helpers.interpreters import interpreters

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_FOR_PYTHON_ITSELF = re.compile(r"^#ifdef Py_BUILD_CORE\n.*?^#\s*(?:else|endif)", re.DOTALL | re.MULTILINE)


@cache
def _include_directory(version: str) -> Path:
    """Where the headers of a version (``3.14``) are. Skips the test where they are not installed."""
    python = interpreters().get(version)
    if python is not None:
        ask = "import sysconfig; print(sysconfig.get_path('include'))"
        run = subprocess.run([python, "-I", "-c", ask], capture_output=True, text=True, check=True)
        directory = Path(run.stdout.strip())
        if (directory / "Python.h").is_file():
            return directory
    pytest.skip(f"the headers of Python {version} are not installed here")


@cache
def header_words(version: str, *, internal: bool = False) -> frozenset[str]:
    """All words of the public headers of a version, or of the internal ones, for whatever platform."""
    directory = _include_directory(version)
    words: set[str] = set()
    for path in directory.rglob("*.h"):
        if ("internal" in path.parts) is internal:
            text = _COMMENT.sub(" ", path.read_text("utf-8", "replace"))
            words.update(re.findall(r"\b[A-Za-z_]\w*", _FOR_PYTHON_ITSELF.sub(" ", text)))
    return frozenset(words)


def compiler_errors(code: str, version: str, *, free_threaded: bool = False) -> str:
    """What gcc says of code that it does not compile with the headers of a version; empty where it does.

    Skips the test where gcc or the headers are not installed.
    """
    gcc = shutil.which("gcc")
    if gcc is None:
        pytest.skip("gcc is not installed here")
    directory = _include_directory(version)
    command = [gcc, "-x", "c", "-fsyntax-only"]
    # What GCC 14 takes for errors, older ones warn of.
    wrong = ("implicit-function-declaration", "implicit-int", "incompatible-pointer-types", "int-conversion")
    command += [f"-Werror={one}" for one in wrong]
    command += ["-DPy_GIL_DISABLED=1"] if free_threaded else []
    # Debian keeps pyconfig.h apart, and names it relative to the directory above.
    command += [f"-I{directory}", f"-I{directory.parent}", "-"]
    run = subprocess.run(command, input=code, capture_output=True, text=True)
    return run.stderr if run.returncode else ""
