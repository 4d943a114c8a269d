"""A CACHE_DIR that cannot hold a cache is refused before the compile."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ovtui.engine.errors import UsageError
from ovtui.engine.model.cache_folder import make_cache_folders
from ovtui.settings.schema.settings import Settings


def refusal(settings: Settings) -> str:
    with pytest.raises(UsageError) as refused:
        make_cache_folders(settings)
    return str(refused.value)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("kept")
    remedy = "name a folder for compiled models"
    assert refusal(Settings(cache_dir=str(file))) == f"--cache-dir {file}: that is a file; {remedy}"
    below = f"{file}/a/b"
    assert refusal(Settings(cache_dir=below)) == f"--cache-dir {below}: {file} is a file; {remedy}"
    of_gpu = Settings(properties={"GPU.CACHE_DIR": str(file)})
    assert refusal(of_gpu) == f"--set GPU.CACHE_DIR={file}: that is a file; {remedy}"
    assert file.read_text() == "kept"


def test_a_folder_that_cannot_be_made_or_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "it cannot be made: no such file or directory" in refusal(Settings(cache_dir="/proc/no/cache"))
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere
    assert "it is not writable" in refusal(Settings(cache_dir=str(tmp_path)))


def test_a_new_folder_is_made(tmp_path: Path) -> None:
    make_cache_folders(Settings(cache_dir=str(tmp_path / "a" / "b")))
    assert (tmp_path / "a" / "b").is_dir()
    make_cache_folders(Settings())
