"""Files of the machine that are kept open, refused, replaced, gone."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from harness.fake_machine import FakeMachine

from ovtui.host.machine.sensor_files import (
    LONGEST_LOOK_AGAIN_S,
    LOOK_AGAIN_S,
    Files,
    Found,
    SensorFile,
    SensorTree,
    read_number,
    read_text,
)


def test_files_of_this_machine_are_kept_open_and_read_anew() -> None:
    file = Files(SensorTree()).open(Path("/proc/uptime"))
    assert file is not None
    first = file.text()
    descriptor = file._fd
    assert descriptor >= 0
    while file.text() == first:  # for a hundredth of a second
        pass
    assert file._fd == descriptor
    file.close()
    assert file._fd == -1
    assert file.text() is not None


def test_a_process_that_has_ended_is_gone_though_its_file_is_open() -> None:
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as process:
        files = Files(SensorTree())
        file = files.open(Path(f"/proc/{process.pid}/stat"))
        assert file is not None
        assert file.text()
        assert not files.vanished
    assert file.text() is None
    assert files.vanished
    assert file._fd == -1


def test_a_file_that_is_replaced_in_a_copy_is_read_as_it_is(tmp_path: Path) -> None:
    box = FakeMachine(tmp_path)
    box.put("sys/x", 1)
    file = Files(box.tree()).open(tmp_path / "sys/x")
    assert file is not None
    assert file.number() == 1
    box.put("sys/new", 2)
    (tmp_path / "sys/new").replace(tmp_path / "sys/x")
    assert file.number() == 2


def test_what_is_no_file_has_no_text_and_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    files = Files(FakeMachine(tmp_path).tree())
    for name in ("folder", "pipe", "loop"):
        file = files.open(tmp_path / name)
        assert file is not None
        assert file.text() is None
        assert read_text(tmp_path / name) == ""
    assert files.open(tmp_path / "missing") is None
    assert read_number(tmp_path / "missing") is None
    assert not files.vanished


def test_a_refusal_of_the_kernel_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = SensorTree()
    path = FakeMachine(tmp_path).put("energy_uj", 5)
    file = Files(tree).open(path)
    assert file is not None

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refuse)
        assert file.number() is None
    assert tree.refused == {str(path): "Permission denied"}
    assert file.number() == 5
    assert tree.refused == {}


def test_it_is_looked_again_only_while_something_is_missing(tmp_path: Path) -> None:
    box = FakeMachine(tmp_path)
    box.put("a", 1)
    looks: list[int] = []

    def look(files: Files) -> list[SensorFile]:
        looks.append(1)
        return files.open_all(sorted(tmp_path.iterdir()))

    found = Found(box.tree(), look)
    box.clock.pass_s(5 * LOOK_AGAIN_S)
    assert [file.number() for file in found.now()] == [1]
    assert len(looks) == 1
    (tmp_path / "a").unlink()
    assert [file.number() for file in found.now()] == [None]
    found.now()
    assert len(looks) == 2
    for _ in range(5):
        found.now()
    assert len(looks) == 2
    box.clock.pass_s(LOOK_AGAIN_S)
    assert found.now() == []
    assert len(looks) == 3
    box.put("b", 7)
    box.clock.pass_s(LOOK_AGAIN_S)
    assert [file.number() for file in found.now()] == [7]
    box.clock.pass_s(5 * LOOK_AGAIN_S)
    found.now()
    assert len(looks) == 4


def test_a_file_that_is_never_there_is_looked_for_less_and_less_often(tmp_path: Path) -> None:
    """Some drivers name a sensor and answer that there is no such device."""
    box = FakeMachine(tmp_path)
    box.put("a", 1)
    (tmp_path / "b").symlink_to(tmp_path / "missing")
    looks: list[int] = []

    def look(files: Files) -> list[SensorFile]:
        looks.append(1)
        return files.open_all([tmp_path / "a", tmp_path / "b"])

    found = Found(box.tree(), look)
    for _ in range(600):
        assert found.now()[0].number() == 1
        assert found.now()[1].number() is None
        box.clock.pass_s(1)
    assert 600 / LONGEST_LOOK_AGAIN_S <= len(looks) <= 600 / LONGEST_LOOK_AGAIN_S + 5
    (tmp_path / "missing").write_text("2")
    box.clock.pass_s(LONGEST_LOOK_AGAIN_S)
    assert [file.number() for file in found.now()] == [1, 2]
