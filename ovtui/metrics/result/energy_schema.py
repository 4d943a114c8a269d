"""What inferences cost and what disturbed them, in the Result."""

from __future__ import annotations

from typing import Literal

import msgspec

from ovtui.records.events import PowerSource


class SourceEnergy(msgspec.Struct, frozen=True, kw_only=True):
    """Of one source of watts, over the part of the load in which it was read. Joules and inferences are those of the
    same time. Sources lie within each other (a package within the system) and are never added up."""

    watts: float | None
    """The mean; null where fewer than three readings lie in the load."""
    joules: float | None
    """Used in that part."""
    coverage: float
    """That part of the load, 0 to 1: the rest was not read."""
    readings: int
    joules_per_inference: float | None
    """Null where nothing succeeded in that part, or it is too short."""
    joules_per_item: float | None
    """Null, too, where it is not known how many items a request holds."""
    idle_watts: float | None
    """Of the idle machine; null where that was not measured. See `energy.idle`."""
    joules_per_inference_above_idle: float | None
    """Without what the idle machine uses in the same time; below 0 where the load took less."""


Sources = dict[str, SourceEnergy | None]
"""By source: cpu, dram, system, gpu, gpu_card, battery; null where it was never read in the session."""


class Idle(msgspec.Struct, frozen=True, kw_only=True):
    """The newest measurement of the idle machine."""

    since_s: float
    until_s: float
    """Session time."""
    watts: dict[str, float]
    """By source: cpu, dram, system, gpu, gpu_card, battery."""
    reason: str
    """asked: the load paused for it. `load ended`: after it. paused: there was no load."""
    model_loaded: bool
    """Whether an engine held its compiled model meanwhile."""


class Energy(msgspec.Struct, frozen=True, kw_only=True):
    sources: Sources
    """Of the whole run."""
    idle: Idle | None
    no_idle: str | None
    """Why the newest measurement of the idle machine gave nothing; null where it gave watts, and where none was asked
    for."""
    counters: list[PowerSource] | None
    """The machine's counters of energy and power, readable or not; null where that was not looked at."""


class DisturbanceResult(msgspec.Struct, frozen=True, kw_only=True):
    kind: Literal["throttle", "other-load"]
    source: Literal["cpu", "gpu", "quota"] | None
    """What was throttled; null of other processes."""
    reasons: list[str]
    name: str | None
    """Of the other process; null where there are several or none that can be seen, and of throttling."""
    pid: int | None
    unseen: bool
    """The load is of processes that cannot be seen from here."""
    percent: float | None
    """Of the machine's cores (other load); of the quota's periods; of the time (cpu); null where nothing tells."""
    since_s: float
    until_s: float | None
    """Null where it had not ended with the session."""
    load_s: float
    """How much of the span of the load it took."""
    text: str
