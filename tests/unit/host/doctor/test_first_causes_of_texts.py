"""The ten machines behind people's texts: each gives exactly the first cause that was written down beforehand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from harness.doctor_expected import EXPECTED
from harness.doctor_machine import (
    ACCEL,
    ICD,
    LIBRARIES,
    NO_FILE,
    NO_GPU,
    RENDER,
    FakeMachine,
    failed,
    openvino_steps,
    step,
)

from ovtui.host.doctor.diagnosis import diagnose


def _no_opencl_driver(machine: FakeMachine) -> None:
    machine.has_gpu()
    machine.remove(ICD)
    del machine.answers[f"icd:{ICD}"]
    machine.has_opencl(*failed("platforms", "libOpenCL.so.1", "clGetPlatformIDs error -1001"))
    machine.gpu_is_lost("[GPU] clGetPlatformIDs error code: -1001")


def _not_in_group(machine: FakeMachine) -> None:
    machine.has_gpu()
    machine.be_in_groups(machine.other_gid)
    machine.write("/etc/group", f"render:x:{machine.gid}:\nana:x:{machine.uid}:\n")
    machine.answer("open", *failed("open", RENDER, "Permission denied", "13"))
    machine.has_opencl(*step("platforms", "libOpenCL.so.1", "Intel(R) OpenCL Graphics: no device"))
    machine.gpu_is_lost(NO_GPU)


def _container_without_nodes(machine: FakeMachine) -> None:
    machine.has_gpu()
    machine.remove(RENDER)
    machine.write("/.dockerenv", "")
    del machine.answers["open"]
    machine.has_opencl(*failed("platforms", "libOpenCL.so.1", "clGetPlatformIDs error -1001"))
    machine.gpu_is_lost("[GPU] clGetPlatformIDs error code: -1001")


def _context(machine: FakeMachine) -> None:
    machine.has_gpu()
    machine.answer("GPU", *openvino_steps("GPU", ["0"], "A770", "[GPU] Context was not initialized for 0 device"))


def _out_of_resources(machine: FakeMachine) -> None:
    machine.has_gpu()
    text = "[GPU] clFlush, error code: -5 CL_OUT_OF_RESOURCES"
    machine.answer("GPU", *openvino_steps("GPU", ["0"], "A770", text, at="inference"))


def _no_npu(machine: FakeMachine) -> None:
    library = "libopenvino_intel_npu_compiler_loader.so"
    machine.npu_is_lost(f'VCL compiler loading failed, aborting. Error: Cannot load library "{library}": {NO_FILE}')


def _npu_forbidden(machine: FakeMachine) -> None:
    machine.has_npu()
    machine.be_in_groups(machine.other_gid)
    machine.write("/etc/group", f"render:x:{machine.gid}:\n")
    machine.answer("open", *failed("open", ACCEL, "Permission denied", "13"))
    machine.npu_is_lost("Failed to open file '/dev/accel/accel0': Permission denied")


def _firmware_against_compiler(machine: FakeMachine) -> None:
    machine.has_npu()
    text = (
        "L0 pfnCreate2 result: ZE_RESULT_ERROR_UNSUPPORTED_VERSION, code 0x78000002 - generic error code for "
        "unsupported version. MAPPED_INFERENCE_VERSION is NOT compatible with the ELF"
    )
    machine.answer("NPU", *openvino_steps("NPU", ["3720"], "Intel(R) AI Boost", text))


def _two_drivers(machine: FakeMachine) -> None:
    machine.has_npu()
    machine.write(f"{LIBRARIES}/libze_intel_vpu.so.1", "")
    machine.npu_is_lost("No available backend")


def _no_level_zero(machine: FakeMachine) -> None:
    machine.has_npu()
    machine.remove(f"{LIBRARIES}/libze_loader.so.1")
    machine.answer("level-zero", *failed("load", "libze_loader.so.1", f"libze_loader.so.1: {NO_FILE}"))
    machine.npu_is_lost("No available backend")


MACHINES: dict[str, Callable[[FakeMachine], None]] = {
    "no OpenCL driver": _no_opencl_driver,
    "not in the node's group": _not_in_group,
    "container without /dev/dri": _container_without_nodes,
    "context not initialized": _context,
    "out of resources": _out_of_resources,
    "no NPU at all": _no_npu,
    "NPU node forbidden": _npu_forbidden,
    "firmware against compiler": _firmware_against_compiler,
    "two NPU drivers": _two_drivers,
    "no level-zero loader": _no_level_zero,
}


@pytest.mark.parametrize("name", MACHINES)
def test_the_first_cause_is_the_one_that_was_written_down(name: str, tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path)
    MACHINES[name](machine)
    report = diagnose(tmp_path, machine.environ, ask=machine.ask)
    found = [(each.device, each.link, each.cause) for each in report.causes]
    expected = EXPECTED[name]
    assert found == ([] if expected is None else [expected])
    assert report.healthy == (expected is None)


def test_every_expectation_has_its_machine() -> None:
    assert set(MACHINES) == set(EXPECTED)
