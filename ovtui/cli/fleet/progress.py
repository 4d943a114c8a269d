"""How the boxes of a run stand, as lines on stderr: one for each change of a box, and one for all every 10 s."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from ovtui.cli.exits import notify
from ovtui.metrics.number_format import milliseconds, quantity, rate
from ovtui.records.fleet import INTERRUPTED_CODE, LIMIT_MISSED_CODE, BoxPhase, BoxState

EVERY_S = 10.0
_WORDS = {
    "sending": "sending the model", "starting": "starting", "ending": "", "fetching": "",
    "connecting": "", "looking": "", "waiting": "",
}  # fmt: skip
_PARTS: tuple[tuple[str, tuple[BoxPhase, ...]], ...] = (
    ("waiting", ("waiting",)), ("starting", ("connecting", "looking", "sending", "starting")),
    ("running", ("running",)), ("ending", ("ending", "fetching")), ("done", ("done",)), ("failed", ("failed",)),
)  # fmt: skip


class FleetProgress:
    """Owner: the loop of the controller."""

    def __init__(self, run: str) -> None:
        self._run = run
        self._said: dict[str, str] = {}
        """The last line of each box."""
        self.quiet = False
        """A screen tells all of it."""

    def begin(self, states: Sequence[BoxState]) -> None:
        self.say(f"run {self._run} on {quantity(len(states), 'box', 'boxes')}")

    def say(self, text: str) -> None:
        if not self.quiet:
            notify(text)

    def changed(self, state: BoxState) -> None:
        text = _line(state)
        key = text.split(",")[0] if state.phase == "running" else text  # the rate is no change
        if text and self._said.get(state.name) != key:
            self._said[state.name] = key
            if not self.quiet:
                print(f"{_name(state)}: {text}", file=sys.stderr)

    def end(self, states: Sequence[BoxState], folder: Path) -> None:
        """Where the recordings are, and what is left to do."""
        kept = sum(bool(state.recording) for state in states)
        there = [state for state in states if state.remote_recording and state.phase == "done"]
        if kept:
            notify(f"{quantity(kept, 'recording')} in {folder / 'recordings'}")
        if there:
            notify(f"{quantity(len(there), 'recording')} left on the boxes, such as {there[0].remote_recording}")

    async def summaries(self, states: Sequence[BoxState]) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            counts = Counter(state.phase for state in states)
            parts = [
                f"{number} {word}" for word, phases in _PARTS if (number := sum([counts[phase] for phase in phases]))
            ]
            silent = sum(state.silent_s is not None for state in states)
            self.say(f"{', '.join(parts)}{f'; {silent} silent' if silent else ''}")


def _name(state: BoxState) -> str:
    from ovtui.settings.shown_text import shown

    return shown(state.name)


def _line(state: BoxState) -> str:
    """What there is to say of a box; empty for nothing."""
    now = state.now
    if state.phase == "failed":
        return state.text or f"failed with exit code {state.code}"
    if state.phase == "done":
        return _done(state)
    if state.silent_s is not None:
        return "silent; it is waited for" if not state.text else state.text
    if state.phase == "running" and now is not None:
        if now.throughput is None:
            return ""
        return f"serving on {now.device}, {rate(now.throughput)}/s"
    if state.text and state.reconnects:
        return state.text
    return _WORDS.get(state.phase, "")


def _done(state: BoxState) -> str:
    from ovtui.metrics.fleet.box_figures import box_figures

    found = box_figures(state)
    parts = [f"{rate(found.throughput)}/s"] if found.throughput else []
    response = {"p50": found.p50_ms, "p99": found.p99_ms}
    parts += [f"{name} {milliseconds(value)} ms" for name, value in response.items() if value is not None]
    if not parts and found.completed:
        parts = [f"{quantity(found.completed, 'request')}, too few for figures"]
    missed = ", a limit was missed" if state.code == LIMIT_MISSED_CODE else ""
    word = "interrupted" if state.code == INTERRUPTED_CODE else "done"
    said = f"; {state.text}" if state.text and not missed else ""
    return f"{word}: {', '.join(parts) or 'nothing was measured'}{missed}{said}"
