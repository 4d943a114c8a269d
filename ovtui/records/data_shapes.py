"""The data shape of each request, from the events of a session: a record has only the index of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from ovtui.records.events import Compiled, DataShape, Event, SegmentBegan
from ovtui.records.record import Records

SHAPES = 256
"""Data shapes that a record's `data_shape` tells apart."""


class DataShapes:
    """What the engines of a session said of the shapes that they give to requests. Owner: whoever folds the events."""

    def __init__(self) -> None:
        self._compiled: dict[int, Compiled] = {}
        """By engine."""
        self._engine_of: dict[int, int] = {}
        """By segment."""
        self.newest: dict[str, DataShape] = {}
        """By text, in the order in which engines gave them first."""

    def fold(self, event: Event) -> None:
        if isinstance(event, Compiled):
            self._compiled[event.engine] = event
            for shape in event.data_shapes:
                self.newest[shape.text] = shape
        elif isinstance(event, SegmentBegan):
            self._engine_of[event.segment] = event.engine

    def drop_before(self, segment: int) -> None:
        """Forgets the segments before this one, and engines that have no other."""
        for number in [number for number in self._engine_of if number < segment]:
            del self._engine_of[number]
        oldest = min(self._engine_of.values(), default=0)
        for engine in [engine for engine in self._compiled if engine < oldest]:
            del self._compiled[engine]

    def of_segment(self, segment: int) -> Sequence[DataShape]:
        """By the `data_shape` of the segment's records; empty where there are none."""
        compiled = self._of(segment)
        return compiled.data_shapes if compiled is not None else ()

    def items_of(self, segment: int) -> int | None:
        """Items of each request of a segment; None where that is not known, or differs with the data shape."""
        compiled = self._of(segment)
        return compiled.items if compiled is not None else None

    def text(self, segment: int, index: int) -> str:
        """Empty where a request has no data shape that is known."""
        shapes = self.of_segment(segment)
        return shapes[index].text if index < len(shapes) else ""

    def texts(self, records: Records) -> list[str]:
        """[n] texts of [n] records."""
        if not self.newest:
            return [""] * len(records)
        text = lru_cache(None)(self.text)
        return [text(*key) for key in zip(records["segment"].tolist(), records["data_shape"].tolist(), strict=True)]

    def _of(self, segment: int) -> Compiled | None:
        return self._compiled.get(self._engine_of.get(segment, 0))


NO_DATA_SHAPES = DataShapes()
"""Of nothing; not to be folded into."""
