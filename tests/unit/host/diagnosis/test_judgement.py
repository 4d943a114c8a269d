"""From made-up findings to a sentence: each rule, and what takes precedence."""

from __future__ import annotations

from typing import Any

import pytest

from ovtui.host.diagnosis.engine_phases import PhaseState
from ovtui.host.diagnosis.judgement import Judgement, Seen, judge
from ovtui.host.diagnosis.python_words import WORDS, what_of
from ovtui.records.diagnosis import Phase, PythonThread, ThreadFinding

INFER = ["run (ovtui/engine/load/sync_loop.py:72)"]
COMPILE = ["compile_model (ovtui/engine/model/compile.py:119)"]


def thread(tid: int = 1, **about: Any) -> ThreadFinding:
    return ThreadFinding(**{"tid": tid, "name": "python", "state": "S", "cores": 0.0, "wakes": 0} | about)


def judged(*threads: ThreadFinding, phase: Phase = "load", frames: list[str] = INFER, **about: Any) -> Judgement:
    python = [PythonThread(frames=["_receive (x.py:1)"]), PythonThread(is_main=True, frames=frames)]
    state = PhaseState(phase, 0, "GPU", api="sync")
    given = {"in_flight": 1, "newest": 1234, "quiet_s": 12.0, "looked_s": 0.5, "stalled": True, "phase_s": 41.0} | about
    return judge(Seen(pid=1, phase=given.pop("state", state), threads=threads, python=python, **given))


@pytest.mark.parametrize(
    ("found", "where", "deduced"),
    [
        (thread(syscall="ioctl", file="/dev/dri/renderD128", driver="i915", wchan="i915_request_wait"),
         "waits in the driver i915 (ioctl on /dev/dri/renderD128)", False),
        (thread(2, syscall="ioctl", file="/dev/accel/accel0", driver="intel_vpu"),
         "waits in the driver intel_vpu (ioctl on /dev/accel/accel0)", True),
        (thread(state="D", syscall="ioctl", wchan="xe_sync_wait"), "waits in the driver (ioctl, xe)", True),
        (thread(state="D", syscall="ioctl", driver="i915"), "waits in the driver i915 (ioctl)", False),
        (thread(state="D", syscall="read", wchan="folio_wait_bit_common"),
         "waits in the kernel for a disk or a file system (folio_wait_bit_common)", True),
        (thread(state="D", wchan="something_new"), "waits in the kernel (something_new)", False),
        (thread(native=["ioctl", "clFinish", "run"]), "waits in clFinish", False),
        (thread(syscall="futex", wchan="futex_do_wait"),
         "sleeps (futex), and no thread computes: it waits for its device or a lock", True),
        (thread(syscall="futex", native=["syscall", "std::__atomic::wait", "ov::Infer::infer()"]),
         "sleeps in ov::Infer::infer() (futex), and no thread computes: it waits for its device or a lock", True),
        (thread(cores=0.98), "computes, 1.0 cores in run (ovtui/engine/load/sync_loop.py:72)", False),
        (thread(cores=0.98, native=["ov::Gemm", "main"]), "computes, 1.0 cores in ov::Gemm", False),
    ],
)  # fmt: skip
def test_where_a_stalled_engine_stands(found: ThreadFinding, where: str, deduced: bool) -> None:
    threads = [found] if found.tid == 1 else [thread(syscall="futex"), found]
    told = judged(*threads)
    assert (told.where, told.deduced) == (where, deduced)
    assert told.doing == "in infer() of request 1,234 for 12.00 s"
    assert told.stuck
    assert told.evidence


def test_a_debugger_and_a_stop_come_first() -> None:
    told = judged(thread(state="t"), tracer=99)
    assert (told.where, told.remedy) == ("is held by a debugger (process 99)", "end process 99")
    assert judged(thread(state="T", driver="i915")).where == "is stopped (SIGSTOP)"


def test_one_that_works_is_no_stall() -> None:
    told = judged(thread(state="D"), returned=100, stalled=False)
    assert (told.where, told.stuck) == ("works, 100 requests came back in 0.50 s", False)


