"""A process that is frozen with its control group, by the files of both versions of control groups."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness.fake_machine import FakeMachine

from ovtui.host.diagnosis.engine_phases import PhaseState
from ovtui.host.diagnosis.frozen_group import Frozen, frozen
from ovtui.host.diagnosis.judgement import Seen, judge
from ovtui.records.diagnosis import ThreadFinding

PID = 4711


@pytest.fixture
def box(tmp_path: Path) -> FakeMachine:
    return FakeMachine(tmp_path / "machine")


def found(box: FakeMachine) -> Frozen | None:
    return frozen(PID, box.root / "proc", box.root)


def test_the_second_version(box: FakeMachine) -> None:
    box.put(f"proc/{PID}/cgroup", "0::/box.slice/a b.scope")
    box.put("sys/fs/cgroup/cgroup.controllers", "cpu memory")
    box.put("sys/fs/cgroup/box.slice/a b.scope/cgroup.freeze", 0)
    box.put("sys/fs/cgroup/box.slice/cgroup.freeze", 0)
    assert found(box) is None
    box.put("sys/fs/cgroup/box.slice/cgroup.freeze", 1)
    file = "/sys/fs/cgroup/box.slice/cgroup.freeze"
    assert found(box) == Frozen(file, f"echo 0 | sudo tee {file}")
    box.put("sys/fs/cgroup/box.slice/a b.scope/cgroup.freeze", 1)
    file = "/sys/fs/cgroup/box.slice/a b.scope/cgroup.freeze"
    assert found(box) == Frozen(file, f"echo 0 | sudo tee '{file}'")


def test_the_first_version(box: FakeMachine) -> None:
    box.put(f"proc/{PID}/cgroup", "5:memory:/x\n4:freezer:/docker/abc\n0::/")
    box.put("sys/fs/cgroup/freezer/docker/abc/freezer.self_freezing", 1)
    folder = "/sys/fs/cgroup/freezer/docker/abc"
    thaws = f"echo THAWED | sudo tee {folder}/freezer.state"
    assert found(box) == Frozen(f"{folder}/freezer.self_freezing", thaws)
    box.put("sys/fs/cgroup/freezer/docker/abc/freezer.self_freezing", 0)
    assert found(box) is None


@pytest.mark.parametrize("groups", ["", "nonsense", "4:freezer:/../../etc", "0::/of/another/namespace", "1:name=x:/"])
def test_what_cannot_be_told(box: FakeMachine, groups: str) -> None:
    box.put(f"proc/{PID}/cgroup", groups)
    assert found(box) is None


def test_it_is_told_before_what_its_threads_seem_to_do() -> None:
    threads = (ThreadFinding(tid=PID, name="python", state="D", syscall="futex", wchan="futex_do_wait"),)
    state = PhaseState("load", 0, "CPU", api="async")
    told = judge(Seen(pid=PID, phase=state, threads=threads, frozen=Frozen("/sys/f", "echo 0 | sudo tee /sys/f")))
    assert (told.where, told.remedy, told.stuck) == (
        "is frozen with its control group", "echo 0 | sudo tee /sys/f", True,
    )  # fmt: skip
    assert "/sys/f is 1" in told.evidence
