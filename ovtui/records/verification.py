"""Whether two devices compute the same from a model: the question to a process of the engine's kind (engine/verify),
the steps that it tells, a line of JSON for each, and the result."""

from __future__ import annotations

from typing import Literal

import msgspec

from ovtui.settings.schema.settings import Settings

Verdict = Literal["agree", "precision", "fault", "unknown"]
"""agree: within the tolerance. precision: beyond it, and within it with inference in f32. fault: beyond it in f32 too.
unknown: beyond it, and the rerun in f32 was not possible."""


class VerifyQuestion(msgspec.Struct, frozen=True, kw_only=True):
    settings: Settings
    """`settings.device` is verified."""
    against: str
    """A device string, which is taken for the truth."""
    tolerance: float
    """The largest relative difference, of the range of the output on the other device, that is no difference."""
    inputs: int = 1
    """Sets of inputs."""
    layers: bool = False
    parent_pid: int


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """Of one output, or of one layer's, over all inputs."""

    name: str
    shape: list[int]
    element_type: str
    elements: int
    max_absolute: float | None
    """None where no element could be compared."""
    max_relative: float | None
    cosine: float | None
    """1: the same direction; None where one of both is zero or nothing could be compared."""
    nans: list[int] = [0, 0]
    """On the device, and on the other: a NaN equals nothing, not even a NaN."""
    infinities: list[int] = [0, 0]
    agrees: bool
    why: str = ""
    """Why it does not, as a phrase."""


class Doing(msgspec.Struct, frozen=True, tag=True):
    text: str
    done: int = 0
    planned: int = 0


class Verification(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The result; the last line."""

    model: str
    device: str
    against: str
    tolerance: float
    verdict: Verdict
    outputs: list[Difference]
    f32_outputs: list[Difference] | None = None
    """Of the rerun with f32 on both; None where it was not needed or not possible."""
    why_no_f32: str = ""
    layers: list[Difference] | None = None
    """In the order of the model; None where they were not asked for."""
    first: str = ""
    """Name of the first layer that differs; empty where none does."""
    notes: list[str] = []


class VerifyRefused(msgspec.Struct, frozen=True, tag=True):
    why: str
    detail: str = ""
    misused: bool = False


VerifyStep = Doing | Verification | VerifyRefused
