"""What is typed faster than it is answered. Over SSH several keys come in one packet, and a person types ahead: each
key must find the page and the focus that the one before it brought about."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator

from textual import events
from textual.dom import DOMNode
from textual.message_pump import MessagePump

_MESSAGE_HOPS = 3
"""A key's action may post a message, whose handler gives the focus away: the one posts to the widget, the other to the
app. The third is in reserve."""
_WAIT_LIMIT_S = 2.0
"""How long a key waits for a widget that is busy, before it goes on all the same."""


class InputQueue:
    """Owner: the app's task. Hands on one key or paste at a time, and the next when all has been done that the one
    before it asked for: Textual by itself gives them all to what has the focus now, and moves the focus later."""

    def __init__(self, app: MessagePump, path: Callable[[], Iterable[MessagePump]]) -> None:
        """`path`: what a key passes on its way now, from the focus up."""
        self._app = app
        self._message_path = path
        self._waiting: deque[Callable[[], Awaitable[None]]] = deque()
        self._task: asyncio.Task[None] | None = None

    async def take(self, deliver: Callable[[], Awaitable[None]]) -> None:
        """Delivers at once where nothing is under way. Called in the app's turn."""
        if self._task is not None:
            self._waiting.append(deliver)
            return
        self._task = asyncio.create_task(self._drain())
        await deliver()

    async def drained(self) -> None:
        """Returns when nothing that was typed waits any more."""
        if self._task is not None:
            await self._task

    async def _drain(self) -> None:
        try:
            await self._wait_until_handled()
            while self._waiting:
                self._app.call_later(self._waiting.popleft())
                await self._wait_until_handled()
        finally:  # else every later key would wait for this task
            self._task = None

    async def _wait_until_handled(self) -> None:
        try:
            async with asyncio.timeout(_WAIT_LIMIT_S):
                for _ in range(_MESSAGE_HOPS):
                    for pump in [*self._message_path(), self._app]:
                        passed = asyncio.Event()
                        if pump.call_later(passed.set):
                            await passed.wait()
        except TimeoutError:
            return


def message_path(node: DOMNode) -> Iterator[MessagePump]:
    """The node and what it stands in, up to its screen."""
    return (each for each in node.ancestors_with_self if each.parent is not None)


def is_user_input(event: events.Event) -> bool:
    """Whether it comes from the keyboard, and has not been handed on yet."""
    return isinstance(event, (events.Key, events.Paste)) and not event.is_forwarded
