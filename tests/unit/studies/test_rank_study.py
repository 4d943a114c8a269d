"""The rank against a conductor that is acted: what is measured in which order, what is told, how it ends."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from ovtui.records.events import RecordingBegan, StudyBegan, StudyPoint
from ovtui.records.machine_readings import MachineReading
from ovtui.records.study_events import DeviceAgreement, PointFigures, RankAnswer, RankSpec
from ovtui.settings.schema.settings import Settings
from ovtui.studies import rank as rank_module
from ovtui.studies.conductor import Found, StudyStopped
from ovtui.studies.sweep_point import Measured

BASE = Settings(model="net.xml", device="CPU", hint="none", duration_s=7.0)
SPEC = RankSpec(devices=["CPU", "GPU.0", "NPU", "AUTO"], hints=["latency", "throughput"], point_s=4.0)
SERVES = {"CPU": 100.0, "GPU.0": 300.0, "AUTO": 295.0}
"""Of the latency hint, 1/s; throughput has twice as much."""


def engine(number: int, device: str) -> SimpleNamespace:
    """What the digest knows of one."""
    ran_on = ["CPU"] if device == "CPU" else ["GPU.0"]
    changes = [SimpleNamespace(t_ns=3_000_000_000, after=["GPU.0"], before=["(CPU)"])] if device == "AUTO" else []
    began_as = ["(CPU)"] if device == "AUTO" else ran_on
    return SimpleNamespace(
        number=number, devices=ran_on, device_changes=changes, accelerator_events=[], model=None, exited=None,
        spawned_ns=0, compile_began_ns=0,
        compiled=SimpleNamespace(compile_ms=10.0 * number, nireq=4, t_ns=5, execution_devices=began_as),
        first=SimpleNamespace(since_spawn_ms=1000.0, t_ns=1_400_000_000, infer_ms=3.0),
    )  # fmt: skip


class ActedConductor:
    """Keeps what it is told. Its clock is moved by the meter."""

    def __init__(self, spec: RankSpec) -> None:
        self.began = StudyBegan(t_ns=0, study=1, spec=spec, settings=BASE)
        self.now_ns, self.rests = 0, 0
        self.readings: list[MachineReading] = []
        self.looks = 0
        self.points: list[StudyPoint] = []
        self.steps: list[tuple[str, str]] = []
        engines: dict[int, Any] = {1: engine(1, "CPU")}
        self.state = SimpleNamespace(
            recording=RecordingBegan(t_ns=0, path="/r.ovtui", limit_bytes=1), engines=engines, engine=engines[1],
            segments=[],
        )  # fmt: skip
        self.digest = SimpleNamespace(session_state=self.state)

    def look(self) -> None:
        """A quarter of a second."""
        self.looks += 1
        self.now_ns += 250_000_000

    def rest(self) -> None:
        self.rests += 1

    def step(self, doing: str, text: str, *, point: int = 0, planned: int, left_s: float | None = None) -> None:
        assert planned == 8
        assert point == 0 or left_s is not None
        self.steps.append((doing, text))

    def tell(self, point: StudyPoint) -> None:
        self.points.append(point)


class ActedMeter:
    """In the place of PointMeter. `stop_at`: the measurement at which the study is stopped."""

    stop_at: int
    measured: list[Settings]

    def __init__(self, conductor: ActedConductor, _goals: object, *, starts_at_once: bool) -> None:
        assert starts_at_once
        self.conductor = conductor

    def measure(
        self, settings: Settings, _text: str, for_s: float, step: Callable[[str], None], *_: Any, **more: Any
    ) -> Measured:
        conductor = self.conductor
        if len(self.measured) == self.stop_at:
            raise StudyStopped
        self.measured.append(settings)
        step("measuring")
        assert more["until"] == ("figures" if for_s == SPEC.point_s else "over")
        if settings.device not in SERVES:
            return Measured("refused", f"no {settings.device} here")
        began_ns = conductor.now_ns
        conductor.now_ns += int(for_s * 1e9)
        number = len(conductor.state.engines) + 1
        conductor.state.engines[number] = engine(number, settings.device)
        ends_ns = conductor.now_ns
        conductor.readings += [
            MachineReading(t_ns=ends_ns, engine_rss_bytes=1e8 + number, gpu_memory_bytes=None),
            MachineReading(t_ns=ends_ns + 1, engine_rss_bytes=7e9),  # while what was in flight came back
        ]
        conductor.now_ns += 1
        in_flight = 1 if settings.hint == "latency" else 8
        conductor.state.segments.append(SimpleNamespace(segment=number, nireq=in_flight))
        per_s = SERVES[settings.device] * (2 if settings.hint == "throughput" else 1)
        figures = PointFigures(requests=900, measured_s=for_s, throughput=per_s, p50_ms=1e3 / per_s, p99_ms=2e3 / per_s)
        return Measured("measured", "", figures, number, began_ns, ends_ns, number, began_ns)


Act = Callable[..., tuple[Found, ActedConductor, list[Settings], list[Settings]]]


@pytest.fixture
def act(monkeypatch: pytest.MonkeyPatch) -> Act:
    monkeypatch.setattr(rank_module, "PointMeter", ActedMeter)
    asked: list[Settings] = []

    def verify(_conductor: object, settings: Settings) -> DeviceAgreement:
        asked.append(settings)
        return DeviceAgreement(device=settings.device, verdict="precision", max_relative=0.03, tolerance=1e-3)

    monkeypatch.setattr(rank_module, "verify_on", verify)

    def run(stop_at: int = -1, **spec: Any) -> tuple[Found, ActedConductor, list[Settings], list[Settings]]:
        ActedMeter.stop_at, ActedMeter.measured = stop_at, []
        asked.clear()
        fields = {name: getattr(SPEC, name) for name in ("devices", "hints", "point_s")}
        conductor = ActedConductor(RankSpec(**fields | spec))
        return rank_module.run(conductor), conductor, ActedMeter.measured, asked  # type: ignore[arg-type]

    return run


def test_each_device_with_each_hint_then_near_ones_again_then_the_agreement(act: Act) -> None:
    found, conductor, measured, asked = act()
    assert [(each.device, each.hint) for each in measured[:8]] == [
        (device, hint) for device in SPEC.devices for hint in SPEC.hints
    ]
    assert all((each.duration_s, each.requests, each.fallback_device) == (0.0, 0, "") for each in measured)
    assert [(point.point, point.outcome) for point in conductor.points[:8]] == [
        (1, "measured"), (2, "measured"), (3, "measured"), (4, "measured"),
        (5, "refused"), (6, "refused"), (7, "measured"), (8, "measured"),
    ]  # fmt: skip
    assert conductor.points[4].reason == "no NPU here"
    again = [point for point in conductor.points if point.round > 1]
    # 600 and 590 a second; by p99 they are the quickest, too.
    assert [point.point for point in again[:4]] == [4, 8, 8, 4]
    assert len(again) == 16
    assert [each.device for each in asked] == ["GPU.0"]
    assert conductor.steps[-1] == ("resting", "while GPU.0 is compared with the CPU")
    answer = found.answer
    assert isinstance(answer, RankAnswer)
    assert (answer.by_throughput, answer.tied) == ([4, 8, 3, 7, 2, 1], [])
    assert (answer.by_latency, answer.latency) == ([4, 8, 3, 7, 2, 1], "p99")
    assert [each.verdict for each in answer.agreements] == ["precision"]
    assert found.text == (
        "fastest: GPU.0 throughput, 600.0/s; least latency: GPU.0 throughput, p99 3.33 ms; GPU.0 differs from the CPU "
        "by 3e-2, by its precision: in f32 they agree; not served: NPU"
    )
    assert not found.failed


def test_what_a_point_took_to_start_is_that_of_its_engine(act: Act) -> None:
    _, conductor, _, _ = act()
    starts = {point.point: point.start for point in conductor.points if point.round == 1}
    assert starts[5] is None
    first, auto = starts[1], starts[7]
    assert first is not None
    assert auto is not None
    assert (first.compile_ms, first.first_inference_ms, first.in_flight) == (20.0, 1000.0, 1)
    assert (first.memory_bytes, first.device_memory_bytes, first.handover_ms) == (100_000_002, None, None)
    assert (first.execution_devices, first.compiled_before) == (["CPU"], True)  # by the session's own engine
    assert auto.execution_devices == ["GPU.0"]
    assert auto.handover_ms == pytest.approx(2600.0)
    assert [start.compiled_before for start in starts.values() if start] == [True, True, False, True, True, True]


def test_in_flight_is_what_was_in_flight_while_it_was_measured(act: Act) -> None:
    """Not what its engine was compiled with: AUTO's stand-in has another optimum than what takes over."""
    _, conductor, _, _ = act()
    starts = {point.point: point.start for point in conductor.points if point.round == 1 and point.start}
    assert [start.in_flight for start in starts.values()] == [1, 8, 1, 8, 1, 8]


