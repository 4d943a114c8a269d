"""Quotas and memory of the cgroups around a process, v1 and v2."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness.fake_machine import FakeMachine

from ovtui.host.machine.cgroup import (
    UNLIMITED_BYTES,
    Cgroups,
    cgroup_folders,
    least_memory_limit_bytes,
    quota_cores,
)

FREE_V1 = 9223372036854771712


@pytest.fixture
def box(tmp_path: Path) -> FakeMachine:
    return FakeMachine(tmp_path)


def stat(periods: int, throttled: int) -> str:
    return f"usage_usec 5\nnr_periods {periods}\nnr_throttled {throttled}"


@pytest.mark.parametrize(
    ("unified", "cgroup", "there", "expected"),
    [
        (True, "0::/own", "own", "own"),
        (True, "0::/outside/of/the/container", "", ""),
        (True, "0::/../../other", "", ""),
        (True, "", "", ""),
        (True, "no line of it", "", ""),
        (False, "3:cpuset:/x\n2:cpuacct,cpu:/own\n0::/", "cpu/own", "cpu/own"),
        (False, "2:cpu:/outside", "cpu", "cpu"),
    ],
)
def test_the_cgroup_of_this_process(box: FakeMachine, unified: bool, cgroup: str, there: str, expected: str) -> None:
    if unified:
        box.put("sys/fs/cgroup/cgroup.controllers", "cpu memory")
    box.put("proc/self/cgroup", cgroup)
    box.put(str(Path("sys/fs/cgroup", there, "cpu.stat")), "nr_periods 1")
    assert cgroup_folders(box.root)[0] == box.root / "sys/fs/cgroup" / expected


def test_the_least_quota_of_the_chain_counts(box: FakeMachine) -> None:
    assert quota_cores(box.root) is None
    box.cgroup_v2("a.slice/b.scope", cpu_max="max 100000")
    assert quota_cores(box.root) is None
    box.cgroup_v2("a.slice", of_this_process=False, cpu_max="150000 100000")
    assert quota_cores(box.root) == 1.5
    box.cgroup_v2("a.slice/b.scope", cpu_max="50000 100000")
    assert quota_cores(box.root) == 0.5


@pytest.mark.parametrize("text", ["", "max", "0 100000", "-1 100000", "100000 0", "many 100000", "1 2 3"])
def test_a_quota_that_is_none(box: FakeMachine, text: str) -> None:
    box.cgroup_v2("own", cpu_max=text)
    assert quota_cores(box.root) is None


def test_quotas_of_v1(box: FakeMachine) -> None:
    box.cgroup_v1("pod/own", cpu={"cpu.cfs_quota_us": -1, "cpu.cfs_period_us": 100_000}, memory={})
    box.put("sys/fs/cgroup/cpu/pod/cpu.cfs_quota_us", 250_000)
    box.put("sys/fs/cgroup/cpu/pod/cpu.cfs_period_us", 100_000)
    assert quota_cores(box.root) == 2.5


def test_the_least_memory_limit_of_the_chain_counts(box: FakeMachine) -> None:
    assert least_memory_limit_bytes(box.root) is None
    box.cgroup_v2("a.slice/b.scope", memory_max="max")
    assert least_memory_limit_bytes(box.root) is None
    box.cgroup_v2("a.slice", of_this_process=False, memory_max=4_000_000_000)
    assert least_memory_limit_bytes(box.root) == 4_000_000_000
    box.cgroup_v2("a.slice/b.scope", memory_max=2_000_000_000)
    assert least_memory_limit_bytes(box.root) == 2_000_000_000


def test_throttling_is_the_share_of_periods_since_the_last_call(box: FakeMachine) -> None:
    box.cgroup_v2("own", cpu_stat=stat(100, 50))
    cgroups = Cgroups(box.tree())
    for (periods, throttled), expected in (
        ((100, 50), None),
        ((110, 53), 30.0),
        ((120, 53), 0.0),
        ((120, 53), None),  # nothing ran: no period
        ((5, 5), None),  # began anew
    ):
        box.cgroup_v2("own", cpu_stat=stat(periods, throttled))
        assert cgroups.throttled_percent() == expected
        box.clock.pass_s(1)


def test_the_quota_of_a_cgroup_around_it_throttles_too(box: FakeMachine) -> None:
    box.cgroup_v2("a/b", cpu_stat="usage_usec 5")
    box.cgroup_v2("a", of_this_process=False, cpu_stat=stat(0, 0))
    cgroups = Cgroups(box.tree())
    cgroups.throttled_percent()
    box.cgroup_v2("a", of_this_process=False, cpu_stat=stat(10, 9))
    box.clock.pass_s(1)
    assert cgroups.throttled_percent() == 90.0


def test_a_cgroup_without_a_quota_has_no_throttling(box: FakeMachine) -> None:
    box.cgroup_v1("", cpu={"cpu.stat": "nr_periods 0\nnr_throttled 0"}, memory={})
    cgroups = Cgroups(box.tree())
    cgroups.throttled_percent()
    box.clock.pass_s(1)
    assert cgroups.throttled_percent() is None


def test_memory_of_the_cgroup_with_the_least_limit(box: FakeMachine) -> None:
    box.cgroup_v2("a/b", memory_current=300, memory_max="max")
    assert Cgroups(box.tree()).memory_bytes() is None
    box.cgroup_v2("a", of_this_process=False, memory_current=5000, memory_max=8000)
    cgroups = Cgroups(box.tree())
    assert (cgroups.memory_bytes(), cgroups.memory_limit_bytes()) == (5000, 8000)
    box.cgroup_v2("a/b", memory_current=300, memory_max=400)
    cgroups = Cgroups(box.tree())
    assert (cgroups.memory_bytes(), cgroups.memory_limit_bytes()) == (300, 400)


def test_memory_of_v1(box: FakeMachine) -> None:
    box.cgroup_v1("own", cpu={}, memory={"memory.usage_in_bytes": 70, "memory.limit_in_bytes": FREE_V1})
    assert FREE_V1 > UNLIMITED_BYTES
    assert Cgroups(box.tree()).memory_bytes() is None
    box.cgroup_v1("own", cpu={}, memory={"memory.usage_in_bytes": 70, "memory.limit_in_bytes": 100})
    assert Cgroups(box.tree()).memory_bytes() == 70


@pytest.mark.parametrize("content", [b"", b"max", b"-5", b"nr_periods 3\r\nnr_throttled x\r\n"])
def test_files_of_a_cgroup_that_say_nothing(box: FakeMachine, content: bytes) -> None:
    box.cgroup_v2("own", cpu_stat=content, memory_current=content, memory_max=10)
    cgroups = Cgroups(box.tree())
    assert (cgroups.throttled_percent(), cgroups.memory_bytes()) == (None, None)
