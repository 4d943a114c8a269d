"""The study of layers against a conductor and a profiler that are acted: what is told and when, how it ends."""

from __future__ import annotations

import select
from collections.abc import Callable
from typing import Any, cast

import layer_samples as samples
import msgspec
import pytest

from ovtui.host.layers_profiler import NotProfiled
from ovtui.records import layers as steps
from ovtui.records.events import StudyBegan, StudyLayers
from ovtui.records.layers import Layers, LayerTimes
from ovtui.records.study_events import LayersAnswer, LayersSpec
from ovtui.settings.schema.settings import Settings
from ovtui.studies import layers as study
from ovtui.studies.conductor import Conductor, Found, StudyStopped, TurnFailed
from ovtui.studies.layers_teller import NAMES_BYTES, LayersTeller

SECOND = 1_000_000_000
WIRE_BYTES = 64 * 1024


class ActedConductor:
    """Keeps what it is told; a second passes at each look."""

    def __init__(self, *devices: str, limit_s: float = 0.0) -> None:
        spec = LayersSpec(settings=Settings(model="demo-cnn"), devices=list(devices), limit_s=limit_s)
        self.began = StudyBegan(t_ns=0, study=1, spec=spec, settings=Settings())
        self.now_ns = self.rests = 0
        self.told: list[StudyLayers] = []
        self.steps: list[tuple[str, str, int]] = []
        self.at_look: Callable[[], None] = lambda: None
        self.at_rest: Callable[[], None] = lambda: None

    def look(self, _timeout_s: float) -> None:
        self.now_ns += SECOND
        self.at_look()

    def rest(self) -> None:
        self.rests += 1
        self.at_rest()

    def step(self, doing: str, text: str, *, point: int, planned: int, left_s: float | None = None) -> None:
        assert planned == len(self.began.spec.devices)  # type: ignore[union-attr]
        assert left_s is None or left_s >= 0
        self.steps.append((doing, text, point))

    def tell_layers(self, part: StudyLayers) -> None:
        assert len(msgspec.msgpack.encode(part)) < WIRE_BYTES
        self.told.append(part)

    @property
    def as_conductor(self) -> Conductor:
        return cast(Conductor, self)


Profile = Callable[..., Layers]


def profiler(monkeypatch: pytest.MonkeyPatch, profile: Profile) -> list[Settings]:
    """Has `profile` act in its place. Returns the settings with which it is called."""
    called: list[Settings] = []

    def act(settings: Settings, **about: Any) -> Layers:
        called.append(settings)
        return profile(settings, **about)

    monkeypatch.setattr(study, "profile_layers", act)
    return called


def result(device: str, layers: list[LayerTimes]) -> Layers:
    return Layers(head=samples.head(device, layers), layers=layers)


def test_each_device_has_its_turn_and_the_load_rests_once(monkeypatch: pytest.MonkeyPatch) -> None:
    measured = {"CPU": samples.layers(12), "GPU.0": samples.layers(9, 0.25)}

    def profile(settings: Settings, *, on_step: Callable[[object], None], **_: Any) -> Layers:
        for step in (
            steps.Doing("reading the model"),
            steps.Doing("compiling for X with profiling"),
            steps.Doing("warming up"),
            steps.Doing("measuring", 40, 100),
        ):
            on_step(step)
        return result(settings.device, measured[settings.device])

    called = profiler(monkeypatch, profile)
    conductor = ActedConductor("CPU", "GPU.0")
    found = study.run(conductor.as_conductor)
    assert [settings.device for settings in called] == ["CPU", "GPU.0"]
    assert {settings.model for settings in called} == {"demo-cnn"}
    assert conductor.rests == 1
    assert [(part.device, part.layers, part.head is not None) for part in conductor.told] == [
        ("CPU", measured["CPU"], True),
        ("GPU.0", measured["GPU.0"], True),
    ]
    assert found.answer == LayersAnswer(devices=["CPU", "GPU.0"])
    assert not found.failed
    assert found.text == (
        "12 layers on CPU are 3.02 of 3.62 ms, the longest is layer_0 with 1.00 ms; "
        "9 layers on GPU.0 are 0.679 of 0.815 ms, the longest is layer_0 with 0.250 ms"
    )
    assert [step for step in conductor.steps if step[2] == 2] == [
        ("compiling", "GPU.0", 2),
        ("compiling", "X with profiling", 2),
        ("measuring", "GPU.0: warming up", 2),
        ("measuring", "GPU.0, 40 of 100 inferences", 2),
    ]


def test_a_device_that_fails_says_why_and_the_other_is_profiled(monkeypatch: pytest.MonkeyPatch) -> None:
    def profile(settings: Settings, **_: Any) -> Layers:
        if settings.device == "GPU":
            raise NotProfiled("demo-cnn on GPU: no such device")
        return result("CPU", samples.layers(3))

    profiler(monkeypatch, profile)
    found = study.run(ActedConductor("GPU", "CPU").as_conductor)
    assert found.answer == LayersAnswer(devices=["CPU"])
    assert not found.failed
    assert found.text.endswith("; demo-cnn on GPU: no such device")
    only = study.run(ActedConductor("GPU").as_conductor)
    assert only == Found("demo-cnn on GPU: no such device", LayersAnswer(devices=[]), failed=True)


