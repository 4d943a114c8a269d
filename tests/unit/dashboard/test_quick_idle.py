"""The tests' own wait: what it waits for, so that no test looks at a dashboard that has not finished."""

from __future__ import annotations

import asyncio
import threading

import pytest
from harness import quick_idle


def test_it_waits_for_all_that_follows_from_what_is_under_way_and_for_what_is_due_soon() -> None:
    async def play() -> None:
        loop, left, due = asyncio.get_running_loop(), [100], asyncio.Event()

        def one_more() -> None:
            left[0] -= 1
            if left[0]:
                loop.call_soon(one_more)
            else:
                loop.call_later(quick_idle.SOON_S * 0.8, due.set)

        loop.call_soon(one_more)
        loop.call_later(3600, due.clear)
        await quick_idle.wait_for_idle()
        assert left == [0]
        assert due.is_set()

    asyncio.run(play())


def test_beside_a_thread_it_waits_as_textual_does(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def textuals(min_sleep: float, max_sleep: float) -> None:
        waits.append(max_sleep)

    async def play() -> None:
        await quick_idle.wait_for_idle()
        assert waits == []
        end = threading.Event()
        thread = threading.Thread(target=end.wait)
        thread.start()
        await quick_idle.wait_for_idle(max_sleep=2)
        end.set()
        thread.join()
        assert waits == [2]
        await quick_idle.wait_for_idle()
        assert waits == [2]

    monkeypatch.setattr(quick_idle, "_textuals_wait", textuals)
    # Other tests of the worker may have left threads of their own.
    monkeypatch.setattr(quick_idle, "_BESIDE", frozenset(threading.enumerate()))
    asyncio.run(play())
