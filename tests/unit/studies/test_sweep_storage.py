"""The storage of a sweep: kept through a kill, with a last line that is cut, and for one process at a time."""

from __future__ import annotations

from pathlib import Path

import pytest
from metrics.sweep.sweep_samples import a_point

from ovtui.records.study_events import SweepSpec
from ovtui.settings.schema.settings import Settings
from ovtui.studies.sweep_folder import (
    JOURNAL,
    FolderLock,
    SweepFolderError,
    claim_folder,
    new_recording,
    read_brief,
    write_brief,
)
from ovtui.studies.sweep_storage import SweepStorage

SPEC = SweepSpec(vary={"nireq": ["1", "2", "4"]})
LARGE = SweepSpec(vary={"nireq": [str(n) for n in range(1, 31)], "nstreams": ["1", "2", "4"]}, most_points=40)


def _measure(storage: SweepStorage, number: int, nireq: str) -> None:
    trial = storage.begin({"nireq": nireq})
    storage.end(trial, a_point(number, 100.0 * number, values={"nireq": nireq}))


def test_what_was_measured_is_there_after_a_kill(tmp_path: Path) -> None:
    storage = SweepStorage(tmp_path, SPEC)
    assert storage.whole
    _measure(storage, 1, "1")
    _measure(storage, 2, "2")
    storage.keep_again(a_point(2, 190.0, round_=3))
    storage.begin({"nireq": "4"})  # under way when the process dies
    known = list(storage.points)
    storage.close()
    journal = tmp_path / JOURNAL
    lines = journal.read_bytes().splitlines(keepends=True)
    for cut in (1, len(lines[-1]) // 2, len(lines[-1]) - 1):
        journal.write_bytes(b"".join(lines[:-1]) + lines[-1][:cut])
        again = SweepStorage(tmp_path, SPEC)
        assert again.points == known
        trial = again.begin({"nireq": "4"})
        assert trial.params == {"nireq": "4"}
        again.close()
    journal.write_bytes(b"".join(lines[:-8]))  # as if the last operations had never reached the disk
    again = SweepStorage(tmp_path, SPEC)
    assert again.points[0] == known[0]
    _measure(again, 3, "4")
    again.close()


def test_a_point_that_waits_in_a_cut_journal_is_not_taken_for_the_next_one(tmp_path: Path) -> None:
    storage = SweepStorage(tmp_path, SPEC)
    storage._study.enqueue_trial({"nireq": "2"})
    storage.close()
    again = SweepStorage(tmp_path, SPEC)
    assert again.begin({"nireq": "4"}).params == {"nireq": "4"}
    again.close()


def test_damage_in_the_middle_is_one_sentence(tmp_path: Path) -> None:
    storage = SweepStorage(tmp_path, SPEC)
    _measure(storage, 1, "1")
    storage.close()
    journal = tmp_path / JOURNAL
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([lines[0], b"nonsense\n", *lines[1:]]))
    with pytest.raises(SweepFolderError, match="is damaged"):
        SweepStorage(tmp_path, SPEC)
    FolderLock(tmp_path).close()  # was given up


def test_one_process_at_a_time(tmp_path: Path) -> None:
    storage = SweepStorage(tmp_path, SPEC)
    with pytest.raises(SweepFolderError, match="another sweep writes to it"):
        SweepStorage(tmp_path, SPEC)
    storage.close()


def test_of_a_large_grid_no_point_is_chosen_twice(tmp_path: Path) -> None:
    storage = SweepStorage(tmp_path, LARGE)
    assert not storage.whole
    chosen: list[tuple[tuple[str, str], ...]] = []
    while len(chosen) < 24:
        for trial, values in storage.ask(8, chosen):
            chosen.append(tuple(sorted(values.items())))
            storage.end(trial, a_point(len(chosen), float(values["nireq"]), 1.0, values=values))
    assert len(set(chosen)) == len(chosen) == 24
    storage.close()


def test_where_all_points_are_taken_there_is_none_to_choose(tmp_path: Path) -> None:
    storage = SweepStorage(tmp_path, SweepSpec(vary={"nireq": ["1", "2", "4"]}, most_points=2))
    assert len(storage.ask(8, [(("nireq", "2"),)])) == 2
    storage.close()


def test_the_brief_says_all_that_going_on_needs(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    settings = Settings(model="demo-mlp", nireq=4)
    write_brief(folder, SweepSpec(vary={"nireq": ["1"]}, resumes="/x"), settings)
    brief = read_brief(folder)
    assert (brief.settings, brief.spec.vary, brief.spec.resumes) == (settings, {"nireq": ["1"]}, "")
    with pytest.raises(SweepFolderError, match="there is no sweep in it"):
        read_brief(tmp_path)
    claim_folder(folder, brief.spec, settings)
    with pytest.raises(SweepFolderError, match="another sweep is in it"):
        claim_folder(folder, SPEC, settings)
    (folder / "sweep.json").write_text("{")
    with pytest.raises(SweepFolderError, match="is damaged"):
        read_brief(folder)
    assert new_recording(folder).name == "1.ovtui"
    (folder / "1.ovtui").touch()
    assert new_recording(folder).name == "2.ovtui"


def test_a_folder_that_takes_no_more_is_told_in_one_sentence(tmp_path: Path) -> None:
    storage = SweepStorage(tmp_path, SPEC)
    _measure(storage, 1, "1")
    (tmp_path / JOURNAL).rename(tmp_path / "kept")
    (tmp_path / JOURNAL).symlink_to("/dev/full")
    with pytest.raises(SweepFolderError, match=r"journal\.log: cannot be written to: No space left on device$"):
        storage.begin({"nireq": "2"})
    storage.close()


def test_several_trials_are_open_at_once_and_one_that_is_given_back_waits(tmp_path: Path) -> None:
    storage = SweepStorage(tmp_path, SPEC)
    first, second = storage.begin({"nireq": "1"}), storage.begin({"nireq": "2"})
    first.set_user_attr("box", "b1")
    storage.end(second, a_point(2, 200.0, values={"nireq": "2"}))
    storage.give_back(first)
    assert storage.waiting == [({"nireq": "1"}, {"box": "b1"})]
    third = storage.begin({"nireq": "4"})  # not the one that waits
    assert third.params == {"nireq": "4"}
    again = storage.begin({"nireq": "1"})
    assert (again.number, again.params) == (first.number, {"nireq": "1"})
    storage.open_again(2, 2, {"box": "b2"})
    storage.close()  # killed with two open
    taken_up = SweepStorage(tmp_path, SPEC)
    assert [values["nireq"] for values, _ in taken_up.waiting] == ["1", "4"]
    assert taken_up.opened_again(2, 2) == {"box": "b2"}
    assert taken_up.opened_again(2, 3) == {}
    assert taken_up.begin({"nireq": "1"}).number == first.number
    taken_up.close()


def test_of_a_large_grid_what_was_given_back_is_chosen_first(tmp_path: Path) -> None:
    storage = SweepStorage(tmp_path, LARGE)
    [(trial, values)] = storage.ask(1, [])
    storage.give_back(trial)
    storage.close()
    again = SweepStorage(tmp_path, LARGE)
    [(taken, same)] = again.ask(1, [])
    assert (taken.number, same) == (trial.number, values)
    assert again.waiting == []
    again.close()
