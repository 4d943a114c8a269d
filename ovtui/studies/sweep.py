"""The sweep: every point of a grid is measured, or as many as its sampler chooses; those of the front are measured
again in alternation, and the best one is saved as a preset."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ovtui.host.session_socket import SessionSocketError
from ovtui.host.state_paths import new_sweep_folder
from ovtui.metrics.energy.unreadable import why_no_watts
from ovtui.metrics.session.study_state import StudyState
from ovtui.metrics.sweep.answer_text import answer_text
from ovtui.metrics.sweep.goals import find_goal
from ovtui.metrics.sweep.grid import GridPoint, by_compile, grid_point, whole_grid
from ovtui.metrics.sweep.ranking import candidates, rank
from ovtui.metrics.sweep.rows import SweepRow, front, front_of, goals_of
from ovtui.records.events import StudyPoint
from ovtui.records.study_events import SweepAnswer, SweepSpec
from ovtui.settings.errors import SettingsError
from ovtui.settings.vary_text import points_in
from ovtui.studies.conductor import Conductor, Found, StudyStopped, TurnFailed
from ovtui.studies.study_points import StudyPoints
from ovtui.studies.sweep_folder import SweepFolderError, claim_folder, why_not_able
from ovtui.studies.sweep_point import Measured, PointMeter
from ovtui.studies.sweep_preset import save_best
from ovtui.studies.sweep_storage import BATCH, SweepStorage
from ovtui.studies.sweep_time import block_s

if TYPE_CHECKING:
    from optuna.trial import Trial

WATTS_WITHIN_S = 3.0
"""How long a sweep for energy waits for the first reading."""
LONGER = 10.0
"""A point of the front whose limits are not known to hold is measured so much longer at most, before the rounds."""
_LEAST_JOULE_S = 5.0
"""Watts are read once a second."""


def run(conductor: Conductor) -> Found:
    if reason := why_not_able():
        return Found(reason, None, failed=True)
    try:
        sweep = Sweep(conductor)
    except (SweepFolderError, SettingsError, SessionSocketError) as error:
        return Found(str(error), None, failed=True)
    except ImportError as error:
        return Found(
            f"Optuna cannot be loaded: {error}; install it again: pip install 'ovtui[sweep]'", None, failed=True
        )
    try:
        return sweep.go()
    except SweepFolderError as error:
        return Found(f"{error}; what was measured until then is kept", None, failed=True)
    finally:
        sweep.close()


class Sweep:
    """Owner: the study's process."""

    def __init__(self, conductor: Conductor) -> None:
        """Raises SweepFolderError and SettingsError."""
        began = conductor.began
        assert isinstance(began.spec, SweepSpec)
        self._conductor, self._spec = conductor, began.spec
        self._goal = find_goal(self._spec.goal)
        slo = self._spec.slo or began.settings.slo
        self._base = msgspec.structs.replace(began.settings, slo=slo, duration_s=0.0, requests=0)
        self._folder = Path(self._spec.folder or new_sweep_folder())
        claim_folder(self._folder, self._spec, began.settings)
        self._storage = SweepStorage(self._folder, self._spec)
        self._study = StudyState(began)
        self._meter = PointMeter(conductor, lambda: goals_of(self._study))
        self._point_s = max(self._spec.point_s, _LEAST_JOULE_S) if self._goal.name == "joules" else self._spec.point_s
        self._planned = min(points_in(self._spec.vary), self._spec.most_points)
        self._points = StudyPoints(
            conductor, self._meter, self._study, planned=self._planned, point_s=self._point_s,
            keep_again=self._storage.keep_again,
        )  # fmt: skip
        self._time = self._points.time

    def close(self) -> None:
        self._storage.close()

    def go(self) -> Found:
        conductor = self._conductor
        try:
            if self._goal.name == "joules" and not self._has_watts():
                return Found(f"goal joules: {self._why_no_watts()}; choose another --goal", None, failed=True)
            self._tell_known()
            self._measure_points()
            self._measure_again()
        except StudyStopped:
            with contextlib.suppress(TurnFailed):
                conductor.rest()
        ranking = rank(self._study)
        best = next((point for point in self._study.points if point.point == ranking.best), None)
        preset, note = save_best(self._spec, self._base, best)
        ratio = ranking.ratio
        known = ratio is not None and None not in (ratio.estimate, ratio.low, ratio.high)
        answer = SweepAnswer(
            best=ranking.best,
            front=[point.point for point in front(self._study)],
            points=len({point.point for point in self._study.points}),
            lasted_s=(conductor.now_ns - conductor.began.t_ns) / 1e9,
            compiling_s=self._meter.compiling_s,
            measuring_s=self._meter.measuring_s,
            preset=preset,
            tied=ranking.tied,
            runner_up=ranking.runner_up,
            ratio=[ratio.estimate or 0.0, ratio.low or 0.0, ratio.high or 0.0] if ratio is not None and known else [],
            folder=str(self._folder),
        )
        return Found(answer_text(self._study, answer) + note, answer)

    # The points

    def _measure_points(self) -> None:
        if self._storage.whole:
            grid = whole_grid(self._base, self._spec.vary)
            known = self._known()
            for number, point in enumerate(grid, 1):
                if point.key not in known:
                    self._measure_point(number, point)
            return
        while len(known := self._known()) < self._planned:
            asked = self._storage.ask(min(BATCH, self._planned - len(known)), list(known))
            if not asked:
                return
            points = [grid_point(self._base, values) for _, values in asked]
            trials = {point.key: trial for point, (trial, _) in zip(points, asked, strict=True)}
            for point in by_compile(points):
                self._measure_point(1 + max((each.point for each in self._study.points), default=0), point,
                                    trials[point.key])  # fmt: skip

    def _measure_point(self, number: int, point: GridPoint, trial: Trial | None = None) -> None:
        conductor = self._conductor
        kept = self._storage.begin(point.values) if trial is None else trial
        self._time.begin(conductor.now_ns)
        if point.settings is None:
            measured = Measured("refused", point.reason)
        else:
            step = partial(self._points.step, number, point.text)
            measured = self._meter.measure(point.settings, point.text, self._point_s, step, self._rivals())
        told = self._points.told(number, point.values, point.text, measured, point.settings or self._base, 1)
        self._storage.end(kept, told)
        self._points.tell(told)
        self._time.end_point(conductor.now_ns)

    def _rivals(self) -> list[StudyPoint]:
        """Those that a point may be beaten by: measured to their end, and with limits that hold."""
        able = [point for point in self._study.points if point.outcome in ("held", "measured")]
        return front_of(able, *goals_of(self._study))

    # Again

    def _measure_again(self) -> None:
        """The first rounds alone choose what is measured again, so that a sweep that goes on chooses the same."""
        first = StudyState(self._conductor.began, points=[point for point in self._study.points if point.round == 1])
        rows = candidates(first)
        if len(rows) < 2 and all(row.point.outcome != "unknown" for row in rows):
            return
        unknown = sum(row.point.outcome == "unknown" for row in rows)
        self._time.plan_again(len(rows), self._block_s(rows), unknown, LONGER * self._point_s)
        for row in rows:
            if row.point.outcome == "unknown":
                self._points.measure_again(row.point, 2, LONGER * self._point_s, "decided")
                self._time.end_longer()
        if len(rows) < 2:
            return
        self._points.alternate([row.point for row in rows], self._block_s(rows))

    def _block_s(self, rows: Sequence[SweepRow]) -> float:
        slowest = min((row.point.figures.throughput or 1.0 for row in rows if row.point.figures), default=1.0)
        least_s = _LEAST_JOULE_S if self._goal.name == "joules" else 0.0
        return max(block_s(self._point_s, slowest), least_s)

    # Telling

    def _tell_known(self) -> None:
        """Points that were measured before this process began: they count, and are told once more."""
        for point in list(self._storage.points):
            began = self._conductor.began
            self._points.tell(msgspec.structs.replace(point, study=began.study, t_ns=self._conductor.now_ns))

    def _known(self) -> set[tuple[tuple[str, str], ...]]:
        return {tuple(sorted(point.values.items())) for point in self._study.points}

    def _has_watts(self) -> bool:
        conductor = self._conductor
        until_ns = conductor.now_ns + int(WATTS_WITHIN_S * 1e9)
        while not conductor.digest.telemetry.watts.by_name and conductor.now_ns < until_ns:
            conductor.look()
        return bool(conductor.digest.telemetry.watts.by_name)

    def _why_no_watts(self) -> str:
        return why_no_watts(self._conductor.digest.session_state.disturbances.power) or "no watts can be read"
