"""A run on many boxes as JSON. `ovtui fleet run --json-schema` prints the schema. A key is always there; null where the
value is not known or does not apply. A key that is added does not raise VERSION."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from ovtui.metrics.fleet.box_figures import BoxFigures
from ovtui.metrics.fleet.odd_one import FigureName
from ovtui.records.json_text import json_text
from ovtui.settings.schema.settings import Settings

VERSION = 1
Outcome = Literal["done", "missed", "interrupted", "failed", "unfinished"]
"""missed: done, and a limit was missed. unfinished: the controller ended before the box did; `ovtui fleet resume` goes
on with it."""


class FigureDifference(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of a box against the median of the others of its kind."""

    figure: FigureName
    ratio: float
    """The box's divided by that of the others."""
    low: float | None
    high: float | None
    """Its interval; null where there are too few blocks for one."""
    others: int
    blocks: int
    margin: float
    """The others themselves spread by so much: 0.08 is a ratio of 1 / 1.08 to 1.08. 0 of two boxes, where that is not
    known."""
    odd: bool
    """The whole interval lies beyond that. Never of one of two boxes."""


class OddResult(msgspec.Struct, frozen=True, kw_only=True):
    """Of a box that differs, the figure in which it does most."""

    figure: FigureName
    ratio: float
    low: float
    high: float
    others: int
    worse: bool
    """Slower than the others."""
    reasons: list[str]
    """What else differs; none is claimed to be the cause."""
    text: str


class BoxResult(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    address: str | None
    """As the inventory has it; null where its name is that."""
    kind: str | None
    facts: dict[str, str] | None
    """`facts` of `ovtui doctor --json` on the box."""
    outcome: Outcome
    text: str
    """Why it failed, as a sentence; may be empty."""
    code: int | None
    """The exit code of `ovtui run` on the box; null where it did not get so far."""
    session: str | None
    """Its ID on the box."""
    recording: str | None
    """Path here."""
    reconnects: int
    """How often its line broke and was made again."""
    figures: BoxFigures
    differences: list[FigureDifference]
    """Each figure that can be held against the others of its kind; of two boxes that of the second."""
    odd: OddResult | None
    """Null where it is like the others, or is not compared."""
    result: dict[str, Any] | None
    """The object of `ovtui run --json` on the box."""


class KindResult(msgspec.Struct, frozen=True, kw_only=True):
    kind: str | None
    """Null where the hardware of its boxes is not known."""
    boxes: list[str]
    compared: int
    """Those that did not fail."""
    medians: BoxFigures
    """Of the boxes that are compared; device where all have the same."""
    spread: dict[str, float | None]
    """Of throughput, p50 and p99: the standard deviation between the boxes, robust and relative; null of fewer than
    three."""
    text: str


class FleetReport(msgspec.Struct, frozen=True, kw_only=True):
    schema: int
    run: str
    """Its name, for `ovtui fleet show` and `resume`; empty where it has none."""
    began_s: float | None
    """Unix time."""
    ended_s: float | None
    ovtui: str
    """Of the controller."""
    settings: Settings | None
    text: str
    """What it found, in one sentence."""
    boxes: list[BoxResult]
    """Sorted by kind and name."""
    kinds: list[KindResult]
    code: int
    """The exit code of the command."""


def json_schema() -> bytes:
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(FleetReport)), indent=2)


def to_json(report: FleetReport) -> bytes:
    return json_text(report)
