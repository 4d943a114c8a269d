"""The option for how long a study may last."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

from ovtui.settings.shown_text import in_quotes

F = TypeVar("F", bound=Callable[..., Any])
LONGEST_S = 7 * 86_400.0
_TIMES_S = {"s": 1.0, "": 1.0, "m": 60.0, "h": 3600.0}


def study_time_option(flag: str, name: str, help_text: str) -> Callable[[F], F]:
    """Its value is in seconds, 0 for no limit."""
    return click.option(flag, name, default=None, metavar="TIME", callback=_seconds, help=help_text)


def _seconds(context: click.Context, parameter: click.Parameter, text: str | None) -> float:  # noqa: ARG001
    if text is None:
        return 0.0
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|m|h|)", text.strip().lower(), re.ASCII)
    seconds = float(found[1]) * _TIMES_S[found[2]] if found else 0.0
    if not 0 < seconds <= LONGEST_S:
        raise click.BadParameter(f"{in_quotes(text)} is not a time up to 168h, such as 90s, 10m or 2h")
    return seconds
