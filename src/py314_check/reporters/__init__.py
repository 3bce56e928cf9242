"""Reporters: one module a format, each with ``render(report) -> str``."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from py314_check.model import Report


def render(report: Report, output_format: str, *, color: bool = False, width: int = 100) -> str:
    """The report in a format of ``config.FORMATS``; colour and width matter to text alone."""
    module = import_module(f"py314_check.reporters.{output_format}")  # only what is asked for is imported
    if output_format == "text":
        return cast(str, module.render(report, color=color, width=width))
    return cast(str, module.render(report))
