"""Processes that really stand still are looked at: the judgement names what was made."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable

from harness.signals import stop
from host.diagnosis.stuck_processes import stuck_process

from ovtui.host.diagnosis.diagnose import diagnose
from ovtui.host.diagnosis.engine_phases import PhaseState
from ovtui.host.diagnosis.judgement import Seen
from ovtui.records.diagnosis import Diagnosis
from ovtui.records.stack_dump import ASKED

TRIES = 40


def found_of(pid: int, look_s: float = 0.4) -> Diagnosis:
    """As of an engine in whose load one request is in flight."""
    phase = PhaseState("load", 0, "CPU", api="sync", first_done=True)
    return diagnose(
        1, lambda: Seen(pid=pid, phase=phase, in_flight=1, newest=1234, quiet_s=12.0, stalled=True), look_s=look_s
    )


def until(pid: int, met: Callable[[Diagnosis], bool]) -> Diagnosis:
    """A busy machine may hide what a process does from one look."""
    found = found_of(pid)
    for _ in range(TRIES):
        if met(found):
            return found
        found = found_of(pid)
    raise AssertionError(f"{found.sentence}; {found.evidence}; {found.threads}")


def test_a_stopped_process() -> None:
    with stuck_process("sleeps") as process:
        stop(process.pid)
        found = found_of(process.pid)
        assert found.sentence == "in infer() of request 1,234 for 12.00 s: is stopped (SIGSTOP)"
        assert (found.stuck, found.deduced, found.remedy) == (True, False, f"kill -CONT {process.pid}")
        assert (found.python, found.no_python) == ([], "its process is stopped")
        process.send_signal(signal.SIGCONT)
        assert until(process.pid, lambda each: bool(each.python)).where.startswith("sleeps")


def test_a_process_that_computes() -> None:
    with stuck_process("computes") as process:
        found = until(process.pid, lambda each: "turns_in_a_circle" in each.where)
    assert found.where.startswith("computes")
    assert found.threads[0].cores is not None
    assert found.threads[0].cores > 0.1


def test_pythons_lock_is_held_in_native_code() -> None:
    """The handler needs no lock, and the wait of the other thread shows that there is none to be had."""
    with stuck_process("holds the lock") as process:
        found = until(process.pid, lambda each: "Python's lock" in each.where)
    assert not found.deduced
    assert "calls_native_code" in found.where
    main = next(each for each in found.python if each.is_main)
    assert main.frames[0].startswith("calls_native_code")
    assert any(frame.startswith("wants_the_lock") for each in found.python for frame in each.frames)


def test_native_code_that_computes_with_pythons_lock_held() -> None:
    with stuck_process("computes with the lock") as process:
        found = until(process.pid, lambda each: "Python's lock" in each.where and "computes" in each.where)
    assert not found.deduced
    assert any(frame.startswith("calls_native_code") for each in found.python for frame in each.frames)


def test_a_deadlock_of_two_threads() -> None:
    with stuck_process("deadlock") as process:
        found = until(
            process.pid,
            lambda found: any(each.is_main and each.frames[0].startswith("main_way") for each in found.python),
        )
    assert found.where.startswith("sleeps (futex), and no thread computes")
    assert len(found.python) == 2
    assert found.threads[0].syscall == "futex"
    assert any(frame.startswith("other_way_round") for each in found.python for frame in each.frames)
    assert (found.deduced, found.stuck) == (True, True)


def test_a_process_that_has_no_handler_is_not_killed_by_the_question() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        found = found_of(process.pid)
        assert "asked" in found.no_python
        assert process.poll() is None
        process.kill()


def test_a_process_that_is_gone() -> None:
    process = subprocess.Popen(["true"])
    process.wait()
    found = found_of(process.pid)
    assert found.threads == []
    assert "cannot be seen" in found.where


def test_a_thousand_questions_do_no_harm() -> None:
    with stuck_process("computes") as process:
        for _ in range(1000):
            os.kill(process.pid, ASKED)
        assert until(process.pid, lambda each: bool(each.python)).python[-1].is_main
        assert process.poll() is None
