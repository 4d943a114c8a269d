"""Files are replaced atomically."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import tomlkit

from ovtui.settings.errors import SettingsError
from ovtui.settings.files import atomic_write


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_a_new_file_with_its_folders(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "c.toml"
    atomic_write.write(path, "x = 'ä'\n")
    assert path.read_text(encoding="utf-8") == "x = 'ä'\n"
    assert names(path.parent) == ["c.toml"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_file_that_is_written_over_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text("old")
    path.chmod(0o600)
    atomic_write.write(path, "new")
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target = tmp_path / "dotfiles" / "config.toml"
    target.parent.mkdir()
    target.write_text("old")
    link = tmp_path / "config.toml"
    link.symlink_to(target)
    atomic_write.write(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


@pytest.mark.parametrize("step", ["fsync", "fchmod"])
def test_what_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "c.toml"
    path.write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, full)
    with pytest.raises(SettingsError, match="cannot be written: No space left on device"):
        atomic_write.write(path, "new")
    assert path.read_text() == "old"
    assert names(tmp_path) == ["c.toml"]


def test_the_new_text_is_on_the_disk_before_the_name_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    sync, replace = os.fsync, Path.replace

    def synced(descriptor: int) -> None:
        steps.append("folder" if os.path.isdir(f"/proc/self/fd/{descriptor}") else "file")  # noqa: PTH112
        sync(descriptor)

    def renamed(self: Path, target: Path) -> Path:
        steps.append("rename")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", renamed)
    atomic_write.write(tmp_path / "c.toml", "new")
    assert steps == ["file", "rename", "folder"]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="cannot be written"):
        atomic_write.write(tmp_path / "file" / "c.toml", "x")


def test_what_a_person_wrote_is_not_overwritten_where_it_is_no_toml(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text("my own notes")
    with pytest.raises(SettingsError, match="not a TOML file, so nothing is written to it"):
        atomic_write.read_document(path)
    with pytest.raises(SettingsError, match="cannot be read"):
        atomic_write.read_document(tmp_path)


def test_an_update_keeps_comments_order_and_spelling() -> None:
    text = (
        "# on top\n[settings]\nrate = 33.0 # one\nnireq = 0x10\n# about the device\ndevice = 'CPU'\n"
        "properties = { A = '1' } # both\n"
    )
    document = tomlkit.parse(text)
    same = {"rate": 33.0, "nireq": 16, "device": "CPU", "properties": {"A": "1"}}
    atomic_write.update_table(document["settings"], same)  # type: ignore[arg-type]
    assert tomlkit.dumps(document) == text
    atomic_write.update_table(document["settings"], {"rate": 20.0, "device": "GPU", "hint": "latency"})  # type: ignore[arg-type]
    after = tomlkit.dumps(document)
    assert "# on top" in after
    assert "rate = 20.0 # one" in after
    assert "# about the device" in after
    assert tomlkit.parse(after).unwrap() == {"settings": {"rate": 20.0, "device": "GPU", "hint": "latency"}}


def test_true_is_not_taken_for_one() -> None:
    document = tomlkit.parse("[settings]\nprobe = 1\n")
    atomic_write.update_table(document["settings"], {"probe": True})  # type: ignore[arg-type]
    assert tomlkit.dumps(document) == "[settings]\nprobe = true\n"
