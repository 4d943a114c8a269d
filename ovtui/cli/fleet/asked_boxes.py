"""Boxes that are all asked the same: the loop, the progress on stderr, and a sentence for each that failed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from ovtui.cli.exits import Exit
from ovtui.cli.progress_line import ProgressLine

if TYPE_CHECKING:
    from ovtui.fleet.box import Box, BoxError
    from ovtui.fleet.reach.line import Line
    from ovtui.fleet.reach.opening import ReachOptions

Found = TypeVar("Found")
_LOG_S = 5.0
Doing = dict[str, tuple[str, int, int]]
"""By the box's name: what is done there, bytes so far and in all."""
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

    progress, doing = ProgressLine(sys.stderr, _LOG_S), Doing()
    ended: dict[str, bool] = {}
    progress.is_due()  # the first line comes later: most of what is asked is answered by then

    def tell_of(box: Box) -> Callable[[str, int, int], None]:
        def tell(what: str, so_far: int, whole: int) -> None:
            doing[box.name] = what, so_far, whole
            if progress.is_due():
                progress.write_over(_line(len(boxes), ended, doing))

        return tell

    def has_ended(box: Box, result: Found | BoxError) -> None:
        doing.pop(box.name, None)
        ended[box.name] = not isinstance(result, BoxError)
        if isinstance(result, BoxError):
            progress.stays(f"{box.name}: {result.text}")
        elif text := said(result):
            progress.stays(f"{box.name}: {text}")
        if progress.rewrites and len(ended) < len(boxes):
            progress.write_over(_line(len(boxes), ended, doing))

    def on_one(line: Line, box: Box) -> Awaitable[Found]:
        return work(line, box, tell_of(box))

    try:
        return asyncio.run(on_every_box(boxes, options, jobs, on_one, has_ended))
    finally:
        progress.clear()


def _line(boxes: int, ended: dict[str, bool], doing: Doing) -> str:
    """'3 of 20 boxes done, 1 failed; 4 sending (45 of 170 MB), 2 installing'."""
    failed = sum(not fine for fine in ended.values())
    parts = [f"{len(ended) - failed} of {boxes} boxes done" + (f", {failed} failed" if failed else "")]
    kinds: dict[str, list[tuple[int, int]]] = {}
    for what, so_far, whole in doing.values():
        kinds.setdefault(what, []).append((so_far, whole))
    now = []
    for what, each in kinds.items():
        so_far, whole = (sum(column) for column in zip(*each, strict=True))
        now.append(f"{len(each)} {what}" + (f" ({so_far / _MB:.0f} of {whole / _MB:.0f} MB)" if whole else ""))
    return "; ".join([*parts, ", ".join(now)] if now else parts)


def exit_of(found: dict[str, Found | BoxError], *, well: bool = True) -> int:
    """`well`: those that answered are."""
    from ovtui.fleet.box import BoxError

    return Exit.FINE if well and not any(isinstance(each, BoxError) for each in found.values()) else Exit.FAILED
