"""Type-ahead: keys that arrive faster than they are handled.

Over SSH several keys come in one packet, and people type ahead. Each key must reach the page and the focus that the key
before it brought up."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator

from textual import events
from textual.dom import DOMNode
from textual.message_pump import MessagePump

_MESSAGE_HOPS = 3
"""Messages that may follow from a key before its effect is complete. Two are needed: the key's action posts a message
to a widget, whose handler moves the focus by a message to the app. The third is a reserve."""
_WAIT_LIMIT_S = 5.0
"""A key waits at most this long for a busy widget; then it is delivered regardless."""
_LOOKS = 50
"""The wait is made of so many: a process that stood still for seconds, and whose widgets had no turn meanwhile, has
waited for one of them."""


class InputQueue:
    """Delivers one key or paste at a time, and the next once everything that the previous one triggered is handled.

    Textual by itself sends all of them to the widget that has the focus now, and moves the focus later. Owner: the
    app's task."""

    def __init__(self, app: MessagePump, path: Callable[[], Iterable[MessagePump]]) -> None:
        """`path` returns the widgets that a key passes at present, from the focused one up."""
        self._app = app
        self._message_path = path
        self._waiting: deque[Callable[[], Awaitable[None]]] = deque()
        self._task: asyncio.Task[None] | None = None

    async def deliver(self, send: Callable[[], Awaitable[None]]) -> None:
        """Calls `send` at once where no input is being handled, or queues it. To be called in the app's task."""
        if self._task is not None:
            self._waiting.append(send)
            return
        self._task = asyncio.create_task(self._drain())
        await send()

    async def _drain(self) -> None:
        try:
            await self._wait_until_handled()
            while self._waiting:
                self._app.call_later(self._waiting.popleft())
                await self._wait_until_handled()
        finally:  # else every later key would wait for this task
            self._task = None

    async def _wait_until_handled(self) -> None:
        looks = _LOOKS
        for _ in range(_MESSAGE_HOPS):
            for pump in [*self._message_path(), self._app]:
                passed = asyncio.Event()
                if not pump.call_later(passed.set):
                    continue
                while not passed.is_set():
                    try:
                        async with asyncio.timeout(_WAIT_LIMIT_S / _LOOKS):
                            await passed.wait()
                    except TimeoutError:
                        looks -= 1
                        if not looks:
                            return


def message_path(node: DOMNode) -> Iterator[MessagePump]:
    """The node and its ancestors up to its screen."""
    return (each for each in node.ancestors_with_self if each.parent is not None)


def is_user_input(event: events.Event) -> bool:
    """True for keys and pastes from the terminal that have not been forwarded to a widget yet."""
    return isinstance(event, (events.Key, events.Paste)) and not event.is_forwarded
