"""Boxes that are all asked the same: the loop, the progress on stderr, and a sentence for each that failed."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from ovtui.cli.exits import Exit
from ovtui.cli.progress_line import ProgressLine

if TYPE_CHECKING:
    from ovtui.fleet.box import Box, BoxError
    from ovtui.fleet.reach.line import Line
    from ovtui.fleet.reach.opening import ReachOptions

Found = TypeVar("Found")
_LOG_S = 5.0
_TICK_S = 1.0
_LONG_S = 10.0
"""From here on it is said for how long the same goes on."""
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Doing:
    """What is done on a box."""

    what: str
    so_far: int
    whole: int
    """Bytes; 0 where none are sent."""
    began_s: float
    """By time.monotonic()."""


_MB = 1e6


def ask_boxes(
    boxes: Sequence[Box], options: ReachOptions, jobs: int,
    work: Callable[[Line, Box, Callable[[str, int, int], None]], Awaitable[Found]],
    said: Callable[[Found], str] = lambda _: "",
) -> dict[str, Found | BoxError]:  # fmt: skip
    """`work` gets a function that it tells what goes on, and bytes so far and in all. `said`: of a box that has ended
    well, a line that stays; '' for none."""
    from ovtui.fleet.box import BoxError
    from ovtui.fleet.on_every_box import on_every_box

    progress, doing = ProgressLine(sys.stderr, _LOG_S), dict[str, Doing]()
    ended: dict[str, bool] = {}
    progress.is_due()  # the first line comes later: most of what is asked is answered by then

    def tell_of(box: Box) -> Callable[[str, int, int], None]:
        def tell(what: str, so_far: int, whole: int) -> None:
            before = doing.get(box.name)
            began_s = before.began_s if before is not None and before.what == what else time.monotonic()
            doing[box.name] = Doing(what, so_far, whole, began_s)
            if progress.is_due():
                progress.write_over(_line(len(boxes), ended, doing, time.monotonic()))

        return tell

    async def tick() -> None:
        """Also while nothing comes back from any box, such as while pip works there."""
        while True:
            await asyncio.sleep(_TICK_S)
            if doing and progress.is_due():
                progress.write_over(_line(len(boxes), ended, doing, time.monotonic()))

    async def go() -> dict[str, Found | BoxError]:
        ticking = asyncio.ensure_future(tick())
        try:
            return await on_every_box(boxes, options, jobs, on_one, has_ended)
        finally:
            ticking.cancel()

    def has_ended(box: Box, result: Found | BoxError) -> None:
        doing.pop(box.name, None)
        ended[box.name] = not isinstance(result, BoxError)
        if isinstance(result, BoxError):
            progress.stays(f"{box.name}: {result.text}")
        elif text := said(result):
            progress.stays(f"{box.name}: {text}")
        if progress.rewrites and len(ended) < len(boxes):
            progress.write_over(_line(len(boxes), ended, doing, time.monotonic()))

    def on_one(line: Line, box: Box) -> Awaitable[Found]:
        return work(line, box, tell_of(box))

    try:
        return asyncio.run(go())
    finally:
        progress.clear()


def _line(boxes: int, ended: dict[str, bool], doing: dict[str, Doing], now_s: float) -> str:
    """'3 of 20 boxes done, 1 failed; 4 sending (45 of 170 MB), 1 installing (box9, 140 s)'."""
    failed = sum(not fine for fine in ended.values())
    parts = [f"{len(ended) - failed} of {boxes} boxes done" + (f", {failed} failed" if failed else "")]
    kinds: dict[str, list[str]] = {}
    for name, each in doing.items():
        kinds.setdefault(each.what, []).append(name)
    now = []
    for what, names in kinds.items():
        so_far, whole = (sum(getattr(doing[name], key) for name in names) for key in ("so_far", "whole"))
        told = [f"{so_far / _MB:.0f} of {whole / _MB:.0f} MB"] if whole else []
        age_s = now_s - min(doing[name].began_s for name in names)
        if age_s >= _LONG_S:
            told += [*(names if len(names) <= _MOST_NAMED else ()), f"{age_s:.0f} s"]
        now.append(f"{len(names)} {what}" + (f" ({', '.join(told)})" if told else ""))
    return "; ".join([*parts, ", ".join(now)] if now else parts)


def exit_of(found: dict[str, Found | BoxError], *, well: bool = True) -> int:
    """`well`: those that answered are."""
    from ovtui.fleet.box import BoxError

    return Exit.FINE if well and not any(isinstance(each, BoxError) for each in found.values()) else Exit.FAILED
