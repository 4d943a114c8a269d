"""The points of a sweep in Optuna's storage: which one comes next, and what was measured, kept through a kill.

Optuna's journal is a file of one line for each operation. A process that is killed may leave the last line cut, which
Optuna would take for damage once another line is behind it: it is cut off before the file is opened. Optuna's own lock,
a link in the file system, would outlive the process, so the folder's lock stands in its place."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ovtui.metrics.sweep.goals import GOALS, IN_ITEMS, INSTEAD, Goal, second_goal
from ovtui.metrics.sweep.rows import MAY_WIN
from ovtui.records.events import StudyPoint
from ovtui.records.study_events import SweepSpec
from ovtui.settings.vary_text import points_in
from ovtui.studies.sweep_folder import JOURNAL, FolderLock, SweepFolderError

if TYPE_CHECKING:
    from optuna.storages.journal import JournalFileBackend
    from optuna.trial import Trial

WHOLE_GRID = 64
"""Up to so many points all are measured; of more, those that Optuna's sampler chooses."""
BATCH = 8
"""As many are asked for at once above that, so that those of one compile can be measured together."""
_POINT, _AGAIN = "point", "again"
_STARTUP = 16
"""Points that are chosen at random before the sampler has learnt anything."""


class SweepStorage:
    """Owner: the study's process. One open trial at a time, or a batch of them."""

    def __init__(self, folder: Path, spec: SweepSpec) -> None:
        """Opens the storage of the folder, or makes it. Raises SweepFolderError."""
        import optuna
        from optuna.storages import JournalStorage
        from optuna.study import StudyDirection

        optuna.logging.set_verbosity(optuna.logging.CRITICAL)
        self._spec = spec
        self._goals = GOALS[spec.goal], second_goal(spec.goal, spec.slo)
        self._lock = FolderLock(folder)
        self._random = random.Random(0)
        path = folder / JOURNAL
        try:
            drop_cut_line(path)
            storage = JournalStorage(_journal(path))
            directions = [StudyDirection.MAXIMIZE if goal.higher else StudyDirection.MINIMIZE for goal in self._goals]
            self._study = optuna.create_study(
                storage=storage, study_name="sweep", directions=directions, load_if_exists=True,
                sampler=self._sampler(),
            )  # fmt: skip
            self.points = self._known_points()
        except OSError as error:
            self.close()
            raise SweepFolderError(f"{path}: cannot be used: {error.strerror}") from None
        except (ValueError, KeyError, msgspec.MsgspecError, RuntimeError):
            self.close()
            raise SweepFolderError(f"{path}: is damaged; begin a new sweep in another folder") from None

    @property
    def whole(self) -> bool:
        """Whether every point of the grid is measured."""
        return points_in(self._spec.vary) <= min(WHOLE_GRID, self._spec.most_points)

    def begin(self, values: Mapping[str, str]) -> Trial:
        """A trial of just these values."""
        self._study.enqueue_trial(dict(values))
        return self._asked()[0]

    def ask(self, count: int, known: Sequence[tuple[tuple[str, str], ...]]) -> list[tuple[Trial, dict[str, str]]]:
        """Up to `count` points that the sampler chooses, none of those `known` by their sorted values. Where it chooses
        nothing new, others of the grid are taken at random."""
        taken = set(known)
        found: list[tuple[Trial, dict[str, str]]] = []
        for _ in range(4 * count):
            if len(found) == count:
                break
            trial, values = self._asked()
            key = tuple(sorted(values.items()))
            if key in taken:
                self._study.tell(trial, state=_state("FAIL"))
                continue
            taken.add(key)
            found.append((trial, values))
        for values in islice(self._others(taken), count - len(found)):
            found.append((self.begin(values), values))
        return found

    def end(self, trial: Trial, point: StudyPoint) -> None:
        """Keeps what was measured of a trial. A point that was refused or left early counts as failed for the
        sampler."""
        trial.set_user_attr(_POINT, _text(point))
        values = [_work(each, point) for each in self._goals]
        if values[1] is None:  # too few requests for it; the sampler is helped by a lower percentile, too
            values[1] = next(
                (value for name in INSTEAD if (value := GOALS[name].value(point.figures)) is not None), None
            )
        if point.outcome in MAY_WIN and None not in values:
            self._study.tell(trial, [float(value or 0.0) for value in values])
        else:
            self._study.tell(trial, state=_state("FAIL"))
        self.points.append(point)

    def keep_again(self, point: StudyPoint) -> None:
        """Keeps what a later round has measured of a point."""
        self._study.set_user_attr(f"{_AGAIN} {point.round} {point.point}", _text(point))
        self.points.append(point)

    def close(self) -> None:
        self._lock.close()

    def _asked(self) -> tuple[Trial, dict[str, str]]:
        trial = self._study.ask()
        return trial, {name: str(trial.suggest_categorical(name, values)) for name, values in self._spec.vary.items()}

    def _others(self, taken: set[tuple[tuple[str, str], ...]]) -> Iterator[dict[str, str]]:
        """Points of the grid that were not taken, in an order that has no system."""
        names = list(self._spec.vary)
        size = points_in(self._spec.vary)
        if size <= 100_000:
            grid = [dict(zip(names, values, strict=True)) for values in product(*self._spec.vary.values())]
            self._random.shuffle(grid)
            yield from (values for values in grid if tuple(sorted(values.items())) not in taken)
            return
        while True:  # of so many hardly any is taken
            values = {name: self._random.choice(texts) for name, texts in self._spec.vary.items()}
            if tuple(sorted(values.items())) not in taken:
                yield values

    def _known_points(self) -> list[StudyPoint]:
        """What was measured before; ends the trials that were under way when the process was killed, which are measured
        anew."""
        points: list[StudyPoint] = []
        for trial in self._study.get_trials(deepcopy=False):
            text = trial.user_attrs.get(_POINT)
            if text:
                points.append(_point(text))
            if not trial.state.is_finished():
                waits = trial.state == _state("WAITING")
                self._study.tell(self._study.ask() if waits else trial.number, state=_state("FAIL"))
        again = [_point(text) for key, text in self._study.user_attrs.items() if key.startswith(_AGAIN)]
        return points + sorted(again, key=lambda point: (point.round, point.point))

    def _sampler(self) -> Any:
        from optuna.samplers import RandomSampler, TPESampler

        return RandomSampler(seed=0) if self.whole else TPESampler(seed=0, n_startup_trials=_STARTUP)


