"""The options for how long a study, or a part of it, may last."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import click

from ovtui.settings.shown_text import in_quotes

F = TypeVar("F", bound=Callable[..., Any])
LONGEST_S = 7 * 86_400.0
_TIMES_S = {"s": 1.0, "": 1.0, "m": 60.0, "h": 3600.0}


def study_time_option(
    flag: str, name: str, help_text: str, *, default: str | None = None, least_s: float = 0.0
) -> Callable[[F], F]:
    """Its value is in seconds, more than 0 and at least `least_s`; 0 where it is not given and has no default."""
    return click.option(
        flag, name, default=default, show_default=default is not None, metavar="TIME",
        callback=partial(_seconds, least_s), help=help_text,
    )  # fmt: skip


def _seconds(least_s: float, context: click.Context, parameter: click.Parameter, text: str | None) -> float:  # noqa: ARG001
    if text is None:
        return 0.0
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|m|h|)", text.strip().lower(), re.ASCII)
    seconds = float(found[1]) * _TIMES_S[found[2]] if found else 0.0
    if not 0 < seconds <= LONGEST_S or seconds < least_s:
        least = f"from {least_s:g}s " if least_s else ""
        raise click.BadParameter(f"{in_quotes(text)} is not a time {least}up to 168h, such as 90s, 10m or 2h")
    return seconds
