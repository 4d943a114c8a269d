"""The points of one kind of box: which box is given which, and what came of them. All of it is in the kind's storage
before it is told, so that a controller that is killed loses no more than what is under way."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection
from pathlib import Path

from ovtui.fleet.box import BoxError
from ovtui.fleet.sweep.beaten import Rivals
from ovtui.fleet.sweep.job import Job
from ovtui.fleet.sweep.repeats import ROUNDS, boxes_spread, wanted
from ovtui.metrics.session.study_state import StudyState
from ovtui.metrics.sweep.grid import GridPoint, grid_point, whole_grid
from ovtui.metrics.sweep.rows import counts_items, front_of, goals_of
from ovtui.records.events import StudyBegan, StudyPoint
from ovtui.records.study_events import SweepSpec
from ovtui.settings.listing import first_few
from ovtui.settings.schema.settings import Settings
from ovtui.settings.vary_text import points_in
from ovtui.studies.sweep_point import Measured
from ovtui.studies.sweep_storage import SweepStorage

LONGER = 10.0
"""A point whose limits are not known to hold is measured so much longer at most, when it is measured again."""
LONGER_REQUESTS = 1_500
"""Enough for a verdict on a p99 that lies well within its limit."""
OF_ITEMS = {"model", "batch_size", "shape", "data_shape", "layout", "input"}
"""Settings by which requests hold other numbers of items."""
MOST_LOST = 3
"""A point during which so many boxes were lost, one after another, is given to no other."""
MOST_FAILED = 2
"""A session that fails may be its box's fault; one that fails twice is the point's."""


class KindPoints:
    """Owner: the controller's loop."""

    def __init__(self, folder: Path, spec: SweepSpec, settings: Settings, tell: Callable[[StudyPoint], None]) -> None:
        """`folder`: the kind's own, of which the brief is written. `tell`: called with each point once it is kept.
        Raises SweepFolderError."""
        self._storage = SweepStorage(folder, spec)
        self.spec, self._base, self._tell = spec, settings, tell
        self._began_ns = time.monotonic_ns()
        self.study = StudyState(StudyBegan(t_ns=0, study=1, spec=spec, settings=settings), points=[])
        self._planned = min(points_in(spec.vary), spec.most_points)
        self._running: list[Job] = []
        self._back: deque[Job] = deque()
        self._rest: deque[tuple[int, GridPoint]] = deque()
        self.compiling_s = 0.0
        """Of all sessions that this process has begun."""
        self._exhausted = False
        """The sampler of a large grid finds no other point."""
        self.study.points.extend(self._storage.points)
        self._take_up()

    def close(self) -> None:
        """Gives the folder free."""
        self._storage.close()

    @property
    def left(self) -> int:
        """How many points were not measured yet."""
        return self._planned - len(self._measured())

    @property
    def done(self) -> bool:
        """Whether nothing is left to measure, and nothing is under way."""
        if self._running or self._back or self._rest or not self._all_asked():
            return False
        return not self._owed()

    def next_for(self, box: str, boxes: Collection[str]) -> Job | None:
        """What the box is to measure now; None where there is nothing for it at this moment. `boxes`: all of the kind
        that are not left out, this one among them."""
        job = self._chosen(box, boxes)
        if job is None:
            return None
        job.box, job.pinned = box, ""
        job.rivals = self._rivals() if job.round == 1 else None
        since_s = time.time()
        if job.round == 1:
            trial = job.trial = self._storage.begin(job.point.values) if job.trial is None else job.trial
            told = {"box": box, "since_s": since_s, "tries": job.tries, "number": job.number}
            for name, value in told.items():
                trial.set_user_attr(name, value)
        else:
            self._storage.open_again(job.number, job.round, {"box": box, "since_s": since_s, "tries": job.tries})
        self._running.append(job)
        return job

    def finish(self, job: Job, measured: Measured, recording: str = "") -> None:
        """What came of it is kept, and told. A point that was measured already in that round counts once."""
        self._running.remove(job)
        if any((each.point, each.round) == job.key for each in self.study.points):
            return
        self._keep(job, measured, recording)

    def give_back(self, job: Job) -> None:
        """Nothing came of it, and nothing says that the point is the reason."""
        self._running.remove(job)
        job.tries += 1
        if job.round == 1 and job.trial is not None:
            job.trial.set_user_attr("tries", job.tries)
            self._storage.give_back(job.trial)
            job.trial = None
        elif job.round > 1:
            self._storage.open_again(job.number, job.round, {"box": "", "since_s": None, "tries": job.tries})
        self._back.append(job)

    def lose(self, job: Job, error: BoxError) -> bool:
        """Its box failed while it was under way. True where that is the point's doing, which is its outcome then."""
        if error.kind == "refused":
            self.finish(job, Measured("refused", error.text))
            return True
        if error.kind == "failed":
            job.failed += 1
            if job.failed >= MOST_FAILED:
                self.finish(job, Measured("failed", error.text))
                return True
        else:
            job.lost = [*(job.lost or []), job.box]
            if len(job.lost) >= MOST_LOST:
                names = first_few(list(dict.fromkeys(job.lost)), 3)
                self.finish(job, Measured("failed", f"{names} failed while it was measured there: {error.text}"))
                return True
        self.give_back(job)
        return False

    def give_all_back(self) -> None:
        for job in list(self._running):
            self.give_back(job)

    def _rivals(self) -> Rivals | None:
        """None where requests may hold different numbers of items, which the blocks of a box do not tell."""
        if counts_items(self.study) or self.spec.vary.keys() & OF_ITEMS:
            return None
        goal, second = goals_of(self.study)
        able = [point for point in self.study.points if point.outcome in ("held", "measured") and point.round == 1]
        return Rivals(front_of(able, goal, second), goal, second, boxes_spread(self.study))

    # Which comes next

    def _chosen(self, box: str, boxes: Collection[str]) -> Job | None:
        found = next((job for job in self._back if self._may(job, box, boxes)), None)
        if found is not None:
            self._back.remove(found)
            return found
        while self._rest:
            number, point = self._rest.popleft()
            if point.settings is not None:
                return Job(number, point, 1, self.spec.point_s)
            self._refuse(number, point)
        if not self._all_asked():
            return self._asked()
        return next((job for job in self._owed() if self._may(job, box, boxes)), None)

    def _may(self, job: Job, box: str, boxes: Collection[str]) -> bool:
        if job.pinned and job.pinned != box and job.pinned in boxes:
            return False
        return job.round == 1 or len(boxes) < 2 or self._box_of_other_round(job) != box

    def _box_of_other_round(self, job: Job) -> str:
        other = next(each for each in ROUNDS if each != job.round)
        at_work = [each.box for each in self._running if each.key == (job.number, other)]
        measured = [each.box for each in self.study.points if (each.point, each.round) == (job.number, other)]
        return next(iter([*at_work, *measured]), "")

    def _owed(self) -> list[Job]:
        """The rounds that are to be measured again and that no box has; none before all were measured once."""
        if self._rest or not self._all_asked() or any(job.round == 1 for job in (*self._running, *self._back)):
            return []
        taken = {(point.point, point.round) for point in self.study.points}
        taken |= {job.key for job in (*self._running, *self._back)}
        first = {point.point: point for point in self.study.points if point.round == 1}
        found = []
        for number in wanted(self.study):
            for round_ in ROUNDS:
                if (number, round_) in taken:
                    continue
                known = self._storage.opened_again(number, round_)
                point = GridPoint(first[number].values, first[number].settings)
                job = Job(number, point, round_, self._again_s(first[number]), known.get("tries", 0))
                job.pinned = known.get("box", "")
                found.append(job)
        return found

    def _again_s(self, point: StudyPoint) -> float:
        """Longer where the limits are not known to hold: until there are enough requests for a p99."""
        if point.outcome != "unknown" or point.figures is None:
            return self.spec.point_s
        wanted_s = LONGER_REQUESTS / max(point.figures.throughput or 0.0, 1e-6)
        return min(max(self.spec.point_s, wanted_s), LONGER * self.spec.point_s)

    def _all_asked(self) -> bool:
        """Whether the sampler of a large grid has chosen all that there will be."""
        if self._storage.whole or self._exhausted:
            return True
        return len(self._measured() | {job.number for job in (*self._running, *self._back)}) >= self._planned

    def _asked(self) -> Job | None:
        """A point that the sampler of a large grid chooses, by what is known so far."""
        while not self._all_asked():
            taken = {tuple(sorted(point.values.items())) for point in self.study.points}
            taken |= {job.point.key for job in (*self._running, *self._back)}
            asked = self._storage.ask(1, list(taken))
            if not asked:
                self._exhausted = True
                return None
            trial, values = asked[0]
            point = grid_point(self._base, values)
            number = 1 + max([*self._measured(), *(job.number for job in (*self._running, *self._back))], default=0)
            if point.settings is not None:
                return Job(number, point, 1, self.spec.point_s, trial=trial)
            told = self._point(Job(number, point, 1, 0.0), Measured("refused", point.reason), "")
            self._storage.end(trial, told)
            self._told(told)
        return None

    # What is known

    def _take_up(self) -> None:
        """What another process has left: points that are known, and those that were under way on a box."""
        known = {tuple(sorted(point.values.items())) for point in self.study.points}
        open_ = {tuple(sorted(values.items())): attributes for values, attributes in self._storage.waiting}
        if self._storage.whole:
            for number, point in enumerate(whole_grid(self._base, self.spec.vary), 1):
                if point.key in known:
                    continue
                attributes = open_.get(point.key, {})
                if attributes and point.settings is not None:
                    self._back.append(self._taken_up(number, point, attributes))
                else:
                    self._rest.append((number, point))
            return
        for key, attributes in open_.items():
            point = grid_point(self._base, dict(key))
            if attributes.get("number") and point.settings is not None and key not in known:
                self._back.append(self._taken_up(int(attributes["number"]), point, attributes))

    def _taken_up(self, number: int, point: GridPoint, attributes: dict[str, object]) -> Job:
        tries, pinned = attributes.get("tries", 0), attributes.get("box", "")
        return Job(number, point, 1, self.spec.point_s, tries if isinstance(tries, int) else 0, str(pinned))

    def _measured(self) -> set[int]:
        return {point.point for point in self.study.points}

    def _refuse(self, number: int, point: GridPoint) -> None:
        """Values that do not go together need no box."""
        trial = self._storage.begin(point.values)
        told = self._point(Job(number, point, 1, 0.0), Measured("refused", point.reason), "")
        self._storage.end(trial, told)
        self._told(told)

    def _keep(self, job: Job, measured: Measured, recording: str) -> None:
        told = self._point(job, measured, recording)
        if job.round == 1:
            assert job.trial is not None
            self._storage.end(job.trial, told)
        else:
            self._storage.keep_again(told)
        self._told(told)

    def _told(self, point: StudyPoint) -> None:
        self.study.points.append(point)
        self._tell(point)

    def _point(self, job: Job, measured: Measured, recording: str) -> StudyPoint:
        return StudyPoint(
            t_ns=time.monotonic_ns() - self._began_ns,
            study=1,
            point=job.number,
            text=job.point.text,
            values=job.point.values,
            settings=job.point.settings or self._base,
            outcome=measured.outcome,
            reason=measured.reason,
            figures=measured.figures,
            segment=measured.segment,
            begin_ns=measured.begin_ns,
            until_ns=measured.until_ns,
            recording=recording,
            round=job.round,
            box=job.box,
        )
