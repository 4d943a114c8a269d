"""A sweep over real sshds and the real ovtui; one box loses its power while a point begins there."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from harness.box_faults import processes_of, signal_box
from harness.ssh_boxes import Boxes

from ovtui.fleet.box import Box
from ovtui.fleet.running.box_run import measure_on_box
from ovtui.fleet.running.held_line import HeldLine
from ovtui.fleet.running.measure_options import MeasureOptions
from ovtui.fleet.sweep import box_measurer, kind_sweep
from ovtui.fleet.sweep.fleet_sweep import FleetSweep
from ovtui.fleet.sweep.sweep_brief import FleetSweepBrief
from ovtui.records.fleet import BoxState
from ovtui.records.following import Ended
from ovtui.records.study_events import SweepSpec
from ovtui.settings.schema.settings import Settings

LIMIT_S = 120.0


@pytest.fixture
def boxes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    with Boxes(tmp_path, ["b1", "b2"]) as made:
        monkeypatch.setenv("HOME", str(made.home))
        monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
        for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME"):
            monkeypatch.delenv(name, raising=False)
        yield made


def test_a_box_that_dies_in_the_middle_gives_its_point_back(
    boxes: Boxes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(box_measurer, "PATIENCE_S", 1.0)
    monkeypatch.setattr(kind_sweep, "PAUSE_S", 0.2)
    killed: list[str] = []

    async def measured(line: HeldLine, settings: Settings, options: MeasureOptions, *, state: BoxState,
                       changed: Callable[[BoxState], None], **more: Any) -> Ended:  # fmt: skip
        def seen(now: BoxState) -> None:
            changed(now)
            if line.box.name == "b2" and not killed and now.phase == "starting":
                killed.append(options.run)
                signal_box(boxes["b2"], signal.SIGKILL)

        return await measure_on_box(line, settings, options, state=state, changed=seen, **more)

    monkeypatch.setattr(box_measurer, "measure_on_box", measured)
    spec = SweepSpec(vary={"nireq": ["2"], "device": ["CPU", "GPU.7"]}, point_s=0.5)
    told: list[str] = []
    brief = FleetSweepBrief(
        name="sweep-1", spec=spec, settings=Settings(model="demo-mlp", hint="none"),
        boxes=(Box(name="b1", kind="box"), Box(name="b2", kind="box")), ssh_config=str(boxes.home / ".ssh/config"),
    )  # fmt: skip
    sweep = FleetSweep(tmp_path / "sweep", brief, told.append, lambda _, point: told.append(point.text))
    asyncio.run(asyncio.wait_for(sweep.run(), LIMIT_S))

    assert len(killed) == 1
    [kind] = sweep.kinds
    assert (kind.ending, list(kind.left_out)) == ("done", ["b2"]), told
    first = {point.point: point for point in kind.study.points if point.round == 1}
    assert [(number, first[number].outcome) for number in sorted(first)] == [(1, "measured"), (2, "refused")]
    assert {point.box for point in first.values()} == {"b1"}
    assert "no GPU.7 on this machine" in first[2].reason
    assert first[1].figures is not None
    assert first[1].figures.requests > 0
    best = kind.study.ended.answer.best  # type: ignore[union-attr]
    again = [point for point in kind.study.points if point.round > 1 and point.point == best]
    assert [point.box for point in again] == ["b1", "b1"]
    assert "twice on the only box that was left" in str(kind.study.ended)
    # Nothing of it is left on the box that lives.
    _, alive = psutil.wait_procs(processes_of(boxes["b1"]), timeout=10.0)  # what was told to end
    assert alive == []
    assert list((boxes["b1"].home / ".local/state/ovtui").glob("fleet/*")) == []
