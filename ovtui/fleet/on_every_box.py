"""The same work on many boxes, so many at a time; what goes wrong with one harms no other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from ovtui.fleet.box import Box, BoxError, FleetError
from ovtui.fleet.each_box import ask_each
from ovtui.fleet.reach.line import Line
from ovtui.fleet.reach.opening import ReachOptions, open_line
from ovtui.fleet.told import unusable
from ovtui.settings.shown_text import shown

Found = TypeVar("Found")
Open = Callable[[Box, ReachOptions], Awaitable[Line]]


async def on_every_box(
    boxes: Sequence[Box], options: ReachOptions, jobs: int, work: Callable[[Line, Box], Awaitable[Found]],
    ended: Callable[[Box, Found | BoxError], None] = lambda *_: None, open_one: Open = open_line,
) -> dict[str, Found | BoxError]:  # fmt: skip
    """By the box's name, in the order of `boxes`. `ended` is called as each has ended. Every line is closed."""

    async def one(box: Box) -> Found | BoxError:
        result = await _on_one(box, options, work, open_one)
        ended(box, result)
        return result

    found = await ask_each(boxes, one, jobs)
    return {box.name: each for box, each in zip(boxes, found, strict=True)}


async def _on_one(
    box: Box, options: ReachOptions, work: Callable[[Line, Box], Awaitable[Found]], open_one: Open
) -> Found | BoxError:
    line: Line | None = None
    try:
        line = await open_one(box, options)
        return await work(line, box)
    except BoxError as error:
        return error
    except FleetError as error:
        return BoxError("failed", str(error))
    except OSError as error:
        where = f"{shown(str(error.filename))}: " if error.filename else ""
        return BoxError("failed", f"here: {where}{error.strerror or error}")
    except Exception as error:
        return unusable(error)
    finally:
        if line is not None:
            await line.close()