def test_an_engine_that_dies_while_it_halts_ends_the_study(monkeypatch: pytest.MonkeyPatch) -> None:
    called = profiler(monkeypatch, lambda *_, **__: result("CPU", []))
    conductor = ActedConductor("CPU")

    def dies() -> None:
        raise TurnFailed("SIGSEGV", died=True)

    conductor.at_rest = dies
    found = study.run(conductor.as_conductor)
    assert (found.failed, found.text) == (True, "the engine of this session died: SIGSEGV")
    assert not called


def test_one_that_is_stopped_kills_the_profiler_and_keeps_what_it_had(monkeypatch: pytest.MonkeyPatch) -> None:
    killed: list[bool] = []
    half = [msgspec.structs.replace(layer, inferences=40) for layer in samples.layers(5)]

    def profile(*_: object, on_step: Callable[[object], None], stop_fd: int, **__: Any) -> Layers:
        on_step(steps.LayersTold(half, so_far=True))
        killed.append(bool(select.select([stop_fd], [], [], 30)[0]))
        raise NotProfiled("demo-cnn on CPU: no layers")

    profiler(monkeypatch, profile)
    conductor = ActedConductor("CPU", "GPU")

    def stopped() -> None:
        if conductor.told:
            raise StudyStopped

    conductor.at_look = stopped
    found = study.run(conductor.as_conductor)
    assert killed == [True]
    assert [(part.layers, part.head) for part in conductor.told] == [(half, None)]
    assert found == Found("5 layers on CPU so far, of 40 inferences", LayersAnswer(devices=[]))


@pytest.mark.parametrize(("limit_s", "first_s"), [(0.0, study.LIMIT_S), (62.0, 30.0)])
def test_the_devices_share_the_time_that_the_study_has(
    monkeypatch: pytest.MonkeyPatch, limit_s: float, first_s: float
) -> None:
    limits: list[float] = []

    def profile(settings: Settings, *, limit_s: float, **_: Any) -> Layers:
        limits.append(limit_s)
        return result(settings.device, [])

    profiler(monkeypatch, profile)
    study.run(ActedConductor("CPU", "GPU", limit_s=limit_s).as_conductor)
    assert limits[0] == first_s
    assert limits[1] <= max(limit_s - 1.0, first_s)


def test_thousands_of_layers_are_told_in_parts_that_fit_the_wire() -> None:
    conductor = ActedConductor("CPU")
    teller = LayersTeller(conductor.as_conductor, "CPU")
    many = [
        samples.layer(order, 5.0, original_names=[f"model/decoder/{order}/{'x' * 60}" for _ in range(9)])
        for order in range(3000)
    ]  # fmt: skip
    fused = samples.layer(3000, 7.0, original_names=[f"operation_{number:05}" for number in range(9000)])
    teller.take([*many, fused])
    teller.tell_all(samples.head("CPU", many))
    assert [part.head is not None for part in conductor.told] == [False] * (len(conductor.told) - 1) + [True]
    told = [layer for part in conductor.told for layer in part.layers]
    assert told[:-1] == many
    *names, more = told[-1].original_names
    assert fused.original_names[: len(names)] == names
    assert more == f"and {9000 - len(names):,} more"
    assert sum(map(len, names)) < NAMES_BYTES


def test_while_it_is_measured_only_what_has_changed_is_told_again() -> None:
    conductor = ActedConductor("CPU")
    teller = LayersTeller(conductor.as_conductor, "CPU")
    first = samples.layers(6)

    def told(*changed: LayerTimes) -> list[int]:
        """The layers that are told a while later."""
        conductor.now_ns += 20 * SECOND
        before = len(conductor.told)
        teller.take(changed)
        teller.tell_some()
        return [layer.order for part in conductor.told[before:] for layer in part.layers]

    assert told(*first) == [0, 1, 2, 3, 4, 5]
    assert told() == []
    nearly = msgspec.structs.replace(first[0], median_us=first[0].median_us * 1.01, inferences=60)
    other = msgspec.structs.replace(first[2], median_us=first[2].median_us * 1.1, inferences=60)
    assert told(nearly, other) == [2]
    teller.take([samples.layer(6, 3.0)])
    teller.tell_some()  # at once: it is not time yet
    assert len(conductor.told) == 2
    teller.tell_all(None)
    assert [layer.order for layer in conductor.told[-1].layers] == [0, 6]
    teller.tell_all(samples.head("CPU", first))
    assert (conductor.told[-1].layers, conductor.told[-1].head is not None) == ([], True)
