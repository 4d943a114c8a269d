"""`--verbose`: OpenVINO's whole text after the sentence that sums it up. It changes no measurement, so it is a flag and
an OVTUI_ variable, not a setting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from ovtui.settings.shown_text import shown

F = TypeVar("F", bound=Callable[..., Any])


def verbose_option(command: F) -> F:
    return click.option(
        "--verbose", is_flag=True, envvar="OVTUI_VERBOSE",
        help="Print OpenVINO's whole text after the sentence on a start, a change or requests that failed.  "
        "[OVTUI_VERBOSE]",
    )(command)  # fmt: skip


def indented_lines(detail: str) -> list[str]:
    """The lines of OpenVINO's whole text as they are printed below the sentence that it follows."""
    return [f"    {shown(line.expandtabs(4))}".rstrip() for line in detail.splitlines()]
