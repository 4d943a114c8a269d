"""The session of `ovtui ab`: A serves, then both in turns, until the intervals are narrow, the time is over or a person
ends it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TextIO

import msgspec

from ovtui.cli.interrupts import Interrupts
from ovtui.cli.progress import Progress
from ovtui.host.client import LiveSession, wait_for_message
from ovtui.host.trials import STAND_IN_SERVES
from ovtui.metrics.comparison.ab_text import progress_line
from ovtui.metrics.comparison.block_tally import READINGS_OF_BLOCK, BlockTally, power_source
from ovtui.metrics.comparison.trial_figures import TrialFigures
from ovtui.metrics.digest import Digest
from ovtui.records.events import Refused
from ovtui.records.source import Update
from ovtui.records.trial_events import TrialTerms
from ovtui.settings.schema.settings import Settings

POLL_S = 0.25
SETTLE_S, LONGEST_SETTLE_S = 1.0, 3.0
"""A serves alone so long, and until so many requests have come back, before B compiles: how many come back in a second
says how long blocks have to be."""
SETTLE_REQUESTS = 20
AGAIN_S = 0.5
"""How soon it is asked again while the stand-in serves."""
LAST_S = 2.0
"""How long the last requests of the last block are waited for."""
ENERGY_BLOCK_S = READINGS_OF_BLOCK + 1.2
"""Where watts are read, once a second: so many readings lie wholly within a block."""


class AbProgress(Progress):
    """While the two serve in turns: which block of how many, and how long it will take."""

    def __init__(self, out: TextIO, before: int = 0, *, verbose: bool = False) -> None:
        """`before`: blocks of the recording that it resumes."""
        super().__init__(out, verbose=verbose)
        self._before = before
        self._now_ns = 0

    def _progress(self, digest: Digest, device: str) -> None:
        trials = digest.trials()
        if not trials:
            super()._progress(digest, device)
        elif trials[-1].state.ended is None:
            self._write_over(progress_line(trials[-1], self._now_ns, self._before))

    def show(self, digest: Digest, update: Update) -> None:
        self._now_ns = update.now_ns
        super().show(digest, update)


@dataclass(slots=True)
class AbRun:
    """One comparison. Owner: the command's thread."""

    session: LiveSession
    b: Settings
    limit_s: float
    """Of the blocks; 0 for no limit."""
    terms: TrialTerms
    earlier: Sequence[BlockTally]
    """Blocks of the recording that it resumes."""
    digest: Digest
    no_huge_pages: str = ""
    """Why the engines have none; empty where they were asked for."""
    keep: bool = False
    """The session outlives a hang-up."""
    detached: bool = False
    """It does so: it goes on without this view."""
    refused: Refused | None = None
    _asked_s: float | None = None
    _narrow_sent: bool = False
    _cancelled: bool = False
    _over_s: float | None = None
    """When the trial was seen to be over."""

    @property
    def figures(self) -> TrialFigures | None:
        trials = self.digest.trials()
        return trials[-1] if trials else None

    def watch(self, progress: AbProgress, interrupts: Interrupts) -> None:
        """Returns once the comparison is over, or cannot go on."""
        while True:
            update = self.session.poll()
            self.digest.feed(update)
            progress.show(self.digest, update)
            if update.finished and not len(update.records):
                break
            if self._over(update, interrupts):
                break
            if interrupts.hung_up and self.keep:
                self.session.detach(hangup=True)
                self.detached = True
                break
            if interrupts.count > 1 or (interrupts.count and not self.digest.session_state.trials):
                break
            if interrupts.count and not self._cancelled:
                self._cancelled = True
                self.session.end_trial()
            self._begin(update)
            self._end_if_narrow()
            if not update.host_gone:
                wait_for_message(self.session, POLL_S)
        progress.end()

    def _over(self, update: Update, interrupts: Interrupts) -> bool:
        """The trial has ended, and what was in flight then is back; or it was refused."""
        for event in update.events:
            if isinstance(event, Refused) and event.settings == self.b and not self.digest.session_state.trials:
                if event.reason != STAND_IN_SERVES:
                    self.refused = event
                    return True
                self._asked_s = None if self._asked_s is None else time.monotonic() - LONGEST_SETTLE_S + AGAIN_S
        trials = self.digest.session_state.trials
        if not trials or trials[-1].ended is None:
            return False
        now_s = time.monotonic()
        self._over_s = now_s if self._over_s is None else self._over_s
        segment = self.digest.session_state.segment
        serves_again = segment is not None and segment.changes == ["trial over"]
        patience_s = 0.0 if interrupts.count > 1 else LAST_S
        return now_s - self._over_s > patience_s or (serves_again and now_s - self._over_s > POLL_S)

    def _begin(self, update: Update) -> None:
        state = self.digest.session_state
        if state.trials or state.phase != "serving" or state.segment is None or self._cancelled:
            return
        now_s = time.monotonic()
        if self._asked_s is not None and now_s - self._asked_s < LONGEST_SETTLE_S:
            return
        served_s = (update.now_ns - state.segment.t_ns) / 1e9
        settled = served_s > SETTLE_S and self.digest.run.completed >= SETTLE_REQUESTS
        if not settled and served_s < LONGEST_SETTLE_S:
            return
        terms = self.terms
        if not terms.block_s and power_source(state.segment.settings, self.b, self.digest.telemetry.watts):
            terms = msgspec.structs.replace(terms, block_s=ENERGY_BLOCK_S)
        self.digest.trial_collector.count_on(self.earlier)
        self.session.try_settings(self.b, self.limit_s, terms=terms)
        self._asked_s = now_s

    def _end_if_narrow(self) -> None:
        figures = self.figures
        if figures is None or figures.state.ended is not None or self._narrow_sent:
            return
        if figures.narrow:
            self._narrow_sent = True
            self.session.end_trial(narrow=True)

    def leave(self) -> None:
        """Ends the session; what its end brings counts."""
        self.session.close()
        for update in self.session.last_updates():
            self.digest.feed(update)
