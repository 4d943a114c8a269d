"""Keys are delivered one after the other: each once what came of the one before is handled."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from ovtui.dashboard.keys import typeahead
from ovtui.dashboard.keys.typeahead import InputQueue

TURNS = 5
"""Of the loop, which a message takes."""


class Pump:
    """Handles its messages in order, as long as it is not busy."""

    def __init__(self) -> None:
        self.messages: asyncio.Queue[Callable[[], Any]] = asyncio.Queue()
        self.busy = False

    def call_later(self, callback: Callable[[], Any]) -> bool:
        self.messages.put_nowait(callback)
        return True

    async def handle(self) -> None:
        while True:
            callback = await self.messages.get()
            turns = 0
            while self.busy or turns < TURNS:
                await asyncio.sleep(0)
                turns += 1
            if asyncio.iscoroutine(done := callback()):
                await done


def played(monkeypatch: pytest.MonkeyPatch, widget: Pump, first: Callable[[], None]) -> list[str]:
    """What is handled of two keys, of which the first has `first` done and then a message posted to a widget, which
    posts one to the app. A key waits for 0.2 s."""
    monkeypatch.setattr(typeahead, "_WAIT_LIMIT_S", 0.2)
    handled: list[str] = []

    async def play() -> None:
        app: Any = Pump()
        queue = InputQueue(app, lambda: [widget])  # type: ignore[list-item]
        pumps = [asyncio.create_task(pump.handle()) for pump in (app, widget)]

        async def opens() -> None:
            first()
            widget.call_later(lambda: app.call_later(lambda: handled.append("opened")))

        async def types() -> None:
            handled.append("typed")

        await queue.deliver(opens)
        await queue.deliver(types)
        while "typed" not in handled:
            await asyncio.sleep(0)
        for pump in pumps:
            pump.cancel()

    asyncio.run(play())
    return handled


def test_a_key_waits_for_what_the_one_before_has_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    assert played(monkeypatch, Pump(), lambda: None) == ["opened", "typed"]


def test_a_process_that_stood_still_has_not_waited(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a machine that is paused leaves it: the time is over, and no widget has had a turn."""
    widget = Pump()

    def stand_still() -> None:
        asyncio.get_running_loop().call_soon(time.sleep, 0.3)

    assert played(monkeypatch, widget, stand_still) == ["opened", "typed"]


def test_a_busy_widget_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    widget = Pump()
    widget.busy = True
    assert played(monkeypatch, widget, lambda: None) == ["typed"]
