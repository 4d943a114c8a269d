"""The doctor's facts of a machine, and its kind: by files, whatever drivers do."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness.doctor_machine import FakeMachine, openvino_steps, step

from ovtui import __version__
from ovtui.host.doctor.diagnosis import diagnose
from ovtui.host.doctor.hardware_kind import short_cpu_name
from ovtui.records.doctor import DoctorReport, from_json, to_json

CPU = "model name\t: 12th Gen Intel(R) Core(TM) i5-1240P\nmicrocode\t: 0x430\nflags\t\t: fpu sse4_2 avx2\n"


@pytest.fixture
def machine(tmp_path: Path) -> FakeMachine:
    made = FakeMachine(tmp_path / "machine")
    made.write("/proc/cpuinfo", CPU)
    made.write("/proc/sys/kernel/hostname", "edge-7\n")
    return made


def _report(machine: FakeMachine) -> DoctorReport:
    return from_json(to_json(diagnose(machine.root, machine.environ, ask=machine.ask)))


def test_of_a_machine_with_an_accelerator_of_each_kind(machine: FakeMachine) -> None:
    machine.has_gpu("46a6")
    machine.has_opencl(
        *step("platforms", "libOpenCL.so.1", "Intel(R) OpenCL Graphics: Intel(R) Arc(TM) A770"),
        *step("versions", "libOpenCL.so.1", "Another: 1.0", "Intel(R) Arc(TM) A770: 24.35.30872.22"),
    )
    machine.answer("GPU", *openvino_steps("GPU", ["0"], "Intel(R) Arc(TM) A770 (dGPU)"))
    machine.has_npu()
    npu = openvino_steps("NPU", ["3720"], "Intel(R) AI Boost")
    machine.answer("NPU", *npu[:7], *step("versions", "NPU", "NPU: 1688"), *npu[7:])
    address = "0000:00:0b.0"
    machine.write("/dev/kmsg", f"6,1,2;intel_vpu {address}: [drm] Firmware: vpu_37xx, version: 20240726\n")
    machine.write("/etc/os-release", 'ID=ubuntu\nPRETTY_NAME="Ubuntu 24.04.1 LTS"\n')
    machine.write("/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never")
    machine.write("/proc/sys/vm/nr_hugepages", "512")
    facts = _report(machine).facts
    python = facts.pop("python")
    assert python.count(".") == 2
    assert facts == {
        "hostname": "edge-7",
        "machine": "x86_64",
        "cpu": "12th Gen Intel(R) Core(TM) i5-1240P",
        "cores": "4",
        "memory": "15 GiB",
        "GPU.0": "Intel(R) Arc(TM) A770 (dGPU)",
        "GPU.0 driver": "24.35.30872.22",
        "GPU.0 module": "i915",
        "NPU": "Intel(R) AI Boost",
        "NPU driver": "1688",
        "NPU module": "intel_vpu",
        "NPU firmware": "[drm] Firmware: vpu_37xx, version: 20240726",
        "Level Zero": "1.20.6",
        "os": "Ubuntu 24.04.1 LTS",
        "kernel": "6.8.0-50-generic",
        "microcode": "0x430",
        "openvino": "2026.4.1",
        "ovtui": __version__,
        "quota": "none",
        "huge pages": "madvise, 512 reserved",
        "runs in": "the machine itself",
    }


def test_what_holds_the_machine_back(machine: FakeMachine) -> None:
    machine.write("/sys/devices/system/cpu/present", "0-7")
    machine.write("/sys/fs/cgroup/cpu.max", "150000 100000")
    machine.write("/sys/fs/cgroup/memory.max", str(4 << 30))
    machine.write("/sys/fs/cgroup/cpu.stat", "usage_usec 5\nnr_periods 100\nnr_throttled 7\n")
    machine.write("/sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "3")
    machine.write("/sys/devices/system/cpu/cpu1/thermal_throttle/core_throttle_count", "5")
    machine.write("/sys/devices/system/cpu/cpu5/thermal_throttle/core_throttle_count", "99")  # it may not run there
    machine.write("/sys/devices/system/cpu/cpu0/thermal_throttle/package_throttle_count", "0")
    machine.write("/.dockerenv", "")
    machine.write("/proc/cpuinfo", CPU.replace("fpu", "fpu hypervisor"))
    facts = _report(machine).facts
    assert {name: facts[name] for name in ("cores", "memory", "quota", "throttled", "runs in")} == {
        "cores": "4 of 8",
        "memory": "15 GiB, limited to 4.0 GiB",
        "quota": "1.5 cores",
        "throttled": "core 5 times by heat, 7 of 100 periods by the quota",
        "runs in": "Docker in a virtual machine",
    }


def test_what_cannot_be_read_is_absent(tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    report = diagnose(tmp_path / "nothing", {}, ask=lambda *_: {})
    assert set(report.facts) <= {"ovtui", "python", "runs in"}
    assert report.kind == ""


def test_a_driver_that_is_broken_or_a_missing_list_of_names_makes_no_other_kind(
    machine: FakeMachine, tmp_path: Path
) -> None:
    machine.has_gpu("46a6")
    works = _report(machine).kind
    other = FakeMachine(tmp_path / "other")
    other.write("/proc/cpuinfo", CPU)
    other.has_gpu("46a6")
    other.gpu_is_lost()
    other.write("/usr/share/misc/pci.ids", "\n8086  Intel Corporation\n\t46a6  Alder Lake-P GT2 [Iris Xe Graphics]\n")
    other.be_in_groups(4711)
    assert _report(other).kind == works == "i5-1240P, 4 cores, GPU 46a6"


def test_a_gpu_that_is_on_no_bus_is_named_by_openvino(machine: FakeMachine) -> None:
    machine.answer("GPU", *openvino_steps("GPU", ["0"], "A simulated GPU"))
    assert _report(machine).kind == "i5-1240P, 4 cores, A simulated GPU"


def test_an_arm_server_has_no_name_but_parts(machine: FakeMachine) -> None:
    one = "processor\t: 0\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n\n"
    machine.write("/proc/cpuinfo", one * 3 + one.replace("0xd0c", "0xd99"))
    report = _report(machine)
    assert (report.kind, report.facts["machine"]) == ("Neoverse-N1 + ARM 0x41:0xd99, 4 cores", "aarch64")


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("12th Gen Intel(R) Core(TM) i5-1240P", "i5-1240P"),
        ("Intel(R) Core(TM) i7-8700 CPU @ 3.20GHz", "i7-8700"),
        ("Intel(R) Core(TM) Ultra 7 155H", "Core Ultra 7 155H"),
        ("Intel(R) Xeon(R) Gold 6338 CPU @ 2.00GHz", "Xeon Gold 6338"),
        ("AMD EPYC 7763 64-Core Processor", "EPYC 7763"),
        ("AMD Ryzen 7 7840U w/ Radeon 780M Graphics", "Ryzen 7 7840U"),
        ("Intel(R) Processor", "Intel(R) Processor"),
    ],
)
def test_noise_goes_from_a_processors_name(name: str, short: str) -> None:
    assert short_cpu_name(name) == short