def drop_cut_line(path: Path) -> None:
    """Shortens a file of lines to its last whole one. Raises OSError."""
    if not path.exists():
        return
    with path.open("r+b") as file:
        text = file.read()
        whole = text.rfind(b"\n") + 1
        if whole < len(text):
            file.truncate(whole)


def _journal(path: Path) -> JournalFileBackend:
    """Optuna's file, written to without waiting for the disk, which takes 10 ms for each of the seven lines of a point:
    what the kernel has survives a kill."""
    from optuna.storages.journal import JournalFileBackend

    class Journal(JournalFileBackend):
        def append_logs(self, logs: list[dict[str, Any]]) -> None:
            try:
                with path.open("ab") as file:  # the folder's lock is held
                    file.write(b"".join(msgspec.json.encode(log) + b"\n" for log in logs))
            except OSError as error:
                raise SweepFolderError(f"{path}: cannot be written to: {error.strerror}") from None

    return Journal(str(path))


def _work(goal: Goal, point: StudyPoint) -> float | None:
    """In items where they are known: which unit the sweep tells is only known at its end."""
    in_items = IN_ITEMS.get(goal.name, goal).value(point.figures)
    return goal.value(point.figures) if in_items is None else in_items


def _state(name: str) -> Any:
    from optuna.trial import TrialState

    return TrialState[name]


def _text(point: StudyPoint) -> str:
    return msgspec.json.encode(point).decode()


def _point(text: str) -> StudyPoint:
    return msgspec.json.decode(text, type=StudyPoint)
