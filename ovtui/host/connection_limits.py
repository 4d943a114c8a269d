"""Who gets a connection to a session, how much it may send, and whose is taken back when there are too many: so that no
crowd, idle or busy, shuts a person out or holds up the host."""

from __future__ import annotations

import fcntl
import socket
import struct
import termios
from collections.abc import Sequence
from typing import Protocol, TypeVar

ATTACH_S = 5.0
"""A connection that has not attached after this time is closed, whatever it has sent."""
MAX_WAITING = 32
"""Connections that have not attached: a further one takes the place of the oldest."""
MAX_ATTACHED = 32
"""Attached clients, without the one that began the session and the exporter."""
MAX_READ_ONLY = 24
"""Read-only ones among them, so that a person can still come who may end the session."""
MAX_OF_ONE_PROCESS = 8
"""Attached clients, and as many that are not attached yet, that one process may have."""
STALLED_S = 10.0
"""An attached client that has read nothing for this time gives up its place to another; while there are places it
stays, for a person may have stopped it by ctrl+z."""
MESSAGES_PER_S = 500.0
"""Messages a second that are read from one client, above which it is not read for a moment. A dashboard sends 5."""
MESSAGE_BURST = 500.0
HELD_S = 0.1
"""That moment."""


class Use:
    """What one connection takes of the host. Owner: the server's loop."""

    def __init__(self, sock: socket.socket, pid: int, now_s: float) -> None:
        self._sock = sock
        self.pid = pid
        """The process at the other end; 0 where it is not known: in another container."""
        self.reserved = False
        """It has a place of its own, which counts for no limit."""
        self.read_only = False
        self.attach_by_s = now_s + ATTACH_S
        self._read_all_s = now_s
        """When it had last read everything it was sent."""
        self._messages_left, self._counted_s = MESSAGE_BURST, now_s
        self.unlimited = False
        self.held_until_s: float | None = None
        """It has sent too much, and is read again at this time."""

    def may_send(self, now_s: float) -> bool:
        """Counts a message that is about to be read; False where it has to wait until `held_until_s`."""
        if self.unlimited:
            return True
        earned = (now_s - self._counted_s) * MESSAGES_PER_S
        self._messages_left, self._counted_s = min(self._messages_left + earned, MESSAGE_BURST), now_s
        if self._messages_left < 1:
            self.held_until_s = now_s + HELD_S
            return False
        self._messages_left -= 1
        return True

    def note_reading(self, now_s: float, unsent: bool) -> None:
        """Called before a message is sent to it: notes whether it has read the others. An ioctl, 0.5 us."""
        if not unsent and not self._unread_bytes():
            self._read_all_s = now_s

    def stalled_s(self, now_s: float) -> float:
        """For how long it has left something unread; 0 where it has read everything."""
        return now_s - self._read_all_s if self._unread_bytes() else 0.0

    def _unread_bytes(self) -> int:
        try:
            found: tuple[int] = struct.unpack("i", fcntl.ioctl(self._sock, termios.TIOCOUTQ, b"\0\0\0\0"))
        except (OSError, ValueError):
            return 0
        return found[0]


class Waiting(Protocol):
    use: Use


W = TypeVar("W", bound=Waiting)


def too_many_waiting(waiting: Sequence[W], newcomer: Use) -> list[W]:
    """Which of the connections that have not attached, oldest first, give way to another one. A client attaches as soon
    as it is connected, so that the oldest is the one that least means to."""
    same = [each for each in waiting if newcomer.pid and each.use.pid == newcomer.pid]
    if len(same) >= MAX_OF_ONE_PROCESS:
        return same[:1]
    return list(waiting[: max(len(waiting) + 1 - MAX_WAITING, 0)])


def place_for(newcomer: Use, attached: Sequence[Use], *, read_only: bool, now_s: float) -> tuple[Use | None, str]:
    """Who of the attached clients gives its place to another one, None where there is a free place; and why there is
    no place, as a sentence, empty where there is one. A read-only client takes no place of one that may command."""
    own = [each for each in attached if newcomer.pid and each.pid == newcomer.pid]
    readers = [each for each in attached if each.read_only]
    among: Sequence[Use]
    if len(own) >= MAX_OF_ONE_PROCESS:
        among, reason = own, f"process {newcomer.pid} is attached {len(own)} times already"
    elif read_only and len(readers) >= MAX_READ_ONLY:
        among, reason = readers, f"{len(readers)} read-only clients are attached already; close one of them"
    elif len(attached) >= MAX_ATTACHED:
        among, reason = attached, f"{len(attached)} clients are attached already; close one of them"
    else:
        return None, ""
    stalled_s = {each: each.stalled_s(now_s) for each in among if each.read_only or not read_only}
    longest = max(stalled_s, key=lambda each: stalled_s[each], default=None)
    return (longest, "") if longest is not None and stalled_s[longest] >= STALLED_S else (None, reason)
