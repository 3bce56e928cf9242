"""Reporters: one module a format, each with ``render(report) -> str``."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from py314_check.config import SUMMARISED
from py314_check.model import Report


def render(report: Report, output_format: str, *, summary: bool = False, color: bool = False, width: int = 100) -> str:
    """The report in a format of ``config.FORMATS``.

    ``summary``: without the findings themselves; the formats that are not ``SUMMARISED`` are nothing but findings, and
    keep them. Colour and width matter to text alone.
    """
    module = import_module(f"py314_check.reporters.{output_format}")  # only what is asked for is imported
    wishes: dict[str, object] = {"color": color, "width": width} if output_format == "text" else {}
    if output_format in SUMMARISED:
        wishes["summary"] = summary
    return cast(str, module.render(report, **wishes))
