"""What a study tells of the layers of one device while they are measured, and in the end: few enough for the recording,
which keeps them all, and in messages that fit the wire."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from ovtui.records.layers import LayersHead, LayerTimes
from ovtui.records.study_events import StudyLayers
from ovtui.studies.conductor import Conductor

PART_BYTES = 60_000
"""Of the layers in one message, encoded."""
NAMES_BYTES = 16_000
"""Of the original names of one layer: what a device has fused from thousands of operations is told in part."""
FIRST_GAP_S, LONGEST_GAP_S = 1.0, 10.0
_PART_GAP_S = 2.0
"""A list of many parts is told the more seldom."""
CHANGED = 0.02
"""A median that has moved by this share of itself is told again."""


class LayersTeller:
    """Owner: the study's process."""

    def __init__(self, conductor: Conductor, device: str) -> None:
        self._conductor, self._device = conductor, device
        self.layers: dict[int, LayerTimes] = {}
        """As they are now, by order."""
        self._told: dict[int, LayerTimes] = {}
        self._next_ns, self._gap_s = 0, FIRST_GAP_S

    def take(self, layers: Iterable[LayerTimes]) -> None:
        self.layers.update((layer.order, layer) for layer in layers)

    def tell_some(self) -> None:
        """Those that have changed by much since they were told, where it is time."""
        if self._conductor.now_ns < self._next_ns or not self.layers:
            return
        parts = list(in_parts([each for each in self._untold() if self._changed(each)]))
        for part in parts:
            self._tell(part, None)
        self._next_ns = self._conductor.now_ns + int(max(self._gap_s, _PART_GAP_S * (len(parts) - 1)) * 1e9)
        self._gap_s = min(self._gap_s * 1.2, LONGEST_GAP_S)

    def tell_all(self, head: LayersHead | None) -> None:
        """All that is not told as it is now, with the head in the last part; without one nothing follows."""
        parts = list(in_parts(self._untold()))
        if head is not None and not parts:
            parts = [[]]
        for number, part in enumerate(parts, 1):
            self._tell(part, head if number == len(parts) else None)

    def _untold(self) -> list[LayerTimes]:
        return [each for order, each in sorted(self.layers.items()) if self._told.get(order) != each]

    def _changed(self, layer: LayerTimes) -> bool:
        told = self._told.get(layer.order)
        if told is None or told.median_us is None or layer.median_us is None:
            return told is None or told.median_us != layer.median_us or told.status != layer.status
        return abs(layer.median_us - told.median_us) > CHANGED * told.median_us

    def _tell(self, layers: list[LayerTimes], head: LayersHead | None) -> None:
        conductor = self._conductor
        conductor.tell_layers(
            StudyLayers(
                t_ns=conductor.now_ns, study=conductor.began.study, device=self._device,
                layers=[_bounded(layer) for layer in layers], head=head,
            )
        )  # fmt: skip
        self._told.update((layer.order, layer) for layer in layers)


def in_parts(layers: Iterable[LayerTimes]) -> Iterator[list[LayerTimes]]:
    """In their order, so many together as one message holds."""
    encoder, part, size = msgspec.msgpack.Encoder(), list[LayerTimes](), 0
    for layer in layers:
        bytes_ = len(encoder.encode(_bounded(layer)))
        if part and size + bytes_ > PART_BYTES:
            yield part
            part, size = [], 0
        part.append(layer)
        size += bytes_
    if part:
        yield part


def _bounded(layer: LayerTimes) -> LayerTimes:
    """With as many of its original names as fit, and how many there are more."""
    size = 0
    for kept, name in enumerate(layer.original_names):
        size += len(name.encode(errors="surrogateescape")) + 5
        if size > NAMES_BYTES:
            more = f"and {len(layer.original_names) - kept:,} more"
            return msgspec.structs.replace(layer, original_names=[*layer.original_names[:kept], more])
    return layer
