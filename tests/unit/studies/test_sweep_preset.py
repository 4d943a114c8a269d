"""The preset of a sweep's best point: never written over, and not made twice."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from ovtui.records.events import StudyPoint
from ovtui.records.study_events import SweepSpec
from ovtui.settings.files import presets
from ovtui.settings.schema.settings import Settings
from ovtui.studies.sweep_preset import save_best

BASE = Settings(model="demo-cnn", device="CPU")
SPEC = SweepSpec(vary={"nireq": ["1", "2"]}, goal="throughput", preset="best")


def best(nireq: int) -> StudyPoint:
    return StudyPoint(
        t_ns=1, study=1, point=nireq, text=f"in flight {nireq}", values={"nireq": str(nireq)}, outcome="measured",
        settings=msgspec.structs.replace(BASE, nireq=nireq),
    )  # fmt: skip


def test_a_name_that_is_taken_gets_a_number_unless_it_has_the_same_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    names = []
    for nireq in (1, 2, 1, 2, 4):
        path, failure = save_best(SPEC, BASE, best(nireq))
        assert failure == ""
        names.append(Path(path).stem)
    assert names == ["best", "best-2", "best", "best-2", "best-3"]
    assert [presets.load(tmp_path / "ovtui" / "presets" / f"{name}.toml").settings["nireq"] for name in names] == [
        1, 2, 1, 2, 4,
    ]  # fmt: skip
