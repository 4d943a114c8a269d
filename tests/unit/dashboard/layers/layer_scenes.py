"""Layers that were never profiled: the events of their study, as host and study would publish them."""

from __future__ import annotations

import layer_samples as samples
from fake_source import SECOND, FakeSource
from stage import Stage

from ovtui.records.events import Event, StudyBegan, StudyEnded, StudyLayers, StudyStep
from ovtui.records.layers import LayerTimes
from ovtui.records.study_events import LayersAnswer, LayersSpec
from ovtui.settings.schema.settings import Settings

SETTINGS = Settings(model="demo-cnn", device="CPU", nireq=16)
KINDS = ("Convolution", "FullyConnected", "Reorder", "Eltwise", "Pooling")


def source(**about: object) -> FakeSource:
    return FakeSource(settings=SETTINGS, handover_s=None, batch=1, **about)  # type: ignore[arg-type]


def layer(order: int, median_us: float | None, **about: object) -> LayerTimes:
    """The layers of one order are made of the same operations on every device."""
    kind, block = KINDS[order % len(KINDS)], f"block{order // len(KINDS)}"
    named = {
        "name": f"{block}/{kind.lower()}_{order}", "type": kind, "exec_type": f"jit_avx512_{kind.lower()}",
        "original_names": [f"{block}/{kind}_{order}", f"{block}/Add_{order}"],
    }  # fmt: skip
    return samples.layer(order, median_us, **named | about)


def layers(count: int, factor: float = 1.0) -> list[LayerTimes]:
    """Each takes 1 ms over its number from 1, the last one was not run."""
    return [layer(each.order, each.median_us) for each in samples.layers(count, factor)]


head = samples.head


def began(t_ns: int, *devices: str, study: int = 1) -> StudyBegan:
    spec = LayersSpec(settings=SETTINGS, devices=list(devices))
    return StudyBegan(t_ns=t_ns, study=study, spec=spec, settings=SETTINGS)


def step(t_ns: int, device: str, done: int, study: int = 1, point: int = 1, planned: int = 1) -> StudyStep:
    return StudyStep(
        t_ns=t_ns, study=study, doing="measuring", text=f"{device}, {done} of 100 inferences", point=point,
        planned=planned, ends_ns=t_ns + 12 * SECOND,
    )  # fmt: skip


def part(t_ns: int, device: str, told: list[LayerTimes], *, so_far: bool = False, study: int = 1) -> StudyLayers:
    return StudyLayers(
        t_ns=t_ns, study=study, device=device, layers=told, head=None if so_far else head(device, told)
    )  # fmt: skip


def ended(t_ns: int, *devices: str, study: int = 1) -> StudyEnded:
    return StudyEnded(
        t_ns=t_ns, study=study, reason="done", text=f"31 layers on {devices[0]} are 3.99 of 4.79 ms",
        answer=LayersAnswer(devices=list(devices)),
    )  # fmt: skip


def profiled(t_ns: int, *devices: str, count: int = 31) -> list[Event]:
    """A whole study."""
    factors = {"CPU": 1.0, "GPU.0": 0.25}
    parts = [part(t_ns, device, layers(count, factors[device])) for device in devices]
    return [began(t_ns, *devices), *parts, ended(t_ns, *devices)]


async def open_view(stage: Stage, *events: Event) -> None:
    """View 8 soon after the session began, with these events. Each quarter of a second draws all that is in sight, so
    that few of them pass."""
    await stage.advance(0.5)
    stage.source.tell(*events)
    await stage.press("8")
    await stage.advance(0.5)


async def tell(stage: Stage, *events: Event) -> None:
    stage.source.tell(*events)
    await stage.advance(0.5)
