"""The events of a trial: two settings that serve in turns, to be compared."""

from __future__ import annotations

import math
from typing import Literal

import msgspec

from ovtui.settings.schema.settings import Settings

TrialSide = Literal["A", "B"]
"""B is held against A. A: the settings that were in force when the trial began, B: those that it tries; the other way
round where a person has pinned A before."""
STOP_WITHIN = 0.03
"""Where nothing else is asked for a comparison ends once its intervals reach at most so far to either side."""
CONFIDENCE = 0.95
ENGINE_LUCK = 0.023
"""Two engines of the same settings, in huge pages, differ by no more in 98.75 % of comparisons:
2.5 times the root of 2 times the 0.65 % by which engines of demo-mlp were found to differ (docs/ab.md)."""
TrialMark = Literal["", "A", "B"]
"""The side of a trial, or none."""


def least_pairs(confidence: float) -> int:
    """With fewer pairs of blocks not even the interval from the lowest ratio to the highest has that confidence, which
    is below 1."""
    return math.ceil(1 - math.log2(1 - confidence) - 1e-9)


class TrialTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a trial beyond its settings and its limit."""

    blocks: int = 0
    """So many blocks, of both sides together, whatever time they take; 0: as many as fit into the limit."""
    block_s: float = 0.0
    """The length of a block; 0: as the loads need it."""
    for_p99: bool = False
    """Blocks hold enough requests for a p99 of their own, where enough pairs of such blocks fit into the limit."""
    within: float = STOP_WITHIN
    confidence: float = CONFIDENCE
    luck: float = 0.0
    """As in TrialBegan."""
    limit_without_compile: bool = False
    """The limit counts from the moment at which both engines are ready, and nothing limits the compile."""
    resumes: str = ""
    """As in TrialBegan."""


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    t_ns: int


class TrialBegan(_Event, frozen=True, tag="trial"):
    """The settings in force and others are to serve in turns, each by an engine of its own, to be compared."""

    trial: int
    """Trials are numbered from 1."""
    engine: int
    """The engine with the settings on trial; it compiles now."""
    a: Settings
    b: Settings
    changes: list[str]
    """Differences of B from A, as texts."""
    limit_s: float
    """The longest that the trial lasts; 0 for no limit, where its number of blocks is fixed."""
    pinned: bool = False
    """A is what is tried, settings that a person has pinned, and B is in force."""
    within: float = STOP_WITHIN
    """Of the ratios: the same where the interval lies within 1 / (1 + within) and 1 + within; narrow where it is no
    wider than that."""
    confidence: float = CONFIDENCE
    """Of each interval."""
    luck: float = 0.0
    """By so much two engines of the same settings may differ; faster or slower is only what is more, the interval
    regarded."""
    for_p99: bool = False
    """The p99 of the blocks decides, too, where they have one."""
    resumes: str = ""
    """The recording of a trial of the same settings that broke off, whose blocks count on."""
    beside: str = ""
    """The second model whose price it measures: A is this session's load alone, B the same load beside that model, and
    the settings do not change. Empty for a trial of settings."""

    @property
    def in_force(self) -> Settings:
        return self.b if self.pinned else self.a

    @property
    def tried(self) -> Settings:
        return self.a if self.pinned else self.b


class TrialBlock(msgspec.Struct, frozen=True):
    """A measured span of one turn, on the session clock. What comes due in it is the block's."""

    begin_ns: int
    until_ns: int


class TrialTurn(_Event, frozen=True, tag="trial-turn"):
    """The engine of one side serves, after that of the other has drained. Its requests carry `segment`."""

    trial: int
    side: TrialSide
    engine: int
    segment: int
    blocks: list[TrialBlock] = []
    """After a guard time that belongs to none. Empty for the rehearsal, B's first turn."""
    first_block: int = 1
    """The number of the first of them, over both sides, from 1."""
    planned_blocks: int = 0
    """Blocks of the whole trial, of both sides."""
    ends_ns: int = 0
    """When the trial is planned to end."""


TrialEnding = Literal["done", "narrow", "cancelled", "failed"]


class TrialEnded(_Event, frozen=True, tag="trial-ended"):
    """No block after this one; a block that is not over does not count. The settings A stay in force until a person
    applies others; the engine with B waits a while for that."""

    trial: int
    reason: TrialEnding
    """done: all planned blocks; narrow: the intervals were narrow enough before; cancelled: by a person or by a change
    of settings; failed: `text` says why."""
    text: str = ""
