"""What holds the CPU back, cache folders and containers: each told from the files that say so."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from harness.doctor_machine import ICD, INTEL_OPENCL, FakeMachine, openvino_steps

from ovtui.host.doctor.diagnosis import diagnose
from ovtui.host.doctor.machine_tree import MachineTree
from ovtui.host.doctor.opencl_links import find_icds
from ovtui.records.doctor import Finding
from ovtui.records.doctor_probe import Step

GIB = 1 << 30


@pytest.fixture
def machine(tmp_path: Path) -> FakeMachine:
    return FakeMachine(tmp_path / "machine")


def _finding(machine: FakeMachine, name: str, cache: str = "", threads: int = 0) -> Finding:
    report = diagnose(machine.root, machine.environ, [cache] if cache else [], threads, ask=machine.ask)
    return next(each for each in report.machine if each.name == name)


@pytest.mark.parametrize(
    ("cpuinfo", "mark", "found"),
    [
        ("flags : sse4_2 avx2 avx512f avx512_vnni amx_tile", "fine", "AVX2, AVX-512, AVX-512 VNNI, AMX"),
        ("flags : sse4_2 hypervisor", "warning", "no AVX2: inference is several times slower; the virtual"),
        ("flags : sse2", "broken", "no SSE4.2"),
        ("Features : asimd asimdhp i8mm bf16", "fine", "NEON, FP16, int8 matrices, BF16"),
        ("processor : 0", "unknown", "not told"),
    ],
)  # fmt: skip
def test_features(machine: FakeMachine, cpuinfo: str, mark: str, found: str) -> None:
    machine.write("/proc/cpuinfo", cpuinfo)
    finding = _finding(machine, "features")
    assert (finding.mark, finding.found.startswith(found)) == (mark, True)


def test_the_least_quota_of_the_chain_counts(machine: FakeMachine) -> None:
    assert _finding(machine, "quota").mark == "fine"
    machine.write("/proc/self/cgroup", "0::/user.slice/job\n")
    machine.write("/sys/fs/cgroup/user.slice/cpu.max", "150000 100000")
    machine.write("/sys/fs/cgroup/user.slice/job/cpu.max", "max 100000")
    finding = _finding(machine, "quota")
    assert (finding.mark, finding.cause, finding.command) == (
        "warning",
        "quota-below-threads",
        "ovtui run --nthreads 1",
    )
    assert finding.file == "/sys/fs/cgroup/user.slice/cpu.max"
    assert _finding(machine, "quota", threads=1).mark == "fine"


def test_a_quota_of_cgroup_v1(machine: FakeMachine) -> None:
    machine.remove("/sys/fs/cgroup/cgroup.controllers")
    machine.write("/proc/self/cgroup", "4:cpu,cpuacct:/docker/abc\n")  # the path outside of the container
    machine.write("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "200000")
    machine.write("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000")
    finding = _finding(machine, "quota")
    assert (finding.mark, finding.file) == ("warning", "/sys/fs/cgroup/cpu/cpu.cfs_quota_us")
    machine.write("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1")
    assert _finding(machine, "quota").mark == "fine"


def test_a_cpuset(machine: FakeMachine) -> None:
    assert _finding(machine, "cpuset").found == "all 4 cores"
    machine.write("/sys/devices/system/cpu/online", "0-7,16-23")
    assert _finding(machine, "cpuset").found == "this process may run on 4 of 16 cores"


def test_a_memory_limit(machine: FakeMachine) -> None:
    assert _finding(machine, "memory").mark == "fine"
    machine.write("/sys/fs/cgroup/memory.max", str(2 * GIB))
    machine.write("/sys/fs/cgroup/memory.current", str(GIB // 2))
    assert _finding(machine, "memory").mark == "fine"
    machine.write("/sys/fs/cgroup/memory.current", str(GIB + GIB // 2))
    finding = _finding(machine, "memory")
    assert finding.cause == "memory-limit"
    assert finding.found.startswith("a limit of 2.0 GiB, 1.5 GiB of it in use")
    machine.write("/sys/fs/cgroup/memory.stat", f"anon 1\ninactive_file {GIB}\nactive_file 5\n")
    assert _finding(machine, "memory").found == "a limit of 2.0 GiB, 0.5 GiB of it in use"
    machine.write("/sys/fs/cgroup/memory.max", "max")
    assert _finding(machine, "memory").mark == "fine"


def test_a_cache_that_is_older_than_the_driver(machine: FakeMachine) -> None:
    machine.has_gpu()
    assert _finding(machine, "cache").mark == "unknown"
    assert _finding(machine, "cache", "/cache").found == "not made yet"
    blob = machine.write("/cache/1.blob", "x" * 2048)
    driver = machine.root / INTEL_OPENCL.lstrip("/")
    os.utime(driver, (1_000, 1_000))
    assert _finding(machine, "cache", "/cache").mark == "fine"
    os.utime(blob, (500, 500))
    finding = _finding(machine, "cache", "/cache")
    assert (finding.cause, finding.command) == ("cache-older-than-driver", "rm -r /cache")
    machine.write("/file", "")
    finding = _finding(machine, "cache", "/file")
    assert (finding.mark, finding.cause) == ("broken", "cache-is-file")


def test_folders_that_may_not_be_looked_for_end_no_check(machine: FakeMachine) -> None:
    """A name that is too long stands for one without permission, which root does not meet: the same kind of error."""
    refused = "/" + "x" * 300
    machine.has_gpu()
    machine.write("/etc/OpenCL/vendors/odd.icd", f"{refused}/libigdrcl.so\n")
    machine.write("/proc/sys/kernel/osrelease", refused)
    machine.write("/proc/self/cgroup", f"0::{refused}\n")
    machine.environ["LD_LIBRARY_PATH"] = refused
    finding = _finding(machine, "cache", f"{refused}/cache")
    assert (finding.mark, finding.cause) == ("broken", "cache-not-readable")
    assert "it cannot be read" in finding.found


def test_containers(machine: FakeMachine) -> None:
    assert _finding(machine, "container").found == "no container"
    machine.write("/run/.containerenv", "")
    assert (_finding(machine, "container").found, _finding(machine, "container").mark) == ("Podman", "fine")
    machine.has_gpu()
    machine.remove("/dev/dri/renderD128")
    finding = _finding(machine, "container")
    assert (finding.mark, finding.cause) == ("warning", "no-devices")


@pytest.mark.parametrize("steps", [3, 5])
@pytest.mark.parametrize("busy", ["load", "runnable", "slow"])
def test_a_gpu_that_does_not_answer_on_a_busy_machine_is_not_said_to_hang(
    machine: FakeMachine, steps: int, busy: str
) -> None:
    machine.has_gpu()
    told = openvino_steps("GPU", ["0"], "A770")
    machine.answer("GPU", *told[:steps], Step(name="devices" if steps == 3 else "compile", target="GPU"), ending="late")
    report = diagnose(machine.root, machine.environ, ask=machine.ask)
    assert [cause.cause for cause in report.causes] == ["driver-hangs"]
    if busy == "load":
        machine.write("/proc/loadavg", "9.50 4.00 2.00 1/500 4711")
    elif busy == "runnable":
        machine.write("/proc/loadavg", "0.50 4.00 2.00 10/500 4711")
    else:
        cpu = machine.answers["CPU"]
        machine.answers["CPU"] = replace(cpu, took_s=3.1)
    report = diagnose(machine.root, machine.environ, ask=machine.ask)
    (gpu,) = (chain for chain in report.chains if chain.kind == "GPU")
    assert (report.causes, gpu.works) == ([], None)
    slow = next(link for link in gpu.links if link.cause == "slow")
    words = "the CPU's inference took 3.1 s" if busy == "slow" else "10 processes that want to run on 4 cores"
    assert words in slow.found


def test_a_driver_that_the_loader_passes_over_is_a_remark(machine: FakeMachine) -> None:
    machine.has_gpu()
    begun = Step(name="load", target="libbad.so")
    machine.write("/etc/OpenCL/vendors/bad.icd", "libbad.so\n")
    machine.answer("icd:/etc/OpenCL/vendors/bad.icd", begun, ending="signal", signal_name="SIGSEGV")
    machine.gpu_is_lost()
    report = diagnose(machine.root, machine.environ, ask=machine.ask)
    (gpu,) = (chain for chain in report.chains if chain.kind == "GPU")
    driver = next(link for link in gpu.links if link.name == "driver")
    assert (driver.mark, driver.cause) == ("warning", "driver-crashes")
    assert "libOpenCL.so.1 has passed it over" in driver.found


def test_the_files_that_name_drivers_are_those_of_the_variables(machine: FakeMachine) -> None:
    machine.has_gpu()
    machine.remove(ICD)
    machine.gpu_is_lost()
    del machine.answers[f"icd:{ICD}"]
    machine.write("/opt/drivers/intel.icd", f"{INTEL_OPENCL}\n")
    report = diagnose(machine.root, {}, ask=machine.ask)
    assert report.causes[0].cause == "no-driver"
    report = diagnose(machine.root, {"OCL_ICD_VENDORS": "/opt/drivers"}, ask=machine.ask)
    assert report.causes[0].link == "plugin"
    both = {"OCL_ICD_FILENAMES": f"libpocl.so.2:{INTEL_OPENCL}:libpocl.so.2"}
    report = diagnose(machine.root, both, ask=machine.ask)
    assert report.causes[0].link == "plugin"
    icds, _ = find_icds(MachineTree(machine.root), both)
    assert [icd.probe for icd in icds] == ["icd:libpocl.so.2", f"icd:{INTEL_OPENCL}"]