def test_the_lock_is_held_where_another_thread_wakes_as_a_wait_for_it_does() -> None:
    waiting = thread(2, wakes=99, syscall="futex")
    told = judged(thread(), waiting)
    assert told.where == "holds Python's lock in native code, in run (ovtui/engine/load/sync_loop.py:72)"
    assert (told.deduced, told.stuck) == (True, True)
    assert "lock" not in judged(thread(), thread(2, wakes=30, syscall="futex")).where.partition(":")[0]
    assert "Python's lock" not in judged(thread(), thread(2, wakes=99, syscall="epoll_wait")).where


def test_the_lock_that_was_asked_for_in_vain_is_no_deduction() -> None:
    told = judged(thread(syscall="pause"), lock_refused=True)
    assert told.where.startswith("holds Python's lock in native code, in run (")
    assert not told.deduced
    assert "asked for Python's lock for 0.30 s in vain" in told.evidence[0]


def test_the_lock_by_native_stacks() -> None:
    holder = thread(native=["pause", "ffi_call", "_PyEval_EvalFrameDefault"])
    waiting = thread(2, native=["futex", "take_gil", "PyEval_RestoreThread"])
    assert judged(holder, waiting).where == "holds Python's lock in native code (pause)"


@pytest.mark.parametrize(
    ("phase", "frames", "doing", "stuck"),
    [
        ("starting", ["_call (<frozen importlib._bootstrap>:241)"], "importing its libraries for 41.00 s", True),
        ("starting", ["read_model (ovtui/engine/model/read_model.py:9)"], "reading the model for 41.00 s", True),
        ("compiling", COMPILE, "compiling for GPU for 41.00 s", True),
        ("compiled", [], "compiled, and waiting to serve", False),
        ("first-inference", INFER, "in its first inference for 41.00 s", True),
        ("draining", INFER, "draining for 41.00 s, 1 request in flight", False),
        ("over", [], "its load is over", False),
    ],
)
def test_what_it_was_doing(phase: Phase, frames: list[str], doing: str, stuck: bool) -> None:
    told = judged(thread(syscall="futex"), phase=phase, frames=frames, stalled=False)
    assert (told.doing, told.stuck) == (doing, stuck)


def test_a_compile_that_computes_goes_on_however_long_it_takes() -> None:
    told = judged(thread(cores=0.9), phase="compiling", frames=COMPILE, stalled=False, phase_s=600.0)
    assert not told.stuck
    assert not judged(thread(), phase="compiling", frames=COMPILE, stalled=False, phase_s=3.0).stuck


def test_autos_log_tells_the_compile() -> None:
    state = PhaseState("compiling", 0, "AUTO:GPU", accelerator="GPU.0", accelerator_ns=1)
    told = judged(thread(cores=1.0), state=state, accelerator_s=41.2, frames=COMPILE)
    assert told.doing == "compiling for GPU.0 for 41.20 s (AUTO's log: began 41.20 s ago)"
    behind = judged(thread(cores=1.0), state=PhaseState("load", 0, "AUTO", "GPU.0", 1), accelerator_s=3.0)
    assert "GPU.0 has been compiling for 3.00 s behind the load (AUTO's log)" in behind.evidence


def test_a_question_for_the_batch_size_beside_the_load_is_told() -> None:
    asking = PythonThread(
        frames=["communicate (python3.11/subprocess.py:1)", "ask (ovtui/engine/batch_size_question.py:9)"]
    )
    told = judge(
        Seen(pid=1, phase=PhaseState("load", 0, "GPU"), threads=[thread()], python=[asking], looked_s=0.5, stalled=True)
    )
    assert "beside it a thread is asking how the device batches" in told.evidence


def test_nothing_is_claimed_of_what_cannot_be_seen() -> None:
    assert "cannot be seen" in judged().where
    unknown = judged(thread(cores=None, wakes=None))
    assert unknown.where.startswith("sleeps")


def test_the_words_name_functions_that_exist() -> None:
    from pathlib import Path

    import ovtui

    for file, function, _ in WORDS:
        text = (Path(ovtui.__file__).parents[1] / file).read_text(encoding="utf-8")
        assert not function or f"def {function}(" in text, (file, function)
    assert what_of(["wait (python3.11/threading.py:1)", *INFER]) == "infer()"
    assert what_of(["garbage"]) == ""
