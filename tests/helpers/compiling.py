"""What a real Python says of programs when it compiles them: one process for all of them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence

import pytest
from helpers.interpreters import interpreters

_ASK = """
import json, sys, warnings
answers = []
for program in json.load(sys.stdin):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            compile(program, "program", "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            answers.append(str(error))
        else:
            answers.append([[one.lineno, str(one.message)] for one in caught])
json.dump(answers, sys.stdout)
"""


def compiled(version: str, programs: Sequence[str]) -> list[str | list[tuple[int, str]]]:
    """For each program the warnings (line, text), or the error. Skips the test where the version is not installed."""
    python = interpreters().get(version)
    if python is None:
        pytest.skip(f"Python {version} is not installed here")
    run = subprocess.run(
        [python, "-I", "-c", _ASK], input=json.dumps(programs), capture_output=True, text=True, check=True
    )
    return [
        answer if isinstance(answer, str) else [(line, text) for line, text in answer]
        for answer in json.loads(run.stdout)
    ]
