"""What is read from /proc and sysfs, in trees that are made up: devices that are not here, files that are broken."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ovtui.host.diagnosis.proc_threads import findings, look
from ovtui.host.diagnosis.python_stacks import parse
from ovtui.host.diagnosis.syscall_names import table_of
from ovtui.records.diagnosis import Diagnosis, EngineDiagnosed, PythonThread, StuckAnswer, ThreadFinding, within
from ovtui.records.wire import MESSAGE_BYTES


def thread(proc: Path, tid: int, state: str, run_ns: int, wakes: int, **files: str) -> None:
    task = proc / "7/task" / str(tid)
    task.mkdir(parents=True, exist_ok=True)
    numbers = " ".join(["0"] * 10 + ["5", "5"] + ["0"] * 20)
    (task / "stat").write_text(f"{tid} (py) th\x1b[on) {state} {numbers}\n")
    (task / "status").write_text(f"Name:\tpython\nvoluntary_ctxt_switches:\t{wakes}\n")
    (task / "schedstat").write_text(f"{run_ns} 5 9\n")
    for name, text in files.items():
        (task / name).write_text(text)


def test_threads_of_a_process(tmp_path: Path) -> None:
    proc = tmp_path / "proc"
    thread(proc, 7, "S", 1_000_000_000, 10)
    thread(proc, 8, "D", 5, 10)
    (proc / "7/status").write_text("TracerPid:\t0\n")
    before = look(7, proc)
    ioctl = "16 0xc 0xc0406469 0x7ffd 0x0 0x0 0x0 0x7ffd 0x7f48\n"
    stack = "[<0>] i915_request_wait+0x1/0x2\n[<0>] ksys_ioctl+0x1/0x2\n"
    thread(proc, 7, "S", 1_250_000_000, 110, syscall="202 0x3 0x80 0x0\n", wchan="futex_do_wait")
    thread(proc, 8, "D", 5, 10, syscall=ioctl, wchan="0", stack=stack)
    thread(proc, 9, "Z", 0, 0)
    (proc / "7/fd").mkdir()
    (proc / "7/fd/12").symlink_to("/dev/dri/renderD128")
    (proc / "7/status").write_text("TracerPid:\t99\n")
    after = look(7, proc)
    main, other = findings(before, after, 0.5, proc, tmp_path)
    assert (after.tracer, after.state) == (99, "S")
    assert (main.tid, main.cores, main.wakes, main.wchan) == (7, 0.5, 100, "futex_do_wait")
    assert "\x1b" not in main.name
    assert (other.state, other.file, other.kernel_stack) == (
        "D", "/dev/dri/renderD128", ["i915_request_wait+0x1/0x2", "ksys_ioctl+0x1/0x2"]
    )  # fmt: skip
    assert other.wchan == ""


def test_a_process_that_is_gone_has_no_threads(tmp_path: Path) -> None:
    assert look(7, tmp_path).threads == []


def test_the_numbers_of_system_calls() -> None:
    assert {name: table_of("x86_64")[number] for number, name in [(0, "read"), (16, "ioctl"), (202, "futex")]}
    for machine, numbers in {"x86_64": (0, 16, 202, 230, 435), "aarch64": (63, 29, 98, 115, 435)}.items():
        names = [table_of(machine)[number] for number in numbers]
        assert names == ["read", "ioctl", "futex", "clock_nanosleep", "clone3"]
    assert table_of("vax") == {}


TEXT = """Thread 0x00007f01 (most recent call first):
  File "/usr/lib/python3.11/threading.py", line 320 in wait
  File "/site-packages/ovtui/engine/device_watch.py", line 60 in _watch

Thread 0x00007f03 [stacks] (most recent call first):
  File "/site-packages/ovtui/records/stack_dump.py", line 70 in _takes_signals

Current thread 0x00007f02 (most recent call first):
  Garbage-collecting
  File "<string>", line ??? in infer
"""


def test_the_stacks_that_faulthandler_writes() -> None:
    watch, main = parse(TEXT)
    assert watch == PythonThread(
        frames=["wait (python3.11/threading.py:320)", "_watch (ovtui/engine/device_watch.py:60)"]
    )
    assert main == PythonThread(is_main=True, frames=["infer (<string>:???)"])


@given(st.text())
def test_whatever_is_written_is_read(text: str) -> None:
    parse(text)
    parse(TEXT[: len(text)] + text)


def test_an_answer_fits_into_a_message_whatever_was_found() -> None:
    frames = ["ov::" + "x" * 5000] * 500
    threads = [
        ThreadFinding(tid=tid, name="t", state="S", native=frames, kernel_stack=frames, wchan="w" * 80)
        for tid in range(500)
    ]
    python = [PythonThread(frames=frames, is_main=at == 499) for at in range(500)]
    found = Diagnosis(engine=1, pid=1, phase="load", doing="d", where="w", threads=threads, python=python)
    import msgspec

    (short,) = within([found])
    assert short.python[-1].is_main
    assert any("left out" in text for text in short.evidence)
    assert len(msgspec.msgpack.encode(StuckAnswer(diagnoses=within([found] * 4)))) < MESSAGE_BYTES
    event = EngineDiagnosed(t_ns=1, engine=1, occasion="asked", diagnosis=within([found], 24 * 1024)[0])
    assert len(msgspec.json.encode(event)) < 40 * 1024
