"""The sweep against a conductor that is acted: what is measured in which order, what is told and kept, how it ends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ovtui.records.events import RecordingBegan, StudyBegan, StudyPoint
from ovtui.records.study_events import PointFigures, PointOutcome, SweepAnswer, SweepSpec
from ovtui.settings.schema.settings import Settings
from ovtui.studies import sweep as sweep_module
from ovtui.studies import sweep_folder
from ovtui.studies.conductor import Found, StudyStopped
from ovtui.studies.sweep_point import Measured

VARY = {"nireq": ["1", "2", "4"], "nstreams": ["1", "2"]}
BASE = Settings(device="CPU", fallback_device="CPU")


class ActedConductor:
    """Keeps what it is told. Its clock is moved by the meter."""

    def __init__(self, spec: SweepSpec, recording: str) -> None:
        self.began = StudyBegan(t_ns=0, study=1, spec=spec, settings=BASE)
        self.now_ns, self.rests = 0, 0
        self.points: list[StudyPoint] = []
        self.steps: list[tuple[str, int]] = []
        state = SimpleNamespace(
            recording=RecordingBegan(t_ns=0, path=recording, limit_bytes=1), disturbances=SimpleNamespace(power=None)
        )
        watts = SimpleNamespace(watts=SimpleNamespace(by_name={}))
        self.digest = SimpleNamespace(session_state=state, telemetry=watts)

    def look(self) -> None:
        self.now_ns += 1_000_000_000

    def rest(self) -> None:
        self.rests += 1

    def step(self, doing: str, text: str, *, point: int, planned: int, left_s: float) -> None:
        assert text
        assert planned == 6
        assert left_s > 0
        self.steps.append((doing, point))

    def tell(self, point: StudyPoint) -> None:
        self.points.append(point)


def figures(settings: Settings, drift: float = 1.0) -> PointFigures:
    """Two streams are 1.5 times one; more in flight is more throughput and more waiting."""
    per_s = drift * 100.0 * (1.5 if settings.nstreams == "2" else 1.0) * (1 + settings.nireq / 10)
    return PointFigures(requests=1000, measured_s=2.0, throughput=per_s, p99_ms=5.0 * settings.nireq)


class ActedMeter:
    """In the place of PointMeter. `outcome` says what becomes of a point; `stop_at`: the measurement at which the study
    is stopped."""

    outcome: Callable[[Settings], PointOutcome]
    stop_at: int
    measured: list[Settings]

    def __init__(self, conductor: ActedConductor, _goals: object) -> None:
        self.conductor = conductor
        self.compiling_s, self.measuring_s = 1.0, 2.0

    def measure(
        self, settings: Settings, _text: str, for_s: float, step: Callable[[str], None], *_: Any, **_more: Any
    ) -> Measured:
        if len(self.measured) == self.stop_at:
            raise StudyStopped
        self.measured.append(settings)
        step("measuring")
        self.conductor.now_ns += int(for_s * 1e9)
        outcome = type(self).outcome(settings)
        if outcome == "refused":
            return Measured("refused", "it cannot")
        return Measured(outcome, "", figures(settings), 1, 10, 20)


Act = Callable[..., tuple[Found, ActedConductor, list[Settings]]]


@pytest.fixture
def act(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Act:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(sweep_module, "PointMeter", ActedMeter)

    def run(
        outcome: Callable[[Settings], PointOutcome] = lambda _: "measured", stop_at: int = -1, run: int = 1, **spec: Any
    ) -> tuple[Found, ActedConductor, list[Settings]]:
        ActedMeter.outcome, ActedMeter.stop_at, ActedMeter.measured = staticmethod(outcome), stop_at, []
        full = SweepSpec(**{"vary": VARY, "folder": str(tmp_path / "sweep"), "preset": "the-best", **spec})
        conductor = ActedConductor(full, f"/recording/{run}.ovtui")
        return sweep_module.run(conductor), conductor, ActedMeter.measured  # type: ignore[arg-type]

    return run


def test_all_points_by_compile_then_the_front_again_and_the_best_is_saved(act: Act) -> None:
    found, conductor, measured = act()
    assert [(each.nstreams, each.nireq) for each in measured[:6]] == [
        ("1", 1), ("1", 2), ("1", 4), ("2", 1), ("2", 2), ("2", 4),
    ]  # fmt: skip
    assert [point.point for point in conductor.points[:6]] == [1, 2, 3, 4, 5, 6]
    # The front is 4, 5, 6 (two streams); eight rounds of it, each in the other direction than the one before.
    again = [point for point in conductor.points if point.round > 1]
    assert [point.point for point in again[:6]] == [6, 5, 4, 4, 5, 6]
    assert len(again) == 24
    assert {point.recording for point in conductor.points} == {""}
    answer = found.answer
    assert isinstance(answer, SweepAnswer)
    assert (answer.best, answer.front, answer.points, answer.runner_up, answer.tied) == (6, [6, 5, 4], 6, 5, [])
    assert answer.ratio[0] == pytest.approx(1.4 / 1.2)
    text = Path(answer.preset).read_text()
    assert 'title = "the-best: in flight 4, streams 2"' in text
    assert "nireq = 4" in text
    assert not found.failed
    assert ("measuring again", 6) in conductor.steps


def test_a_sweep_that_was_stopped_goes_on_where_it_was(act: Act) -> None:
    found, conductor, measured = act(stop_at=4)
    assert conductor.rests == 1
    assert len(measured) == 4
    assert isinstance(found.answer, SweepAnswer)
    assert found.answer.best == 4  # of what there is
    assert found.text.startswith("so far the best is point 4")
    _, again, measured = act(run=2, stop_at=2 + 5)
    assert [(each.nstreams, each.nireq) for each in measured[:2]] == [("2", 2), ("2", 4)]
    told = {point.point: point.recording for point in again.points if point.round == 1}
    assert told == dict.fromkeys(range(1, 5), "/recording/1.ovtui") | {5: "", 6: ""}
    whole, third, measured = act(run=3)
    assert len(measured) == 24 - 5  # the rounds that were missing
    assert isinstance(whole.answer, SweepAnswer)
    assert whole.answer.best == 6
    assert sorted((point.point, point.round) for point in third.points) == sorted(
        [(number, 1) for number in range(1, 7)] + [(number, round_) for number in (4, 5, 6) for round_ in range(3, 11)]
    )


def test_the_same_best_point_is_saved_once(act: Act) -> None:
    first, second = act()[0], act()[0]
    assert isinstance(first.answer, SweepAnswer)
    assert isinstance(second.answer, SweepAnswer)
    assert (Path(first.answer.preset).name, Path(second.answer.preset).name) == ("the-best.toml", "the-best.toml")


def test_a_point_that_is_refused_or_whose_limit_is_not_known_does_not_win(act: Act) -> None:
    def outcome(settings: Settings) -> PointOutcome:
        return "refused" if settings.nireq == 4 else "unknown" if settings.nireq == 2 else "held"

    found, conductor, measured = act(outcome, slo="p99<30ms")
    assert all(each.slo == "p99<30ms" for each in measured)
    refused = [point for point in conductor.points if point.outcome == "refused"]
    assert [(each.point, each.reason, each.figures) for each in refused] == [
        (3, "it cannot", None),
        (6, "it cannot", None),
    ]
    longer = [point for point in conductor.points if point.round == 2]
    assert {point.values["nireq"] for point in longer} == {"2"}
    assert isinstance(found.answer, SweepAnswer)
    assert found.answer.best == 4


def test_no_point_holds(act: Act) -> None:
    found, _, _ = act(lambda _: "missed", slo="p99<1ms")
    assert isinstance(found.answer, SweepAnswer)
    assert (found.answer.best, found.answer.preset) == (None, "")
    assert found.text == "no point is known to hold p99<1ms"


def test_a_disk_that_is_full_ends_it_in_one_sentence(act: Act, monkeypatch: pytest.MonkeyPatch) -> None:
    def end(*_: object) -> None:
        raise sweep_folder.SweepFolderError("journal.log: cannot be written to: No space left on device")

    monkeypatch.setattr(sweep_module.SweepStorage, "end", end)
    found, _, _ = act()
    assert (found.failed, found.answer) == (True, None)
    assert found.text.startswith("journal.log: cannot be written to: No space left on device; ")


def test_without_optuna_or_watts_it_says_so(act: Act, monkeypatch: pytest.MonkeyPatch) -> None:
    found, conductor, _ = act(goal="joules")
    assert found.failed
    assert "no watts can be read" in found.text
    assert conductor.points == []
    monkeypatch.setattr(sweep_folder, "find_spec", lambda _: None)
    found, _, measured = act()
    assert (found.failed, found.text, measured) == (True, sweep_folder.NO_OPTUNA, [])


def test_of_a_large_grid_as_many_as_are_asked_for(act: Act) -> None:
    vary = {"nireq": [str(number) for number in range(1, 40)], "nstreams": ["1", "2"]}
    found, conductor, _ = act(vary=vary, most_points=6)
    first = [point for point in conductor.points if point.round == 1]
    assert [point.point for point in first] == [1, 2, 3, 4, 5, 6]
    assert len({tuple(point.values.items()) for point in first}) == 6
    assert isinstance(found.answer, SweepAnswer)
    assert found.answer.best in {point.point for point in first}
