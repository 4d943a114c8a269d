"""The events of a session so far, for clients that attach later. The older ones are packed, to some 50 bytes each: the
settings in them are nearly the same from one to the next."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import msgspec

from ovtui.records.events import Event, LogLine

TOGETHER = 256
"""Events that are packed at once, when twice as many have come."""
MAX_LOG_LINES = 5_000
"""Lines of AUTO's log kept; beyond it the oldest packs lose theirs."""


class EventLog:
    """Owner: the server's loop."""

    def __init__(self) -> None:
        self._packs: list[tuple[bytes, int, int]] = []
        """Older events, as JSON, with how many there are and how many of them are lines of a log."""
        self._newest: list[Event] = []
        self._encoder = msgspec.json.Encoder()
        self._decoder: msgspec.json.Decoder[list[Event]] = msgspec.json.Decoder(list[Event])

    def __len__(self) -> int:
        return sum(count for _, count, _ in self._packs) + len(self._newest)

    def __iter__(self) -> Iterator[Event]:
        """Those so far, in order. They are unpacked again, 10 ms for 1,000, each pack when it is its turn."""
        return self._unpacked([data for data, _, _ in self._packs], list(self._newest))

    def _unpacked(self, packs: list[bytes], newest: list[Event]) -> Iterator[Event]:
        for data in packs:
            yield from self._decoder.decode(zlib.decompress(data))
        yield from newest

    def append(self, event: Event) -> None:
        self._newest.append(event)
        if len(self._newest) >= 2 * TOGETHER:
            self._packs.append(self._packed(self._newest[:TOGETHER]))
            del self._newest[:TOGETHER]
            self._drop_log_lines()

    def _packed(self, events: list[Event]) -> tuple[bytes, int, int]:
        lines = sum(isinstance(event, LogLine) for event in events)
        return zlib.compress(self._encoder.encode(events)), len(events), lines

    def _drop_log_lines(self) -> None:
        lines = sum(count for _, _, count in self._packs)
        for number, (data, _, count) in enumerate(self._packs):
            if lines <= MAX_LOG_LINES:
                return
            if not count:  # it has lost them: unpacking it each time would hold up the loop
                continue
            events = self._decoder.decode(zlib.decompress(data))
            self._packs[number] = self._packed([event for event in events if not isinstance(event, LogLine)])
            lines -= count
