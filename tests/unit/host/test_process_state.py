"""What /proc tells of another process."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from ovtui.host.standstill_watch import is_stopped, process_state

TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def test_cpu_seconds_are_those_of_the_process_in_user_and_system_mode() -> None:
    """User mode counts, and what children took does not: an engine that computes is told from one that sleeps."""
    subprocess.run([sys.executable, "-c", "sum(range(10**6))"], check=True)
    before = os.times()
    state, cpu_s = process_state(os.getpid())
    after = os.times()
    assert state == "R"
    assert before.user > 2 * TICK_S
    assert before.user + before.system - 2 * TICK_S <= cpu_s <= after.user + after.system + 2 * TICK_S


@pytest.mark.parametrize("name", ["plain", "a) b (c"])
def test_a_process_that_is_stopped_is_told_whatever_its_name(name: str) -> None:
    code = f"import signal; open('/proc/self/comm', 'w').write({name!r}); signal.raise_signal(signal.SIGSTOP)"
    with subprocess.Popen([sys.executable, "-c", code]) as child:
        os.waitid(os.P_PID, child.pid, os.WSTOPPED | os.WNOWAIT)
        assert is_stopped(child.pid)
        child.kill()
        child.wait()
        assert not is_stopped(child.pid)
    assert process_state(child.pid) == ("", 0.0)
