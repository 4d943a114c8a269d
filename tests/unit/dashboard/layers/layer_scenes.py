"""Layers that were never profiled: the events of their study, as host and study would publish them."""

from __future__ import annotations

import msgspec
from fake_source import SECOND, FakeSource
from stage import Stage

from ovtui.records.events import Event, StudyBegan, StudyEnded, StudyLayers, StudyStep
from ovtui.records.layers import LayersHead, LayerTimes, Spread
from ovtui.records.study_events import LayersAnswer, LayersSpec
from ovtui.settings.schema.settings import Settings

SETTINGS = Settings(model="demo-cnn", device="CPU", nireq=16)
KINDS = ("Convolution", "FullyConnected", "Reorder", "Eltwise", "Pooling")


def source(**about: object) -> FakeSource:
    return FakeSource(settings=SETTINGS, handover_s=None, batch=1, **about)  # type: ignore[arg-type]


def layer(order: int, median_us: float | None, **about: object) -> LayerTimes:
    """The layers of one order are made of the same operations on every device."""
    kind = KINDS[order % len(KINDS)]
    made = LayerTimes(
        name=f"block{order // 5}/{kind.lower()}_{order}", type=kind, exec_type=f"jit_avx512_{kind.lower()}",
        precision="f32", original_names=[f"block{order // 5}/{kind}_{order}", f"block{order // 5}/Add_{order}"],
        order=order, status="EXECUTED" if median_us is not None else "OPTIMIZED_OUT",
        inferences=100 if median_us is not None else 0, median_us=median_us,
        p95_us=None if median_us is None else 1.2 * median_us, mean_us=None if median_us is None else 1.05 * median_us,
        mean_cpu_us=None if median_us is None else median_us,
    )  # fmt: skip
    return msgspec.structs.replace(made, **about)


def layers(count: int, factor: float = 1.0) -> list[LayerTimes]:
    """Each takes 1 ms over its number, the last one was optimized out."""
    return [layer(order, 1000.0 * factor / (order + 1)) for order in range(count - 1)] + [layer(count - 1, None)]


def head(device: str, told: list[LayerTimes], **about: object) -> LayersHead:
    whole = sum(each.median_us or 0.0 for each in told)

    def around(value: float) -> Spread:
        return Spread(median=value, p5=value * (0.98 if value > 0 else 1.02), p95=value * (1.1 if value > 0 else 0.9))

    made = LayersHead(
        model="demo-cnn", device=device, execution_device=device, full_name=f"Test {device}", inferences=100,
        untouched_us=around(whole * 1.1), profiled_us=around(whole * 1.2), cost=[1.09, 1.082, 1.101],
        layers_us=around(whole), unexplained_us=around(whole * 0.2), notes=["one request was in flight"],
    )  # fmt: skip
    return msgspec.structs.replace(made, **about)


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
    """View 8 some seconds into the session, with these events."""
    await stage.advance(5)
    await tell(stage, *events)
    await stage.press("8")
    await stage.advance(0.5)


async def tell(stage: Stage, *events: Event) -> None:
    stage.source.tell(*events)
    await stage.advance(0.5)
