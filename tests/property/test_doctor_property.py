"""Whatever stands in a machine's files, and whatever a child prints, the doctor gives a report that can be written."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import get_args

import msgspec
from harness.doctor_machine import ACCEL, GPU, ICD, NPU, RENDER, FakeMachine
from hypothesis import given, settings
from hypothesis import strategies as st

from ovtui.host.asked_processes import Answer
from ovtui.host.doctor.diagnosis import diagnose
from ovtui.host.doctor.report_lines import report_lines
from ovtui.records.doctor import LINKS, from_json, to_json
from ovtui.records.doctor_probe import Step, StepName, steps_of

FILES = [
    "/proc/self/status", "/proc/self/cgroup", "/proc/cpuinfo", "/proc/meminfo", "/proc/cmdline", "/proc/loadavg",
    "/etc/passwd", "/etc/group", "/sys/fs/cgroup/cpu.max", "/sys/fs/cgroup/memory.max", "/etc/os-release",
    "/usr/share/misc/pci.ids", "/etc/modprobe.d/a.conf", ICD, f"/sys/bus/pci/devices/{GPU}/device",
    f"/sys/bus/pci/devices/{NPU}/class", "/proc/sys/kernel/osrelease", "/sys/devices/system/cpu/online",
]  # fmt: skip
CHILDREN = ["CPU", "GPU", "NPU", "opencl", "level-zero", "open", f"icd:{ICD}"]
_texts = st.text() | st.sampled_from(["0 1", "-1 0", "::", "max 0", ":::,", "0x", "0::/../..", "1-", "Uid:\tx"])
_steps = st.builds(
    Step,
    name=st.sampled_from(get_args(StepName)),
    target=st.sampled_from(["", "GPU", "libOpenCL.so.1", RENDER, ACCEL, "\x1b[2J"]),
    fine=st.sampled_from([None, True, False]),
    text=st.text(max_size=40),
    values=st.lists(st.sampled_from(["", "0", "13", "x\x1b"]), max_size=2),
)  # fmt: skip
_endings = st.sampled_from(["answered", "exit-code", "signal", "late", "not-started"])


@given(
    st.dictionaries(st.sampled_from(FILES), _texts),
    st.dictionaries(st.sampled_from(CHILDREN), st.tuples(st.lists(_steps, max_size=8), _endings)),
)
@settings(max_examples=150)
def test_any_machine_gives_a_report(files: dict[str, str], children: dict[str, tuple[list[Step], str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        machine = FakeMachine(Path(folder))
        machine.has_gpu()
        machine.has_npu()
        for name, text in files.items():
            path = machine.write(name, "")
            path.write_bytes(text.encode("utf-8", "surrogatepass"))
        for child, (steps, ending) in children.items():
            machine.answer(child, *steps, ending=ending)  # type: ignore[arg-type]
        report = diagnose(machine.root, {}, ask=machine.ask)
    assert from_json(to_json(report)) == report or not to_json(report).isascii()
    for chain in report.chains:
        assert tuple(link.name for link in chain.links) == LINKS
        unexplained = [link for link in chain.links if link.mark == "broken" and link.follows_from is None]
        assert len(unexplained) == (chain.first_cause is not None)
        assert not (chain.works and chain.first_cause)
    for width in (40, 80, 200):
        for line in report_lines(report, width):
            assert line.text.isprintable()


@given(st.binary() | st.lists(st.binary(max_size=20)).map(b"\n".join))
def test_what_is_no_step_is_left_out(printed: bytes) -> None:
    begun = msgspec.json.encode(Step(name="load", target="x"))
    assert steps_of(b"\n".join((begun, printed)))[0] == Step(name="load", target="x")


@given(st.lists(st.sampled_from(list(b'\x00\xff{}"\n')), max_size=30))
def test_an_answer_that_is_cut_gives_the_steps_before_it(rest: list[int]) -> None:
    begun = msgspec.json.encode(Step(name="load", target="x"))
    answer = Answer("late", begun + b"\n" + begun[:-4] + bytes(rest))
    assert steps_of(answer.stdout)[0].target == "x"
