"""A point of AUTO that begins with the stand-in: it makes the first inference, and is not measured."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from ovtui.metrics.sweep.goals import GOALS
from ovtui.records.events import TurnBegan
from ovtui.settings.schema.settings import Settings
from ovtui.studies.conductor import TurnFailed
from ovtui.studies.sweep_point import ACCELERATOR_S, FAILED_S, PointMeter

AUTO = Settings(model="net.xml", device="AUTO:GPU,CPU")
S = 1_000_000_000


class ActedConductor:
    """Its clock goes on by a second at each look. `at`: what happens to the engine, by second."""

    def __init__(self, at: dict[int, Callable[[Any], None]]) -> None:
        self.now_ns, self.asked = 0, list[str]()
        self.engine = SimpleNamespace(devices=["(CPU)"], first=None, exited=None, accelerator=None)
        self._at = at
        warm = SimpleNamespace(warm_up=SimpleNamespace(state="steady"))
        self.digest = SimpleNamespace(
            session_state=SimpleNamespace(engines={2: self.engine}), snapshot=lambda: warm
        )  # fmt: skip

    def serve(self, _settings: object, _changes: object, *, keep: int, at_once: bool = False) -> TurnBegan:
        assert keep == 0
        self.asked.append("at once" if at_once else "serve")
        first = len(self.asked) == 1
        return TurnBegan(t_ns=self.now_ns, turn=1, segment=1, engine=2, compile_ms=80.0 if first else None)

    def rest(self) -> None:
        self.asked.append("rest")

    def measure(self, _for_s: float) -> list[object]:
        self.now_ns += S
        self._at.get(self.now_ns // S, lambda _: None)(self.engine)
        return []


def first_inference(engine: Any) -> None:
    engine.first = SimpleNamespace(since_spawn_ms=900.0)


def hands_over(engine: Any) -> None:
    engine.devices = ["GPU.0"]


def fails(engine: Any) -> None:
    engine.accelerator = SimpleNamespace(state="failed")


def serve(conductor: ActedConductor) -> TurnBegan:
    meter = PointMeter(conductor, lambda: (GOALS["throughput"], GOALS["p99"]), starts_at_once=True)  # type: ignore[arg-type]
    return meter._serve_warm(AUTO, "AUTO", 5.0, 0)


def test_the_stand_in_serves_first_and_then_the_load_rests_until_the_accelerator_is_ready() -> None:
    conductor = ActedConductor({2: first_inference, 5: hands_over})
    serve(conductor)
    assert conductor.asked == ["at once", "rest", "at once", "serve"]
    assert conductor.now_ns == 5 * S


def test_where_the_accelerator_fails_for_good_the_stand_in_is_what_serves() -> None:
    conductor = ActedConductor({1: first_inference, 3: fails})
    serve(conductor)
    assert conductor.asked == ["at once", "rest", "at once", "serve"]
    assert conductor.now_ns == (3 + FAILED_S + 1) * S


def test_an_engine_that_dies_or_an_accelerator_without_end_is_the_points_end() -> None:
    def dies(engine: Any) -> None:
        engine.exited = SimpleNamespace(code=1)

    with pytest.raises(TurnFailed, match="died while its accelerator compiled"):
        serve(ActedConductor({1: first_inference, 2: dies}))
    with pytest.raises(TurnFailed, match=f"more than {ACCELERATOR_S:.0f} s"):
        serve(ActedConductor({1: first_inference}))


def test_a_device_that_serves_itself_is_served_once_more_when_it_is_warm() -> None:
    conductor = ActedConductor({})
    conductor.engine.devices = ["CPU"]
    serve(conductor)
    assert conductor.asked == ["at once", "serve"]
