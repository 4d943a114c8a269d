"""`ovtui ab --resume`: the blocks of a comparison that broke off, from its recording."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ovtui.cli.broken_off import newest_broken_off
from ovtui.cli.exits import notify
from ovtui.cli.replay import digest_of, find_recording, open_recording
from ovtui.settings.listing import first_few

if TYPE_CHECKING:
    from ovtui.metrics.comparison.block_tally import BlockTally
    from ovtui.records.events import Event, TrialBegan
    from ovtui.records.source import Update
    from ovtui.settings.schema.settings import Settings

LONGEST_CHAIN = 32
"""Recordings that resume one another."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What counts on."""

    blocks: Sequence[BlockTally] = ()
    """In whole pairs, in the order of time."""
    path: str = ""
    """The absolute path of the newest recording; empty where nothing is resumed."""

    @property
    def block_s(self) -> float:
        return self.blocks[-1].length_s if self.blocks else 0.0

    @property
    def measured_s(self) -> float:
        return sum(block.length_s for block in self.blocks)


def earlier_blocks(name: str, a: Settings, b: Settings) -> Earlier:
    """`name`: a recording; '' for the newest one that is kept of a comparison that was not finished. Raises
    click.UsageError where there is none, or none of these settings, click.ClickException where it cannot be read."""
    path = find_recording(name) if name else newest_broken_off(_is_broken_off, "comparison")
    found: list[BlockTally] = []
    first, seen = path, 0
    while path and seen < LONGEST_CHAIN:
        began, blocks = _read(path)
        _require_same(path, began, a, b)
        found[:0] = blocks
        path, seen = began.resumes, seen + 1
    notify(f"resumed: {len(found)} blocks of {first} count on")
    return Earlier(found, str(Path(first).absolute()))


def _is_broken_off(events: Sequence[Event]) -> bool:
    from ovtui.records.events import TrialEnded, TrialTurn

    trials = [event for event in events if isinstance(event, TrialTurn | TrialEnded)]
    measured = any(isinstance(event, TrialTurn) and event.blocks for event in trials)
    return measured and not (isinstance(trials[-1], TrialEnded) and trials[-1].reason in ("done", "narrow"))


def _read(path: str) -> tuple[TrialBegan, list[BlockTally]]:
    newest_done_ns = 0

    def follow(update: Update) -> None:
        nonlocal newest_done_ns
        if len(update.records):
            newest_done_ns = max(newest_done_ns, int(update.records["done_ns"].max()))

    with closing(open_recording(path)) as recording:
        digest = digest_of(recording, follow)
    trials = digest.trials()
    if not trials:
        raise click.UsageError(f"--resume {path}: no comparison is in it")
    state = trials[-1].state
    # A block whose requests are not all in the file, because the recording breaks off, does not count.
    end_ns = min(newest_done_ns, state.ended.t_ns if state.ended is not None else newest_done_ns)
    over = digest.trial_collector.blocks(state.began.trial, end_ns)
    sides = {side: [block for block in over if block.side == side] for side in ("A", "B")}
    pairs = min(map(len, sides.values()))
    whole = {id(block) for blocks in sides.values() for block in blocks[:pairs]}
    return state.began, [block for block in over if id(block) in whole]


def _require_same(path: str, began: TrialBegan, a: Settings, b: Settings) -> None:
    from ovtui.settings.changes import describe_changes

    for side, recorded, given in (("A", began.a, a), ("B", began.b, b)):
        if recorded != given:
            others = first_few(describe_changes(recorded, given), 3)
            raise click.UsageError(
                f"--resume {path}: it compares other settings ({side}: {others}); give the same, or begin anew"
            )
