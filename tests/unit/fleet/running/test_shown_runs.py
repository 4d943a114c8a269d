"""`ovtui fleet show`: the list of runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from fleet.running.local_fleet import LocalFleet

from ovtui.cli.fleet.show import show_command


def test_boxes_without_ovtui_are_told_as_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with LocalFleet(tmp_path, ["fine", "none"], monkeypatch) as fleet:
        (fleet["none"].bin / "ovtui").unlink()
        fleet.run(fleet.new())
    done = CliRunner().invoke(show_command, ["--json", "-"])
    assert [(run["boxes"], run["done"], run["failed"], run["open"]) for run in json.loads(done.stdout)] == [
        (2, 1, 1, 0)
    ]
