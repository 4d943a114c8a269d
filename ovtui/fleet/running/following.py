"""The lines of `ovtui follow` of one box, folded into its state."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable

import msgspec

from ovtui.fleet.box import Box, BoxError
from ovtui.fleet.on_box.asking import error_of
from ovtui.fleet.on_box.script import run_ovtui
from ovtui.fleet.reach.line import Line
from ovtui.fleet.running.longest import Longest
from ovtui.fleet.running.patience import Patience
from ovtui.fleet.told import bounded
from ovtui.records.fleet import BoxState
from ovtui.records.following import Block, Ended, Now, Waiting, from_line
from ovtui.settings.shown_text import shown, shown_within

OVERDUE_S = 3.0
"""A line that is later than this, and than two of them should be apart, is overdue."""
FIRST_OVERDUE_S = 8.0
"""As OVERDUE_S, of the first line: Python starts before it."""
FIRST_S = 60.0
"""How long the first line is waited for: a small or busy box takes more than 8 s to start Python. Whether the line
lives is seen meanwhile."""
WAITS = 3
"""Lines in a row that tell of no session, once it has begun: it is over and has left nothing."""
MOST_BLOCKS = 50_000
"""Of a box: more than a day of them."""
MOST_CHARACTERS = 600


def follow_words(recording: str, every_s: float) -> list[str]:
    """It waits for a session that has not begun for as long as the line lives."""
    return ["follow", "--record", recording, "--every", f"{every_s:g}s", "--wait", "86400s"]


class FollowedRun:
    """Owner: the task that measures on the box."""

    def __init__(
        self, box: Box, state: BoxState, told: Callable[[str | None], None], every_s: float, longest: Longest
    ) -> None:
        """`told` is called after each change of the state, with the box's new text where there is one."""
        self._longest = longest
        self._box, self._state, self._told, self._every_s = box, state, told, every_s
        self.last_line_s: float | None = None
        """By time.monotonic()."""
        self._asked_s: float | None = None
        """As `last_line_s`: when the first line was asked for."""
        self._has_begun = False
        self._waits = 0
        self._given_up = asyncio.Event()

    def begun(self) -> None:
        """The session has begun: that there is none means from now on that it is over."""
        self._has_begun, self._waits = True, 0

    def begins_anew(self) -> None:
        """It had not begun after all."""
        self._has_begun, self._waits = False, 0

    def give_up(self) -> None:
        """`read` ends, by BoxError, where it still reads."""
        self._given_up.set()

    def tick(self, now_s: float) -> None:
        state = self._state
        heard_s = self._asked_s if self.last_line_s is None else self.last_line_s
        if state.phase not in ("starting", "running") or heard_s is None:
            return
        gap_s = now_s - heard_s
        least_s = FIRST_OVERDUE_S if self.last_line_s is None else OVERDUE_S
        late = gap_s > max(least_s, 2 * self._every_s + 1)
        if late or state.silent_s is not None:
            state.silent_s = gap_s if late else None
            self._told(None)

    async def read(self, line: Line, patience: Patience, recording: str) -> Ended:
        """The end of the session. Raises BoxError: also where it is over and told no end."""
        reading = asyncio.ensure_future(self._read(line, patience, recording))
        giving_up = asyncio.ensure_future(self._given_up.wait())
        try:
            await asyncio.wait({reading, giving_up}, return_when=asyncio.FIRST_COMPLETED)
            if reading.done():
                return reading.result()
            raise BoxError("failed", "its session was stopped and told no result")
        finally:
            for task in (reading, giving_up):
                task.cancel()
            await asyncio.gather(reading, giving_up, return_exceptions=True)

    async def _read(self, line: Line, patience: Patience, recording: str) -> Ended:
        self._asked_s = self._asked_s or time.monotonic()
        words = follow_words(recording, self._every_s)
        lines = line.lines(run_ovtui(self._box, words), first_s=max(FIRST_S, 3 * self._every_s))
        try:
            async for data in lines:
                patience.reached()
                ended = self._take(data, patience)
                if ended is not None:
                    return ended
        except BoxError as error:
            if error.kind == "failed":
                raise error_of(self._box, 1, error.text) from None
            raise
        finally:
            with contextlib.suppress(BoxError, RuntimeError):
                await lines.aclose()  # type: ignore[attr-defined]
        raise BoxError("failed", "its ovtui follow ended without the end of the run")

    def _take(self, data: bytes, patience: Patience) -> Ended | None:
        state = self._state
        try:
            each = from_line(data)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            begin = shown(data[:80].decode(errors="replace"))
            raise BoxError("failed", f"what its ovtui follow writes cannot be read: {begin}") from None
        was_silent = state.silent_s is not None or bool(state.text)
        self.last_line_s, state.silent_s, state.text = time.monotonic(), None, ""
        match each:
            case Waiting():
                self._waits += 1
                if self._has_begun and self._waits > WAITS:
                    raise BoxError("failed", "its session is over and has left no recording")
            case Now():
                self._waits = 0
                patience.learn(each)
                self._longest.learn(each)
                self._take_now(each)
            case Ended():
                _add(state.blocks, each.blocks)
                return cleaned(each)
        if why := self._longest.why_over():
            raise BoxError("failed", why)
        if was_silent or isinstance(each, Now):
            self._told(None)
        return None

    def _take_now(self, now: Now) -> None:
        state = self._state
        state.now = msgspec.structs.replace(
            now, text=short(now.text), device=short(now.device), model=short(now.model), requested=short(now.requested),
            session=short(now.session), blocks=[],
        )  # fmt: skip
        state.session = state.now.session
        state.phase = "starting" if now.phase in ("waiting", "starting") else "running"
        _add(state.blocks, now.blocks)


def _add(blocks: list[Block], new: list[Block]) -> None:
    """A line that was lost and is read again tells blocks that are known."""
    last = blocks[-1].number if blocks else -1
    blocks += [block for block in new if block.number > last][: max(MOST_BLOCKS - len(blocks), 0)]


def cleaned(ended: Ended) -> Ended:
    return msgspec.structs.replace(
        ended, text=short(ended.text), session=short(ended.session), result=bounded(ended.result)
    )  # fmt: skip


def short(text: str) -> str:
    """As it may be shown."""
    return shown_within(text, MOST_CHARACTERS)
