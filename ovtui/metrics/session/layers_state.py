"""The layers that a study has told so far, by device, and what is said of them in one line."""

from __future__ import annotations

from dataclasses import dataclass, field

from ovtui.metrics import number_format
from ovtui.records.layers import LayersHead, LayerTimes
from ovtui.records.study_events import StudyLayers


@dataclass(slots=True)
class DeviceLayers:
    """Owner: the StudyState."""

    device: str
    """As asked for."""
    by_order: dict[int, LayerTimes] = field(default_factory=dict)
    """Those of one order stand for one another: the newest counts."""
    head: LayersHead | None = None
    """None: it is measured still, or was broken off."""
    parts: int = 0
    """Told so far: with each one something has changed."""

    @property
    def layers(self) -> list[LayerTimes]:
        """In the order of execution."""
        return [self.by_order[order] for order in sorted(self.by_order)]

    @property
    def inferences(self) -> int:
        """That the figures rest on."""
        if self.head is not None:
            return self.head.inferences
        return max((layer.inferences for layer in self.by_order.values()), default=0)


def fold_layers(devices: dict[str, DeviceLayers], event: StudyLayers) -> None:
    """Adds a part to the devices of a study."""
    device = devices.setdefault(event.device, DeviceLayers(event.device))
    device.by_order.update((layer.order, layer) for layer in event.layers)
    device.head = event.head or device.head
    device.parts += 1


def device_text(device: DeviceLayers) -> str:
    """'31 layers on CPU are 2.20 of 2.52 ms, the longest is conv1 with 0.91 ms'; of one that is not all told how far it
    came."""
    counted = f"{number_format.quantity(len(device.by_order), 'layer')} on {device.device}"
    if device.head is None:
        return f"{counted} so far, of {number_format.quantity(device.inferences, 'inference')}"
    text = f"{counted} are {_ms(device.head.layers_us.median)} of {_ms(device.head.profiled_us.median)} ms"
    timed = [layer for layer in device.by_order.values() if layer.median_us is not None]
    if not timed:
        return text
    longest = max(timed, key=lambda layer: (layer.median_us or 0.0, -layer.order))
    return f"{text}, the longest is {longest.name} with {_ms(longest.median_us)} ms"


def _ms(value_us: float | None) -> str:
    return number_format.milliseconds(None if value_us is None else value_us / 1e3)
