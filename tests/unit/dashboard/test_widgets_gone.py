"""Widgets that are closed are let go of: a session of hours opens thousands of them."""

from __future__ import annotations

import gc
from collections.abc import Awaitable, Callable

import pytest
from listed import telling
from stage import Stage, on_stage, opened
from textual.widget import Widget

from ovtui.dashboard import free_heap

TIMES, KEPT = 4, 2
"""Of the last ones some are still held, by what has the focus or was drawn last."""


def widgets() -> dict[str, int]:
    """Widgets and screens that there are, by class."""
    gc.collect()
    found: dict[str, int] = {}
    for thing in gc.get_objects():
        if isinstance(thing, Widget):
            name = type(thing).__name__
            found[name] = found.get(name, 0) + 1
    return found


async def edit(stage: Stage) -> None:
    await stage.press("n", "3", "enter")
    await stage.advance(1)


async def page(stage: Stage, key: str) -> None:
    await stage.press(key)
    await stage.advance(1)
    await stage.press("escape")
    await stage.advance(1)


async def help_(stage: Stage) -> None:
    await page(stage, "question_mark")


async def advice(stage: Stage) -> None:
    await page(stage, "v")


async def presets(stage: Stage) -> None:
    await page(stage, "p")


async def palette(stage: Stage) -> None:
    await page(stage, "colon")


async def views(stage: Stage) -> None:
    for digit in "234561":
        await stage.press(digit)
        await stage.advance(1)


async def search(stage: Stage) -> None:
    await stage.press("s", "slash", "n", "i", "enter", "escape", "escape")
    await stage.advance(1)


async def sizes(stage: Stage) -> None:
    for size in ((80, 24), (30, 8), (160, 50), (120, 40)):
        await stage.pilot.resize_terminal(*size)
        await stage.advance(1)


@pytest.mark.parametrize("act", [edit, search, help_, advice, presets, palette, views, sizes])
def test_no_more_widgets_the_more_often_it_is_done(
    act: Callable[[Stage], Awaitable[None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(free_heap, "TRIM_S", 0.0)

    async def play(stage: Stage) -> None:
        await opened(stage)
        if act is not edit:
            await stage.press("s")
        await act(stage)
        await act(stage)
        before = widgets()
        for _ in range(TIMES):
            await act(stage)
        more = {name: count - before.get(name, 0) for name, count in widgets().items()}
        assert {name: count for name, count in more.items() if count > KEPT} == {}

    on_stage(play, telling())
