"""CPU use of the machine, of the session's processes and of all others."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.fake_machine import FakeMachine

from ovtui.host.machine import process_usage
from ovtui.host.machine.process_usage import SessionUsageMeter
from ovtui.host.machine.sensor_files import SensorTree

TICKS_S = os.sysconf("SC_CLK_TCK")


@pytest.fixture
def box(tmp_path: Path) -> FakeMachine:
    return FakeMachine(tmp_path)


@pytest.fixture
def asleep() -> Iterator[int]:
    """The process id of one that uses no CPU."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as process:
        yield process.pid


def test_a_process_that_works_and_one_that_is_gone() -> None:
    meter = SessionUsageMeter(SensorTree())
    first = meter.read([os.getpid()], [], [])
    assert first.engine.cores is None
    assert first.engine.rss_bytes is not None
    assert first.engine.rss_bytes > 1 << 20
    began = sum(os.times()[:2])
    while sum(os.times()[:2]) < began + 0.05:  # CPU seconds, which the kernel counts in hundredths
        pass
    again = meter.read([os.getpid()], [], [])
    assert again.engine.cores is not None
    assert again.engine.cores > 0
    assert again.cpu_percent is not None
    assert 0 <= again.cpu_percent <= 100
    assert again.other_cores is not None
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert meter.read([gone.pid], [], []).engine == (None, None)


def test_descriptors_of_processes_that_are_gone_are_closed() -> None:
    meter = SessionUsageMeter(SensorTree())
    for _ in range(3):
        with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as process:
            meter.read([process.pid], [os.getpid()], [])
            assert len(meter._descriptors) == 2
        meter.read([process.pid], [os.getpid()], [])
        assert list(meter._descriptors) == [os.getpid()]
    meter.close()
    assert not meter._descriptors


def test_a_process_that_waits_for_its_parent_has_ended() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert SessionUsageMeter(SensorTree()).read([process.pid], [], []).engine == (None, None)


def test_what_others_use_is_the_rest(box: FakeMachine, asleep: int) -> None:
    box.cpu_time(busy=1000, idle=1000)
    meter = SessionUsageMeter(box.tree())
    assert meter.read([asleep], [asleep], [asleep]).other_cores is None
    box.cpu_time(busy=1000 + 3 * TICKS_S, idle=1000 + TICKS_S, irq=50, steal=70)
    box.clock.pass_s(2)
    found = meter.read([asleep], [], [asleep, asleep])
    assert found.other_cores == 1.5
    assert found.engine.cores == 0
    whole = 4 * TICKS_S + 120
    assert found.cpu_percent == round(100 * (1 - TICKS_S / whole), 1)


def test_the_sessions_own_use_is_not_that_of_others(box: FakeMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    ticks, began_ticks = {1: 0, 2: 0}, {1: 5, 2: 5}
    monkeypatch.setattr(
        SessionUsageMeter,
        "_process_times",
        lambda _, pid: process_usage._ProcessTimes(ticks[pid], began_ticks[pid], 100) if pid in ticks else None,
    )
    box.cpu_time(busy=0)
    meter = SessionUsageMeter(box.tree())
    meter.read([1], [2], [])
    ticks |= {1: 2 * TICKS_S, 2: TICKS_S // 2}
    box.cpu_time(busy=3 * TICKS_S)
    box.clock.pass_s(1)
    found = meter.read([1], [2], [])
    assert (found.engine.cores, found.host.cores, found.other_cores) == (2.0, 0.5, 0.5)
    # A process of the session has ended, and what it used until then is not known.
    del ticks[2]
    box.cpu_time(busy=6 * TICKS_S)
    box.clock.pass_s(1)
    found = meter.read([1], [2], [])
    assert (found.engine.cores, found.host.cores, found.other_cores) == (0.0, None, None)
    began_ticks[3] = 1 << 40
    ticks |= {3: TICKS_S // 4}  # one that has begun since the last reading
    box.cpu_time(busy=7 * TICKS_S)
    box.clock.pass_s(1)
    found = meter.read([1, 3], [], [])
    assert (found.engine.cores, found.other_cores) == (0.0, 0.75)
    began_ticks[4] = 5
    ticks |= {4: 77 * TICKS_S}  # a view that has long been there attaches
    box.clock.pass_s(1)
    assert meter.read([1, 3], [], [4]).other_cores is None
    box.cpu_time(busy=8 * TICKS_S)
    box.clock.pass_s(1)
    assert meter.read([1, 3], [], [4]).other_cores == 1.0
    ticks[1] += 10  # a tick that the machine's own counter has not got yet
    box.clock.pass_s(1)
    assert meter.read([1, 3], [], [4]).other_cores == 0.0


def test_no_use_over_a_suspend(box: FakeMachine, asleep: int) -> None:
    box.cpu_time(busy=0)
    meter = SessionUsageMeter(box.tree())
    meter.read([asleep], [], [])
    box.cpu_time(busy=100)
    box.clock.pass_s(1, asleep_s=5)
    found = meter.read([asleep], [], [])
    assert (found.cpu_percent, found.engine.cores, found.other_cores) == (None, None, None)
    assert found.engine.rss_bytes


@pytest.mark.parametrize(
    "content", [b"", b"cpu", b"cpu 1 2 3", b"cpu a b c d e f g h", b"cpu -1 2 3 4 5 6 7 8 9", b"intr 1 2 3 4 5 6 7 8"]
)
def test_a_stat_file_that_says_nothing(box: FakeMachine, asleep: int, content: bytes) -> None:
    box.put("proc/stat", content)
    meter = SessionUsageMeter(box.tree())
    for _ in range(2):
        found = meter.read([asleep], [], [])
        assert (found.cpu_percent, found.other_cores) == (None, None)
        box.clock.pass_s(1)


@pytest.mark.parametrize("name", [b"cat", b"a ) b", b"(((", b") R 1 2 3", "\N{SNOWMAN}".encode(), b""])
def test_the_name_of_a_process_may_hold_anything(name: bytes) -> None:
    rest = b" S " + b" ".join(b"%d" % number for number in range(4, 53))
    found = process_usage._parse_stat(b"12 (" + name + b")" + rest + b"\n")
    assert found is not None
    assert (found.cpu_ticks, found.began_ticks) == (14 + 15, 22)
    assert found.rss_bytes == 24 * os.sysconf("SC_PAGE_SIZE")
    assert process_usage._parse_stat(b"12 (" + name + b") S 1 2") is None
