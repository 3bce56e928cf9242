"""The analysis of a file takes time in proportion to its length, whatever its names hang together by."""

from __future__ import annotations

import time

import pytest

from py314_check.model import Target
from py314_check.registry import select
from py314_check.scan import File, ScanSettings, look_at

_CODES = tuple(rule.code for rule in select(["ALL"], []))
_SETTINGS = ScanSettings(Target.parse("3.14t"), _CODES, word_test=False)


@pytest.mark.parametrize(
    "unit",
    [
        "def f{i}():\n    global n\n    if n is None:\n        n = {i}\n    return n\n",
        "if n is None:\n    n = {i}\n",
        "def f{i}(x):\n    if isinstance(n, int):\n        return n.real\n    n.y{i}.z(x)\n",
        "class C{i}:\n    def f(self):\n        self.a = self.b()\n        n.a{i} = self.a\n",
        "try:\n    import a{i}\nexcept ImportError:\n    a{i} = n\n",
    ],
)
def test_analysis_is_linear(unit: str) -> None:
    def cost(times: int) -> float:
        source = "n = None\n" + "".join(unit.replace("{i}", str(one)) for one in range(times))
        start = time.process_time()
        (looked,) = look_at([File("a.py", "a.py", len(source), data=source.encode())], _SETTINGS)
        assert looked.result is not None
        assert looked.result.parsed
        return time.process_time() - start

    cost(1)
    once, four_times = (min(cost(times) for _ in range(2)) for times in (100, 400))
    assert four_times < 10 * once + 0.05, "four times the code, about four times the work (16 would be quadratic)"
