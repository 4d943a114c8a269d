"""Connections to the hosts before boxes (ProxyJump): one for all boxes behind the same hosts, not one for each. A jump
host takes few logins at once (MaxStartups: ten that are not logged in yet, of OpenSSH's own settings)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import asyncssh

Key = tuple[str, ...]


@dataclass(slots=True)
class _Shared:
    opening: asyncio.Task[list[asyncssh.SSHClientConnection]]
    users: int = 0


class JumpUse:
    """Of one box. `connection` is the last of them, through which the box is reached."""

    def __init__(self, key: Key, shared: _Shared) -> None:
        self._key, self._shared = key, shared
        self._released = False

    @property
    def connection(self) -> asyncssh.SSHClientConnection:
        return self._shared.opening.result()[-1]

    def release(self) -> None:
        """The last user closes them."""
        if self._released:
            return
        self._released = True
        self._shared.users -= 1
        if self._shared.users:
            return
        if _shared.get(self._key) is self._shared:
            del _shared[self._key]
        opening = self._shared.opening
        if not opening.done():
            opening.cancel()
        elif not opening.cancelled() and opening.exception() is None:
            for connection in reversed(opening.result()):
                connection.abort()


_shared: dict[Key, _Shared] = {}


async def use_jumps(key: Key, open_all: Callable[[], Awaitable[list[asyncssh.SSHClientConnection]]]) -> JumpUse:
    """Raises what `open_all` raises, to each that waits for it."""
    shared = _shared.get(key)
    if shared is None or not _usable(shared):
        shared = _shared[key] = _Shared(asyncio.ensure_future(open_all()))
    shared.users += 1
    use = JumpUse(key, shared)
    try:
        await asyncio.shield(shared.opening)
    except BaseException:
        use.release()
        raise
    return use


def _usable(shared: _Shared) -> bool:
    opening = shared.opening
    if opening.get_loop() is not asyncio.get_running_loop() or opening.cancelled():
        return False
    if not opening.done():
        return True
    return opening.exception() is None and not any(connection.is_closed() for connection in opening.result())