class Unread(ActedMeter):
    """No reading of the machine comes while it measures."""

    def measure(self, *args: Any, **more: Any) -> Measured:
        found = super().measure(*args, **more)
        self.conductor.readings[:] = [MachineReading(t_ns=-1, engine_rss_bytes=5e9)]
        return found


def test_the_memory_of_a_row_that_was_measured_between_two_readings_is_read_while_it_rests(
    act: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rank_module, "PointMeter", Unread)

    def look(self: ActedConductor) -> None:
        self.now_ns += 250_000_000
        if self.now_ns // 1_000_000_000 > (self.now_ns - 250_000_000) // 1_000_000_000:
            self.readings += [MachineReading(t_ns=self.now_ns, engine_rss_bytes=float(self.now_ns))]

    monkeypatch.setattr(ActedConductor, "look", look)
    _, conductor, _, _ = act(agreement=False)
    once = [point for point in conductor.points if point.start is not None]
    assert len(once) == 6
    for point in once:
        assert point.start is not None
        assert point.start.memory_bytes is not None
        assert point.until_ns < point.start.memory_bytes <= point.until_ns + 1_250_000_000


def test_a_machine_that_is_not_read_has_rows_without_memory(act: Act, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rank_module, "PointMeter", Unread)
    _, conductor, _, _ = act(devices=["CPU", "GPU.0", "NPU", "AUTO"])
    assert {point.start.memory_bytes for point in conductor.points if point.start} == {None}
    assert conductor.looks == 6 * round(rank_module.READING_S / 0.25)


def test_a_row_is_told_although_the_study_is_stopped_while_its_memory_is_waited_for(
    act: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rank_module, "PointMeter", Unread)

    def look(_: ActedConductor) -> None:
        raise StudyStopped

    monkeypatch.setattr(ActedConductor, "look", look)
    found, conductor, measured, _ = act()
    assert (len(measured), conductor.rests) == (1, 1)
    (point,) = conductor.points
    assert point.outcome == "measured"
    assert found.text.startswith("fastest: CPU latency, 100.0/s")


def test_one_that_is_stopped_ends_with_what_it_has(act: Act) -> None:
    found, conductor, measured, asked = act(stop_at=2)
    assert (conductor.rests, len(measured), asked) == (1, 2, [])
    assert isinstance(found.answer, RankAnswer)
    assert found.answer.by_throughput == [2, 1]
    assert found.text == "fastest: CPU throughput, 200.0/s; least latency: CPU throughput, p99 10.0 ms"


def test_the_agreement_can_be_left_out(act: Act) -> None:
    found, conductor, _, asked = act(agreement=False)
    assert asked == []
    assert isinstance(found.answer, RankAnswer)
    assert found.answer.agreements == []
    assert "resting" not in {doing for doing, _ in conductor.steps}
