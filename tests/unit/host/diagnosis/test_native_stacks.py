"""Native stacks: what debuggers print, what is said where there is none or it may not look, and their end in time."""

from __future__ import annotations

import os
import select
import stat
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from harness.leftovers import wait_for_end
from harness.program import LIMIT_S
from hypothesis import given
from hypothesis import strategies as st

from ovtui.host.diagnosis import native_stacks as natives

GDB = """[New LWP 4712]
0x00007f3c in ?? () from /lib/libc.so.6

Thread 2 (Thread 0x7f3c5 (LWP 4712) "python"):
#0  __futex_abstimed_wait_common64 (private=0, cancel=true) at ./nptl/futex-internal.c:57
#1  0x00007f3c1 in take_gil (tstate=0x55) at Python/ceval_gil.h:257
#2  0x00007f3c2 in ?? () from /usr/lib/libpocl.so.2

Thread 1 (Thread 0x7f3c6 (LWP 4711) "python"):
#0  0x00007f3c3 in clFinish () from /usr/lib/x86_64-linux-gnu/libOpenCL.so.1
#1  0x00007f3c4 in ov::intel_gpu::(anonymous namespace)::wait(int) () from /usr/lib/libopenvino.so
[Inferior 1 (process 4711) detached]
"""
EU_STACK = """PID 4711 - process
TID 4711:
#0  0x00007f3c3 clFinish
#1  0x00007f3c4
TID 4712:
#0  0x00007f3c5 __poll
"""


def test_what_gdb_prints() -> None:
    assert natives.parse_gdb(GDB) == {
        4712: ["__futex_abstimed_wait_common64", "take_gil", "?? in libpocl.so.2"],
        4711: ["clFinish", "ov::intel_gpu::(anonymous namespace)::wait(int)"],
    }


def test_what_eu_stack_prints() -> None:
    assert natives.parse_eu_stack(EU_STACK) == {4711: ["clFinish", "??"], 4712: ["__poll"]}


@given(st.text())
def test_whatever_they_print(text: str) -> None:
    for parse in (natives.parse_gdb, natives.parse_eu_stack):
        for frames in parse(text).values():
            assert all(frame.isprintable() for frame in frames)


@pytest.fixture
def debugger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole PATH but for a shell's own programs."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def made(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_none_is_installed(debugger: Path) -> None:
    found = natives.native_stacks(os.getpid())
    assert (found.frames, found.by) == ({}, "")
    assert "apt install gdb" in found.problem


def test_stacks_of_a_debugger(debugger: Path) -> None:
    (debugger / "said").write_text(GDB)
    made(debugger, "gdb", f'while read -r line; do echo "$line"; done <{debugger / "said"}')
    found = natives.native_stacks(os.getpid())
    assert (found.by, found.problem) == ("gdb", "")
    assert found.frames[4711][0] == "clFinish"
    assert found.held_s is not None


def test_a_debugger_that_may_not_look(debugger: Path) -> None:
    made(debugger, "gdb", "echo 'ptrace: Operation not permitted.' >&2; exit 1")
    found = natives.native_stacks(4711)
    assert found.problem == (
        "gdb may not look into process 4711; as root: gdb -p 4711 -batch -ex 'thread apply all bt'"
    )


def test_a_debugger_that_hangs_is_ended_with_what_it_started(debugger: Path) -> None:
    made(debugger, "gdb", "/bin/sleep 1000 & echo $! >$0.child; wait")
    found = natives.native_stacks(os.getpid(), limit_s=0.5)
    child = int((debugger / "gdb.child").read_text())
    assert found.problem == "gdb took over 0 s and was ended"
    assert not wait_for_end([psutil.Process(child)] if psutil.pid_exists(child) else [], LIMIT_S)


@pytest.mark.parametrize(("scope", "said"), [(0, ""), (1, ""), (2, "sudo gdb"), (3, "until the next boot"), (None, "")])
def test_yamas_scopes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scope: int | None, said: str) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    if scope is not None:
        path = tmp_path / natives.PTRACE_SCOPE
        path.parent.mkdir(parents=True)
        path.write_text(f"{scope}\n")
    told = natives.refusal_text("gdb", 7, tmp_path)
    assert said in told
    assert bool(told) == bool(said)


IN_THE_KERNEL = """
import ctypes, os, platform, time
CLONE_VFORK, SIGCHLD = 0x4000, 17
call = {"x86_64": 56, "aarch64": 220}[platform.machine()]
release = os.environ["RELEASE"]
if ctypes.CDLL(None).syscall(call, CLONE_VFORK | SIGCHLD, 0, 0, 0, 0) == 0:
    while not os.path.exists(release):
        time.sleep(0.01)
    os._exit(0)
print("went on", flush=True)
time.sleep(60)
"""
"""Its process waits in state D until the file is there."""
ATTACHES = """
import ctypes, sys, time
PTRACE_ATTACH = 16
assert ctypes.CDLL(None).ptrace(PTRACE_ATTACH, int(sys.argv[1]), 0, 0) == 0
time.sleep(60)
"""


def test_a_process_that_no_signal_reaches_goes_on_after_a_debugger_was_ended(debugger: Path) -> None:
    release = debugger / "release"
    (debugger / "attaches.py").write_text(ATTACHES)
    env = {**os.environ, "RELEASE": str(release)}
    process = subprocess.Popen([sys.executable, "-c", IN_THE_KERNEL], env=env, stdout=subprocess.PIPE, text=True)
    made(debugger, "gdb", f"exec {sys.executable} {debugger / 'attaches.py'} {process.pid}")
    try:
        assert process.stdout is not None
        wait_for_status(process.pid, psutil.STATUS_DISK_SLEEP)
        assert "took over" in natives.native_stacks(process.pid, limit_s=1.0).problem
        release.touch()
        readable, _, _ = select.select([process.stdout], [], [], LIMIT_S)
        assert readable, f"it is {psutil.Process(process.pid).status()}"
        assert process.stdout.readline() == "went on\n"
    finally:
        release.touch()
        process.kill()
        process.communicate()


def wait_for_status(pid: int, status: str) -> None:
    until_s = time.monotonic() + LIMIT_S
    while psutil.Process(pid).status() != status:
        assert time.monotonic() < until_s, psutil.Process(pid).status()
        time.sleep(0.01)
