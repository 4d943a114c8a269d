"""`ovtui fleet sweep` as a person types it: what is refused, what is told, how it ends."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from fleet.fake_points import by_nireq, figures, install_fakes

from ovtui.cli.fleet.sweep import sweep_command
from ovtui.cli.interrupts import INTERRUPTS
from ovtui.fleet.box import BoxError
from ovtui.fleet.sweep.box_measurer import BoxMeasurer
from ovtui.fleet.sweep.fleet_sweep import FleetSweep
from ovtui.fleet.sweep.job import Job
from ovtui.fleet.sweep.kind_sweep import Point
from ovtui.studies.sweep_point import Measured

GRID = ("demo-mlp", "-d", "CPU", "--vary", "nireq=1,2,4", "--vary", "hint=latency,throughput")


@pytest.fixture(autouse=True)
def fakes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[dict[str, Any]]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(INTERRUPTS, "numbers", [])
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield install_fakes(monkeypatch)
    for number, handler in before.items():
        signal.signal(number, handler)


def _ran(*arguments: str) -> Result:
    return CliRunner().invoke(sweep_command, list(arguments), standalone_mode=False)


def _refused(*arguments: str) -> str:
    done = CliRunner().invoke(sweep_command, list(arguments))
    assert done.exit_code == 2, done.output
    return " ".join(done.output.split("Error: ")[1].split())


def test_a_table_and_a_best_point_for_each_kind(tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ("--host", "a1", "--host", "a2", "--host", "b1", "--host", "gone", "--save", "best")
    done = _ran(*GRID, *arguments, "--out", str(out), "--json", str(tmp_path / "j"))
    assert done.return_value == 0, done.output
    assert "NUC (a1, a2)" in done.stdout
    assert "\n\nXeon, 8 cores (b1)\n" in done.stdout
    assert "twice on the only box" in done.stdout
    assert done.stdout.count("best is point") + done.stdout.count("cannot tell between") == 2
    assert "gone: left out: your key is not known there" in done.stderr
    assert "a1: point " in done.stderr
    found = json.loads((tmp_path / "j").read_text())
    assert [kind["kind"] for kind in found["kinds"]] == ["NUC", "Xeon, 8 cores"]
    assert found["left_out"] == {"gone": "your key is not known there"}
    [point] = [point for point in found["kinds"][0]["points"] if point["best"]]
    assert len(point["measurements"]) == 3
    assert {each["box"] for each in point["measurements"][1:]} == {"a1", "a2"} == set(point["boxes"])
    assert len(list((tmp_path / "config/ovtui/presets").glob("best-*.toml"))) == 2
    again = _ran("--resume", str(out), "--host", "a2")
    assert again.return_value == 0
    assert len(list((tmp_path / "config/ovtui/presets").glob("best-*.toml"))) == 2


def test_where_all_boxes_are_lost_it_can_be_gone_on_with(fakes: dict[str, Any]) -> None:
    def act(box: str, job: Job) -> Point | BoxError:
        return by_nireq(box, job) if job.number < 3 else BoxError("lost", "the line broke")

    fakes["act"] = act
    done = _ran(*GRID, "--host", "a1")
    assert done.return_value == 1
    assert "a1: left out, it failed twice in a row: the line broke" in done.stderr
    assert "NUC: no box is left; ovtui fleet sweep --resume " in done.stderr
    fakes["act"] = by_nireq
    assert _ran("--resume").return_value == 0


def test_a_limit_that_no_point_holds_is_exit_code_3_and_refusals_are_4(fakes: dict[str, Any]) -> None:
    fakes["act"] = lambda *_: BoxError("refused", "no GPU.7 on this machine")
    assert _ran(*GRID, "--host", "a1").return_value == 4
    fakes["act"] = lambda *_: Point(Measured("missed", "p99<20ms MISSED: 30 ms", figures(100.0)))
    done = _ran(*GRID, "--slo", "p99<20ms", "--host", "a1")
    assert done.return_value == 3
    assert "no point is known to hold p99<20ms" in done.stderr
    fakes["act"] = by_nireq
    done = _ran(*GRID, "--host", "gone")
    assert done.return_value == 1
    assert "no box can be used" in done.stderr


def test_a_dry_run_tells_the_points_and_connects_to_none(fakes: dict[str, Any], tmp_path: Path) -> None:
    fakes["act"] = lambda *_: pytest.fail("a point was measured")
    done = _ran(*GRID, "--host", "a1", "--host", "gone", "--dry-run")
    assert done.return_value == 0
    assert "2 boxes: a1, gone" in done.stdout
    assert "  6  in flight 4, hint throughput" in done.stdout
    assert "ovtui run --detach" in done.stdout
    assert list((tmp_path / "state/ovtui/sweeps").iterdir()) == []


def test_mistakes_are_told_before_anything_runs() -> None:
    assert "no box is named" in _refused(*GRID) or "--host" in _refused(*GRID)
    assert "nothing to vary" in _refused("demo-mlp", "--host", "a1")
    assert "is said by --point" in _refused(*GRID, "--host", "a1", "-t", "5")
    assert "no sweep is kept here" in _refused("--resume")
    assert "there is no sweep over boxes in it" in _refused("--resume", "/no/such")
    assert "this is a path of each box" in _refused(*GRID, "--host", "a1", "--input", "cat.png")


def test_ctrl_c_twice_still_ends_what_runs_on_the_boxes(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[str] = []

    async def measure(_: BoxMeasurer, box: str, __: Job) -> Point:
        try:
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.Event().wait()
            raise AssertionError
        except asyncio.CancelledError:
            os.kill(os.getpid(), signal.SIGINT)
            for _ in range(20):  # what the box takes to end it
                await asyncio.sleep(0)
            ended.append(box)
            raise

    monkeypatch.setattr(BoxMeasurer, "measure", measure)
    done = _ran(*GRID, "--host", "a1")
    assert done.return_value == 130
    assert "once more leaves running on the boxes what is not stopped yet" in done.stderr
    assert ended == ["a1"]


def test_a_signal_before_there_is_a_loop_counts(fakes: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    begun, made = [], FleetSweep.__init__

    def make(sweep: FleetSweep, *arguments: Any, **more: Any) -> None:
        made(sweep, *arguments, **more)
        INTERRUPTS.install()
        os.kill(os.getpid(), signal.SIGTERM)

    def act(box: str, job: Job) -> Point:
        begun.append(box)
        return by_nireq(box, job)

    fakes["act"] = act
    monkeypatch.setattr(FleetSweep, "__init__", make)
    done = _ran(*GRID, "--host", "a1")
    assert done.return_value == 130, done.output
    assert "stopped with what it has" in done.stderr
    assert begun == []
