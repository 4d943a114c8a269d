"""The points of a study, of a sweep or a rank: each told once it was measured, those that are nearly as good as each
other measured again in alternation, and how long all of it will take yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import msgspec

from ovtui.metrics.session.study_state import StudyState
from ovtui.metrics.sweep.ranking import MOST_CANDIDATES, ROUNDS
from ovtui.records.events import StudyPoint
from ovtui.records.study_events import Doing, PointStart
from ovtui.settings.schema.settings import Settings
from ovtui.studies.conductor import Conductor
from ovtui.studies.sweep_point import Measured, PointMeter, Until
from ovtui.studies.sweep_time import SweepTime

FIRST_ROUND = 3
"""Of those in alternation; the second round is the longer one, of a point whose limits were not known to hold."""


class StudyPoints:
    """Owner: the study's process."""

    def __init__(
        self,
        conductor: Conductor,
        meter: PointMeter,
        study: StudyState,
        *,
        planned: int,
        point_s: float,
        keep_again: Callable[[StudyPoint], None] = lambda _: None,
    ) -> None:
        """`study` gets each point that is told. `keep_again`: called with what a later round has measured, before it is
        told."""
        self._conductor, self._meter, self._keep_again = conductor, meter, keep_again
        self.study, self.time = study, SweepTime(planned)
        self._planned, self._point_s = planned, point_s

    # Telling

    def told(
        self,
        number: int,
        values: dict[str, str],
        text: str,
        measured: Measured,
        settings: Settings,
        round_: int,
        start: PointStart | None = None,
    ) -> StudyPoint:
        recording = self._conductor.digest.session_state.recording
        return StudyPoint(
            t_ns=self._conductor.now_ns,
            study=self._conductor.began.study,
            point=number,
            text=text,
            values=values,
            settings=settings,
            outcome=measured.outcome,
            reason=measured.reason,
            figures=measured.figures,
            segment=measured.segment,
            begin_ns=measured.begin_ns,
            until_ns=measured.until_ns,
            recording=recording.path if recording is not None else "",
            round=round_,
            start=start,
        )

    def tell(self, point: StudyPoint) -> None:
        """In this session's own recording the point needs no path."""
        self.study.points.append(point)
        recording = self._conductor.digest.session_state.recording
        here = recording is not None and recording.path == point.recording
        self._conductor.tell(msgspec.structs.replace(point, recording="") if here else point)

    def step(self, number: int, text: str, doing: Doing) -> None:
        left = self._planned - len({point.point for point in self.study.points})
        self._conductor.step(
            doing,
            text,
            point=number,
            planned=self._planned,
            left_s=self.time.left_s(left, self._point_s),
        )

    # Again

    def alternate(self, points: Sequence[StudyPoint], block_s: float) -> None:
        """Measures each of them once in each of ROUNDS rounds, every second round in the other direction."""
        self.time.begin(self._conductor.now_ns)
        for number in range(ROUNDS):
            for point in points if number % 2 == 0 else reversed(points):
                measured = self.measure_again(point, FIRST_ROUND + number, block_s, "over")
                self.time.end_block(self._conductor.now_ns, measured=measured)

    def measure_again(self, point: StudyPoint, round_: int, for_s: float, until: Until) -> bool:
        """False where that round was measured before, or the point cannot be served any more."""
        done = {(each.point, each.round) for each in self.study.points}
        failed = any(each.point == point.point and each.outcome in ("refused", "failed") for each in self.study.points)
        if (point.point, round_) in done or failed:
            return False
        measured = self._meter.measure(
            point.settings, point.text, for_s, partial(self._step_again, point.point, point.text),
            keep=MOST_CANDIDATES - 1, until=until,
        )  # fmt: skip
        told = self.told(point.point, point.values, point.text, measured, point.settings, round_)
        self._keep_again(told)
        self.tell(told)
        return True

    def _step_again(self, number: int, text: str, doing: Doing) -> None:
        self.step(number, text, "measuring again" if doing == "measuring" else doing)
