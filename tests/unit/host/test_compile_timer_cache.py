"""Why nothing came out of a cache, in the words of `ovtui run --compile-only`."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from ovtui.host import compile_timer
from ovtui.records.compile_times import Compiled


def compiled(blob_bytes: int | None) -> Compiled:
    fields = {field.name: None for field in msgspec.structs.fields(Compiled) if field.required}
    return Compiled(**{**fields, "device": "CPU", "blob_bytes": blob_bytes})


@pytest.mark.parametrize(
    ("blob_bytes", "free_bytes", "told"),
    [
        (5_000, 4_000, "the compiled model has 5,000 bytes, and {} has 4,000 left"),
        (5_000, 6_000, "CPU keeps this model in none, so both were compiled"),
        (None, 0, "CPU keeps this model in none, so both were compiled"),
    ],
)
def test_a_full_folder_is_no_fault_of_the_device(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, blob_bytes: int | None, free_bytes: int, told: str
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free_bytes))
    why = compile_timer._why_not_cached(str(tmp_path), compiled(blob_bytes))
    assert why.endswith(told.format(tmp_path))


def test_a_folder_that_is_gone_or_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    why = compile_timer._why_not_cached(str(tmp_path / "gone"), compiled(1))
    assert why.endswith(f"{tmp_path / 'gone'}: No such file or directory")
    monkeypatch.setattr("os.access", lambda *_: False)
    assert compile_timer._why_not_cached(str(tmp_path), compiled(1)).endswith("cannot be written")
