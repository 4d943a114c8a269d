"""Which recordings of a box lie here whole: the others stay there when all is removed."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovtui.fleet.box import Box
from ovtui.fleet.on_box.starting import folder_name
from ovtui.fleet.push.removing import fetched_here
from ovtui.fleet.running.run_folder import FleetBrief, RunFolder
from ovtui.settings.schema.settings import Settings


def test_by_the_folder_of_the_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    boxes = (Box(name="odd name"), Box(name="two"))
    run = RunFolder.make(FleetBrief(name="a-run", began_s=0.0, boxes=boxes, settings=Settings()))
    run.recording("odd name").write_text("12345")
    is_fetched = fetched_here(run.folder.parent)
    odd = folder_name("a-run", "odd name")
    assert is_fetched(odd, 5)
    assert not is_fetched(odd, 6)
    assert not is_fetched("a-run.two", 5)
    assert not is_fetched("a-run.odd_name", 5)
    assert not is_fetched("a-run", 5)
    assert not is_fetched(folder_name("another-run", "odd name"), 5)
