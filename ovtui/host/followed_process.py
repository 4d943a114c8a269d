"""Follows one process of the engine's kind that tells what it does: a line of JSON for each step, handed on as it
comes. It may crash or hang: what came before stands. Blocks; ctrl+c kills it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from ovtui.host.asked_processes import Answer, Asked, ask_all
from ovtui.records.odd_names import from_json

S = TypeVar("S")
_MAX_OUTPUT_BYTES = 256 << 20
_NAME = "followed"


@dataclass(frozen=True, slots=True)
class Followed(Generic[S]):
    steps: list[S]
    """All of them, in their order, up to the first line that cannot be read."""
    answer: Answer


def follow(
    module: str,
    question: bytes,
    decoder: msgspec.json.Decoder[S],
    limit_s: float,
    on_step: Callable[[S], None] = lambda _: None,
    stop_fd: int = -1,
) -> Followed[S]:
    """Starts `python -m MODULE` with the question on stdin, and returns once it has ended, or was killed: after
    `limit_s`, or once `stop_fd` can be read. The process calls die_with_parent itself."""
    steps: list[S] = []
    readable = True

    def take(line: bytes) -> None:
        nonlocal readable
        if not readable:
            return
        try:
            step = from_json(decoder, line)
        except msgspec.DecodeError:
            readable = False
            return
        steps.append(step)
        on_step(step)

    asked = Asked(
        _NAME, [sys.executable, "-m", module], question, limit_s=limit_s, ends_itself=True, on_line=take,
        max_output_bytes=_MAX_OUTPUT_BYTES,
    )  # fmt: skip
    return Followed(steps, ask_all([asked], stop_fd)[_NAME])
