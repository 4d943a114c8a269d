"""Parts of a session that the real program makes seldom."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ovtui.host.bundle import session_parts
from ovtui.host.bundle.session_parts import _too_large, recording_of


def test_a_model_that_would_take_the_memory_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/meminfo").write_text("MemTotal: 9 kB\nMemAvailable:  1000 kB\n")
    monkeypatch.setattr(session_parts, "machine_root", lambda: tmp_path)
    (tmp_path / "m.xml").write_bytes(bytes(1000))
    with (tmp_path / "m.bin").open("wb") as weights:
        weights.truncate(400_000)
    assert _too_large("m.xml", tmp_path) == ""
    with (tmp_path / "m.bin").open("wb") as weights:
        weights.truncate(600_000)
    assert (
        _too_large("m.xml", tmp_path)
        == "the model takes 601 kB, of memory there is 1.0 MB: ovtui inspect reads it alone"
    )
    (tmp_path / "proc/meminfo").unlink()
    assert _too_large("m.xml", tmp_path) == ""


@pytest.mark.parametrize("model", ["", "/", "demo-cnn", "a\x00b", "x" * 5000, "..", "\udcff"])
def test_any_name_of_a_model(model: str) -> None:
    assert _too_large(model, None) == ""


def test_the_recording_that_a_process_has_open(tmp_path: Path) -> None:
    """Of a process of its own: this one may hold recordings of other tests."""
    with (tmp_path / "a.ovtui").open("wb") as recording:
        for files, told in (((recording.fileno(),), str(tmp_path / "a.ovtui")), ((), "")):
            with subprocess.Popen(["cat"], stdin=subprocess.PIPE, pass_fds=files) as process:
                assert recording_of(process.pid) == told
                process.communicate()
    assert recording_of(2**22 + 1) == ""
