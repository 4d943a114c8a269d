"""Asks of each device something in a process of its own, all at once; the answers are lines of JSON, and those that
came before a process crashed or was killed stand."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from ovtui.host.asked_processes import Answer, Asked, ask_all
from ovtui.records.odd_names import from_json

S = TypeVar("S")
_LEAST_S = 1.0
"""What a second device of a kind has at least, however long the first took."""


@dataclass(frozen=True, slots=True)
class ToldOfDevice(Generic[S]):
    """What one process told."""

    steps: list[S]
    answer: Answer


def ask_devices(
    devices: Sequence[str],
    module: str,
    question: Callable[[str], bytes],
    decoder: msgspec.json.Decoder[S],
    names_of: Callable[[Sequence[S]], Sequence[str]],
    limit_s: float,
) -> dict[str, ToldOfDevice[S]]:
    """`devices`: kinds or single devices. A process that is asked for a kind goes on with the first of it; `names_of`
    finds in its steps what others there are, and these are asked then. Blocks for `limit_s`, or, where a kind has
    several devices and the first takes long, for `_LEAST_S` more."""
    began_s = time.monotonic()
    told: dict[str, ToldOfDevice[S]] = {}
    waiting = list(devices)
    while waiting:
        left_s = max(limit_s - (time.monotonic() - began_s), _LEAST_S) if told else limit_s
        asked = [Asked(each, command_of(module), question(each), limit_s=left_s, ends_itself=True) for each in waiting]
        waiting = []
        for device, answer in ask_all(asked).items():
            steps = list(steps_of(answer.stdout, decoder))
            names = list(names_of(steps)) or [device]
            told[names[0]] = ToldOfDevice(steps, answer)
            waiting += [name for name in names[1:] if name not in told]
    return told


def command_of(module: str) -> list[str]:
    return [sys.executable, "-m", module]


def steps_of(printed: bytes, decoder: msgspec.json.Decoder[S]) -> list[S]:
    """The whole lines, up to the first that cannot be read."""
    found: list[S] = []
    for line in printed.split(b"\n")[:-1]:
        try:
            found.append(from_json(decoder, line))
        except msgspec.DecodeError:
            break
    return found
