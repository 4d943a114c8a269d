"""The archive: whole or not there, and without the names of who made it."""

from __future__ import annotations

import gzip
import os
import tarfile
from pathlib import Path

import pytest

from ovtui.host.bundle import archive


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    folder = tmp_path / "parts"
    folder.mkdir()
    (folder / "one.txt").write_bytes(b"1" * 5000)
    (folder / "two.txt").write_bytes(b"")
    return folder


@pytest.mark.parametrize("unnamed", [True, False], ids=["unnamed", "beside"])
@pytest.mark.parametrize("replace", [True, False])
def test_written(parts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unnamed: bool, replace: bool) -> None:
    if not unnamed:
        monkeypatch.setattr(archive, "_open_unnamed", lambda _: None)
    target = tmp_path / "anna.tar.gz"
    if replace:
        target.write_text("old")
    archive.write_archive(target, parts, ["one.txt", "two.txt"], "top", replace=replace)
    with tarfile.open(target) as packed:
        assert packed.getnames() == ["top/one.txt", "top/two.txt"]
        assert {(member.uid, member.gid, member.uname, member.gname) for member in packed} == {(0, 0, "", "")}
        one = packed.extractfile("top/one.txt")
        assert one is not None
        assert one.read() == b"1" * 5000
    assert b"anna" not in target.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["anna.tar.gz", "parts"]
    assert gzip.decompress(target.read_bytes())


@pytest.mark.parametrize("unnamed", [True, False], ids=["unnamed", "beside"])
def test_what_came_up_meanwhile_stays(
    parts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unnamed: bool
) -> None:
    if not unnamed:
        monkeypatch.setattr(archive, "_open_unnamed", lambda _: None)
    target = tmp_path / "a.tar.gz"
    target.write_text("another's")
    with pytest.raises(FileExistsError):
        archive.write_archive(target, parts, ["one.txt"], "top", replace=False)
    assert target.read_text() == "another's"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tar.gz", "parts"]


@pytest.mark.parametrize("unnamed", [True, False], ids=["unnamed", "beside"])
@pytest.mark.parametrize("there", [True, False])
def test_a_file_system_without_links(
    parts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unnamed: bool, there: bool
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(archive.os, "link", refused)
    if not unnamed:
        monkeypatch.setattr(archive, "_open_unnamed", lambda _: None)
    target = tmp_path / "a.tar.gz"
    if there:
        target.write_text("another's")
        with pytest.raises(FileExistsError):
            archive.write_archive(target, parts, ["one.txt"], "top", replace=False)
        assert target.read_text() == "another's"
    archive.write_archive(target, parts, ["one.txt"], "top", replace=there)
    with tarfile.open(target) as packed:
        assert packed.getnames() == ["top/one.txt"]
    assert target.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tar.gz", "parts"]


@pytest.mark.parametrize("unnamed", [True, False], ids=["unnamed", "beside"])
def test_a_part_that_vanished_leaves_nothing(
    parts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unnamed: bool
) -> None:
    if not unnamed:
        monkeypatch.setattr(archive, "_open_unnamed", lambda _: None)
    with pytest.raises(FileNotFoundError):
        archive.write_archive(tmp_path / "a.tar.gz", parts, ["one.txt", "gone.txt"], "top", replace=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["parts"]


def test_only_the_owner_can_read_it(parts: Path, tmp_path: Path) -> None:
    archive.write_archive(tmp_path / "a.tar.gz", parts, ["one.txt"], "top", replace=False)
    assert (tmp_path / "a.tar.gz").stat().st_mode & 0o777 == 0o600
    assert os.stat(tmp_path / "a.tar.gz").st_nlink == 1  # noqa: PTH116
