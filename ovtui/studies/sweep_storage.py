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
    from optuna.trial import FrozenTrial, Trial

WHOLE_GRID = 64
"""Up to so many points all are measured; of more, those that Optuna's sampler chooses."""
BATCH = 8
"""As many are asked for at once above that, so that those of one compile can be measured together."""
_STUDY = "sweep"
_POINT, _AGAIN, _OPEN = "point", "again", "open"
_STARTUP = 16
"""Points that are chosen at random before the sampler has learnt anything."""


class SweepStorage:
    """Owner: the process that holds the folder's lock. As many open trials as there are measured at once. Those that a
    killed process left open wait again, with their values and attributes, and are given out before others."""

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
        self._waits: dict[tuple[tuple[str, str], ...], int] = {}
        """The numbers of the trials that wait, by their values."""
        path = folder / JOURNAL
        try:
            drop_cut_line(path)
            self._storage = storage = JournalStorage(_journal(path))
            directions = [StudyDirection.MAXIMIZE if goal.higher else StudyDirection.MINIMIZE for goal in self._goals]
            self._study = optuna.create_study(
                storage=storage, study_name=_STUDY, directions=directions, load_if_exists=True,
                sampler=self._sampler(),
            )  # fmt: skip
            self._study_id = storage.get_study_id_from_name(_STUDY)
            self.points = self._known_points()
            self._waits = {_key(_values_of(trial)): trial.number for trial in self._waiting()}
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
        """A trial of just these values: the one that waits, or a new one."""
        number = self._waits.pop(_key(values), None)
        if number is None:
            self._study.enqueue_trial(dict(values))
            number = self._waiting()[-1].number
        return self._opened(number)[0]

    def give_back(self, trial: Trial) -> None:
        """The trial waits again, with its values and attributes: it was under way, and nothing came of it."""
        self._storage.set_trial_state_values(self._id_of(trial.number), _state("WAITING"))
        self._waits[_key(trial.params)] = trial.number

    @property
    def waiting(self) -> list[tuple[dict[str, str], dict[str, Any]]]:
        """The values and the attributes of the trials that wait, the oldest first."""
        return [(_values_of(trial), dict(trial.user_attrs)) for trial in self._waiting()]

    def ask(self, count: int, known: Sequence[tuple[tuple[str, str], ...]]) -> list[tuple[Trial, dict[str, str]]]:
        """Up to `count` points that the sampler chooses, none of those `known` by their sorted values. Where it chooses
        nothing new, others of the grid are taken at random."""
        taken = set(known)
        found: list[tuple[Trial, dict[str, str]]] = []
        for _ in range(4 * count):
            if len(found) == count:
                break
            trial, values = self._asked()
            key = _key(values)
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
        self._finish(trial.number, point)
        self.points.append(point)

    def keep_again(self, point: StudyPoint) -> None:
        """Keeps what a later round has measured of a point."""
        self._study.set_user_attr(f"{_AGAIN} {point.round} {point.point}", _text(point))
        self.points.append(point)

    def open_again(self, number: int, round_: int, attributes: Mapping[str, Any]) -> None:
        """Remembers of a later round of a point that it is under way, as the attributes of a trial do."""
        self._study.set_user_attr(f"{_OPEN} {round_} {number}", dict(attributes))

    def opened_again(self, number: int, round_: int) -> dict[str, Any]:
        """What was remembered; empty where it was never begun."""
        return dict(self._study.user_attrs.get(f"{_OPEN} {round_} {number}", {}))

    def close(self) -> None:
        self._lock.close()

    def _finish(self, number: int, point: StudyPoint) -> None:
        values = [_work(each, point) for each in self._goals]
        if values[1] is None:  # too few requests for it; the sampler is helped by a lower percentile, too
            values[1] = next(
                (value for name in INSTEAD if (value := GOALS[name].value(point.figures)) is not None), None
            )
        if point.outcome in MAY_WIN and None not in values:
            self._study.tell(number, [float(value or 0.0) for value in values])
        else:
            self._study.tell(number, state=_state("FAIL"))

    def _asked(self) -> tuple[Trial, dict[str, str]]:
        trial, values = self._with_values(self._study.ask())
        self._waits.pop(_key(values), None)
        return trial, values

    def _opened(self, number: int) -> tuple[Trial, dict[str, str]]:
        """As `_asked`, but not the oldest of those that wait: this one."""
        from optuna.trial import Trial

        trial_id = self._id_of(number)
        self._storage.set_trial_state_values(trial_id, _state("RUNNING"))
        return self._with_values(Trial(self._study, trial_id))

    def _with_values(self, trial: Trial) -> tuple[Trial, dict[str, str]]:
        return trial, {name: str(trial.suggest_categorical(name, values)) for name, values in self._spec.vary.items()}

    def _waiting(self) -> list[FrozenTrial]:
        return self._study.get_trials(deepcopy=False, states=(_state("WAITING"),))

    def _id_of(self, number: int) -> int:
        return self._storage.get_trial_id_from_study_id_trial_number(self._study_id, number)

    def _others(self, taken: set[tuple[tuple[str, str], ...]]) -> Iterator[dict[str, str]]:
        """Points of the grid that were not taken, in an order that has no system."""
        names = list(self._spec.vary)
        size = points_in(self._spec.vary)
        if size <= 100_000:
            grid = [dict(zip(names, values, strict=True)) for values in product(*self._spec.vary.values())]
            self._random.shuffle(grid)
            yield from (values for values in grid if _key(values) not in taken)
            return
        while True:  # of so many hardly any is taken
            values = {name: self._random.choice(texts) for name, texts in self._spec.vary.items()}
            if _key(values) not in taken:
                yield values

    def _known_points(self) -> list[StudyPoint]:
        """What was measured before. A trial that was under way when the process was killed waits again, unless its
        values are not known yet; one whose point was kept is finished."""
        points: list[StudyPoint] = []
        for trial in self._study.get_trials(deepcopy=False):
            text = trial.user_attrs.get(_POINT)
            if text:
                points.append(_point(text))
            if trial.state.is_finished():
                continue
            trial_id = self._id_of(trial.number)
            if text:
                self._storage.set_trial_state_values(trial_id, _state("RUNNING"))
                self._finish(trial.number, points[-1])
            elif not self._are_of_grid(_values_of(trial)):
                self._storage.set_trial_state_values(trial_id, _state("FAIL"))
            elif trial.state != _state("WAITING"):
                self._storage.set_trial_state_values(trial_id, _state("WAITING"))
        again = [_point(text) for key, text in self._study.user_attrs.items() if key.startswith(_AGAIN)]
        return points + sorted(again, key=lambda point: (point.round, point.point))

    def _are_of_grid(self, values: Mapping[str, str]) -> bool:
        vary = self._spec.vary
        return values.keys() == vary.keys() and all(values[name] in texts for name, texts in vary.items())

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


def _key(values: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The values, whatever their order."""
    return tuple(sorted(values.items()))


def _values_of(trial: FrozenTrial) -> dict[str, str]:
    """Those that were set already; of one that was enqueued, those that it is to have."""
    return {**trial.system_attrs.get("fixed_params", {}), **trial.params}


def _text(point: StudyPoint) -> str:
    return msgspec.json.encode(point).decode()


def _point(text: str) -> StudyPoint:
    return msgspec.json.decode(text, type=StudyPoint)
