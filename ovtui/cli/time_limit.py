"""`--time-limit SECONDS` of the commands that ask processes of their own, which may hang."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])
_MOST_S = 86_400.0


class _Seconds(click.FloatRange):
    """Above 0, at most a day; FloatRange takes nan."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        seconds = float(super().convert(value, param, ctx))
        if math.isnan(seconds):
            self.fail(f"{value} is no number of seconds", param, ctx)
        return seconds


def time_limit_option(default_s: float | None, help_text: str) -> Callable[[F], F]:
    """The option; its value goes to the parameter `limit_s`."""
    return click.option(
        "--time-limit", "limit_s", type=_Seconds(min=0, max=_MOST_S, min_open=True), default=default_s,
        metavar="SECONDS", show_default=default_s is not None, help=help_text,
    )  # fmt: skip
